"""Opening a case and finding it again."""

import re

import pytest

from caseroom.rooms.queries import case_view
from caseroom.rooms.services import NewMessage, post_message
from tests.edges.pages.conftest import codes_on, filled_in, invited


def test_a_case_is_opened_with_its_rooms_and_its_people_from_one_page(neus, ada, database):
    case_id = neus.opens_a_case(
        title="Mill Lane",
        side=["Ms Lovelace", "Mr Munari"],
        **invited(
            ("Ada Lovelace", ada.email, "party", "0"),
            ("", "", "party", "1"),
            ("Grace Hopper", "grace@example.org", "observer", "0"),
        ),
    )
    words = neus.browser.words()
    for text in ("Mill Lane", "Joint room", "Caucus Ms Lovelace", "Caucus Mr Munari", "My notes"):
        assert text in words, text
    assert "Team Ms Lovelace" not in words, "a neutral reads no team's room"
    assert "Grace Hopper Observer" in words
    first, second = codes_on(neus.browser.page)
    assert ada.accepts(first).case_id == case_id
    with database.reading() as work:
        case = case_view(work, neus.actor, case_id)
    assert [(person.name, person.state, person.side and person.side.label) for person in case.people] == [
        ("Neus Ferrer", "admitted", None),
        ("Ada Lovelace", "admitted", "Ms Lovelace"),
        ("Grace Hopper", "invited", None),
    ]
    assert second != first


def test_links_are_shown_once_and_a_new_one_replaces_the_lost_one(neus, ada, participant):
    case_id = neus.opens_a_case(**invited(("Ada Lovelace", ada.email, "party", "0")))
    [lost] = codes_on(neus.browser.page)
    assert codes_on(neus.open(f"/cases/{case_id}").page) == []
    neus.send(f"/cases/{case_id}/participants/{participant(neus, case_id, 'Ada')}/link")
    [fresh] = codes_on(neus.open(neus.browser.location).page)
    assert fresh != lost
    assert ada.open(f"/invitation/{lost}").status == 404
    assert ada.open(f"/invitation/{fresh}").status == 200


def test_the_link_does_not_stand_in_the_cookie_in_clear(neus):
    neus.open("/cases/new")
    neus.send(
        "/cases/new", **filled_in(neus.browser.page, **invited(("Ada Lovelace", "ada@example.org", "party", "0")))
    )
    with neus.browser.client.session_transaction(base_url="https://rooms.example.org") as session:
        kept = dict(session)
    assert "fresh_links" in kept
    [code] = codes_on(neus.open(neus.browser.location).page)
    assert code not in str(kept)


def test_the_letter_holds_the_link_and_nothing_of_the_case(neus):
    neus.opens_a_case(title="Secret of Mill Lane", **invited(("Ada Lovelace", "ada@example.org", "party", "0")))
    [code] = codes_on(neus.browser.page)
    letter = re.search(r'href="(mailto:[^"]+)"', neus.browser.page)[1]
    assert letter.startswith("mailto:ada@example.org?subject=You%20are%20invited")
    assert code in letter
    for secret in ("Mill", "Lovelace", "Claimant", "Neus", "ediation"):
        assert secret not in letter, secret


def test_the_form_sent_twice_opens_one_case(neus):
    neus.open("/cases/new")
    form = filled_in(neus.browser.page)
    first = neus.send("/cases/new", **form).location
    again = neus.send("/cases/new", **form).location
    assert first == again
    assert "had already opened this case" in neus.open(again).words()
    assert neus.open("/").page.count('class="case-row"') == 1


def test_two_forms_open_two_cases(neus):
    neus.opens_a_case()
    neus.opens_a_case()
    assert neus.open("/").page.count('class="case-row"') == 2


def test_a_wrong_form_says_every_mistake_and_loses_nothing(neus):
    neus.open("/cases/new")
    sent = filled_in(
        neus.browser.page,
        title=" ",
        kind="",
        side=["Mill Ltd", "x" * 201],
        **invited(("", "not-an-address", "party", "1"), ("Ada", "ada@example.org", "counsel", "")),
    )
    page = neus.send("/cases/new", **sent).page
    assert neus.browser.status == 422
    for field in ("title", "kind", "side-1", "person-0-name", "person-0-email", "person-1-side"):
        assert f'href="#{field}"' in page, field
        assert f'id="{field}-error"' in page, field
    assert 'href="#side-0"' not in page
    assert 'id="errors"' in page
    for typed in ("Mill Ltd", "x" * 201, "not-an-address", "ada@example.org"):
        assert f'value="{typed}"' in page, typed
    assert f'value="{sent["form_key"]}"' in page
    assert neus.open("/").page.count('class="case-row"') == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"side": ["Mill Ltd"]}, "side-0"),
        ({"side": ["Same", "same"]}, "side-1"),
        ({"me": "counsel:0"}, "me"),
        ({"me": "party"}, "me"),
        ({"kind": "collaborative", "me": ""}, "me"),
        ({"kind": "collaborative", "me": "counsel:7"}, "me"),
        ({"kind": "divorce"}, "kind"),
        ({"language": "xx"}, "language"),
        (invited(("Neus", "neus@example.org", "party", "0")), "person-0-email"),
        (invited(("A", "a@example.org", "party", "0"), ("B", "A@example.org", "party", "1")), "person-1-email"),
        (invited(("A", "a@example.org", "judge", "0")), "person-0-role"),
        (invited(("A", "a@example.org", "party", "9")), "person-0-side"),
        (invited(*[(f"P{n}", f"p{n}@example.org", "party", "0") for n in range(13)]), "person-0-name"),
    ],
)
def test_a_wrong_value_is_refused_beside_its_field_and_opens_nothing(neus, wrong, field):
    neus.open("/cases/new")
    neus.send("/cases/new", **filled_in(neus.browser.page, **wrong))
    assert neus.browser.status == 422
    assert f'href="#{field}"' in neus.browser.page
    assert neus.open("/").page.count('class="case-row"') == 0
    neus.opens_a_case()


def test_without_a_script_rows_are_added_and_removed_and_nothing_is_lost(neus):
    neus.open("/cases/new")
    sent = filled_in(neus.browser.page, side=["A", "B"], **invited(("Ada", "ada@example.org", "party", "1")))
    page = neus.send("/cases/new", **{**sent, "do": "add-side"}).page
    assert neus.browser.status == 200
    assert re.findall(r'name="side" type="text" value="([^"]*)"', _form(page)) == ["A", "B", "Intervening party"]
    page = neus.send("/cases/new", **{**sent, "side": ["A", "B", "C"], "do": "remove-side:0"}).page
    assert re.findall(r'name="side" type="text" value="([^"]*)"', _form(page)) == ["B", "C"]
    assert '<option value="0" selected>B</option>' in page, "Ada stays with her side"
    page = neus.send("/cases/new", **{**sent, "do": "add-person"}).page
    assert _form(page).count('name="person_name"') == 2
    assert 'value="ada@example.org"' in page
    page = neus.send("/cases/new", **{**sent, "do": "remove-person:0"}).page
    assert 'value="ada@example.org"' not in page
    page = neus.send("/cases/new", **{**sent, "do": "remove-side:0"}).page
    assert _form(page).count('name="side"') == 2, "a case has two sides at least"


def test_a_side_left_without_a_name_gets_the_usual_one_in_the_language_of_the_case(neus, database):
    case_id = neus.opens_a_case(kind="collaborative", me="counsel:1", side=["", " "], language="en")
    with database.reading() as work:
        case = case_view(work, neus.actor, case_id)
    assert [side.label for side in case.sides] == ["First party", "Second party"]
    assert case.me.role == "counsel"
    assert case.me.side.label == "Second party"


def test_a_guest_is_offered_no_case_to_open_and_is_refused_one(neus, ada):
    assert 'href="/cases/new"' in neus.open("/").page
    assert 'href="/cases/new"' not in ada.open("/").page
    assert "invitation link" in ada.browser.words()
    assert ada.open("/cases/new").status == 403
    form = filled_in(neus.open("/cases/new").page)
    ada.open("/")
    assert ada.send("/cases/new", **form).status == 403
    assert neus.send("/cases/new", **form).status == 303


def test_my_cases_say_kind_role_and_what_is_unread(neus, ada, mediation, database):
    words = ada.open("/").words()
    for text in ("Noise at Mill Lane", "Mediation", "Claimant", "nothing new"):
        assert text in words, text
    with database.unit_of_work() as work:
        joint = case_view(work, neus.actor, mediation).rooms[0]
        post_message(work, neus.actor, joint.id, NewMessage(body="Good morning", audience=joint.audience))
    assert "One unread message" in ada.open("/").words()
    assert "unread" not in neus.open("/").words(), "one has read what one wrote"


def test_another_persons_cases_are_not_in_the_list(otto, mediation):
    assert otto.open("/").status == 200
    assert mediation not in otto.browser.page
    assert otto.browser.page.count('class="case-row"') == 0


def _form(page: str) -> str:
    """The page without what the script clones."""
    return re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)
