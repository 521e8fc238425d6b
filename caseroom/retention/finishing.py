"""From an erasure on record to its end, as far as it can go now. Every step may be repeated: a crash between two is
made good at the next start, after the next epoch, or by ``python -m caseroom purge``."""

from __future__ import annotations

import logging

from sqlalchemy import select

from caseroom import clock
from caseroom.audit.models import CaseEpoch, Opening, RoomLog
from caseroom.db import Database, Step, Work
from caseroom.retention.destroying import destroy_case, destroy_items, destroy_room
from caseroom.retention.models import Erasure
from caseroom.retention.words import UNFINISHED, Level, Progress

log = logging.getLogger("caseroom.retention")


def finish_erasures(database: Database) -> int:
    """Take every agreed erasure as far as it can go; return how many came to their end. One that fails is told to the
    operator and does not keep the others waiting."""
    with database.reading() as work:
        waiting = work.session.scalars(
            select(Erasure.id).where(Erasure.state.in_(UNFINISHED)).order_by(Erasure.asked_at)
        ).all()
    return sum(_try(database, erasure_id) for erasure_id in waiting)


def finish_after_commit(work: Work, erasure: Erasure) -> None:
    """Destroy as soon as the running unit of work is committed and signed: an entry before anybody is told of it, a
    room or a case once others may write again."""
    database, erasure_id = work.database, erasure.id

    def finish() -> None:
        _try(database, erasure_id)

    work.after_commit(Step.PUBLISH if erasure.level == Level.ITEM else Step.AFTERWARDS, finish)


def _try(database: Database, erasure_id: str) -> bool:
    try:
        return advance(database, erasure_id)
    except Exception:
        log.exception("erasure %s: a step failed and is tried again later", erasure_id)
        return False


def advance(database: Database, erasure_id: str) -> bool:
    """Take one erasure as far as it can go. True once it is done."""
    with database.unit_of_work() as work:
        erasure = work.session.get_one(Erasure, erasure_id)
        if erasure.state not in UNFINISHED:
            return False
        if erasure.state == Progress.RECORDED and not _may_destroy(work, erasure):
            return False
        erasure.sealed_in = sealing_epoch(work, erasure)  # kept now: it cannot be found out once the room is gone
    if erasure.state == Progress.RECORDED:
        _destroy(database, erasure)
        with database.unit_of_work() as work:
            row = work.session.get_one(Erasure, erasure_id)
            row.state, row.done_at = Progress.DESTROYED, clock.now()
    if not database.empty_log():
        return False
    with database.unit_of_work() as work:
        work.session.get_one(Erasure, erasure_id).state = Progress.DONE
    return True


def _destroy(database: Database, erasure: Erasure) -> None:
    match Level(erasure.level):
        case Level.ITEM:
            destroy_items(database, erasure.id)
        case Level.ROOM:
            destroy_room(database, erasure.case_id, str(erasure.room_id))
        case Level.CASE:
            destroy_case(database, erasure.case_id)


def _may_destroy(work: Work, erasure: Erasure) -> bool:
    """What the ledger says of it comes first: the entry is signed, and of a whole room sealed in a signed epoch, which
    stays when the room's own log is gone."""
    if not erasure.in_ledger or erasure.seq is None:
        return True
    if erasure.level == Level.ROOM:
        return sealing_epoch(work, erasure) is not None
    signed = work.session.scalars(select(RoomLog.signed_size).where(RoomLog.room_id == erasure.room_id)).first()
    return signed is None or signed > erasure.seq  # without a log the room is gone, and the entry with it


def sealing_epoch(work: Work, erasure: Erasure) -> int | None:
    """The first signed epoch that covers the entry of the erasure, or None."""
    if erasure.sealed_in is not None or erasure.seq is None:
        return erasure.sealed_in
    return work.session.scalars(
        select(Opening.n)
        .join(CaseEpoch, (CaseEpoch.case_id == Opening.case_id) & (CaseEpoch.n == Opening.n))
        .where(
            Opening.case_id == erasure.case_id,
            Opening.slot == erasure.slot,
            Opening.size > erasure.seq,
            CaseEpoch.note.is_not(None),
        )
        .order_by(Opening.n)
        .limit(1)
    ).first()
