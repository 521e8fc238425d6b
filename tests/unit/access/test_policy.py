"""The policy: one pure table. What it must never allow, whatever else changes in it."""

from itertools import product

import pytest

from caseroom.access.permissions import Permission
from caseroom.access.policy import (
    COUNSEL_STEERED,
    DECIDED_KINDS,
    Allowed,
    Denied,
    decide_case,
    decide_room,
    decide_room_kind,
)
from caseroom.access.words import SIDED_ROLES, CaseKind, Role, RoomKind, State
from caseroom.cases.templates import TEMPLATES

ALL = list(product(CaseKind, RoomKind, Role, State))
WRITING = (Permission.ENTRY_POST, Permission.ENTRY_FILE)
READING = (Permission.ROOM_READ, Permission.LEDGER_READ)


def decide(permission, kind, room, role, state=State.OPEN):
    return decide_room(permission, kind=kind, room=room, role=role, state=state)


@pytest.mark.parametrize("permission", Permission)
def test_every_question_has_an_answer_with_a_reason_where_it_is_no(permission):
    for kind, room, role, state in ALL:
        for decision in (
            decide(permission, kind, room, role, state),
            decide_case(permission, kind=kind, role=role, state=state),
        ):
            assert isinstance(decision, Allowed) or (isinstance(decision, Denied) and decision.reason)


def test_nobody_writes_where_they_may_not_read():
    for kind, room, role, state in ALL:
        for permission in WRITING:
            if isinstance(decide(permission, kind, room, role, state), Allowed):
                assert isinstance(decide(Permission.ROOM_READ, kind, room, role, state), Allowed)


def test_whoever_reads_a_room_reads_its_register():
    for kind, room, role, state in ALL:
        assert decide(Permission.ROOM_READ, kind, room, role, state) == decide(
            Permission.LEDGER_READ, kind, room, role, state
        )


def test_closing_takes_writing_away_and_never_reading():
    for kind, room, role in product(CaseKind, RoomKind, Role):
        for permission in READING:
            assert decide(permission, kind, room, role, State.CLOSED) == decide(
                permission, kind, room, role, State.OPEN
            )
        for permission in WRITING:
            assert isinstance(decide(permission, kind, room, role, State.CLOSED), Denied)


def test_an_observer_writes_nowhere_and_reads_the_joint_room_alone():
    for kind, room in product(CaseKind, RoomKind):
        assert all(isinstance(decide(permission, kind, room, Role.OBSERVER), Denied) for permission in WRITING)
        readable = isinstance(decide(Permission.ROOM_READ, kind, room, Role.OBSERVER), Allowed)
        assert readable == (room is RoomKind.JOINT)


@pytest.mark.parametrize("kind", sorted(DECIDED_KINDS))
def test_where_a_neutral_decides_nobody_reads_or_writes_in_a_caucus_even_if_one_were_there(kind):
    for role, permission in product(Role, Permission):
        assert decide(permission, kind, RoomKind.CAUCUS, role) == Denied("one_sided_communication")
    assert decide_room_kind(kind=kind, room=RoomKind.CAUCUS) == Denied("one_sided_communication")
    assert RoomKind.CAUCUS not in TEMPLATES[kind].rooms


@pytest.mark.parametrize("kind", sorted(DECIDED_KINDS))
def test_where_a_neutral_decides_the_only_room_of_neutrals_and_sides_is_the_joint_one(kind):
    shared = [
        room
        for room in RoomKind
        if isinstance(decide(Permission.ROOM_READ, kind, room, Role.NEUTRAL), Allowed)
        and any(isinstance(decide(Permission.ROOM_READ, kind, room, role), Allowed) for role in SIDED_ROLES)
    ]
    assert shared == [RoomKind.JOINT]


def test_a_neutral_never_reads_a_team_room_nor_the_counsels_table():
    for kind, room in product(CaseKind, (RoomKind.TEAM, RoomKind.COUNSEL)):
        assert isinstance(decide(Permission.ROOM_READ, kind, room, Role.NEUTRAL), Denied)


def test_clients_are_not_at_the_counsels_table_and_only_neutrals_deliberate():
    readers = {
        room: {
            role for role in Role if isinstance(decide(Permission.ROOM_READ, CaseKind.ARBITRATION, room, role), Allowed)
        }
        for room in (RoomKind.COUNSEL, RoomKind.DELIBERATION, RoomKind.NOTES)
    }
    assert readers == {
        RoomKind.COUNSEL: {Role.COUNSEL},
        RoomKind.DELIBERATION: {Role.NEUTRAL},
        RoomKind.NOTES: {Role.NEUTRAL},
    }


def test_a_permission_of_one_table_is_none_of_the_other():
    for permission in Permission:
        in_room = isinstance(decide(permission, CaseKind.MEDIATION, RoomKind.JOINT, Role.NEUTRAL), Allowed)
        in_case = isinstance(
            decide_case(permission, kind=CaseKind.MEDIATION, role=Role.NEUTRAL, state=State.OPEN), Allowed
        )
        assert not (in_room and in_case), permission


@pytest.mark.parametrize("kind", CaseKind)
def test_neutral_and_secretary_steer_and_counsel_only_where_counsel_steer_together(kind):
    stewards = {
        role
        for role in Role
        if isinstance(decide_case(Permission.CASE_STEER, kind=kind, role=role, state=State.OPEN), Allowed)
    }
    assert stewards == {Role.NEUTRAL, Role.SECRETARY} | ({Role.COUNSEL} if kind in COUNSEL_STEERED else set())


def test_a_closed_case_is_read_by_everybody_in_it_and_steered_by_nobody():
    for kind, role in product(CaseKind, Role):
        assert decide_case(Permission.CASE_READ, kind=kind, role=role, state=State.CLOSED) == Allowed()
        assert isinstance(decide_case(Permission.CASE_STEER, kind=kind, role=role, state=State.CLOSED), Denied)


def test_what_a_template_lists_its_kind_allows():
    for kind, template in TEMPLATES.items():
        for room in template.rooms:
            assert decide_room_kind(kind=kind, room=room) == Allowed(), (kind, room)
