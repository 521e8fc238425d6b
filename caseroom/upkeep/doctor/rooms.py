"""Every room's log, from its first entry on, and with it what the rows beside the ledger must agree with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from caseroom.audit.checking import check_chain
from caseroom.audit.event_bytes import Kind
from caseroom.audit.models import (
    CaseEpoch,
    CaseLog,
    ErasedEvent,
    LedgerEvent,
    LogNode,
    Opening,
    RoomCheckpoint,
    RoomLog,
    Slot,
    TimeStamp,
)
from caseroom.audit.queries import LedgerEntry
from caseroom.audit.services import Stream
from caseroom.retention.words import Progress
from caseroom.rooms.models import Draft, Replay, Room
from caseroom.upkeep.doctor.case_logs import IN_FLIGHT
from caseroom.upkeep.doctor.examination import Examination
from caseroom.upkeep.doctor.key_checks import erasures_of
from caseroom.vault.keys import SealBroken

WHAT = {
    "canonical": "An entry does not open, is malformed, or does not follow the one before",
    "sequence": "The columns beside an entry do not say what it says",
    "seen": "An entry states a case log that never was",
    "commitment": "The content of an entry is not what it committed to, or is gone without an erasure on record",
    "file": "The file of an exhibit is not the one that was filed",
    "head": "Size, root, tree or time of the log are not those of its entries",
    "key": "The signer holds another key for this log",
    "checkpoint": "A checkpoint that receipts stand on is not signed, or of another tree",
}


@dataclass(frozen=True, slots=True)
class Filed:
    """An exhibit as its entry has it; ``files`` None once it was erased."""

    id: str
    room_id: str
    seq: int
    kind: Kind
    actor: str
    at: datetime
    leaf: str
    files: list[dict[str, Any]] | None
    label: str


@dataclass(slots=True)
class RoomFacts:
    """What a room's log says of people, exhibits and itself. ``admitted``: the last ``meta`` per participant, empty
    once erased; ``members``: who is in at the end; ``order``: who came first."""

    opened: dict[str, Any] = field(default_factory=dict)
    rules: str = ""
    closed: bool = False
    admitted: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)
    filed: dict[str, Filed] = field(default_factory=dict)
    taken: set[tuple[str, str]] = field(default_factory=set)  # leaf of the exhibit (hex), participant

    def witness(self, room_id: str) -> Callable[[LedgerEntry], None]:
        def take(entry: LedgerEntry) -> None:
            match entry.kind:
                case Kind.CASE_OPENED | Kind.ROOM_OPENED:
                    self.opened = entry.meta
                    self.rules = str(entry.body.get("rules", ""))
                case Kind.ROOM_CLOSED:
                    self.closed = True
                case Kind.PARTICIPANT_ADMITTED:
                    self._admit(str(entry.body.get("pid", entry.actor)), entry.meta)
                case Kind.PARTICIPANT_REMOVED:
                    self.members.discard(str(entry.body.get("pid", "")))
                case Kind.EXHIBIT_DOWNLOADED:
                    self.taken.add((str(entry.body.get("of", "")), entry.actor))
                case Kind.EXHIBIT_FILED | Kind.EXHIBIT_RELEASED:
                    self.filed[entry.id] = _filed(entry, room_id)
                case _:
                    pass

        return take

    def _admit(self, pid: str, meta: dict[str, Any]) -> None:
        self.admitted[pid] = meta
        self.members.add(pid)
        if pid not in self.order:
            self.order.append(pid)


def _filed(entry: LedgerEntry, room_id: str) -> Filed:
    return Filed(
        id=entry.id,
        room_id=room_id,
        seq=entry.seq,
        kind=entry.kind,
        actor=entry.actor,
        at=entry.at,
        leaf=entry.leaf.hex(),
        files=entry.body.get("files"),
        label=str(entry.meta.get("number", "")),
    )


def check_room(exam: Examination, room: Room, digest: Callable[[LedgerEntry], str | None] | None) -> RoomFacts | None:
    """Check the log of a room and what stands beside it; what it says. None where it cannot be opened at all."""
    stream = exam.stream(room.id, room.case_id, room.slot)
    log = exam.work.session.get(RoomLog, room.id)
    if stream is None or log is None or exam.work.session.get(CaseLog, room.case_id) is None:
        exam.diagnosis.find("room", f"room {room.id}", "It has no key or no log")
        return None
    facts = RoomFacts()
    report = check_chain(exam.work, stream, digest=digest, witness=facts.witness(room.id))
    exam.diagnosis.count("entries", report.events)
    for problem in report.problems:
        where = f"room {room.id}" + ("" if problem.seq is None else f" seq {problem.seq}")
        exam.diagnosis.find(problem.check, where, WHAT[problem.check])
    _check_signed(exam, log)
    _check_drafts(exam, stream)
    _check_replays(exam, room)
    _check_erased(exam, room)
    return facts


def _check_signed(exam: Examination, log: RoomLog) -> None:
    """What is committed is signed at once; a log that stays behind is one that the signer refuses."""
    behind = log.signed_size < log.size and exam.now - log.last_at > IN_FLIGHT
    exam.diagnosis.expect("unsigned", f"room {log.room_id}", "Its newest entries have no checkpoint", holds=not behind)


def _check_drafts(exam: Examination, stream: Stream) -> None:
    for draft in exam.work.session.scalars(select(Draft).where(Draft.room_id == stream.room_id)):
        try:
            stream.keys.open("draft", bytes.fromhex(draft.participant_id), draft.text)
        except (SealBroken, ValueError):
            where = f"room {draft.room_id} participant {draft.participant_id}"
            exam.diagnosis.find("draft", where, "A draft does not open")


def _check_replays(exam: Examination, room: Room) -> None:
    """An idempotency key gives again an entry of its own room; one that opened the case names none."""
    known = select(LedgerEvent.id).where(LedgerEvent.room_id == room.id)
    astray = select(Replay.entry_id).where(
        Replay.room_id == room.id, Replay.entry_id != "", Replay.entry_id.not_in(known)
    )
    for _ in exam.work.session.scalars(astray):
        exam.diagnosis.find("replay", f"room {room.id}", "A key of a repeated request names an entry of no such room")


def _check_erased(exam: Examination, room: Room) -> None:
    rows = exam.work.session.execute(
        select(ErasedEvent, LedgerEvent)
        .outerjoin(LedgerEvent, (LedgerEvent.room_id == ErasedEvent.room_id) & (LedgerEvent.seq == ErasedEvent.seq))
        .where(ErasedEvent.room_id == room.id)
    )
    states = {erasure.id: erasure.state for erasure in erasures_of(exam, room.case_id)}
    for row, event in rows.all():
        known = _is_erasure(row, event, states.get(row.erasure_id))
        exam.diagnosis.expect("erasure", f"room {room.id} seq {row.seq}", "An erasure names another entry", holds=known)
    listed = select(ErasedEvent.seq).where(ErasedEvent.room_id == room.id)
    empty = select(LedgerEvent.seq).where(
        LedgerEvent.room_id == room.id, LedgerEvent.values.is_(None), LedgerEvent.seq.not_in(listed)
    )
    for seq in exam.work.session.scalars(empty):
        exam.diagnosis.find("erasure", f"room {room.id} seq {seq}", "Its content is gone, and no erasure lists it")


def _is_erasure(row: ErasedEvent, event: LedgerEvent | None, state: str | None) -> bool:
    """Whether a line of an erasure's list is of an erasure on record, and of this entry, which has lost its content
    unless a crash came before."""
    if state is None or event is None or event.leaf != row.leaf:
        return False
    return event.values is None or state == Progress.RECORDED


def check_orphans(exam: Examination) -> None:
    """Rows of a room or a case that is not there: what an erasure left over, or a row that was moved."""
    session, rooms, cases = exam.work.session, select(RoomLog.room_id), select(CaseLog.case_id)
    for of_room in (LedgerEvent, RoomCheckpoint, ErasedEvent):
        for room_id in session.scalars(select(of_room.room_id).where(of_room.room_id.not_in(rooms)).distinct()):
            exam.diagnosis.find("room", f"room {room_id}", f"Rows of {of_room.__tablename__} belong to no room")
    for of_case, check in ((CaseEpoch, "epoch"), (Opening, "opening"), (Slot, "slot"), (TimeStamp, "timestamp")):
        for case_id in session.scalars(select(of_case.case_id).where(of_case.case_id.not_in(cases)).distinct()):
            exam.diagnosis.find(check, f"case {case_id}", f"Rows of {of_case.__tablename__} belong to no case")
    known = (*session.scalars(rooms), *session.scalars(cases))
    for log_id in set(session.scalars(select(LogNode.log_id).distinct())) - set(known):
        exam.diagnosis.find("room", f"log {log_id}", "Hashes of a log that is not there")
