"""Reading the proofs, through the doors: the register of a room with its checkpoints, the facts of a receipt, and that
a case's history was only ever extended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.audit import epochs
from caseroom.audit.case_log import head_of as case_head
from caseroom.audit.epochs import RoomPoint, SealedSizes, Stamp, StampCount
from caseroom.audit.models import LedgerEvent
from caseroom.audit.notes import Checkpoint, encode_base64, parse_checkpoint
from caseroom.audit.origins import room_vkey
from caseroom.audit.queries import Head
from caseroom.audit.receipts import parse_receipt
from caseroom.cases.access import access_case
from caseroom.cases.people import case_title
from caseroom.db import Work
from caseroom.errors import Conflict, NotFound
from caseroom.exhibits.models import Exhibit
from caseroom.rooms import queries as room_queries
from caseroom.rooms.access import OpenRoom
from caseroom.rooms.entries import EntryView


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Checkpoints ``first`` to ``last`` that cover no new entry of the room; ``catch_ups`` of them were made late."""

    first: int
    last: int
    catch_ups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """Entries ``first`` to ``last`` that no checkpoint covers yet; ``due``: when the next is made (None: never, the
    case is closed)."""

    first: int
    last: int
    due: datetime | None


Line = EntryView | RoomPoint | Gap | Tail


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterView:
    """A page of a room's register, the newest line first. ``earlier``: how many entries are below it; ``slot``: the
    number under which the pack has this room; ``stamped``: how many entries an outside authority has time-stamped,
    counted from the first; ``next_due``: of the next checkpoint; ``vkey``: of the case log; ``signatures``: signed
    states of the room's log."""

    lines: tuple[Line, ...]
    head: Head
    slot: int
    earlier: int
    stamped: int
    stamps: StampCount
    signatures: int
    vkey: str
    next_due: datetime | None

    @property
    def root(self) -> str:
        """Of the room's log, in base64, as its signed notes have it."""
        return encode_base64(self.head.root)

    @property
    def unstamped(self) -> tuple[int, int] | None:
        """The first and the last entry that no time stamp covers."""
        return (self.stamped, self.head.size - 1) if self.stamped < self.head.size else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """What a receipt on paper says. ``checkpoint``: the signed state of the room's log that the receipt proves against;
    ``sealed_in``: the first epoch that covers the entry, due at ``due``; ``stamped_by``: the first epoch with a time
    stamp that covers it."""

    case_title: str
    opened: OpenRoom
    entry: EntryView
    text: str
    vkey: str
    checkpoint: Checkpoint
    sealed_in: int | None
    due: datetime | None
    stamped_by: tuple[int, Stamp] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """The newest signed checkpoint of a case, and the proof (base64 hashes) that it extends the one of ``since``
    epochs."""

    size: int
    note: str
    vkey: str
    since: int
    proof: tuple[str, ...]


def register_of(work: Work, opened: OpenRoom, *, before: int | None = None) -> RegisterView:
    """The register below entry ``before`` (None: from the newest), with the checkpoints where they were made."""
    stream = opened.stream
    head, sizes = room_queries.head_of(work, opened), SealedSizes(work, stream)
    found = room_queries.last_entries(work, opened, before=before)
    stamped_epoch = epochs.last_stamped(work, stream.case_id)
    case_log = case_head(work, stream.case_id)
    return RegisterView(
        lines=tuple(_lines(work, opened, found, sizes, newest=before is None, due=case_log.next_due)),
        head=head,
        slot=stream.slot,
        earlier=found[0].seq if found else 0,
        stamped=0 if stamped_epoch is None else min(sizes.at(stamped_epoch), head.size),
        stamps=epochs.count_stamps(work, stream.case_id),
        signatures=epochs.count_signatures(work, stream),
        vkey=case_log.vkey,
        next_due=case_log.next_due,
    )


def files_size(work: Work, room_ids: list[str]) -> int:
    """The bytes of all exhibits of these rooms that are not erased, each room proved by a door."""
    kept = (
        select(func.sum(Exhibit.sealed_size))
        .join(LedgerEvent, LedgerEvent.id == Exhibit.id)
        .where(Exhibit.room_id.in_(room_ids), LedgerEvent.values.is_not(None))
    )
    return int(work.session.scalars(kept).one() or 0)


def receipt_view(work: Work, actor: Actor, entry_id: str) -> ReceiptView:
    """Raises NotFound to whoever does not read the entry's room, and until the receipt is signed."""
    opened, entry = room_queries.find_entry(work, actor, entry_id)
    text = room_queries.receipt_of(work, actor, entry_id)
    case = access_case(work, actor, opened.case.id, Permission.CASE_READ)
    stream, sizes = opened.stream, SealedSizes(work, opened.stream)
    epoch = sizes.first_covering(entry.seq)
    [point] = epochs.points_at(work, stream.case_id, [epoch]) if epoch is not None else [None]
    signed, _, _ = parse_receipt(text).checkpoint_note.partition("\n\n")
    return ReceiptView(
        case_title=case_title(case.case, case.keys),
        opened=opened,
        entry=entry,
        text=text,
        vkey=room_vkey(case_head(work, stream.case_id).vkey, stream.slot),
        checkpoint=parse_checkpoint(f"{signed}\n"),
        sealed_in=epoch,
        due=point.due if point else case_head(work, stream.case_id).next_due,
        stamped_by=epochs.stamp_from(work, stream.case_id, epoch) if epoch is not None else None,
    )


def extension_of(work: Work, actor: Actor, case_id: str, *, since: int) -> Extension:
    """The newest checkpoint for a participant who holds that of ``since`` epochs (0: none). Only signed epochs count.

    Raises NotFound, and Conflict (``history_shorter``) where the history that this server has is the shorter one."""
    access_case(work, actor, case_id, Permission.CASE_READ)
    newest = epochs.case_checkpoint(work, case_id)
    if newest is None:
        raise NotFound(reason="no epoch is signed yet")
    if since > newest.size:
        raise Conflict("history_shorter", reason="the client holds a checkpoint of more epochs than there are")
    proof = epochs.case_extension(work, case_id, old=since, new=newest.size)
    return Extension(
        size=newest.size,
        note=newest.note,
        vkey=newest.vkey,
        since=since,
        proof=tuple(encode_base64(each) for each in proof),
    )


def _lines(
    work: Work, opened: OpenRoom, found: list[EntryView], sizes: SealedSizes, *, newest: bool, due: datetime | None
) -> Iterator[Line]:
    """Entries the newest first, each checkpoint above the last entry it covers."""
    if not found:
        return
    low, high = found[0].seq, found[-1].seq
    points = epochs.points_covering(work, opened.stream, sizes, low=low, high=high, newest=newest)
    if newest and high >= sizes.newest:
        yield Tail(first=sizes.newest, last=high, due=due)
    above = {point.last: point for point in points if point.last is not None}
    if newest and points and points[0].last is None:
        yield points[0]
    for entry in reversed(found):
        point = above.get(entry.seq)
        if point is not None:
            yield from _gap(work, opened.stream.case_id, sizes, point)
            yield point
        yield entry


def _gap(work: Work, case_id: str, sizes: SealedSizes, point: RoomPoint) -> Iterator[Gap]:
    """What stands between a checkpoint and the next newer one that is shown."""
    covering = sizes.first_covering((point.last or 0) + 1)
    newer = sizes.epochs - 1 if covering is None else covering
    if newer - point.n > 1:
        late = epochs.catch_ups(work, case_id, after=point.n, before=newer)
        yield Gap(first=point.n + 1, last=newer - 1, catch_ups=late)
