"""Who admits and removes whom. Where counsel steer together, each answers for the own side: nobody gets a reader into
the other side's rooms, whatever detour is taken."""

from functools import partial

import pytest

from caseroom.access.permissions import Permission
from caseroom.access.words import CaseKind, Role
from caseroom.cases.access import access_case
from caseroom.cases.models import Participant
from caseroom.cases.queries import participant_emails
from caseroom.cases.services import NewParticipant, check_may_admit, check_may_remove
from caseroom.errors import Conflict, Forbidden
from caseroom.rooms import admission
from caseroom.rooms.case_cards import invitable_sides, may_remove
from caseroom.rooms.queries import case_view
from tests.house import NAMES, email_of

COUNSEL_STEERED = [CaseKind.COLLABORATIVE, CaseKind.INSTRUCTION]


@pytest.fixture(params=COUNSEL_STEERED)
def affair(house, request):
    """Opened by Clara for Ada's side; nobody else has come."""
    return house.open_case(request.param)


def renew(house, affair, participant_id, *, by):
    with house.database.unit_of_work() as work:
        return admission.renew_invitation(work, house.actors[by], affair.id, participant_id)


def withdraw(house, affair, participant_id, *, by):
    with house.database.unit_of_work() as work:
        admission.remove_participant(work, house.actors[by], affair.id, participant_id)


def refused_as_other_side(attempt):
    with pytest.raises(Forbidden) as refused:
        attempt()
    assert refused.value.code == "other_sides_people"


def test_until_the_other_side_has_counsel_whoever_set_up_the_case_invites_for_it(house, affair):
    assert house.admit(affair, "basile", Role.COUNSEL, 1, by="clara")


def test_once_the_other_side_has_counsel_nobody_else_invites_for_it(house, affair):
    house.admit(affair, "basile", Role.COUNSEL, 1, by="clara")
    for role in (Role.PARTY, Role.COUNSEL, Role.EXPERT):
        refused_as_other_side(lambda role=role: house.invite(affair, "otto", role, 1, by="clara"))
    assert house.admit(affair, "otto", Role.EXPERT, 1, by="basile")
    assert house.admit(affair, "ada", Role.PARTY, 0, by="clara")


def test_an_invitation_for_a_side_without_counsel_can_be_renewed_and_withdrawn_by_who_made_it(house, affair):
    """A typing error in the other counsel's address must not leave a link into that side's rooms for good."""
    invited = house.invite(affair, "basile", Role.COUNSEL, 1, by="clara")
    renewed = renew(house, affair, invited.participant_id, by="clara")
    withdraw(house, affair, invited.participant_id, by="clara")
    with pytest.raises(Exception, match="not_found"):
        house.accept(affair, "basile", renewed.code)
    assert house.admit(affair, "basile", Role.COUNSEL, 1, by="clara")


def test_an_invitation_for_a_side_with_counsel_is_that_counsels_alone(house, affair):
    house.admit(affair, "basile", Role.COUNSEL, 1, by="clara")
    invited = house.invite(affair, "bruno", Role.PARTY, 1, by="basile")
    refused_as_other_side(lambda: renew(house, affair, invited.participant_id, by="clara"))
    refused_as_other_side(lambda: withdraw(house, affair, invited.participant_id, by="clara"))
    assert house.accept(affair, "bruno", invited.code)


def test_somebody_of_the_other_side_who_has_come_is_never_removed_from_across(house, affair):
    house.admit(affair, "bruno", Role.PARTY, 1, by="clara")
    refused_as_other_side(lambda: house.remove(affair, "bruno", by="clara"))
    house.admit(affair, "basile", Role.COUNSEL, 1, by="clara")
    for person in ("bruno", "basile"):
        refused_as_other_side(lambda person=person: house.remove(affair, person, by="clara"))
    house.remove(affair, "bruno", by="basile")


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.NEUTRAL])
def test_a_steward_brought_in_by_one_side_opens_no_way_into_the_other_sides_rooms(house, affair, role):
    """Clara may not; so a secretary or neutral whom Clara invites may not either."""
    house.admit(affair, "basile", Role.COUNSEL, 1, by="clara")
    house.admit(affair, "neus", role, by="clara")
    for newcomer in (Role.PARTY, Role.COUNSEL, Role.EXPERT):
        refused_as_other_side(lambda newcomer=newcomer: house.invite(affair, "otto", newcomer, 1, by="neus"))
    assert house.invite(affair, "otto", Role.OBSERVER, by="neus")


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.NEUTRAL])
def test_a_steward_without_side_does_not_remove_a_sides_counsel_so_as_to_replace_it(house, affair, role):
    house.admit(affair, "basile", Role.COUNSEL, 1, by="clara")
    house.admit(affair, "neus", role, by="clara")
    refused_as_other_side(lambda: house.remove(affair, "basile", by="neus"))
    assert NAMES["basile"] in [person.name for person in house.view("basile", affair.id).people]


def test_a_side_that_once_had_counsel_stays_closed_to_the_other_side_when_counsel_is_replaced(house, affair):
    house.admit(affair, "basile", Role.COUNSEL, 1, by="clara")
    house.admit(affair, "otto", Role.COUNSEL, 1, by="basile")
    house.remove(affair, "basile", by="otto")
    command = NewParticipant(email="m@example.org", name="M", role=Role.PARTY, side_id=affair.sides[1])
    with pytest.raises(Forbidden), house.database.unit_of_work() as work:
        admission.invite_participant(work, house.actors["clara"], affair.id, command)


def test_a_party_does_not_steer_where_counsel_do(house, affair):
    house.admit(affair, "ada", Role.PARTY, 0, by="clara")
    with pytest.raises(Forbidden) as refused:
        house.invite(affair, "otto", Role.PARTY, 0, by="ada")
    assert refused.value.code == "not_a_steward"


def test_a_steward_cannot_remove_himself_so_that_a_case_is_never_without_one(house, mediation):
    with pytest.raises(Conflict) as refused:
        house.remove(mediation, "neus", by="neus")
    assert refused.value.code == "cannot_remove_yourself"


def test_the_mediator_admits_and_removes_for_every_side(house, mediation):
    house.remove(mediation, "bruno", by="neus")
    assert house.admit(mediation, "otto", Role.PARTY, 1, by="neus")
    with pytest.raises(Conflict) as refused:
        house.remove(mediation, "bruno", by="neus")
    assert refused.value.code == "already_removed"


def known_to(house, affair, person):
    """Names and addresses that the pages and the API show to a steward."""
    with house.database.reading() as work:
        view = case_view(work, house.actors[person], affair.id)
        emails = participant_emails(work, house.actors[person], affair.id)
    return {each.name for each in view.people}, set(emails.values())


def test_whom_the_other_sides_counsel_invites_is_not_seen_before_that_person_comes(house, affair):
    house.admit(affair, "basile", Role.COUNSEL, 1, by="clara")
    house.invite(affair, "otto", Role.EXPERT, 1, by="basile")
    withdrawn = house.invite(affair, "bruno", Role.PARTY, 1, by="basile")
    withdraw(house, affair, withdrawn.participant_id, by="basile")
    names, emails = known_to(house, affair, "basile")
    assert {NAMES["otto"], NAMES["bruno"]} <= names
    assert email_of("otto") in emails
    names, emails = known_to(house, affair, "clara")
    assert names == {NAMES["clara"], NAMES["basile"]}
    assert emails == {email_of("clara")}


def test_somebody_invited_for_a_side_without_counsel_is_seen_by_who_invited_them(house, affair):
    house.invite(affair, "basile", Role.COUNSEL, 1, by="clara")
    names, emails = known_to(house, affair, "clara")
    assert NAMES["basile"] in names
    assert email_of("basile") in emails


def accepts(check):
    try:
        check()
    except (Conflict, Forbidden):
        return False
    return True


@pytest.mark.parametrize("viewer", ["clara", "basile", "neus"])
def test_the_buttons_of_the_page_are_those_that_the_service_accepts(house, affair, viewer):
    """Also for a neutral, who steers here and has the say over no side."""
    house.admit(affair, "basile", Role.COUNSEL, 1, by="clara")
    house.admit(affair, "neus", Role.NEUTRAL, None, by="clara")
    house.admit(affair, "ada", Role.PARTY, 0, by="clara")
    house.admit(affair, "otto", Role.OBSERVER, None, by="basile")
    house.invite(affair, "bruno", Role.PARTY, 1, by="basile")
    with house.database.reading() as work:
        view = case_view(work, house.actors[viewer], affair.id)
        opened = access_case(work, house.actors[viewer], affair.id, Permission.CASE_STEER)
        rows = {person.id: work.session.get_one(Participant, person.id) for person in view.people}
        removable = {pid for pid, row in rows.items() if accepts(partial(check_may_remove, work, opened, row))}
        invite = partial(check_may_admit, work, opened, role=Role.PARTY)
        sides = [side for side in view.sides if accepts(partial(invite, side_id=side.id))]
    assert {person.id for person in view.people if may_remove(view, person)} == removable
    assert 0 < len(removable) < len(rows)
    assert invitable_sides(view) == [(str(side.position), side.label) for side in sides]
