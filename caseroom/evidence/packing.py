"""The evidence pack of one person: who may hold what (docs/evidence.md §9).

The plan is made through the doors, in one transaction. While it is written each page of rows goes through them again: a
download of an hour ends where the person is removed from the room that is being written."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.audit.epochs import signed_epochs
from caseroom.audit.origins import room_vkey
from caseroom.audit.pack.archive import Archive
from caseroom.audit.pack.case_part import CasePlan, plan_case, write_case
from caseroom.audit.pack.manifest import PACK, write_manifest
from caseroom.audit.pack.room_part import RoomPlan, Told, covered_epochs, plan_size, write_room
from caseroom.audit.queries import said_or_filed
from caseroom.audit.services import Stream
from caseroom.cases.access import access_case
from caseroom.cases.people import case_title, participant_name
from caseroom.db import Database, Work
from caseroom.evidence.exhibit_files import open_file
from caseroom.evidence.readme import Missing, PackFacts, RoomFacts, pack_readme, verifier
from caseroom.rooms.access import OpenRoom, access_room
from caseroom.rooms.queries import case_view

log = logging.getLogger("caseroom.evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRoom:
    plan: RoomPlan
    title: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackPlan:
    """What one person's pack will hold, fixed before its first byte. ``exporter`` is the participant id, ``language``
    that of the README. It holds no key: those come with each page, from the doors."""

    actor: Actor
    exporter: str
    person: str = field(repr=False)
    title: str = field(repr=False)
    at: datetime
    language: str
    files: bool
    case: CasePlan
    rooms: tuple[PlannedRoom, ...]

    @property
    def filename(self) -> str:
        """A name that tells which case, to those who know its id, and nothing else."""
        return f"caseroom-{self.case.id[:8]}.zip"


def plan_pack(
    work: Work, actor: Actor, case_id: str, *, files: bool, language: str, without: frozenset[str] = frozenset()
) -> PackPlan:
    """Prove the case and every room that the person belongs to now, and fix what the pack holds of them. ``files``:
    with the exhibits' bytes. ``without``: ids of entries that were said or filed and whose content, file included, is
    left out; everything else would still verify. Raises NotFound to whoever is not in the case."""
    opened = access_case(work, actor, case_id, Permission.CASE_READ)
    rooms = [
        (brief.title, access_room(work, actor, brief.id, Permission.LEDGER_READ))
        for brief in case_view(work, actor, case_id, language=language).rooms
    ]
    epochs, sizes = _agreeing(work, [room.stream for _, room in rooms], epochs=signed_epochs(work, case_id))
    case = plan_case(work, case_id, epochs=epochs)
    return PackPlan(
        actor=actor,
        exporter=opened.me.id,
        person=participant_name(opened.me, opened.keys),
        title=case_title(opened.case, opened.keys),
        at=clock.now(),
        language=language,
        files=files,
        case=case,
        rooms=tuple(
            PlannedRoom(
                plan=_room_plan(case, room, size, without=said_or_filed(work, room.stream, without)), title=title
            )
            for (title, room), size in zip(rooms, sizes, strict=True)
            if size
        ),
    )


def _room_plan(case: CasePlan, room: OpenRoom, size: int, *, without: frozenset[int]) -> RoomPlan:
    slot = room.room.slot
    return RoomPlan(room_id=room.room.id, slot=slot, size=size, vkey=room_vkey(case.vkey, slot), without=without)


def _agreeing(work: Work, streams: list[Stream], *, epochs: int) -> tuple[int, list[int]]:
    """How many epochs, and how many events of each room, so that no event saw a later epoch and no epoch sealed a later
    event: signing follows the commit, and a pack may be asked for in between."""
    while True:
        sizes = [plan_size(work, stream, epochs=epochs) for stream in streams]
        covered = [
            covered_epochs(work, stream, size=size, epochs=epochs) for stream, size in zip(streams, sizes, strict=True)
        ]
        if min(covered, default=epochs) == epochs:
            return epochs, sizes
        epochs = min(covered)


def write_pack(database: Database, plan: PackPlan) -> Generator[bytes, None, None]:
    """The bytes of the zip as they are ready: README and manifest last, for they tell what became of the rest.

    Between two pieces neither a transaction nor (but for the exhibit being sent) a file is open. Raises NotFound where
    the person is removed meanwhile, PackBroken and SealBroken where what was planned is gone or does not open."""
    archive, missing = Archive(), list[Missing]()
    yield from write_case(archive, partial(_case_door, database, plan), plan.case)
    for room in plan.rooms:
        yield from _write_room(archive, database, plan, room, missing)
    facts = _facts(plan, missing)
    yield from archive.add("README.txt", [pack_readme(facts, language=plan.language).encode()])
    yield from archive.add("verify.py", [verifier()])
    yield from write_manifest(archive, version=PACK, case_id=plan.case.id, exporter=plan.exporter, at=plan.at)


def _write_room(
    archive: Archive, database: Database, plan: PackPlan, room: PlannedRoom, missing: list[Missing]
) -> Iterator[bytes]:
    told, slot = Told(), room.plan.slot
    door = partial(_room_door, database, plan, room.plan.room_id)
    yield from write_room(archive, door, room.plan, epochs=plan.case.epochs, person=plan.exporter, told=told)
    for seq in told.unreadable:
        log.error("pack: event %d of room %s does not open", seq, room.plan.room_id)
    missing += [Missing(slot=slot, seq=seq, sha256="") for seq in told.unreadable]
    if not plan.files:
        return
    lost = dict[str, Missing]()
    for file in told.files:
        path = f"{room.plan.folder}/files/{file.sha256}"
        if path in archive.digests:
            continue  # the same bytes filed twice in this room
        content = open_file(database, plan.actor, room.plan.room_id, file)
        if content is None:
            continue
        if isinstance(content, str):
            log.error("pack: the file of event %d of room %s: %s", file.seq, room.plan.room_id, content)
            lost[file.sha256] = Missing(slot=slot, seq=file.seq, sha256=file.sha256)
            continue
        lost.pop(file.sha256, None)
        with content:
            yield from archive.add(path, content, stored=True, largest=file.size)
    missing += lost.values()


def _facts(plan: PackPlan, missing: list[Missing]) -> PackFacts:
    return PackFacts(
        title=plan.title,
        person=plan.person,
        case_id=plan.case.id,
        at=plan.at,
        epochs=plan.case.epochs,
        stamped=len(plan.case.stamped),
        rooms=tuple(RoomFacts(slot=room.plan.slot, title=room.title, events=room.plan.size) for room in plan.rooms),
        files=plan.files,
        missing=tuple(missing),
    )


@contextmanager
def _case_door(database: Database, plan: PackPlan) -> Iterator[Work]:
    with database.reading() as work:
        access_case(work, plan.actor, plan.case.id, Permission.CASE_READ)
        yield work


@contextmanager
def _room_door(database: Database, plan: PackPlan, room_id: str) -> Iterator[tuple[Work, Stream]]:
    with database.reading() as work:
        yield work, access_room(work, plan.actor, room_id, Permission.LEDGER_READ).stream
