"""Filing exhibits and recording who took a copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.words import CaseKind, State
from caseroom.audit.canonical import canonical
from caseroom.audit.event_bytes import Kind
from caseroom.audit.seen import Seen
from caseroom.audit.services import record
from caseroom.cases.templates import TEMPLATES, exhibit_label
from caseroom.cases.text import clean_line
from caseroom.config import Settings
from caseroom.db import Database, Work
from caseroom.exhibits.intake import Intake, Received
from caseroom.exhibits.models import Exhibit, ExhibitCopy
from caseroom.exhibits.queries import ExhibitView, access_exhibit, exhibit_view
from caseroom.exhibits.types import FileType, check_filename, find_type
from caseroom.rooms.access import OpenRoom, access_room, require_audience
from caseroom.rooms.announce import announce_entry
from caseroom.rooms.models import Room
from caseroom.rooms.services import read_own_entry, remember_replay, replayed_entry
from caseroom.vault.objects import ObjectStore

NEUTRAL_SERIES = "neutral"
REMAINS_AFTER = timedelta(hours=1)  # longer than any filing lasts once its bytes are there


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExhibit:
    """``filename`` and ``kind`` as ``examine`` found them; ``title`` empty: the name without its ending; ``seen``: the
    last checkpoint of the case that the client checked."""

    filename: str
    kind: FileType
    title: str
    audience: str | None
    client_id: str | None = None
    seen: Seen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    exhibit: ExhibitView
    replayed: bool


def begin_filing(work: Work, actor: Actor, room_id: str, *, audience: str | None) -> Intake:
    """Prove the room and the readers before a single byte is taken; return where the bytes go."""
    opened = access_room(work, actor, room_id, Permission.ENTRY_FILE)
    require_audience(opened, audience)
    store: ObjectStore = work.tool(ObjectStore)  # type: ignore[type-abstract]
    largest = work.tool(Settings).max_exhibit_bytes
    return Intake(store, case_id=opened.case.id, slot=opened.room.slot, largest=largest)


def examine(received: Received, filename: object) -> tuple[str, FileType]:
    """Check a received file's name and find its real type, outside any transaction: libmagic runs in the worker pool.
    Raises Invalid (``bad_filename``, ``refused_type``)."""
    checked = check_filename(filename)
    return checked, find_type(received.head, checked)


def file_exhibit(work: Work, actor: Actor, room_id: str, command: NewExhibit, received: Received) -> Filed:
    """File a received document: its number, its entry, its receipt. The readers are checked again: the upload may have
    lasted. Raises what ``post_message`` raises, and Invalid for the name or the type."""
    opened = access_room(work, actor, room_id, Permission.ENTRY_FILE)
    filename = command.filename
    title = clean_line("title", command.title or filename.rpartition(".")[0] or filename)
    fingerprint = canonical({"filename": filename, "sha256": received.sha256, "title": title})
    first = replayed_entry(work, opened, actor, key=command.client_id, fingerprint=fingerprint)
    if first is not None:
        return Filed(exhibit=exhibit_view(work, opened, access_exhibit(work, actor, first).exhibit), replayed=True)
    require_audience(opened, command.audience)
    series, number = _next_number(work, opened)
    side = opened.people.side(opened.me.side_id)
    label = exhibit_label(
        TEMPLATES[CaseKind(opened.case.kind)],
        side_position=side.position if side else None,
        number=number,
        language=opened.case.language,
    )
    meta: dict[str, object] = {"number": label, "title": title, "filename": filename}
    if command.kind.mismatch:
        meta["mismatch"] = True
    recorded = record(
        work,
        opened.stream,
        kind=Kind.EXHIBIT_FILED,
        actor=opened.me.id,
        body={"files": [{"sha256": received.sha256, "size": received.size, "type": command.kind.found}]},
        meta=meta,
        who={"auth": actor.level},
        event_key=received.event_key,
        seen=command.seen,
    )
    exhibit = Exhibit(
        id=recorded.entry_id,
        room_id=opened.room.id,
        filer_id=opened.me.id,
        series=series,
        number=number,
        seq=recorded.seq,
        object_id=received.object_id,
        sealed_size=received.sealed_size,
        filed_at=recorded.at,
    )
    work.session.add(exhibit)
    remember_replay(work, opened, actor, key=command.client_id, fingerprint=fingerprint, entry_id=recorded.entry_id)
    read_own_entry(work, opened, recorded.seq)
    work.session.flush()
    announce_entry(work, opened, recorded, client_id=command.client_id)
    return Filed(exhibit=exhibit_view(work, opened, exhibit), replayed=False)


def record_download(work: Work, actor: Actor, exhibit_id: str, *, from_start: bool = True) -> None:
    """Write that a recipient took a copy. Who filed it taking his own back is no news, nor is the rest of a file whose
    beginning (``from_start``) was taken before; but whoever takes a part first has taken a copy. The register of a
    closed room takes no entry any more, and its exhibits are still there to be read."""
    opened, exhibit = access_exhibit(work, actor, exhibit_id).both
    room = work.session.get_one(Room, opened.room.id)
    if exhibit.filer_id == opened.me.id or room.state == State.CLOSED:
        return
    known = work.session.get(ExhibitCopy, (exhibit.id, opened.me.id)) is not None
    if known and not from_start:
        return
    if not known:
        work.session.add(ExhibitCopy(exhibit_id=exhibit.id, participant_id=opened.me.id, first_at=clock.now()))
    view = exhibit_view(work, opened, exhibit)
    recorded = record(
        work,
        opened.stream,
        kind=Kind.EXHIBIT_DOWNLOADED,
        actor=opened.me.id,
        body={"of": view.entry.leaf, "sha256": view.facts.sha256},
        who={"auth": actor.level},
    )
    announce_entry(work, opened, recorded)


def sweep_remains(database: Database) -> int:
    """At start-up: clear up what broken uploads and crashes left in the store. Returns how many objects went.

    Objects that the database does not know are set aside and not destroyed: after the restore of an older database
    they are the exhibits filed since. Young ones stay: another process may be between the last byte of an upload and
    its commit."""
    store: ObjectStore = database.tool(ObjectStore)  # type: ignore[type-abstract]
    store.sweep_incoming()
    with database.reading() as work:
        known = set(work.session.scalars(select(Exhibit.object_id)))
    settled = clock.now() - REMAINS_AFTER
    orphans = [each for each in store.list_ids() if each not in known and store.written_at(each) < settled]
    for object_id in orphans:
        store.set_aside(object_id)
    return len(orphans)


def _next_number(work: Work, opened: OpenRoom) -> tuple[str, int]:
    """Per side and room; rows are never deleted, so a number is never given twice."""
    series = opened.me.side_id or NEUTRAL_SERIES
    last = work.session.scalars(
        select(func.max(Exhibit.number)).where(Exhibit.room_id == opened.room.id, Exhibit.series == series)
    ).one()
    return series, (last or 0) + 1
