"""Sealing what is due: the schedule of every case, kept through restarts by ``case_log.next_due``.

One epoch is one short transaction, so that a server with a thousand cases seals them between the messages and not
instead of them. Asking for time stamps happens beside it and never delays a seal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from caseroom import clock, workers
from caseroom.audit.case_log import head_of, seal_epoch
from caseroom.audit.epoch_bytes import Why
from caseroom.audit.models import CaseEpoch, CaseLog
from caseroom.audit.schedule import due_now
from caseroom.db import Database, Work
from caseroom.errors import LedgerHalted

log = logging.getLogger("caseroom.audit")


def seal_due(database: Database, *, now: datetime | None = None) -> int:
    """Seal one epoch for every case whose instant has come; return how many. ``now`` is the server's time by default.

    A case whose log the signer refuses is told to the operator and does not keep the others waiting."""
    moment = now or clock.now()
    with database.reading() as work:
        waiting = work.session.scalars(
            select(CaseLog.case_id).where(CaseLog.next_due <= moment).order_by(CaseLog.next_due)
        ).all()
    sealed = 0
    for case_id in waiting:
        try:
            with database.unit_of_work() as work:
                sealed += seal_if_due(work, case_id, now=moment)
        except LedgerHalted:
            log.error("case %s: its log is halted, its epoch waits for the signer", case_id)  # noqa: TRY400 - no trace
        workers.give_way()
    return sealed


def seal_if_due(work: Work, case_id: str, *, now: datetime) -> bool:
    """Seal a case's epoch in the running transaction if its instant has come and no other process was faster."""
    case_log = head_of(work, case_id)
    due = due_now(next_due=case_log.next_due, interval=case_log.interval, now=now) if case_log.next_due else None
    if due is None:
        return False
    seal_epoch(work, case_id, why=due.why, due=due.at)
    return True


def seal_joint(work: Work, case_id: str) -> None:
    """An epoch besides the schedule, for what happened before everybody. Never call it for anything that not all sides
    see: its instant tells (docs/evidence.md §4)."""
    _seal_besides(work, case_id, Why.JOINT)


def close_case_log(work: Work, case_id: str) -> CaseEpoch:
    """Seal the last epoch of a case, in the transaction that closes it. Nothing can be sealed after it."""
    epoch = _seal_besides(work, case_id, Why.CLOSE)
    head_of(work, case_id).closed_at = epoch.sealed_at
    return epoch


def _seal_besides(work: Work, case_id: str, why: Why) -> CaseEpoch:
    now = clock.now()
    seal_if_due(work, case_id, now=now)  # no other epoch stands in for an instant of the grid, and due never decreases
    last = work.session.get_one(CaseEpoch, (case_id, head_of(work, case_id).size - 1))
    return seal_epoch(work, case_id, why=why, due=max(now.replace(microsecond=0), last.due))


def next_instant_of_all(database: Database, *, after: datetime) -> datetime | None:
    """When the next epoch of any case is due, later than ``after``; None where there is none."""
    with database.reading() as work:
        return work.session.scalars(
            select(CaseLog.next_due).where(CaseLog.next_due > after).order_by(CaseLog.next_due).limit(1)
        ).first()


@dataclass(frozen=True, slots=True)
class Scheduler:
    """The loops of a serving process. Sealing keeps its instants; ``chores`` (asking for time stamps, a day's clearing
    up) have a loop of their own, so that a time-stamp authority that hangs delays no seal.

    ``sleep`` waits that many seconds and lets others work; ``longest`` is the most it is asked for."""

    database: Database
    sleep: Callable[[float], None]
    longest: float = 20.0
    chores: Sequence[Callable[[], object]] = ()

    def seal_for_ever(self) -> None:
        """Meant for a background thread of the serving process, green or real."""
        while True:
            begun = clock.now()
            _outlive(partial(seal_due, self.database, now=begun))
            self.sleep(self.pause(after=begun))

    def do_chores_for_ever(self) -> None:
        """The same, beside it."""
        while True:
            for chore in self.chores:
                _outlive(chore)
            self.sleep(self.longest)

    def pause(self, *, after: datetime) -> float:
        """Seconds until there is something to seal, or to look round for cases opened meanwhile. What was due at
        ``after`` has had its turn: a log that still waits then is one that the signer refuses, and asking again at once
        would only fill the operator's log."""
        due = next_instant_of_all(self.database, after=after)
        if due is None:
            return self.longest
        return min(max((due - clock.now()) / timedelta(seconds=1), 0.05), self.longest)


def _outlive(task: Callable[[], object]) -> None:
    """The schedule must outlive any single failure: a full disk, a lost network, an authority that answers nonsense."""
    try:
        task()
    except Exception:
        log.exception("a task of the schedule failed and is tried again")
