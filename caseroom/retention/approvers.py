"""Who may agree, as the second person, that a room or a case be destroyed.

Somebody else who answers for it from within. Only where there is nobody else, an owner of the practice from outside: a
mediator alone with his notes must be able to have them destroyed, and never by his own word alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import COUNSEL_STEERED, Allowed, decide_case, decide_room
from caseroom.access.words import CaseKind, Role, RoomKind, State
from caseroom.accounts.models import Person
from caseroom.cases.models import Case, Participant
from caseroom.db import Work
from caseroom.errors import Forbidden, NotFound
from caseroom.ids import is_id
from caseroom.retention.models import Erasure
from caseroom.retention.words import Level, Progress
from caseroom.rooms.models import Room, RoomMember


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """``participant_id`` from within the case; None for an owner of the practice."""

    participant_id: str | None
    name: str


def access_request(work: Work, actor: Actor, case_id: str, erasure_id: str) -> tuple[Erasure, Case, Approver]:
    """The door to a request that is waiting, for somebody who may agree to it or refuse it.

    Raises NotFound to whoever may not know of it; Forbidden (``second_person_needed``) to who asked, and to those who
    read the room and do not answer for it."""
    row = work.session.get(Erasure, erasure_id) if is_id(erasure_id) else None
    if row is None or row.case_id != case_id or row.state != Progress.ASKED:
        raise NotFound(reason="no such request")
    case = work.session.get_one(Case, case_id)
    within = _within(work, row)
    me = next((each for each in within if each.person_id == actor.person), None)
    able = second_people(work, row, case)
    if me is not None and me.id in {each.id for each in able}:
        return row, case, Approver(participant_id=me.id, name=actor.name)
    if not able and _owns(work, actor, row):
        return row, case, Approver(participant_id=None, name=actor.name)
    if me is None:
        raise NotFound(reason="no business of this person")
    raise Forbidden("second_person_needed")


def own_request(work: Work, actor: Actor, case_id: str, erasure_id: str) -> Erasure | None:
    """What this person asked and still takes part to withdraw, if it waits for somebody's agreement."""
    row = work.session.get(Erasure, erasure_id) if is_id(erasure_id) else None
    if row is None or row.case_id != case_id or row.state != Progress.ASKED:
        return None
    asked = next((each for each in _within(work, row) if each.id == row.asked_by), None)
    return row if asked is not None and asked.person_id == actor.person else None


def anybody_second(work: Work, row: Erasure, case: Case) -> bool:
    """Whether there is anybody at all who could agree."""
    if second_people(work, row, case):
        return True
    asked = work.session.get(Participant, row.asked_by) if row.asked_by else None
    owners = select(Person.id).where(Person.practice_id == row.practice_id, Person.owner)
    return any(owner != (asked.person_id if asked else None) for owner in work.session.scalars(owners))


def second_people(work: Work, row: Erasure, case: Case) -> list[Participant]:
    """Those within who may agree: not who asked, and where counsel of several sides share it, of another side."""
    asked = work.session.get(Participant, row.asked_by) if row.asked_by else None
    kind = CaseKind(case.kind)
    room = work.session.get(Room, row.room_id) if row.level == Level.ROOM else None
    shared = kind in COUNSEL_STEERED if room is None else RoomKind(room.kind) is RoomKind.COUNSEL
    may = _may_in(kind, room)
    return [
        each
        for each in _within(work, row)
        if may(Role(each.role))
        and each.id != row.asked_by
        and (asked is None or each.person_id != asked.person_id)
        and not (shared and asked is not None and each.side_id == asked.side_id)
    ]


def _may_in(kind: CaseKind, room: Room | None) -> Callable[[Role], bool]:
    if room is None:
        return lambda role: isinstance(
            decide_case(Permission.CASE_ERASE, kind=kind, role=role, state=State.CLOSED), Allowed
        )
    room_kind = RoomKind(room.kind)
    return lambda role: isinstance(
        decide_room(Permission.ROOM_SHRED, kind=kind, room=room_kind, role=role, state=State.OPEN), Allowed
    )


def _within(work: Work, row: Erasure) -> list[Participant]:
    """Who reads the room; for a whole case, who takes part in it."""
    query = select(Participant).where(Participant.case_id == row.case_id, Participant.state == "admitted")
    if row.level == Level.ROOM:
        query = query.join(RoomMember, RoomMember.participant_id == Participant.id).where(
            RoomMember.room_id == row.room_id, RoomMember.removed_at.is_(None)
        )
    return list(work.session.scalars(query.order_by(Participant.invited_at, Participant.id)))


def _owns(work: Work, actor: Actor, row: Erasure) -> bool:
    """An owner of the practice, and not the person who asked under another hat."""
    person = work.session.get(Person, actor.person)
    if person is None or not person.owner or person.practice_id != row.practice_id:
        return False
    asked = work.session.get(Participant, row.asked_by) if row.asked_by else None
    return asked is None or asked.person_id != actor.person
