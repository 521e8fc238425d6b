"""The second person's word: agreed, the destruction is written in the ledger and carried out; or refused."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.words import RoomKind, State
from caseroom.audit.event_bytes import SYSTEM, Kind
from caseroom.audit.services import record
from caseroom.cases.access import case_keys
from caseroom.cases.models import Case
from caseroom.db import Work
from caseroom.retention.approvers import Approver, access_request, own_request
from caseroom.retention.finishing import finish_after_commit
from caseroom.retention.models import Erasure
from caseroom.retention.records import (
    PRACTICE,
    count_contents,
    facts_of,
    keep_facts,
    keys_gone_by,
    on_record,
    stated_day,
)
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.telling import stream_of, tell_readers
from caseroom.retention.words import Level, Progress
from caseroom.rooms.models import Room

ROOM_DESTROYED = "room_destroyed"


def approve_erasure(work: Work, actor: Actor, case_id: str, erasure_id: str, *, proof: SecondFactor) -> None:
    """Agree, as the second person. In an open case the destruction waits for the next epoch, which seals the room's
    last word; in a closed one it begins with the commit.

    Raises NotFound, Forbidden (``second_person_needed``) and what ``proof`` raises."""
    row, case, approver = access_request(work, actor, case_id, erasure_id)
    level = proof.prove(work, actor)
    now = clock.now()
    row.approved_by, row.approved_at = approver.participant_id, now
    row.approved_person = None if approver.participant_id else actor.person
    row.in_ledger, row.keys_gone_by = case.state == State.OPEN, keys_gone_by(work, case.id, now)
    keys = case_keys(work, case.id)
    keep_facts(row, keys, replace(facts_of(row, keys), approved_by=approver.name))
    count_contents(work, row)
    if row.level == Level.ROOM:
        _last_word(work, case, row, approver, auth=level)
    else:
        row.state = Progress.RECORDED
    work.session.flush()
    finish_after_commit(work, row)


def refuse_erasure(work: Work, actor: Actor, case_id: str, erasure_id: str) -> None:
    """Refuse as the second person, or withdraw what one asked oneself; nothing is destroyed, and it may be asked again.
    Raises as ``approve_erasure``."""
    own = own_request(work, actor, case_id, erasure_id)
    if own is not None:
        own.state, own.approved_at = Progress.REFUSED, clock.now()
        return
    row, _, approver = access_request(work, actor, case_id, erasure_id)
    row.state, row.approved_by, row.approved_at = Progress.REFUSED, approver.participant_id, clock.now()


def _last_word(work: Work, case: Case, row: Erasure, approver: Approver, *, auth: str) -> None:
    """``space.shredded`` in the room itself, and to everybody that some room goes, not which: an unused slot and a
    destroyed one look the same from outside, and so must the notice."""
    room = work.session.get_one(Room, row.room_id)
    room.state = State.CLOSED
    if not row.in_ledger:
        return on_record(row, None, slot=room.slot)
    recorded = record(
        work,
        stream_of(work, room),
        kind=Kind.SPACE_SHREDDED,
        actor=str(row.asked_by),
        body={"basis": row.basis, "keys_gone_by": stated_day(row)},
        who={"auth": auth, "approved_by": approver.participant_id or PRACTICE},
    )
    tell_readers(work, case, recorded)
    joint = work.session.scalars(select(Room).where(Room.case_id == case.id, Room.kind == RoomKind.JOINT)).one()
    notice = record(work, stream_of(work, joint), kind=Kind.NOTICE, actor=SYSTEM, body={"code": ROOM_DESTROYED})
    tell_readers(work, case, notice)
    return on_record(row, recorded, slot=room.slot)
