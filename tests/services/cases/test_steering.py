"""Who admits and removes whom. Where counsel steer together, each answers for the own side: nobody gets a reader into
the other side's rooms, whatever detour is taken."""

import pytest

from caseroom.access.words import CaseKind, Role
from caseroom.cases.services import NewParticipant
from caseroom.errors import Conflict, Forbidden
from caseroom.rooms import admission
from tests.house import NAMES

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
    """A typing error in the other counsel's address must not leave a link into that side's rooms that nobody revokes."""
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
