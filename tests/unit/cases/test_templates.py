"""The five kinds, as data."""

import pytest

from caseroom.access.words import CaseKind, RoomKind
from caseroom.cases.templates import TEMPLATES, exhibit_label


def test_every_kind_of_case_has_its_template_and_a_rule_name_of_its_own():
    assert set(TEMPLATES) == set(CaseKind)
    assert len({template.rules for template in TEMPLATES.values()}) == len(CaseKind)
    for kind, template in TEMPLATES.items():
        assert template.kind is kind
        assert template.rules == f"{kind}@{template.version}"


def test_every_case_has_one_joint_room_first_and_a_team_room_for_each_side():
    for template in TEMPLATES.values():
        assert template.rooms[0] is RoomKind.JOINT
        assert RoomKind.TEAM in template.rooms
        assert len(set(template.rooms)) == len(template.rooms)


@pytest.mark.parametrize(
    ("position", "number", "label"),
    [(0, 1, "C-001"), (1, 12, "R-012"), (2, 1, "I1-001"), (9, 3, "I8-003"), (None, 1, "T-001"), (0, 1000, "C-1000")],
)
def test_an_arbitration_prefixes_numbers_in_both_languages_alike(position, number, label):
    for language in ("fr", "en"):
        assert (
            exhibit_label(TEMPLATES[CaseKind.ARBITRATION], side_position=position, number=number, language=language)
            == label
        )


@pytest.mark.parametrize(("language", "label"), [("fr", "Pièce n°\u00a04"), ("en", "Exhibit 4")])
def test_a_plain_number_says_exhibit_in_the_language_of_the_case(language, label):
    for position in (0, 1, None):
        assert (
            exhibit_label(TEMPLATES[CaseKind.MEDIATION], side_position=position, number=4, language=language) == label
        )


def test_no_two_sides_share_a_prefix():
    template = TEMPLATES[CaseKind.ARBITRATION]
    given = [exhibit_label(template, side_position=side, number=1, language="fr") for side in (None, *range(10))]
    assert len(set(given)) == 11
