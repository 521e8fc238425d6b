"""Reading the ledger: entries with their values, receipts, and a check of a room's chain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from caseroom.audit import tree
from caseroom.audit.event_bytes import EventError, Kind, Values, check_event, parse_event
from caseroom.audit.event_bytes import Event as EventLine
from caseroom.audit.models import CaseLog, LedgerEvent, RoomCheckpoint, RoomLog
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.notes import NoteError, format_vkey, open_note, parse_checkpoint, parse_vkey
from caseroom.audit.receipts import format_receipt
from caseroom.audit.services import Recorded, Stream, event_row
from caseroom.audit.values import open_values
from caseroom.db import Work
from caseroom.vault.keys import SealBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One event as its readers may see it: the line's facts and the three values."""

    id: str
    seq: int
    kind: Kind
    actor: str
    at: datetime
    leaf: bytes
    body: dict[str, Any]
    meta: dict[str, Any]
    who: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Size and root of a room's log, as far as it is signed."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a check of a room's chain found. ``problem`` is a check name of docs/evidence.md §9.1, or empty."""

    events: int
    files: int
    problem: str
    seq: int | None
    root: bytes

    @property
    def intact(self) -> bool:
        return not self.problem


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
    return [_open(stream, row) for row in rows]


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
    return [_open(stream, row) for row in reversed(rows)]


def room_of_entry(work: Work, entry_id: str) -> str | None:
    """The room an entry stands in, for a door to prove; tells nothing else."""
    return work.session.scalars(select(LedgerEvent.room_id).where(LedgerEvent.id == entry_id)).first()


def entry(work: Work, stream: Stream, entry_id: str) -> LedgerEntry | None:
    row = work.session.scalars(
        select(LedgerEvent).where(LedgerEvent.id == entry_id, LedgerEvent.room_id == stream.room_id)
    ).first()
    return _open(stream, row) if row else None


def entry_by_leaf(work: Work, stream: Stream, leaf: str) -> LedgerEntry | None:
    """The entry of this room with this leaf hash (hex): what a quotation names."""
    row = work.session.scalars(
        select(LedgerEvent).where(LedgerEvent.room_id == stream.room_id, LedgerEvent.leaf == bytes.fromhex(leaf))
    ).first()
    return _open(stream, row) if row else None


def entries_by_leaf(work: Work, stream: Stream, leaves: Iterable[str]) -> dict[str, LedgerEntry]:
    """The same for many at once, by leaf hash."""
    wanted = [bytes.fromhex(leaf) for leaf in leaves]
    if not wanted:
        return {}
    rows = work.session.scalars(
        select(LedgerEvent).where(LedgerEvent.room_id == stream.room_id, LedgerEvent.leaf.in_(wanted))
    )
    return {row.leaf.hex(): _open(stream, row) for row in rows}


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


def check_chain(work: Work, stream: Stream, *, digest: Callable[[LedgerEntry], str | None] | None = None) -> ChainReport:
    """Re-read a room's log from its first event: bytes, chain, times, commitments, tree root and signature.

    ``digest`` re-reads an exhibit's file and returns its SHA-256 in hex (None: not checked). The first problem ends it."""
    log, case_log = work.session.get_one(RoomLog, stream.room_id), work.session.get_one(CaseLog, stream.case_id)
    previous: EventLine | None = None
    files = 0
    nodes = tree.MemoryNodes()
    for row in _all_events(work, stream):
        problem = ""
        try:
            line = _check_line(stream, row, previous)
            found = _open(stream, row)
            problem = _check_content(stream, row, line, found)
            for listed in found.body.get("files", ()) if found.kind is Kind.EXHIBIT_FILED else ():
                actual = digest(found) if digest else None
                files += 1
                problem = problem or ("file" if actual is not None and actual != listed["sha256"] else "")
        except (EventError, SealBroken):
            problem = "canonical"
        if problem:
            return ChainReport(events=row.seq, files=files, problem=problem, seq=row.seq, root=log.root)
        nodes.append(line.leaf)
        previous = line
    size = 0 if previous is None else previous.seq + 1
    problem = _check_head(work, stream, log=log, case_log=case_log, nodes=nodes)
    return ChainReport(events=size, files=files, problem=problem, seq=None, root=log.root)


def _all_events(work: Work, stream: Stream) -> Iterator[LedgerEvent]:
    return iter(
        work.session.scalars(
            select(LedgerEvent)
            .where(LedgerEvent.room_id == stream.room_id)
            .order_by(LedgerEvent.seq)
            .execution_options(yield_per=500)
        )
    )


def _check_line(stream: Stream, row: LedgerEvent, previous: EventLine | None) -> EventLine:
    line = parse_event(stream.keys.open("event.line", event_row(stream.room_id, row.seq), row.line))
    check_event(line, case=bytes.fromhex(stream.case_id), space=stream.slot, previous=previous)
    return line


def _check_content(stream: Stream, row: LedgerEvent, line: EventLine, found: LedgerEntry) -> str:
    if row.leaf != line.leaf or row.id != line.intent.x.hex() or row.at != line.at or found.kind is not line.intent.kind:
        return "sequence"
    if row.event_key is None or row.values is None:
        return ""  # erased: the commitment stays, nothing is left to compare
    ek = stream.keys.unwrap_event_key(row.event_key, seq=row.seq, version=row.key_version)
    values = _values(stream, row)
    return "" if values.commitments(ek) == dict(line.intent.commitments) else "commitment"


def _check_head(work: Work, stream: Stream, *, log: RoomLog, case_log: CaseLog, nodes: tree.MemoryNodes) -> str:
    """Everything that was ever signed must still be there: a cut tail shows as a head above the events."""
    if nodes.size != log.size or tree.root(nodes.size, nodes) != log.root:
        return "head"
    signed = work.session.scalars(
        select(RoomCheckpoint).where(RoomCheckpoint.room_id == stream.room_id).order_by(RoomCheckpoint.size.desc()).limit(1)
    ).first()
    if signed is None:
        return "" if nodes.size == 0 else "checkpoint"
    verifier = parse_vkey(format_vkey(f"{case_log.origin}/s/{stream.slot}", parse_vkey(case_log.vkey).public))
    try:
        opened = parse_checkpoint(open_note(signed.note.encode(), [verifier]).text)
    except NoteError:
        return "checkpoint"
    if opened.size > nodes.size or opened.root != tree.root(opened.size, nodes):
        return "checkpoint"
    return ""


def _open(stream: Stream, row: LedgerEvent) -> LedgerEntry:
    line = parse_event(stream.keys.open("event.line", event_row(stream.room_id, row.seq), row.line))
    values = _values(stream, row) if row.values is not None else Values.of({})
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
    )


def _values(stream: Stream, row: LedgerEvent) -> Values:
    assert row.values is not None  # noqa: S101 - told the type checker what the callers have tested
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
