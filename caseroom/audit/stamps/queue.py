"""The queue of epochs that wait for their time stamp, kept in the database (docs/evidence.md §19).

Sealing puts an epoch in and never waits. ``stamp_due`` asks for what is due, outside any transaction. An epoch is
claimed before it is asked for, by setting its next try a minute ahead: so two processes do not ask twice, and one that
dies between the answer and the commit leaves an epoch that is simply asked for again."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from cryptography.x509 import Certificate
from sqlalchemy import CursorResult, bindparam, func, insert, select, update

from caseroom import clock
from caseroom.audit.epoch_bytes import pin_tokens
from caseroom.audit.models import CaseEpoch, LedgerEvent, Opening, RoomLog, TimeStamp
from caseroom.audit.stamps.asking import Authority, Stamped, TsaFailed, TsaRefused, TsaUnreachable, obtain
from caseroom.audit.stamps.authorities import Authorities
from caseroom.config import Settings
from caseroom.db import Database, Work, table_of

log = logging.getLogger("caseroom.audit.stamps")

CLAIM = timedelta(minutes=1)  # longer than asking can take
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
LATE = timedelta(hours=2)
ALARM = timedelta(hours=6)
BEFORE_DUE = timedelta(seconds=300)  # δ of docs/evidence.md §10 step 6
ROUNDING = timedelta(seconds=1)  # what §10 step 14 allows on top of the accuracy
ROUND = timedelta(minutes=1)  # how long one call goes on
MOST_AT_ONCE = 200

STAMP, EPOCH = table_of(TimeStamp), table_of(CaseEpoch)
# What is not signed yet waits for the signer, not for an authority.
_WAITING = (
    select(STAMP.c.case_id, STAMP.c.n, EPOCH.c.note, EPOCH.c.due, STAMP.c.asked_since, STAMP.c.tries, STAMP.c.next_try)
    .join(EPOCH, (EPOCH.c.case_id == STAMP.c.case_id) & (EPOCH.c.n == STAMP.c.n))
    .where(STAMP.c.state == "waiting", EPOCH.c.note.is_not(None))
)
_THIS = (STAMP.c.case_id == bindparam("of_case"), STAMP.c.n == bindparam("of_n"), STAMP.c.state == "waiting")
# The next try that was read is part of the condition: of two who read the same, one changes a row.
_CLAIM = update(STAMP).where(*_THIS, STAMP.c.next_try == bindparam("seen"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An epoch to be stamped: its signed note, when it was due and sealed, and how asking went so far."""

    case_id: str
    n: int
    note: bytes
    due: datetime
    sealed: datetime
    tries: int
    next_try: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """How many epochs wait for longer than ALARM, and since when the oldest does. ``count`` 0: all is well."""

    count: int
    since: datetime | None


def enqueue(work: Work, case_id: str, n: int) -> None:
    """Have an epoch stamped once its checkpoint is signed. Nothing where no authority is configured: what is sealed
    then stays unstamped, and the first stamp after one is configured covers it through the log."""
    if not work.tool(Settings).tsa_urls:
        return
    now = clock.now()
    row = {"case_id": case_id, "n": n, "state": "waiting", "tries": 0, "asked_since": now, "next_try": now}
    work.execute(insert(STAMP), row | {"tsa": "", "late": False})


def due(work: Work, now: datetime, limit: int = MOST_AT_ONCE) -> list[Waiting]:
    """What may be asked for at ``now`` (aware): signed, its time come; the one that waits longest first."""
    rows = work.session.execute(
        _WAITING.where(STAMP.c.next_try <= now).order_by(STAMP.c.next_try, STAMP.c.case_id, STAMP.c.n).limit(limit)
    )
    return [
        Waiting(case_id=case_id, n=n, note=note.encode(), due=due_at, sealed=since, tries=tries, next_try=next_try)
        for case_id, n, note, due_at, since, tries, next_try in rows
    ]


def stamp_due(
    database: Database,
    *,
    authorities: Authorities,
    roots: Sequence[Certificate],
    now: datetime | None = None,
    limit: int = MOST_AT_ONCE,
) -> int:
    """Ask for what is due and keep what is good; returns how many tokens were kept.

    To be called from a green thread (or thread) of its own, never inside a transaction: an authority may take its time.
    ``now``: the present where a test states it. What fails is asked for again later; nothing is raised for it."""
    instant: Callable[[], datetime] = clock.now if now is None else lambda: now
    if not authorities:
        return 0
    with database.reading() as work:
        waiting = due(work, instant(), limit)
    kept = _Round(database, authorities, roots, instant).run(waiting)
    with database.reading() as work:
        late = overdue(work, instant())
    if late.count and authorities.may_alarm(instant()):
        log.error("%d epochs have waited for their time stamp for over 6 hours, since %s", late.count, late.since)
    return kept


def overdue(work: Work, now: datetime | None = None) -> Overdue:
    """What the operator must know of: epochs that wait for longer than 6 hours at ``now`` (default: the present)."""
    before = (now or clock.now()) - ALARM
    times = work.session.scalars(
        _WAITING.where(STAMP.c.asked_since <= before)
        .with_only_columns(STAMP.c.asked_since)
        .order_by(STAMP.c.asked_since)
    ).all()
    return Overdue(count=len(times), since=times[0] if times else None)


def pins(work: Work, case_id: str) -> tuple[list[int], bytes | None]:
    """The epochs whose tokens arrived since the previous epoch, ascending, and the ``tst`` that pins them; an empty
    list and None where none did (docs/evidence.md §4). For the epoch being sealed, in its transaction."""
    rows = work.session.execute(
        select(STAMP.c.n, STAMP.c.token)
        .where(STAMP.c.case_id == case_id, STAMP.c.state == "kept", STAMP.c.pinned_in.is_(None))
        .order_by(STAMP.c.n)
    ).all()
    if not rows:
        return [], None
    return [n for n, _ in rows], pin_tokens([hashlib.sha256(token).digest() for _, token in rows])


def mark_pinned(work: Work, case_id: str, stamps: Iterable[int], n: int) -> None:
    """Note that epoch ``n`` pins these tokens: no later one does, and none of them changes any more."""
    numbers = list(stamps)
    if numbers:
        work.execute(
            update(STAMP).where(STAMP.c.case_id == case_id, STAMP.c.n.in_(numbers), STAMP.c.pinned_in.is_(None)),
            {"pinned_in": n},
        )


@dataclass(slots=True)
class _Round:
    """One call of ``stamp_due``."""

    database: Database
    authorities: Authorities
    roots: Sequence[Certificate]
    instant: Callable[[], datetime]

    def run(self, waiting: Sequence[Waiting]) -> int:
        kept, silent, until = 0, set[str](), self.instant() + ROUND
        for each in waiting:
            if self.instant() >= until:
                break
            authority = self.authorities.for_try(each.tries)
            if authority.label in silent:
                # One timeout tells enough for this round.
                if self._claim(each):
                    self._again(each, authority)
                continue
            if not authority.take_turn(self.instant()):
                continue
            try:
                kept += self._one(each, authority)
            except TsaFailed as error:
                log.warning("no time stamp from %s: %s", authority.label, error)
                if isinstance(error, TsaUnreachable):
                    silent.add(authority.label)
                self._again(each, authority)
            finally:
                authority.end_turn()
        return kept

    def _one(self, each: Waiting, authority: Authority) -> bool:
        """Claim, ask, keep. Raises TsaFailed once it is claimed."""
        if not self._claim(each):
            return False
        stamped = obtain(authority, each.note, roots=self.roots)
        with self.database.reading() as work:
            covers = _newest_entry(work, each)
        _check_time(stamped, each, covers=covers)
        return self._keep(each, authority, stamped)

    def _claim(self, each: Waiting) -> bool:
        changes = {"next_try": self.instant() + CLAIM}
        return self._change(_CLAIM, each, {"seen": each.next_try, **changes})

    def _keep(self, each: Waiting, authority: Authority, stamped: Stamped) -> bool:
        gen_time = stamped.checked.gen_time
        changes = {
            "state": "kept",
            "tsa": authority.label,
            "request": stamped.request,
            "token": stamped.response,
            "gen_time": gen_time,
            "late": gen_time is not None and gen_time > each.due + LATE,
        }
        return self._change(update(STAMP).where(*_THIS), each, changes)

    def _again(self, each: Waiting, authority: Authority) -> None:
        pause = RETRIES[min(each.tries, len(RETRIES) - 1)]
        changes = {"tries": each.tries + 1, "tsa": authority.label, "next_try": self.instant() + pause}
        # Only of those who asked at the same try does one count it.
        statement = update(STAMP).where(*_THIS, STAMP.c.tries == bindparam("tried"))
        self._change(statement, each, {"tried": each.tries, **changes})

    def _change(self, statement: Any, each: Waiting, values: dict[str, Any]) -> bool:
        with self.database.unit_of_work() as work:
            done = work.execute(statement, {"of_case": each.case_id, "of_n": each.n, **values})
            return cast("CursorResult[Any]", done).rowcount == 1


def _newest_entry(work: Work, each: Waiting) -> datetime | None:
    """The latest time that any entry covered by an epoch bears; it is later than the sealing where the clock was set
    back in between. None where the epoch covers none that is still there."""
    newest: datetime | None = work.session.scalars(
        select(func.max(LedgerEvent.at))
        .join(RoomLog, RoomLog.room_id == LedgerEvent.room_id)
        .join(Opening, (Opening.case_id == RoomLog.case_id) & (Opening.slot == RoomLog.slot))
        .where(Opening.case_id == each.case_id, Opening.n == each.n, LedgerEvent.seq == Opening.size - 1)
    ).one()
    return newest


def _check_time(stamped: Stamped, each: Waiting, *, covers: datetime | None) -> None:
    """A token from before the sealing, or from before an entry that was sealed (``covers``), would contradict the
    ledger in every pack (docs/evidence.md §10 steps 6 and 14), though nobody did wrong but a clock. It is not kept;
    asked again later, a clock a little ahead has been caught up with. Raises TsaRefused."""
    checked = stamped.checked
    if checked.gen_time is None:
        raise TsaRefused("its answer has no time")
    sealed = max(each.sealed, covers or each.sealed)
    earliest = max(each.due - BEFORE_DUE, sealed - checked.accuracy - ROUNDING)
    if checked.gen_time < earliest:
        ahead = (sealed - checked.gen_time).total_seconds()
        raise TsaRefused(f"its clock and this server's differ: the server's is {ahead:.0f} s ahead")
