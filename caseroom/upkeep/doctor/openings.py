"""What an epoch's slots open to: a room's size and root at that moment, or none (docs/evidence.md §2, §10 step 9)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from caseroom import workers
from caseroom.audit import tree
from caseroom.audit.case_log import salt_of
from caseroom.audit.epoch_bytes import slot_value
from caseroom.audit.models import CaseEpoch, CaseLog, Opening, Slot
from caseroom.audit.nodes import StoredNodes
from caseroom.upkeep.doctor.examination import Examination
from caseroom.vault.keys import SealBroken


def check_openings(exam: Examination, log: CaseLog, epochs: Sequence[CaseEpoch]) -> None:
    """Recompute the value of every slot in every epoch, except of rooms that were shredded, and compare each opening
    with the room's own tree."""
    slots = exam.work.session.scalars(select(Slot).where(Slot.case_id == log.case_id).order_by(Slot.slot)).all()
    openings = {
        (each.n, each.slot): each
        for each in exam.work.session.scalars(select(Opening).where(Opening.case_id == log.case_id))
    }
    roots = _Roots(exam, {slot.slot: slot.room_id for slot in slots})
    for epoch in epochs:
        workers.give_way()
        if epoch.n < 0:
            continue  # the check of the epochs has said so
        for slot in slots:
            opening = openings.pop((epoch.n, slot.slot), None)
            where = f"case {log.case_id} epoch {epoch.n} slot {slot.slot}"
            with exam.diagnosis.reading("opening", where):
                holds = _holds(exam, slot, epoch, opening, roots)
                exam.diagnosis.expect("opening", where, "It does not open to what was sealed", holds=holds)
    for n, number in openings:
        exam.diagnosis.find("opening", f"case {log.case_id} epoch {n} slot {number}", "There is no such epoch or slot")


def _holds(exam: Examination, slot: Slot, epoch: CaseEpoch, opening: Opening | None, roots: _Roots) -> bool:
    if slot.blind_key is None:
        return opening is None
    try:
        salt = salt_of(exam.work, slot, epoch.n)
    except SealBroken:
        return True  # the check of the keys has said so, once
    size, root = (opening.size, opening.root) if opening else (0, tree.EMPTY_ROOT)
    if opening is not None and roots.of(slot.slot, size) != root:
        return False
    if epoch.slot_values is None:
        return True
    value = slot_value(salt, case=bytes.fromhex(slot.case_id), slot=slot.slot, n=epoch.n, size=size, root=root)
    return epoch.slot_values[32 * slot.slot : 32 * slot.slot + 32] == value


class _Roots:
    """The roots that rooms' logs had, each computed once."""

    def __init__(self, exam: Examination, rooms: dict[int, str | None]) -> None:
        self._nodes = {slot: StoredNodes(exam.work, room_id) for slot, room_id in rooms.items() if room_id is not None}
        self._known: dict[tuple[int, int], bytes | None] = {}

    def of(self, slot: int, size: int) -> bytes | None:
        """None where the tree has no such size: then no opening agrees with it."""
        if (slot, size) not in self._known:
            try:
                self._known[slot, size] = tree.root(size, self._nodes[slot]) if size > 0 else None
            except KeyError:
                self._known[slot, size] = None
        return self._known[slot, size]
