"""The walls of a case, checked from the rows as they are: each room is read by exactly those the rule names, its key is
its own, and no room of a case whose neutral decides joins that neutral to one side alone.

The rule is applied when people come and go; this reads what is there now, whatever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import DECIDED_KINDS
from caseroom.access.words import CaseKind, Role, RoomKind
from caseroom.cases.access import access_case, case_keys
from caseroom.cases.people import CasePeople, case_people
from caseroom.db import Work
from caseroom.rooms.access import readers_of
from caseroom.rooms.models import Room
from caseroom.rooms.opening import rooms_of_case
from caseroom.rooms.rules import belongs


@dataclass(frozen=True, slots=True, kw_only=True)
class WallReport:
    """``rooms``: how many were checked, which the kind of case and its sides tell anyway. ``breaches``: how many are
    read by somebody too many or too few; which ones goes to the log of the server alone."""

    rooms: int
    breaches: tuple[str, ...]

    @property
    def intact(self) -> bool:
        return not self.breaches


def check_walls(work: Work, actor: Actor, case_id: str) -> WallReport:
    """Check every room of a case, for a steward: also those the steward cannot read, of which nothing is told."""
    opened = access_case(work, actor, case_id, Permission.CASE_STEER)
    people = case_people(work, opened.case.id, case_keys(work, opened.case.id))
    rooms = rooms_of_case(work, opened.case.id)
    breaches = [breach for room in rooms for breach in _breaches(work, opened.kind, room, people)]
    return WallReport(rooms=len(rooms), breaches=tuple(breaches))


def _breaches(work: Work, kind: CaseKind, room: Room, people: CasePeople) -> Iterator[str]:
    readers = {reader.id for reader in readers_of(work, room.id, people)}
    expected = {
        person.id
        for person in people.people.values()
        if person.state == "admitted"
        and belongs(
            RoomKind(room.kind),
            room_side=room.side_id,
            holder=room.holder_id,
            role=person.role,
            side=person.side.id if person.side else None,
            participant=person.id,
        )
    }
    if readers != expected:
        yield f"room {room.id} is not read by exactly those the rule names"
    if kind in DECIDED_KINDS and room.kind != RoomKind.JOINT:
        roles = [people.people[pid] for pid in readers]
        if any(each.role is Role.NEUTRAL for each in roles) and any(each.side for each in roles):
            yield f"room {room.id} joins a deciding neutral to one side"
