"""Links into a case: once, for seven days, for one address; and what a wrong one tells, which is nothing."""

import json

import pytest
from sqlalchemy import select

from caseroom.access.words import CaseKind, Role
from caseroom.accounts.models import OneTimeLink
from caseroom.cases.services import NewParticipant
from caseroom.errors import Conflict, Forbidden, Invalid, NotFound
from caseroom.rooms import admission
from caseroom.rooms.undertaking import undertaking_hash
from tests.house import NAMES, RESPONDENT, TITLE, email_of


@pytest.fixture
def affair(house):
    return house.open_case(CaseKind.MEDIATION)


def renew(house, affair, participant_id, *, by="neus"):
    with house.database.unit_of_work() as work:
        return admission.renew_invitation(work, house.actors[by], affair.id, participant_id)


def revoke(house, affair, participant_id, *, by="neus"):
    with house.database.unit_of_work() as work:
        admission.remove_participant(work, house.actors[by], affair.id, participant_id)


def preview(house, code):
    with house.database.reading() as work:
        return admission.invitation_preview(work, code)


def refusal(house, affair, person, code, error):
    with pytest.raises(error) as refused:
        house.accept(affair, person, code)
    return refused.value


def test_an_invited_person_is_in_the_case_from_the_acceptance_on_and_not_before(house, affair):
    invited = house.invite(affair, "ada", Role.PARTY, 0)
    with pytest.raises(NotFound):
        house.view("ada", affair.id)
    assert [reader.name for reader in house.view("neus", affair.id).rooms[0].readers] == [NAMES["neus"]]
    accepted = house.accept(affair, "ada", invited.code)
    assert accepted.room_id == affair["joint"]
    assert house.view("ada", affair.id).me.id == invited.participant_id


def test_the_undertaking_accepted_is_in_the_ledger_of_every_room_entered(house, affair):
    house.accept(affair, "ada", house.invite(affair, "ada", Role.PARTY, 0).code, locale="en")
    for room in house.view("ada", affair.id).rooms:
        admitted = house.entries("ada", room.id)[-1]
        assert admitted.kind == "participant.admitted"
        assert admitted.facts["undertaking"] == undertaking_hash("en")
        assert admitted.facts["identified"] == "invitation"
    opener = next(entry for entry in house.entries("neus", affair["joint"]) if entry.kind == "participant.admitted")
    assert opener.facts["identified"] == "account", "who opened the case was not invited"


def test_a_link_works_for_seven_days_and_not_a_moment_longer(house, affair, present):
    first, second = house.invite(affair, "ada", Role.PARTY, 0), house.invite(affair, "bruno", Role.PARTY, 1)
    present.move(days=7, seconds=-1)
    assert house.accept(affair, "ada", first.code)
    present.move(seconds=1)
    assert preview(house, second.code) is None
    refusal(house, affair, "bruno", second.code, NotFound)


def test_a_link_works_once(house, affair):
    invited = house.invite(affair, "ada", Role.PARTY, 0)
    house.accept(affair, "ada", invited.code)
    for person in ("ada", "otto"):
        refusal(house, affair, person, invited.code, NotFound)
    assert preview(house, invited.code) is None


def test_a_revoked_link_is_as_unknown_as_one_that_never_was(house, affair):
    invited = house.invite(affair, "ada", Role.PARTY, 0)
    assert preview(house, invited.code) is not None
    revoke(house, affair, invited.participant_id)
    revoked = refusal(house, affair, "ada", invited.code, NotFound)
    never = refusal(house, affair, "ada", "x" * 43, NotFound)
    assert (revoked.code, revoked.data) == (never.code, never.data)
    assert preview(house, invited.code) is preview(house, "x" * 43) is None


def test_a_revoked_invitation_leaves_no_entry_in_any_room(house, affair):
    before = {
        word: house.kinds("neus", room)
        for word, room in affair.rooms.items()
        if not word.startswith("team") and word != "counsel"
    }
    revoke(house, affair, house.invite(affair, "ada", Role.PARTY, 0).participant_id)
    assert {word: house.kinds("neus", affair[word]) for word in before} == before


def test_a_link_for_another_address_admits_nobody_and_tells_nothing_of_the_case(house, affair):
    invited = house.invite(affair, "ada", Role.PARTY, 0)
    refused = refusal(house, affair, "otto", invited.code, Forbidden)
    assert refused.code == "invitation_for_another"
    said = json.dumps(refused.data) + str(refused)
    for secret in (TITLE, NAMES["ada"], email_of("ada"), RESPONDENT, affair.id):
        assert secret not in said
    with pytest.raises(NotFound):
        house.view("otto", affair.id)
    assert house.accept(affair, "ada", invited.code), "somebody else's attempt must not use the link up"


def test_the_preview_names_the_person_and_the_practice_and_not_the_case(house, affair):
    shown = preview(house, house.invite(affair, "ada", Role.PARTY, 0).code)
    assert (shown.name, shown.email, shown.role) == (NAMES["ada"], email_of("ada"), Role.PARTY)
    assert shown.practice == "Cabinet Ferrerola"
    assert TITLE not in repr(shown)


def test_a_renewed_invitation_has_a_new_link_and_the_old_one_stops_working(house, affair, present):
    old = house.invite(affair, "ada", Role.PARTY, 0)
    new = renew(house, affair, old.participant_id)
    assert new.code != old.code
    refusal(house, affair, "ada", old.code, NotFound)
    present.move(days=8)
    late = renew(house, affair, old.participant_id)
    refusal(house, affair, "ada", new.code, NotFound)
    assert house.accept(affair, "ada", late.code).participant_id == old.participant_id
    with pytest.raises(Conflict) as refused:
        renew(house, affair, old.participant_id)
    assert refused.value.code == "already_admitted"


def test_only_the_hash_of_a_link_is_kept(house, affair):
    code = house.invite(affair, "ada", Role.PARTY, 0).code
    with house.database.reading() as work:
        rows = [vars(row) for row in work.session.scalars(select(OneTimeLink))]
    assert rows
    assert code not in repr(rows)


@pytest.mark.parametrize("address", ["ada@example.org", " ADA@Example.ORG "])
def test_an_address_is_invited_once_however_it_is_typed(house, affair, address):
    house.invite(affair, "ada", Role.PARTY, 0)
    with pytest.raises(Conflict) as refused:
        house.invite(affair, "bruno", Role.PARTY, 1, email=address)
    assert refused.value.code == "already_invited"


def test_who_opened_the_case_cannot_be_invited_into_another_role_of_it(house, affair):
    with pytest.raises(Conflict):
        house.invite(affair, "neus", Role.PARTY, 0)


def test_somebody_removed_can_be_invited_again_and_reads_the_rooms_again(house, mediation):
    old = mediation.participants["ada"]
    house.remove(mediation, "ada", by="neus")
    house.admit(mediation, "ada", Role.PARTY, 0)
    assert mediation.participants["ada"] != old
    assert {room.id for room in house.view("ada", mediation.id).rooms} == {
        mediation[word] for word in ("joint", "caucus:0", "team:0")
    }


@pytest.mark.parametrize(
    ("role", "side", "expected"),
    [
        (Role.PARTY, None, ("side_id", "side_required")),
        (Role.COUNSEL, None, ("side_id", "side_required")),
        (Role.NEUTRAL, 0, ("side_id", "side_not_for_role")),
        (Role.SECRETARY, 0, ("side_id", "side_not_for_role")),
        (Role.OBSERVER, 1, ("side_id", "side_not_for_role")),
    ],
)
def test_a_role_without_its_side_or_with_one_it_cannot_have_is_refused(house, affair, role, side, expected):
    with pytest.raises(Invalid) as refused:
        house.invite(affair, "otto", role, side)
    assert [(error["field"], error["code"]) for error in refused.value.data["errors"]] == [expected]


def test_a_side_of_another_case_is_unknown_here(house, affair):
    other = house.open_case(CaseKind.MEDIATION)
    command = NewParticipant(email="x@example.org", name="X", role=Role.PARTY, side_id=other.sides[0])
    with pytest.raises(Invalid) as refused, house.database.unit_of_work() as work:
        admission.invite_participant(work, house.actors["neus"], affair.id, command)
    assert refused.value.data["errors"] == [{"field": "side_id", "code": "unknown_value"}]


def test_a_participant_of_another_case_can_be_neither_renewed_nor_removed_from_here(house, affair):
    other = house.open_case(CaseKind.MEDIATION)
    stranger = house.invite(other, "ada", Role.PARTY, 0)
    for attempt in (renew, revoke):
        with pytest.raises(NotFound):
            attempt(house, affair, stranger.participant_id)
    assert preview(house, stranger.code) is not None


@pytest.mark.parametrize("person", ["ada", "clara", "otto"])
def test_nobody_but_a_steward_invites(house, mediation, person):
    error = NotFound if person == "otto" else Forbidden
    for attempt in (
        lambda: house.invite(mediation, "otto", Role.OBSERVER, by=person),
        lambda: renew(house, mediation, mediation.participants["bruno"], by=person),
        lambda: revoke(house, mediation, mediation.participants["bruno"], by=person),
    ):
        with pytest.raises(error):
            attempt()
    assert house.invite(mediation, "otto", Role.OBSERVER, by="neus")


def test_somebody_already_in_the_case_is_not_admitted_twice(house, affair):
    """Two links for one person can exist when the first was for a participant removed and invited again."""
    house.admit(affair, "ada", Role.PARTY, 0)
    second = house.invite(affair, "otto", Role.PARTY, 1, email="ada.quilliam@example.org")
    with house.database.unit_of_work() as work:
        work.session.scalars(
            select(OneTimeLink).where(OneTimeLink.subject == second.participant_id)
        ).one().email = email_of("ada")
    assert refusal(house, affair, "ada", second.code, Conflict).code == "already_participant"
    assert preview(house, second.code) is not None
