"""Who reads which room: the rule against a table written by hand, and against the policy."""

from itertools import product

import pytest

from caseroom.access.permissions import Permission
from caseroom.access.policy import Allowed, decide_room
from caseroom.access.words import CaseKind, Role, RoomKind, State
from caseroom.rooms.names import WORDS, room_name
from caseroom.rooms.rules import belongs

# Rows: role and side of the participant. Columns: rooms of side A or B. "mine"/"theirs": who holds the notes.
TABLE = """
                joint caucusA caucusB teamA teamB counsel deliberation mine theirs
neutral -       x     x       x       .     .     .       x            x    .
secretary -     x     .       .       .     .     .       .            .    .
counsel A       x     x       .       x     .     x       .            .    .
counsel B       x     .       x       .     x     x       .            .    .
party A         x     x       .       x     .     .       .            .    .
party B         x     .       x       .     x     .       .            .    .
expert A        x     x       .       x     .     .       .            .    .
expert -        x     .       .       .     .     .       .            .    .
observer -      x     .       .       .     .     .       .            .    .
"""
COLUMNS = {
    "joint": (RoomKind.JOINT, None, None),
    "caucusA": (RoomKind.CAUCUS, "A", None),
    "caucusB": (RoomKind.CAUCUS, "B", None),
    "teamA": (RoomKind.TEAM, "A", None),
    "teamB": (RoomKind.TEAM, "B", None),
    "counsel": (RoomKind.COUNSEL, None, None),
    "deliberation": (RoomKind.DELIBERATION, None, None),
    "mine": (RoomKind.NOTES, None, "me"),
    "theirs": (RoomKind.NOTES, None, "another"),
}


def cells():
    header, *rows = [line.split() for line in TABLE.strip().splitlines()]
    for role, side, *marks in rows:
        for column, mark in zip(header, marks, strict=True):
            yield pytest.param(role, side, column, mark == "x", id=f"{role}-{side}-{column}")


def reads(role, side, room, room_side, holder):
    return belongs(room, room_side=room_side, holder=holder, role=role, side=side, participant="me")


@pytest.mark.parametrize(("role", "side", "column", "expected"), list(cells()))
def test_role_and_side_give_exactly_the_rooms_of_the_table(role, side, column, expected):
    room, room_side, holder = COLUMNS[column]
    assert reads(Role(role), None if side == "-" else side, room, room_side, holder) is expected


def test_a_room_of_a_side_is_not_read_by_somebody_of_no_side_even_if_it_has_none():
    """A side room without a side is a fault elsewhere; it must not open to whoever has no side either."""
    for role, room in product(Role, (RoomKind.CAUCUS, RoomKind.TEAM)):
        assert reads(role, None, room, None, None) is (role is Role.NEUTRAL and room is RoomKind.CAUCUS)


def test_a_role_that_has_no_side_gains_nothing_from_being_given_one():
    for role in (Role.SECRETARY, Role.OBSERVER, Role.NEUTRAL):
        for room in RoomKind:
            assert reads(role, "A", room, "A", "me") is reads(role, None, room, "A", "me")


def test_notes_of_nobody_are_read_by_nobody():
    assert not any(reads(role, side, RoomKind.NOTES, None, None) for role, side in product(Role, (None, "A")))


def test_whom_the_rule_lets_in_the_policy_lets_read_where_the_kind_has_such_a_room():
    for kind, room, role, side in product(CaseKind, RoomKind, Role, (None, "A")):
        if reads(role, side, room, "A", "me") and not (kind in ("arbitration", "small_claim") and room == "caucus"):
            decision = decide_room(Permission.ROOM_READ, kind=kind, room=room, role=role, state=State.OPEN)
            member_of_no_side = role not in (Role.PARTY, Role.COUNSEL, Role.EXPERT)
            assert isinstance(decision, Allowed) or (member_of_no_side and side is not None), (kind, room, role, side)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_kind_of_room_has_a_word_of_its_own_in_each_language(language):
    names = [room_name(kind, side_label="Ada", language=language) for kind in RoomKind]
    assert len(set(names)) == len(RoomKind)
    assert all("{" not in name for name in names)
    assert set(WORDS) == {"fr", "en"}


def test_a_label_with_braces_is_a_label():
    assert room_name(RoomKind.CAUCUS, side_label="{side} {0}", language="fr") == "Aparté {side} {0}"


def test_an_unknown_language_is_french():
    assert room_name(RoomKind.JOINT, side_label=None, language="de") == "Salle commune"
