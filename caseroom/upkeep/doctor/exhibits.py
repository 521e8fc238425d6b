"""Exhibits: every row against the entry that filed it, every sealed object against both, and what lies in the store
besides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from sqlalchemy import select

from caseroom.audit import queries as ledger
from caseroom.audit.event_bytes import Kind
from caseroom.audit.models import LedgerEvent
from caseroom.audit.queries import LedgerEntry
from caseroom.audit.services import Stream
from caseroom.cases.templates import TEMPLATES, exhibit_label
from caseroom.exhibits.models import Exhibit, ExhibitCopy
from caseroom.exhibits.queries import STEP
from caseroom.exhibits.services import NEUTRAL_SERIES, REMAINS_AFTER
from caseroom.rooms.models import Room
from caseroom.upkeep.doctor.examination import Examination
from caseroom.upkeep.doctor.people import CaseRows, kind_of
from caseroom.upkeep.doctor.rooms import Filed, RoomFacts
from caseroom.vault.chunked import ChunkOpener, ObjectBroken, object_context, object_key, sealed_size
from caseroom.vault.keys import SealBroken
from caseroom.vault.objects import ObjectMissing, ObjectStore


def digest_of(exam: Examination, room: Room) -> Callable[[LedgerEntry], str | None]:
    """What ``check_chain`` asks for each exhibit: the SHA-256 of its file as it is now, in hex; None where it cannot be
    read, which is told here."""

    def digest(entry: LedgerEntry) -> str | None:
        row = exam.work.session.get(Exhibit, entry.id)
        stream = exam.stream(room.id, room.case_id, room.slot)
        if row is None or stream is None:
            return None  # the comparison of rows tells it
        try:
            return _read(exam, stream, entry, row)
        except ObjectMissing:
            _find_missing(exam, row)
        except (ObjectBroken, SealBroken, OSError, ValueError) as error:
            exam.diagnosis.find("object-damaged", _place(row), f"The file of exhibit {row.id} does not open ({error})")
        return None

    return digest


def _read(exam: Examination, stream: Stream, entry: LedgerEntry, row: Exhibit) -> str:
    key = object_key(ledger.event_key(exam.work, stream, entry.seq), 0)
    context = object_context(bytes.fromhex(stream.case_id), stream.slot, bytes.fromhex(row.object_id))
    store = _store(exam)
    size = store.size(row.object_id)
    if size != row.sealed_size:
        raise ObjectBroken(f"it has {size} bytes and not {row.sealed_size}")
    digest = hashlib.sha256()
    with store.open(row.object_id) as file:
        opener = ChunkOpener(file, size, key, context)
        for block in opener.iter(0, opener.size, STEP):
            digest.update(block)
    exam.diagnosis.count("exhibits")
    return digest.hexdigest()


def _find_missing(exam: Examination, row: Exhibit) -> None:
    """On a serving instance it may have been erased since the snapshot: then it is gone for good reason."""
    with exam.work.database.reading() as work:
        now = work.session.scalars(select(LedgerEvent.event_key).where(LedgerEvent.id == row.id)).first()
    if now is not None:
        exam.diagnosis.find("object-missing", _place(row), f"The file of exhibit {row.id} is not there")


def check_exhibits(exam: Examination, rows: CaseRows, said: Mapping[str, RoomFacts]) -> None:
    """Every exhibit row of a case has its entry, every filing its row, and the two agree."""
    filed = {each.id: each for facts in said.values() for each in facts.filed.values()}
    rooms = {room.id: room for room in rows.rooms}
    found = exam.work.session.scalars(select(Exhibit).where(Exhibit.room_id.in_(rooms))).all()
    for row in found:
        where = f"exhibit {row.id}"
        with exam.diagnosis.reading("exhibit", where):
            entry = filed.pop(row.id, None)
            if entry is not None:
                _check_row(exam, rows, row, entry)
            elif row.room_id in said and not _unread(exam, row):
                exam.diagnosis.find("exhibit", where, "No entry of its room filed it")
    for entry in filed.values():
        exam.diagnosis.find("exhibit", f"exhibit {entry.id}", f"Filed at seq {entry.seq}, and it has no row")
    _check_copies(exam, rows, said)


def _unread(exam: Examination, row: Exhibit) -> bool:
    """Whether its entry is there and could not be opened: that was told already."""
    event = exam.work.session.scalars(select(LedgerEvent).where(LedgerEvent.id == row.id)).first()
    return event is not None and any(
        finding.where == f"room {event.room_id} seq {event.seq}" for finding in exam.diagnosis.findings
    )


def _check_row(exam: Examination, rows: CaseRows, row: Exhibit, entry: Filed) -> None:
    where = f"exhibit {row.id}"
    same = (row.room_id, row.seq, row.filed_at) == (entry.room_id, entry.seq, entry.at)
    exam.diagnosis.expect("exhibit", where, "Room, number or time are not those of its entry", holds=same)
    if entry.kind is Kind.EXHIBIT_FILED:
        exam.diagnosis.expect("exhibit", where, "Somebody else filed it", holds=row.filer_id == entry.actor)
    if entry.files is None:
        left = _store(exam).exists(row.object_id)
        exam.diagnosis.expect(
            "object-left", _place(row), f"The file of the erased exhibit {row.id} is still there", holds=not left
        )
        return
    holds = row.sealed_size == sealed_size(int(entry.files[0]["size"]))
    exam.diagnosis.expect("exhibit", where, "Its sealed size is not that of its file", holds=holds)
    filer = next((each for each in rows.people if each.id == row.filer_id), None)
    series = (filer.side_id or NEUTRAL_SERIES) if filer else None
    exam.diagnosis.expect("exhibit", where, "Its number is counted for another side", holds=row.series == series)
    exam.diagnosis.expect(
        "exhibit", where, "Its number is not the one it was filed under", holds=_label(rows, row) == entry.label
    )


def _label(rows: CaseRows, row: Exhibit) -> str:
    kind = kind_of(rows.case)
    if kind is None:
        return ""
    position = next((side.position for side in rows.sides if side.id == row.series), None)
    return exhibit_label(TEMPLATES[kind], side_position=position, number=row.number, language=rows.case.language)


def _check_copies(exam: Examination, rows: CaseRows, said: Mapping[str, RoomFacts]) -> None:
    """Who took a copy, as the rows have it and as the ledger has it."""
    standing = {
        each.id: (facts, each) for facts in said.values() for each in facts.filed.values() if each.files is not None
    }
    copies = exam.work.session.execute(
        select(ExhibitCopy.exhibit_id, ExhibitCopy.participant_id)
        .join(Exhibit, Exhibit.id == ExhibitCopy.exhibit_id)
        .where(Exhibit.room_id.in_([room.id for room in rows.rooms]))
    ).all()
    for exhibit_id, participant_id in copies:
        if exhibit_id in standing:
            facts, entry = standing[exhibit_id]
            known = (entry.leaf, participant_id) in facts.taken
            exam.diagnosis.expect(
                "exhibit", f"exhibit {exhibit_id}", "A copy is noted that no entry tells of", holds=known
            )
    noted = {(exhibit_id, participant_id) for exhibit_id, participant_id in copies}
    for exhibit_id, (facts, entry) in standing.items():
        told = {participant for leaf, participant in facts.taken if leaf == entry.leaf}
        missing = any((exhibit_id, participant) not in noted for participant in told)
        exam.diagnosis.expect(
            "exhibit", f"exhibit {exhibit_id}", "An entry tells of a copy that is not noted", holds=not missing
        )


def check_objects(exam: Examination) -> None:
    """What lies in the store without a row that names it, and in a quick look whether what is named is there whole."""
    store = _store(exam)
    rows = exam.work.session.execute(
        select(Exhibit, LedgerEvent.event_key).outerjoin(LedgerEvent, LedgerEvent.id == Exhibit.id)
    ).all()
    known = {row.object_id for row, _ in rows}
    settled = exam.now - REMAINS_AFTER
    for object_id in store.list_ids():
        if object_id not in known and store.written_at(object_id) < settled:
            exam.diagnosis.find("object-unknown", f"object {object_id}", "No exhibit names it")
    if aside := sum(1 for _ in store.list_set_aside()):
        exam.diagnosis.note(f"{aside} objects were set aside because no exhibit named them (objects-set-aside/).")
    if exam.quick:
        for row, event_key in rows:
            if event_key is not None:
                _check_size(exam, store, row)


def _check_size(exam: Examination, store: ObjectStore, row: Exhibit) -> None:
    try:
        size = store.size(row.object_id)
    except ObjectMissing:
        _find_missing(exam, row)
        return
    except ValueError:
        exam.diagnosis.find("exhibit", f"exhibit {row.id}", "The id of its object is none")
        return
    exam.diagnosis.count("exhibits")
    holds = size == row.sealed_size
    exam.diagnosis.expect(
        "object-damaged", _place(row), f"The file of exhibit {row.id} is cut or lengthened", holds=holds
    )


def _store(exam: Examination) -> ObjectStore:
    return exam.work.tool(ObjectStore)  # type: ignore[type-abstract]


def _place(row: Exhibit) -> str:
    return f"object {row.object_id}"
