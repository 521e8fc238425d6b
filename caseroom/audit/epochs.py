"""A case's checkpoints as one of its rooms may be told of them: which of its own entries each covers, and what an
outside authority said of it. Nothing here reads the log of another room."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import bindparam, func, select

from caseroom.audit import tree
from caseroom.audit.case_log import head_of
from caseroom.audit.epoch_bytes import Why
from caseroom.audit.models import CaseEpoch, Opening, RoomCheckpoint, TimeStamp
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.notes import parse_checkpoint
from caseroom.audit.services import Stream
from caseroom.db import Work, table_of

OPENING = table_of(Opening)
SIZE_IN_EPOCH = select(OPENING.c.size).where(
    OPENING.c.case_id == bindparam("case_id"), OPENING.c.n == bindparam("n"), OPENING.c.slot == bindparam("slot")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCheckpoint:
    """The newest signed checkpoint of a case: the same for everybody in it. ``size`` in epochs."""

    size: int
    note: str
    vkey: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The outside time stamp of a checkpoint. ``host``: who answered, or was asked last (empty before that);
    ``gen_time``: the moment the authority states, None while it is waited for."""

    host: str
    since: datetime
    gen_time: datetime | None
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPoint:
    """A signed checkpoint, with the entries ``first`` to ``last`` of one room that it is the first to cover (None: no
    new one). ``root``: of the case log, 32 bytes. ``stamp`` is None where none was ever asked for."""

    n: int
    why: Why
    due: datetime
    sealed_at: datetime | None
    root: bytes
    first: int | None
    last: int | None
    stamp: Stamp | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StampCount:
    """Of the signed checkpoints of a case: how many are time-stamped, and the first and the number of those waiting."""

    points: int
    kept: int
    waiting: int
    first_waiting: int | None


def signed_epochs(work: Work, case_id: str) -> int:
    """How many epochs from the first on have their signed checkpoint: what is not signed is shown to nobody."""
    unsigned = select(func.min(CaseEpoch.n)).where(CaseEpoch.case_id == case_id, CaseEpoch.note.is_(None))
    first: int | None = work.session.scalars(unsigned).one()
    return head_of(work, case_id).size if first is None else first


def case_checkpoint(work: Work, case_id: str) -> CaseCheckpoint | None:
    """The newest signed checkpoint of a case that a door has proved; None before the first."""
    epoch = work.session.scalars(
        select(CaseEpoch)
        .where(CaseEpoch.case_id == case_id, CaseEpoch.note.is_not(None))
        .order_by(CaseEpoch.n.desc())
        .limit(1)
    ).first()
    if epoch is None or epoch.note is None:
        return None
    return CaseCheckpoint(size=epoch.n + 1, note=epoch.note, vkey=head_of(work, case_id).vkey)


def case_extension(work: Work, case_id: str, *, old: int, new: int) -> list[bytes]:
    """The RFC 6962 proof that the case log of ``new`` epochs extends that of ``old``; empty where ``old`` is 0 or
    ``new``. Raises ValueError unless 0 <= old <= new."""
    return tree.consistency_proof(old, new, StoredNodes(work, case_id))


class SealedSizes:
    """How many entries of one room each signed epoch covers; every look is kept, for the same are asked for again."""

    def __init__(self, work: Work, stream: Stream) -> None:
        self.epochs = signed_epochs(work, stream.case_id)
        self._work = work
        self._place = {"case_id": stream.case_id, "slot": stream.slot}
        self._known: dict[int, int] = {}

    def at(self, n: int) -> int:
        """The size of the room's log in epoch ``n``; -1 is before the first."""
        if n not in self._known:
            found = self._work.execute(SIZE_IN_EPOCH, {**self._place, "n": n}).first()
            self._known[n] = found.size if found else 0
        return self._known[n]

    @property
    def newest(self) -> int:
        return self.at(self.epochs - 1)

    def first_covering(self, seq: int) -> int | None:
        """The first epoch that covers entry ``seq``, found by halving: years of hourly epochs are not read for it. None
        where the entry still waits for one."""
        n = bisect_right(range(self.epochs), seq, key=self.at)
        return n if n < self.epochs else None


def points_covering(
    work: Work, stream: Stream, sizes: SealedSizes, *, low: int, high: int, newest: bool = False
) -> list[RoomPoint]:
    """The checkpoints that were the first to cover any of the entries ``low`` to ``high`` of a room, the newest first;
    with ``newest`` also the newest of all, which may cover nothing new."""
    covered: dict[int, tuple[int, int]] = {}
    seq = min(high, sizes.newest - 1)
    while seq >= max(low, 0) and (n := sizes.first_covering(seq)) is not None:
        covered[n] = (sizes.at(n - 1), sizes.at(n) - 1)
        seq = sizes.at(n - 1) - 1
    last = [sizes.epochs - 1] if newest and sizes.epochs else []
    return points_at(work, stream.case_id, {*covered, *last}, covered)


def points_at(
    work: Work, case_id: str, wanted: Iterable[int], covered: Mapping[int, tuple[int, int]] | None = None
) -> list[RoomPoint]:
    """These epochs of a case, the newest first; ``covered``: the first and the last new entry of each, where there is
    one."""
    numbers, ranges = sorted(wanted), covered or {}
    asked = work.session.scalars(select(TimeStamp).where(TimeStamp.case_id == case_id, TimeStamp.n.in_(numbers)))
    stamps = {row.n: _stamp(row) for row in asked}
    epochs = work.session.scalars(
        select(CaseEpoch).where(CaseEpoch.case_id == case_id, CaseEpoch.n.in_(numbers)).order_by(CaseEpoch.n.desc())
    )
    points = []
    for epoch in epochs:
        first, last = ranges.get(epoch.n, (None, None))
        points.append(
            RoomPoint(
                n=epoch.n,
                why=Why(epoch.why),
                due=epoch.due,
                sealed_at=epoch.sealed_at,
                root=_root_of(epoch),
                first=first,
                last=last,
                stamp=stamps.get(epoch.n),
            )
        )
    return points


def catch_ups(work: Work, case_id: str, *, after: int, before: int) -> int:
    """How many of the epochs between two (both excluded) were made late, after an interruption of the server."""
    return work.session.scalars(
        select(func.count()).where(
            CaseEpoch.case_id == case_id, CaseEpoch.n > after, CaseEpoch.n < before, CaseEpoch.why == Why.CATCHUP
        )
    ).one()


def stamp_from(work: Work, case_id: str, n: int) -> tuple[int, Stamp] | None:
    """The first kept time stamp at epoch ``n`` or later: it covers all that ``n`` covers."""
    row = work.session.scalars(
        select(TimeStamp)
        .where(TimeStamp.case_id == case_id, TimeStamp.n >= n, TimeStamp.gen_time.is_not(None))
        .order_by(TimeStamp.n)
        .limit(1)
    ).first()
    return (row.n, _stamp(row)) if row else None


def last_stamped(work: Work, case_id: str) -> int | None:
    """The newest epoch with a kept time stamp, or None."""
    return work.session.scalars(
        select(func.max(TimeStamp.n)).where(TimeStamp.case_id == case_id, TimeStamp.gen_time.is_not(None))
    ).one()


def count_stamps(work: Work, case_id: str) -> StampCount:
    rows = work.session.execute(
        select(func.count(TimeStamp.gen_time), func.count()).where(TimeStamp.case_id == case_id)
    ).one()
    first = work.session.scalars(
        select(func.min(TimeStamp.n)).where(TimeStamp.case_id == case_id, TimeStamp.gen_time.is_(None))
    ).one()
    kept, asked = rows
    return StampCount(points=signed_epochs(work, case_id), kept=kept, waiting=asked - kept, first_waiting=first)


def count_signatures(work: Work, stream: Stream) -> int:
    """How many signed states of its log a room's receipts stand on."""
    return work.session.scalars(select(func.count()).where(RoomCheckpoint.room_id == stream.room_id)).one()


def _root_of(epoch: CaseEpoch) -> bytes:
    """The root that an epoch's signed note states."""
    text, _, _ = (epoch.note or "").partition("\n\n")
    return parse_checkpoint(f"{text}\n").root


def _stamp(row: TimeStamp) -> Stamp:
    return Stamp(host=urlsplit(row.tsa).netloc, since=row.asked_since, gen_time=row.gen_time, late=row.late)
