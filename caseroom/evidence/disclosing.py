"""The proof of one exhibit, for somebody outside the room (docs/disclosure-format.md): the file, its entry, the entry's
place in the log of its room, and the states of the case that cover it. Everything else stays out; what it cannot help
showing is where the exhibit stands among how many entries, so only readers of the room make it."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.audit import queries as ledger
from caseroom.audit import tree
from caseroom.audit.canonical import canonical
from caseroom.audit.epochs import signed_epochs
from caseroom.audit.event_bytes import FIELDS, Kind, event_salt, parse_event
from caseroom.audit.models import ErasedEvent, LedgerEvent, Opening
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.origins import room_vkey
from caseroom.audit.pack.archive import Archive
from caseroom.audit.pack.case_part import CasePlan, plan_case, write_case
from caseroom.audit.pack.manifest import DISCLOSURE, write_manifest
from caseroom.audit.pack.room_part import FiledBytes, OpenedSlot, open_slots
from caseroom.audit.services import Stream, event_row
from caseroom.db import Database, Work
from caseroom.errors import Gone, NotFound
from caseroom.evidence.exhibit_files import open_file
from caseroom.evidence.readme import ExhibitFacts, exhibit_readme, verifier
from caseroom.exhibits.queries import access_exhibit, exhibit_view
from caseroom.rooms.access import OpenRoom, access_room
from caseroom.rooms.models import RoomMember

log = logging.getLogger("caseroom.evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosurePlan:
    """What the proof of one exhibit holds: ``files``, the small ones by path, read already; ``exhibit``, the one to be
    read while it is sent; ``facts`` for README."""

    actor: Actor
    exporter: str
    at: datetime
    language: str
    case: CasePlan
    room_id: str
    files: dict[str, bytes] = field(repr=False)
    exhibit: FiledBytes
    facts: ExhibitFacts

    @property
    def filename(self) -> str:
        return f"caseroom-{self.case.id[:8]}-exhibit.zip"


def plan_disclosure(work: Work, actor: Actor, exhibit_id: str, *, language: str) -> DisclosurePlan:
    """Prove the exhibit's room for this person and read all but the file. Raises NotFound to whoever does not read the
    room and for what is not signed yet, Gone to its readers for what was erased."""
    _, row = access_exhibit(work, actor, exhibit_id).both
    opened = access_room(work, actor, row.room_id, Permission.LEDGER_READ)
    case = plan_case(work, opened.case.id, epochs=signed_epochs(work, opened.case.id))
    exhibit = exhibit_view(work, opened, row).facts
    files = _entry(work, opened.stream, case, seq=row.seq)
    cover = _cover(work, opened, case, seq=row.seq)
    if cover is not None:
        files["disclosure/opening.json"] = cover.line(opened.stream.slot) + b"\n"
        files["disclosure/inclusion.json"] = _inclusion(work, opened.stream, seq=row.seq, size=cover.size)
    at = clock.now()
    return DisclosurePlan(
        actor=actor,
        exporter=opened.me.id,
        at=at,
        language=language,
        case=case,
        room_id=opened.room.id,
        files=files,
        exhibit=FiledBytes(seq=row.seq, sha256=exhibit.sha256, size=exhibit.size),
        facts=ExhibitFacts(
            label=exhibit.label,
            title=exhibit.title,
            filename=exhibit.filename,
            person=opened.people.people[opened.me.id].name,
            sha256=exhibit.sha256,
            at=at,
            seq=row.seq,
            size=row.seq + 1 if cover is None else cover.size,
            epoch=None if cover is None else cover.n,
            stamped=cover is not None and cover.n in case.stamped,
        ),
    )


def write_disclosure(database: Database, plan: DisclosurePlan) -> Generator[bytes, None, None]:
    """The bytes of the zip as they are ready. Raises as ``write_pack`` does, and Gone where the exhibit is erased
    meanwhile: nothing would be left to prove."""
    archive = Archive()
    yield from write_case(archive, partial(_door, database, plan), plan.case)
    for path, content in plan.files.items():
        yield from archive.add(path, [content])
    file = open_file(database, plan.actor, plan.room_id, plan.exhibit)
    if file is None:
        raise Gone
    if isinstance(file, str):
        log.error("disclosure: the file of event %d of room %s: %s", plan.exhibit.seq, plan.room_id, file)
    else:
        with file:
            path = f"disclosure/files/{plan.exhibit.sha256}"
            yield from archive.add(path, file, stored=True, largest=plan.exhibit.size)
    readme = exhibit_readme(plan.facts, file=not isinstance(file, str), language=plan.language)
    yield from archive.add("README.txt", [readme.encode()])
    yield from archive.add("verify.py", [verifier()])
    yield from write_manifest(archive, version=DISCLOSURE, case_id=plan.case.id, exporter=plan.exporter, at=plan.at)


def _entry(work: Work, stream: Stream, case: CasePlan, *, seq: int) -> dict[str, bytes]:
    """The entry with what it says, and the receipt given at its filing."""
    if work.session.get(ErasedEvent, (stream.room_id, seq)) is not None:  # decided, and perhaps yet to be done
        raise Gone
    event = work.session.get_one(LedgerEvent, (stream.room_id, seq))
    line = stream.keys.open("event.line", event_row(stream.room_id, seq), event.line)
    receipt = ledger.receipt(work, stream, seq)
    if receipt is None or parse_event(line).intent.seen_size > case.epochs:
        raise NotFound(reason="not signed yet")
    return {
        "disclosure/vkey": f"{room_vkey(case.vkey, stream.slot)}\n".encode(),
        "disclosure/event.json": line + b"\n",
        "disclosure/values.json": _values(work, stream, event),
        "disclosure/receipt.txt": receipt.encode(),
    }


def _values(work: Work, stream: Stream, event: LedgerEvent) -> bytes:
    """The three values with their salts. Not the event key: the file lies sealed under it in our store and backups."""
    ek, values = ledger.event_key(work, stream, event.seq), ledger.open_values_of(stream, event)
    disclosed = {
        "salts": {name: event_salt(ek, name).hex() for name in FIELDS},
        "seq": event.seq,
        "values": {name: getattr(values, name).decode() for name in FIELDS},
    }
    return canonical(disclosed) + b"\n"


def _cover(work: Work, opened: OpenRoom, case: CasePlan, *, seq: int) -> OpenedSlot | None:
    """The room's slot in the first signed epoch that covers the entry and was sealed while this person belonged to the
    room, counted from the last admission. None before there is one."""
    stream = opened.stream
    least = max(seq, _admission(work, opened))
    first = (
        select(Opening)
        .where(
            Opening.case_id == stream.case_id,
            Opening.slot == stream.slot,
            Opening.n < case.epochs,
            Opening.size > least,
        )
        .order_by(Opening.n)
        .limit(1)
    )
    opening = work.session.scalars(first).first()
    return None if opening is None else open_slots(work, stream, [opening])[0]


def _admission(work: Work, opened: OpenRoom) -> int:
    """The number of the event that admitted this person to the room, the last time."""
    stream = opened.stream
    member = work.session.get_one(RoomMember, (stream.room_id, opened.me.id))
    since = (
        select(LedgerEvent)
        .where(
            LedgerEvent.room_id == stream.room_id,
            LedgerEvent.at >= member.admitted_at,
            LedgerEvent.speaks.is_(False),
        )
        .order_by(LedgerEvent.seq)
    )
    for row in work.session.scalars(since.execution_options(yield_per=20)):
        entry = ledger.open_entry(stream, row)
        if entry.kind is Kind.PARTICIPANT_ADMITTED and entry.body.get("pid") == opened.me.id:
            return row.seq
    raise NotFound(reason="the admission was erased")


def _inclusion(work: Work, stream: Stream, *, seq: int, size: int) -> bytes:
    """The entry's place in the room's tree as the epoch sealed it."""
    path = tree.inclusion_proof(seq, size, StoredNodes(work, stream.room_id))
    return canonical({"index": seq, "path": [node.hex() for node in path], "size": size}) + b"\n"


@contextmanager
def _door(database: Database, plan: DisclosurePlan) -> Iterator[Work]:
    with database.reading() as work:
        access_room(work, plan.actor, plan.room_id, Permission.LEDGER_READ)
        yield work
