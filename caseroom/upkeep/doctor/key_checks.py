"""Keys: every wrap opens where it stands, and every case has its slots, complete, each with its blind key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from caseroom.audit.case_log import BlindKeys
from caseroom.audit.models import CaseLog, RoomLog, Slot
from caseroom.retention.models import Erasure
from caseroom.retention.words import Level, Progress
from caseroom.rooms.models import Room
from caseroom.upkeep.doctor.examination import Examination
from caseroom.vault.keys import CASE_SLOT, SealBroken, unwrap, wrap_aad
from caseroom.vault.models import SpaceKeyWrap

BEGUN = (Progress.RECORDED, Progress.DESTROYED, Progress.DONE)


def check_keys(exam: Examination) -> bool:
    """Check the wraps of rooms and cases. False where not one of them opens: then the key file is another one's, and
    nothing else can be said."""
    wraps = exam.work.session.scalars(select(SpaceKeyWrap)).all()
    broken = [each for each in wraps if not _opens(exam, each)]
    if wraps and len(broken) == len(wraps):
        exam.diagnosis.find("kek", "keys/kek", "It opens none of the keys in this database: it is of another instance")
        return False
    exam.diagnosis.count("space keys", len(wraps))
    for each in broken:
        exam.diagnosis.find("space-key", _place(each), "The wrapped key does not open where it stands")
    versions: dict[tuple[str, int], list[int]] = defaultdict(list)
    for each in wraps:
        versions[each.case_id, each.slot].append(each.version)
    for (case_id, slot), found in versions.items():
        whole = sorted(found) == list(range(1, len(found) + 1))
        exam.diagnosis.expect(
            "space-key", f"case {case_id} slot {slot}", f"Its versions are {sorted(found)}, not 1 and on", holds=whole
        )
    _check_used(exam, versions)
    return True


def _opens(exam: Examination, each: SpaceKeyWrap) -> bool:
    if (each.recipient_type, each.recipient, each.enc) != ("kms", "", b""):
        return False
    try:
        unwrap(exam.held.kek, each.wrapped, wrap_aad(bytes.fromhex(each.case_id), each.slot, each.version))
    except (SealBroken, ValueError, OverflowError):
        return False
    return True


def _check_used(exam: Examination, versions: dict[tuple[str, int], list[int]]) -> None:
    """Every room and every case has a key, and no key is there for nothing."""
    rooms = exam.work.session.execute(select(Room.case_id, Room.slot)).all()
    needed = {(case_id, slot) for case_id, slot in rooms} | {(case_id, CASE_SLOT) for case_id, _ in rooms}
    for case_id, slot in needed - versions.keys():
        exam.diagnosis.find("space-key", f"case {case_id} slot {slot}", "Its key is not there")
    for case_id, slot in versions.keys() - needed:
        exam.diagnosis.find("space-key", f"case {case_id} slot {slot}", "There is a key of a room that does not exist")


def _place(each: SpaceKeyWrap) -> str:
    return f"case {each.case_id} slot {each.slot} version {each.version}"


def check_slots(exam: Examination, log: CaseLog) -> None:
    """The secret permutation of a case is whole, and rooms, logs and slots name each other."""
    where = f"case {log.case_id}"
    slots = exam.work.session.scalars(select(Slot).where(Slot.case_id == log.case_id)).all()
    everyone = list(range(log.slots))
    whole = sorted(each.slot for each in slots) == everyone and sorted(each.draw for each in slots) == everyone
    exam.diagnosis.expect("slot", where, "Its slots are not a whole permutation", holds=whole)
    taken = {each.room_id: each for each in slots if each.room_id is not None}
    in_turn = sorted(each.draw for each in taken.values()) == list(range(len(taken)))
    exam.diagnosis.expect("slot", where, "Its slots were not taken in turn", holds=in_turn)
    _check_rooms(exam, log, taken)
    for each in slots:
        _check_blind_key(exam, each)


def _check_rooms(exam: Examination, log: CaseLog, taken: dict[str, Slot]) -> None:
    rooms = {room.id: room.slot for room in exam.work.session.scalars(select(Room).where(Room.case_id == log.case_id))}
    logs = {
        each.room_id: each.slot
        for each in exam.work.session.scalars(select(RoomLog).where(RoomLog.case_id == log.case_id))
    }
    alive = {room_id: slot.slot for room_id, slot in taken.items() if slot.blind_key is not None}
    for room_id in rooms.keys() | logs.keys() | alive.keys():
        agree = rooms.get(room_id) == logs.get(room_id) == alive.get(room_id)
        exam.diagnosis.expect("slot", f"room {room_id}", "Room, log and slot do not name each other", holds=agree)


def _check_blind_key(exam: Examination, each: Slot) -> None:
    where = f"case {each.case_id} slot {each.slot}"
    if each.blind_key is None:
        explained = any(_explains(erasure, each) for erasure in erasures_of(exam, each.case_id))
        exam.diagnosis.expect("slot", where, "Its blind key is gone, and no erasure is on record", holds=explained)
        return
    try:
        exam.work.tool(BlindKeys).unwrap(each.blind_key, case_id=each.case_id, slot=each.slot)
    except (SealBroken, ValueError, OverflowError):
        exam.diagnosis.find("slot", where, "Its blind key does not open")


def erasures_of(exam: Examination, case_id: str) -> Sequence[Erasure]:
    """The erasures of a case that have begun to destroy."""
    return exam.work.session.scalars(select(Erasure).where(Erasure.case_id == case_id, Erasure.state.in_(BEGUN))).all()


def _explains(erasure: Erasure, slot: Slot) -> bool:
    return erasure.level == Level.CASE or (erasure.level == Level.ROOM and erasure.room_id == slot.room_id)
