"""Reading the ledger: entries with their values, and their receipts. ``checking`` re-reads a whole log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from caseroom.audit import tree
from caseroom.audit.event_bytes import Kind, Values, parse_event
from caseroom.audit.models import LedgerEvent, RoomCheckpoint, RoomLog
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.receipts import format_receipt
from caseroom.audit.services import Recorded, Stream, event_row
from caseroom.audit.values import open_values
from caseroom.db import Work
from caseroom.vault.keys import SealBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One event as its readers may see it: the line's facts and the three values, which are empty once ``erased``."""

    id: str
    seq: int
    kind: Kind
    actor: str
    at: datetime
    leaf: bytes
    body: dict[str, Any]
    meta: dict[str, Any]
    who: dict[str, Any]
    erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Size and root of a room's log, as far as it is signed."""

    size: int
    root: bytes


def head(work: Work, stream: Stream) -> Head:
    signed_size, size, root = work.session.execute(
        select(RoomLog.signed_size, RoomLog.size, RoomLog.root).where(RoomLog.room_id == stream.room_id)
    ).one()
    if signed_size == size:
        return Head(size=size, root=root)
    return Head(size=signed_size, root=tree.root(signed_size, StoredNodes(work, stream.room_id)))


def entries(work: Work, stream: Stream, *, after: int = -1, limit: int = 200) -> list[LedgerEntry]:
    """Entries with ``seq > after``, ascending, at most ``limit``; only those whose receipt is signed."""
    rows = work.session.scalars(
        select(LedgerEvent)
        .join(RoomLog, RoomLog.room_id == LedgerEvent.room_id)
        .where(LedgerEvent.room_id == stream.room_id, LedgerEvent.seq > after, LedgerEvent.seq < RoomLog.signed_size)
        .order_by(LedgerEvent.seq)
        .limit(limit)
    )
    return [open_entry(stream, row) for row in rows]


def last_entries(work: Work, stream: Stream, *, before: int | None = None, limit: int = 50) -> list[LedgerEntry]:
    """The newest ``limit`` entries (below ``before``), ascending: what a page opens with, however long the room is."""
    query = (
        select(LedgerEvent)
        .join(RoomLog, RoomLog.room_id == LedgerEvent.room_id)
        .where(LedgerEvent.room_id == stream.room_id, LedgerEvent.seq < RoomLog.signed_size)
    )
    if before is not None:
        query = query.where(LedgerEvent.seq < before)
    rows = work.session.scalars(query.order_by(LedgerEvent.seq.desc()).limit(limit)).all()
    return [open_entry(stream, row) for row in reversed(rows)]


def room_of_entry(work: Work, entry_id: str) -> str | None:
    """The room an entry stands in, for a door to prove; tells nothing else."""
    return work.session.scalars(select(LedgerEvent.room_id).where(LedgerEvent.id == entry_id)).first()


def entry(work: Work, stream: Stream, entry_id: str) -> LedgerEntry | None:
    row = work.session.scalars(
        select(LedgerEvent).where(LedgerEvent.id == entry_id, LedgerEvent.room_id == stream.room_id)
    ).first()
    return open_entry(stream, row) if row else None


def entry_by_leaf(work: Work, stream: Stream, leaf: str) -> LedgerEntry | None:
    """The entry of this room with this leaf hash (hex): what a quotation names."""
    row = work.session.scalars(
        select(LedgerEvent).where(LedgerEvent.room_id == stream.room_id, LedgerEvent.leaf == bytes.fromhex(leaf))
    ).first()
    return open_entry(stream, row) if row else None


def entries_by_leaf(work: Work, stream: Stream, leaves: Iterable[str]) -> dict[str, LedgerEntry]:
    """The same for many at once, by leaf hash."""
    wanted = [bytes.fromhex(leaf) for leaf in leaves]
    if not wanted:
        return {}
    rows = work.session.scalars(
        select(LedgerEvent).where(LedgerEvent.room_id == stream.room_id, LedgerEvent.leaf.in_(wanted))
    )
    return {row.leaf.hex(): open_entry(stream, row) for row in rows}


def said_or_filed(work: Work, stream: Stream, entry_ids: Iterable[str]) -> frozenset[int]:
    """The numbers of those of these entries that stand in this room and were said or filed in it."""
    wanted = list(entry_ids)
    if not wanted:
        return frozenset()
    rows = select(LedgerEvent.seq).where(
        LedgerEvent.room_id == stream.room_id, LedgerEvent.speaks, LedgerEvent.id.in_(wanted)
    )
    return frozenset(work.session.scalars(rows))


def unread(work: Work, room_id: str, *, after: int, before: int | None = None) -> int:
    """How many things were said or filed after ``after`` and below ``before``, or else below what is signed: an entry
    without its receipt is shown to nobody, not even as a number."""
    signed = select(RoomLog.signed_size).where(RoomLog.room_id == room_id).scalar_subquery()
    return work.session.scalars(
        select(func.count()).where(
            LedgerEvent.room_id == room_id,
            LedgerEvent.speaks,
            LedgerEvent.seq > after,
            LedgerEvent.seq < (signed if before is None else before),
        )
    ).one()


def event_key(work: Work, stream: Stream, seq: int) -> bytes:
    """The event key of an entry whose room a door has proved. Raises SealBroken once it is erased."""
    row = work.session.get_one(LedgerEvent, (stream.room_id, seq))
    if row.event_key is None:
        raise SealBroken
    return stream.keys.unwrap_event_key(row.event_key, seq=seq, version=row.key_version)


def receipt(work: Work, stream: Stream, seq: int, *, at_head: bool = False) -> str | None:
    """The C2SP tlog-proof of an entry: as given at filing, or against the present head. None until it is signed."""
    query = select(RoomCheckpoint).where(RoomCheckpoint.room_id == stream.room_id, RoomCheckpoint.size > seq)
    order = RoomCheckpoint.size.desc() if at_head else RoomCheckpoint.size
    signed = work.session.scalars(query.order_by(order).limit(1)).first()
    if signed is None:
        return None
    path = tree.inclusion_proof(seq, signed.size, StoredNodes(work, stream.room_id))
    return format_receipt(seq, path, signed.note)


def open_entry(stream: Stream, row: LedgerEvent) -> LedgerEntry:
    """One row as its readers see it; of an erased one, what the line alone says. Raises SealBroken."""
    line = parse_event(stream.keys.open("event.line", event_row(stream.room_id, row.seq), row.line))
    values = open_values_of(stream, row) if row.values is not None else Values.of({})
    return LedgerEntry(
        id=row.id,
        seq=row.seq,
        kind=line.intent.kind,
        actor=line.intent.actor,
        at=line.at,
        leaf=row.leaf,
        body=json.loads(values.body),
        meta=json.loads(values.meta),
        who=json.loads(values.who),
        erased=row.values is None,
    )


def open_values_of(stream: Stream, row: LedgerEvent) -> Values:
    """The three values of an event. Raises SealBroken once they are erased."""
    if row.values is None:
        raise SealBroken
    return open_values(stream.keys.open("event.values", event_row(stream.room_id, row.seq), row.values))


def as_entry(recorded: Recorded) -> LedgerEntry:
    """The entry a reader will see for an event just written, without reading it back."""
    return LedgerEntry(
        id=recorded.entry_id,
        seq=recorded.seq,
        kind=recorded.kind,
        actor=recorded.actor,
        at=recorded.at,
        leaf=recorded.leaf,
        body=json.loads(recorded.values.body),
        meta=json.loads(recorded.values.meta),
        who=json.loads(recorded.values.who),
    )
