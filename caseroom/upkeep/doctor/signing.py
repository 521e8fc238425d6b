"""The database against the signer, which remembers what it signed even where the database was put back to an older day
(docs/evidence.md §5, §12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from caseroom.audit import tree
from caseroom.audit.models import CaseEpoch, CaseLog, RoomCheckpoint, RoomLog, Slot
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.origins import room_origin
from caseroom.upkeep.doctor.examination import Examination


@dataclass(frozen=True, slots=True)
class LogHead:
    """One log as the database has it: ``log_id`` finds its tree, ``signed`` is the size of its newest checkpoint."""

    origin: str
    where: str
    log_id: str
    size: int
    signed: int


def check_signer(exam: Examination) -> None:
    """The keys of the signer's file open; no log is behind what was signed, ahead of it, or another one."""
    heads = {head.origin: head for head in log_heads(exam)}
    for head in heads.values():
        _check_head(exam, head)
    shredded = set(_shredded(exam))
    for origin, (size, _) in exam.heads.heads.items():
        if origin not in heads and origin not in shredded and size > 0 and not _is_accepted(exam, origin, 0, size):
            exam.diagnosis.find(
                "rollback", f"log {origin}", f"It was signed at {size} and the database does not have it"
            )
    for origin, case in exam.heads.cases.items():
        if case.wrapped is None or case.destroyed:
            continue
        holds = exam.heads.opens(origin, exam.held.signer)
        exam.diagnosis.expect("signer", f"log {origin}", "Its signing key does not open", holds=holds)


def lagging(exam: Examination) -> Iterator[tuple[str, int, int]]:
    """The logs that the signer signed further than the database holds: origin, size held, size signed."""
    heads = {head.origin: head for head in log_heads(exam)}
    for origin, (size, _) in exam.heads.heads.items():
        held = heads[origin].size if origin in heads else 0
        if size > held and origin not in set(_shredded(exam)):
            yield origin, held, size


def log_heads(exam: Examination) -> Iterator[LogHead]:
    session = exam.work.session
    epochs = select(CaseEpoch.case_id, func.max(CaseEpoch.n)).where(CaseEpoch.note.is_not(None))
    noted = {row[0]: row[1] for row in session.execute(epochs.group_by(CaseEpoch.case_id))}
    checkpoints = select(RoomCheckpoint.room_id, func.max(RoomCheckpoint.size)).group_by(RoomCheckpoint.room_id)
    signed = {row[0]: row[1] for row in session.execute(checkpoints)}
    origins = {}
    for log in session.scalars(select(CaseLog)):
        origins[log.case_id] = log.origin
        yield LogHead(log.origin, f"case {log.case_id}", log.case_id, log.size, noted.get(log.case_id, -1) + 1)
    for room in session.scalars(select(RoomLog)):
        origin = room_origin(origins.get(room.case_id, "?"), room.slot)
        yield LogHead(origin, f"room {room.room_id}", room.room_id, room.size, signed.get(room.room_id, 0))


def _check_head(exam: Examination, head: LogHead) -> None:
    last = exam.heads.last(head.origin)
    size, root = last or (0, tree.EMPTY_ROOT)
    if size > head.size:
        if _is_accepted(exam, head.origin, head.size, size):
            exam.diagnosis.note(f"{head.where}: {size - head.size} lost and accepted as lost; the case is closed.")
        else:
            text = f"The signer signed it at {size}, the database holds {head.size}"
            exam.diagnosis.find("rollback", head.where, text)
        return
    known, _ = exam.heads_after.last(head.origin) or (0, tree.EMPTY_ROOT)
    if known < head.signed:
        text = f"It has a checkpoint at {head.signed}, the signer knows {known}"
        exam.diagnosis.find("signer-behind", head.where, text)
    try:
        holds = tree.root(size, StoredNodes(exam.work, head.log_id)) == root
    except KeyError:
        holds = False
    exam.diagnosis.expect("head", head.where, f"At {size} it is not the log that the signer signed", holds=holds)


def _is_accepted(exam: Examination, origin: str, held: int, signed: int) -> bool:
    loss = exam.accepted.get(origin)
    return loss is not None and (loss.held, loss.signed) == (held, signed)


def _shredded(exam: Examination) -> Iterator[str]:
    """The logs of rooms that were destroyed on purpose: their heads stay with the signer."""
    rows = exam.work.session.execute(
        select(CaseLog.origin, Slot.slot)
        .join(Slot, Slot.case_id == CaseLog.case_id)
        .where(Slot.blind_key.is_(None), Slot.room_id.is_not(None))
    )
    yield from (room_origin(origin, slot) for origin, slot in rows)
