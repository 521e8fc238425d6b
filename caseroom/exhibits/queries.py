"""Reading exhibits, through the door of their room."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from sqlalchemy import func, select

from caseroom import workers
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.audit import queries as ledger
from caseroom.audit.checking import ChainReport, check_chain
from caseroom.audit.models import LedgerEvent
from caseroom.audit.queries import LedgerEntry
from caseroom.db import Work
from caseroom.errors import Gone, NotFound
from caseroom.exhibits.models import Exhibit
from caseroom.ids import is_id
from caseroom.rooms.access import OpenRoom, access_room
from caseroom.rooms.entries import EntryView, ExhibitFacts, exhibit_facts
from caseroom.rooms.queries import entry_of
from caseroom.vault.chunked import ChunkOpener, ObjectBroken, object_context, object_key
from caseroom.vault.keys import SealBroken
from caseroom.vault.objects import ObjectMissing, ObjectStore

STEP = 256 * 1024  # bytes read, opened and sent at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenExhibit:
    opened: OpenRoom
    exhibit: Exhibit

    @property
    def both(self) -> tuple[OpenRoom, Exhibit]:
        return self.opened, self.exhibit


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitView:
    entry: EntryView
    facts: ExhibitFacts
    room_id: str
    side_id: str | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The plain bytes of an exhibit on demand. ``size`` in bytes; ``read`` yields ``start`` to ``end`` (exclusive);
    whoever opened it closes it, as often as may be."""

    facts: ExhibitFacts
    opener: ChunkOpener
    file: BinaryIO

    @property
    def size(self) -> int:
        return self.opener.size

    def read(self, start: int, end: int) -> Iterator[bytes]:
        yield from self.opener.iter(start, end, STEP)

    def close(self) -> None:
        self.file.close()


def access_exhibit(work: Work, actor: Actor, exhibit_id: str) -> OpenExhibit:
    """The door to an exhibit: that of its room. Raises NotFound to whoever does not read the room."""
    exhibit = work.session.get(Exhibit, exhibit_id) if is_id(exhibit_id) else None
    if exhibit is None:
        raise NotFound(reason="no such exhibit")
    return OpenExhibit(opened=access_room(work, actor, exhibit.room_id, Permission.ROOM_READ), exhibit=exhibit)


def exhibit(work: Work, actor: Actor, exhibit_id: str) -> ExhibitView:
    opened, row = access_exhibit(work, actor, exhibit_id).both
    return exhibit_view(work, opened, row)


def exhibit_view(work: Work, opened: OpenRoom, row: Exhibit) -> ExhibitView:
    """Raises Gone, to a reader of its room, once it was erased."""
    entry = entry_of(work, opened, row.id)
    if entry.exhibit is None:
        raise Gone
    side = opened.people.side(row.series)
    return ExhibitView(
        entry=entry, facts=entry.exhibit, room_id=row.room_id, side_id=side.id if side else None, number=row.number
    )


def exhibits_of(work: Work, opened: OpenRoom) -> list[ExhibitView]:
    """The register of a room, in the order of filing, without what was erased: its number stays taken."""
    rows = work.session.scalars(
        select(Exhibit)
        .join(LedgerEvent, LedgerEvent.id == Exhibit.id)
        .where(Exhibit.room_id == opened.room.id, LedgerEvent.values.is_not(None))
        .order_by(Exhibit.seq)
    )
    return [exhibit_view(work, opened, row) for row in rows]


def erased_exhibits(work: Work, opened: OpenRoom) -> int:
    """How many exhibits of a room were erased."""
    return work.session.scalars(
        select(func.count())
        .select_from(Exhibit)
        .join(LedgerEvent, LedgerEvent.id == Exhibit.id)
        .where(Exhibit.room_id == opened.room.id, LedgerEvent.values.is_(None))
    ).one()


def open_content(work: Work, actor: Actor, exhibit_id: str) -> Content:
    """Open an exhibit's sealed file for reading at any place."""
    opened, row = access_exhibit(work, actor, exhibit_id).both
    return _content(work, opened, row, facts=exhibit_view(work, opened, row).facts)


class CheckTurn:
    """One check of a register at a time: it holds a database connection while it re-reads every file, and a few at once
    would leave none for those who write."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def check_register(work: Work, actor: Actor, room_id: str) -> ChainReport:
    """Re-read a room's log from its first entry, and every file filed in it against its SHA-256. Raises NotFound."""
    opened = access_room(work, actor, room_id, Permission.LEDGER_READ)
    return check_chain(work, opened.stream, digest=partial(_digest_again, work, opened))


def _digest_again(work: Work, opened: OpenRoom, entry: LedgerEntry) -> str:
    """The SHA-256 of an exhibit's file as it is now, in hex; empty where it is missing or does not open."""
    row, facts = work.session.get(Exhibit, entry.id), exhibit_facts(entry)
    if row is None or facts is None:
        return ""
    try:
        content = _content(work, opened, row, facts=facts)
        try:
            return workers.run(_sha256, content)
        finally:
            content.close()
    except (ObjectBroken, ObjectMissing, SealBroken, OSError):
        return ""


def _sha256(content: Content) -> str:
    digest = hashlib.sha256()
    for block in content.read(0, content.size):
        digest.update(block)
    return digest.hexdigest()


def _content(work: Work, opened: OpenRoom, row: Exhibit, *, facts: ExhibitFacts) -> Content:
    key = object_key(ledger.event_key(work, opened.stream, row.seq), 0)
    context = object_context(bytes.fromhex(opened.case.id), opened.room.slot, bytes.fromhex(row.object_id))
    store: ObjectStore = work.tool(ObjectStore)  # type: ignore[type-abstract]
    file = store.open(row.object_id)
    try:
        return Content(facts=facts, opener=ChunkOpener(file, row.sealed_size, key, context), file=file)
    except BaseException:
        file.close()
        raise
