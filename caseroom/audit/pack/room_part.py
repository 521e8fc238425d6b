"""A room's part of a pack, for one of its readers: every event from the first, what they say, and the openings of the
epochs during which this person belonged to the room.

Rows are read in pages, each in a short transaction of its own through the door of the room: a download of an hour holds
no transaction, and it ends where the person is removed. What is erased meanwhile is simply not disclosed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, select

from caseroom import workers
from caseroom.audit.canonical import canonical
from caseroom.audit.case_log import salt_of, slot_values_of
from caseroom.audit.epoch_bytes import slot_path
from caseroom.audit.event_bytes import Kind, parse_event
from caseroom.audit.models import CaseEpoch, ErasedEvent, LedgerEvent, Opening, RoomCheckpoint, RoomLog, Slot
from caseroom.audit.pack.archive import Archive
from caseroom.audit.pack.case_part import PackBroken
from caseroom.audit.services import Stream, event_row
from caseroom.audit.values import open_values
from caseroom.db import Work, table_of
from caseroom.vault.keys import SealBroken

EVENTS_AT_A_TIME = 100
OPENINGS_AT_A_TIME = 50
_MOST_OF_AN_EVENT = 4 * 1024  # bytes of a line: all of its parts have a fixed size
_MOST_OF_A_DISCLOSURE = 256 * 1024
_MOST_OF_AN_OPENING = 1024

RoomDoor = Callable[[], AbstractContextManager[tuple[Work, Stream]]]
"""Opens a short reading transaction together with a room, proved each time anew for the person of the pack."""

EVENT, ERASED = table_of(LedgerEvent), table_of(ErasedEvent)
# What is decided to be erased is not disclosed even where its destruction is yet to come.
BEING_ERASED = (
    exists().where(ERASED.c.room_id == EVENT.c.room_id, ERASED.c.seq == EVENT.c.seq).correlate(EVENT)
).label("being_erased")
PRESENCE = {Kind.PARTICIPANT_ADMITTED: True, Kind.PARTICIPANT_REMOVED: False}
FILING = frozenset({Kind.EXHIBIT_FILED, Kind.EXHIBIT_RELEASED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlan:
    """What a pack holds of one room, fixed before its first byte: the events below ``size``, a signed size.
    ``without``: numbers of events whose values the reader of the pack leaves out (docs/evidence.md §11, E0)."""

    room_id: str
    slot: int
    size: int
    vkey: str
    without: frozenset[int] = frozenset()

    @property
    def folder(self) -> str:
        return f"spaces/{self.slot}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledBytes:
    """A file that a disclosed event of the room lists. ``size`` in bytes, ``sha256`` in hex."""

    seq: int
    sha256: str
    size: int


@dataclass(slots=True)
class Told:
    """What writing a room's events and disclosures has told of them: who came and went, which files they list.
    ``unreadable``: events whose values are there and do not open."""

    kinds: dict[int, Kind] = field(default_factory=dict)
    presence: list[tuple[int, bool]] = field(default_factory=list)
    files: list[FiledBytes] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)

    def belongs_at(self, size: int) -> bool:
        """True if the person belonged to the room once it had its first ``size`` events."""
        return next((here for seq, here in reversed(self.presence) if seq < size), False)


def plan_size(work: Work, stream: Stream, *, epochs: int) -> int:
    """The largest signed size of a room whose events saw no more than the first ``epochs`` epochs of the case: a pack
    without the others could not show that what they saw was so."""
    signed = (
        select(RoomCheckpoint.size)
        .join(RoomLog, RoomLog.room_id == RoomCheckpoint.room_id)
        .where(RoomCheckpoint.room_id == stream.room_id, RoomCheckpoint.size <= RoomLog.signed_size)
        .order_by(RoomCheckpoint.size.desc())
    )
    for size in work.session.scalars(signed.execution_options(yield_per=16)):
        row = work.session.get_one(LedgerEvent, (stream.room_id, size - 1))
        line = stream.keys.open("event.line", event_row(stream.room_id, row.seq), row.line)
        if parse_event(line).intent.seen_size <= epochs:
            return size
    return 0


def covered_epochs(work: Work, stream: Stream, *, size: int, epochs: int) -> int:
    """How many of the first ``epochs`` epochs were sealed with no more than ``size`` events of this room."""
    beyond = (
        select(Opening.n)
        .where(
            Opening.case_id == stream.case_id,
            Opening.slot == stream.slot,
            Opening.n < epochs,
            Opening.size > size,
        )
        .order_by(Opening.n)
        .limit(1)
    )
    first = work.session.scalars(beyond).first()
    return epochs if first is None else first


def write_room(
    archive: Archive, door: RoomDoor, plan: RoomPlan, *, epochs: int, person: str, told: Told
) -> Iterator[bytes]:
    """Write everything of the room but the exhibits' bytes, for ``person`` (a participant id). ``told`` is filled.

    Nothing here writes ``acts/``: until passkeys exist no event names an act-signature file."""
    with door() as (work, _):
        note = work.session.get_one(RoomCheckpoint, (plan.room_id, plan.size)).note
    yield from archive.add(f"{plan.folder}/vkey", [f"{plan.vkey}\n".encode()])
    yield from archive.add(f"{plan.folder}/head.note", [note.encode()])
    yield from archive.add(
        f"{plan.folder}/events.jsonl", _event_lines(door, plan, told), largest=plan.size * _MOST_OF_AN_EVENT
    )
    yield from archive.add(
        f"{plan.folder}/disclosures.jsonl",
        _disclosure_lines(door, plan, told, person),
        largest=plan.size * _MOST_OF_A_DISCLOSURE,
    )
    yield from archive.add(
        f"{plan.folder}/openings.jsonl", _opening_lines(door, plan, epochs, told), largest=epochs * _MOST_OF_AN_OPENING
    )


def _event_lines(door: RoomDoor, plan: RoomPlan, told: Told) -> Iterator[bytes]:
    columns = (EVENT.c.seq, EVENT.c.line)
    for stream, rows in _pages(door, plan, columns):
        lines, kinds = workers.run(_open_lines, stream, rows)
        told.kinds.update(kinds)
        yield lines


def _disclosure_lines(door: RoomDoor, plan: RoomPlan, told: Told, person: str) -> Iterator[bytes]:
    columns = (EVENT.c.seq, EVENT.c.key_version, EVENT.c.event_key, EVENT.c["values"].label("sealed"), BEING_ERASED)
    for stream, rows in _pages(door, plan, columns):
        disclosed, unreadable = workers.run(_open_values, stream, rows, told.kinds, plan.without)
        told.unreadable += unreadable
        for each in disclosed:
            _learn(told, each.seq, each.body, person)
        yield b"".join(each.line for each in disclosed)


def _learn(told: Told, seq: int, body: dict[str, Any], person: str) -> None:
    kind = told.kinds.get(seq)
    if not body:
        return
    if kind in PRESENCE and body.get("pid") == person:
        told.presence.append((seq, PRESENCE[kind]))
    if kind in FILING:
        told.files += [FiledBytes(seq=seq, sha256=file["sha256"], size=file["size"]) for file in body["files"]]


def _pages(door: RoomDoor, plan: RoomPlan, columns: Sequence[Any]) -> Iterator[tuple[Stream, Sequence[Any]]]:
    """The rows of the room's events in order, none missing. Nothing is open while a page is at work."""
    for start in range(0, plan.size, EVENTS_AT_A_TIME):
        stop = min(plan.size, start + EVENTS_AT_A_TIME)
        query = select(*columns).where(EVENT.c.room_id == plan.room_id, EVENT.c.seq >= start, EVENT.c.seq < stop)
        with door() as (work, stream):
            rows = work.execute(query.order_by(EVENT.c.seq), {}).all()
        if [row.seq for row in rows] != list(range(start, stop)):
            raise PackBroken("events are gone")
        yield stream, rows


def _open_lines(stream: Stream, rows: Sequence[Any]) -> tuple[bytes, dict[int, Kind]]:
    """The canonical lines of a page; and the kinds of those that come, go or file."""
    lines, kinds = [], {}
    for row in rows:
        line = stream.keys.open("event.line", event_row(stream.room_id, row.seq), row.line)
        lines.append(line + b"\n")
        kind = json.loads(line)["in"]["k"]
        if kind in PRESENCE or kind in FILING:
            kinds[row.seq] = Kind(kind)
    return b"".join(lines), kinds


@dataclass(frozen=True, slots=True)
class _Disclosed:
    """A line of ``disclosures.jsonl``; ``body`` is read of the few kinds that tell of people and files."""

    seq: int
    line: bytes
    body: dict[str, Any]


def _open_values(
    stream: Stream, rows: Sequence[Any], kinds: dict[int, Kind], without: frozenset[int]
) -> tuple[list[_Disclosed], list[int]]:
    """The disclosures of a page, one for each event; and the numbers of those that do not open."""
    disclosed, unreadable = [], []
    for row in rows:
        if row.seq in without:
            disclosed.append(_withheld(row.seq))
            continue
        try:
            disclosed.append(_open_row(stream, row, reads=row.seq in kinds))
        except SealBroken:
            unreadable.append(row.seq)
            disclosed.append(_withheld(row.seq))
    return disclosed, unreadable


def _open_row(stream: Stream, row: Any, *, reads: bool) -> _Disclosed:
    if row.event_key is None or row.sealed is None or row.being_erased:
        return _withheld(row.seq)
    ek = stream.keys.unwrap_event_key(row.event_key, seq=row.seq, version=row.key_version)
    values = stream.keys.open("event.values", event_row(stream.room_id, row.seq), row.sealed)
    # The values are kept as the canonical object of strings that a disclosure holds (audit/values.py).
    line = b'{"ek":"%s","seq":%d,"values":%s}\n' % (ek.hex().encode(), row.seq, values)
    return _Disclosed(row.seq, line, json.loads(open_values(values).body) if reads else {})


def _withheld(seq: int) -> _Disclosed:
    """A line that discloses no part: without any, the verifier would have to take it for a line that was cut out."""
    return _Disclosed(seq, b'{"salts":{},"seq":%d,"values":{}}\n' % seq, {})


def _opening_lines(door: RoomDoor, plan: RoomPlan, epochs: int, told: Told) -> Iterator[bytes]:
    for start in range(0, epochs, OPENINGS_AT_A_TIME):
        with door() as (work, stream):
            page = _read_openings(work, stream, range(start, min(epochs, start + OPENINGS_AT_A_TIME)), told)
        yield workers.run(_format_openings, plan.slot, page)


@dataclass(frozen=True, slots=True)
class OpenedSlot:
    """A room's slot in one epoch: all that its holder needs to open it there."""

    n: int
    size: int
    root: bytes
    salt: bytes = field(repr=False)
    values: Sequence[bytes] = field(repr=False)  # of all slots, for the path

    def line(self, slot: int) -> bytes:
        """The canonical JSON of ``openings.jsonl``."""
        path = [node.hex() for node in slot_path(self.values, slot)]
        return canonical(
            {"n": self.n, "path": path, "root": self.root.hex(), "salt": self.salt.hex(), "size": self.size}
        )


def open_slots(work: Work, stream: Stream, openings: Sequence[Opening]) -> list[OpenedSlot]:
    """What opens the room's slot in each of these epochs. The blind key stays here: the salts of these alone leave."""
    if not openings:
        return []
    slot = work.session.get_one(Slot, (stream.case_id, stream.slot))
    wanted = [opening.n for opening in openings]
    epochs = work.session.scalars(select(CaseEpoch).where(CaseEpoch.case_id == stream.case_id, CaseEpoch.n.in_(wanted)))
    values = {epoch.n: slot_values_of(work, epoch) for epoch in epochs.all()}
    return [
        OpenedSlot(opening.n, opening.size, opening.root, salt_of(work, slot, opening.n), values[opening.n])
        for opening in openings
    ]


def _read_openings(work: Work, stream: Stream, page: range, told: Told) -> list[OpenedSlot]:
    """Of the epochs of ``page``, those sealed while the person belonged to the room; in none of them it was empty."""
    query = select(Opening).where(
        Opening.case_id == stream.case_id, Opening.slot == stream.slot, Opening.n >= page.start, Opening.n < page.stop
    )
    rows = work.session.scalars(query.order_by(Opening.n)).all()
    return open_slots(work, stream, [opening for opening in rows if told.belongs_at(opening.size)])


def _format_openings(slot: int, page: Sequence[OpenedSlot]) -> bytes:
    return b"".join(opened.line(slot) + b"\n" for opened in page)
