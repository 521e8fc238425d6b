"""The log of one case (docs/evidence.md §4): its slots, its key, and its epochs from the opening on."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from caseroom import clock
from caseroom.audit import tree
from caseroom.audit.epoch_bytes import Gen, Why, build_epoch, slot_root, slot_salt, slot_value
from caseroom.audit.models import CaseEpoch, CaseLog, Opening, RoomLog, Slot
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.notes import format_vkey
from caseroom.audit.origins import case_origin
from caseroom.audit.schedule import next_instant
from caseroom.audit.sealing import Seals, halting
from caseroom.audit.signer import Signer
from caseroom.audit.stamps.queue import enqueue, mark_pinned, pins
from caseroom.db import Work
from caseroom.vault.keys import SealBroken, unwrap, wrap

SLOTS = 32


@dataclass(frozen=True, slots=True)
class BlindKeys:
    """Wraps the blind keys of slots. They never leave the server (docs/evidence.md §2)."""

    secret: bytes

    def wrap(self, key: bytes, *, case_id: str, slot: int) -> bytes:
        return wrap(self.secret, key, self._aad(case_id, slot))

    def unwrap(self, wrapped: bytes, *, case_id: str, slot: int) -> bytes:
        return unwrap(self.secret, wrapped, self._aad(case_id, slot))

    @staticmethod
    def _aad(case_id: str, slot: int) -> bytes:
        return b"caseroom/v1/blind\x00" + bytes.fromhex(case_id) + slot.to_bytes(4, "big")


def head_of(work: Work, case_id: str) -> CaseLog:
    """The case log as it stands: ``size`` and ``root`` are what an event states as seen."""
    return work.session.get_one(CaseLog, case_id)


def open_case_log(work: Work, case_id: str, *, host: str, interval: int) -> CaseLog:
    """Draw the slots and the case's signing key. The first epoch is sealed by ``seal_epoch(why=Why.OPEN)`` once
    ``case.opened`` is recorded, so that the opening itself is covered by it."""
    origin = case_origin(host, case_id)
    with halting(kept=False):
        public = work.tool(Signer).create(origin)
    order = list(range(SLOTS))
    random.SystemRandom().shuffle(order)
    blind = work.tool(BlindKeys)
    for draw, slot in enumerate(order):
        wrapped = blind.wrap(secrets.token_bytes(32), case_id=case_id, slot=slot)
        work.session.add(Slot(case_id=case_id, slot=slot, draw=draw, room_id=None, blind_key=wrapped))
    log = CaseLog(
        case_id=case_id,
        origin=origin,
        vkey=format_vkey(origin, public),
        slots=SLOTS,
        interval=interval,
        size=0,
        root=tree.EMPTY_ROOT,
    )
    work.session.add(log)
    work.session.flush()
    return log


def seal_epoch(work: Work, case_id: str, *, why: Why, due: datetime) -> CaseEpoch:
    """Append an epoch that commits to every slot, moved or not, with fresh salts, and pins the tokens that came since
    the previous one; sign it after the commit and have it time-stamped. ``due``: whole seconds, UTC. Raises
    LedgerHalted where earlier epochs wait for the signer."""
    work.part(Seals).catch_up_case(case_id)
    log = head_of(work, case_id)
    n = log.size
    values = _seal_slots(work, log)
    stamps, pin = pins(work, case_id)
    line = build_epoch(
        case=bytes.fromhex(case_id),
        due=due,
        n=n,
        prev=_previous(work, log),
        slots=log.slots,
        sroot=slot_root(values),
        why=why,
        gen=Gen(log.interval, log.vkey) if n == 0 else None,
        tst=pin,
        stamps=stamps,
    )
    epoch = CaseEpoch(
        case_id=case_id,
        n=n,
        why=why,
        due=due,
        sealed_at=clock.now(),
        line=line,
        slot_values=b"".join(values),
        note=None,
    )
    work.session.add(epoch)
    mark_pinned(work, case_id, stamps, n)
    log.root = StoredNodes(work, case_id).append(n, tree.leaf_hash(line))
    log.size = n + 1
    log.next_due = (
        None if why is Why.CLOSE else next_instant(start=_start(work, log, due), interval=log.interval, after=due)
    )
    work.session.flush()
    enqueue(work, case_id, n)
    work.part(Seals).case_touched(case_id)
    return epoch


def slot_values_of(work: Work, epoch: CaseEpoch) -> list[bytes]:
    """The values of all slots in an epoch, in slot order: what paths through it are made of. Those of an epoch older
    than their column are computed again from the blind keys."""
    stored = epoch.slot_values
    if stored is not None:
        return [stored[place : place + tree.HASH_SIZE] for place in range(0, len(stored), tree.HASH_SIZE)]
    openings = work.session.scalars(select(Opening).where(Opening.case_id == epoch.case_id, Opening.n == epoch.n))
    heads = {opening.slot: (opening.size, opening.root) for opening in openings}
    return [_slot_value(work, row, n=epoch.n, head=heads.get(row.slot)) for row in _slots(work, epoch.case_id)]


def salt_of(work: Work, slot: Slot, n: int) -> bytes:
    """The 32-byte salt of a room's slot in epoch ``n``, for those who read the room when it was sealed. Raises
    SealBroken once the room was shredded."""
    if slot.blind_key is None:
        raise SealBroken
    return slot_salt(work.tool(BlindKeys).unwrap(slot.blind_key, case_id=slot.case_id, slot=slot.slot), n)


def _start(work: Work, log: CaseLog, due: datetime) -> datetime:
    """When epoch 0 was due: the grid's beginning."""
    return due if log.size == 1 else work.session.get_one(CaseEpoch, (log.case_id, 0)).due


def _previous(work: Work, log: CaseLog) -> bytes:
    if log.size == 0:
        return bytes(32)
    return tree.leaf_hash(work.session.get_one(CaseEpoch, (log.case_id, log.size - 1)).line)


def _seal_slots(work: Work, log: CaseLog) -> list[bytes]:
    """The value of each slot as its room's log stands now; what they open to is kept beside."""
    n, heads, values = log.size, _heads(work, log.case_id), []
    for row in _slots(work, log.case_id):
        head = heads.get(row.slot)
        values.append(_slot_value(work, row, n=n, head=head))
        if head is not None and head[0] and row.blind_key is not None:
            work.session.add(Opening(case_id=log.case_id, n=n, slot=row.slot, size=head[0], root=head[1]))
    return values


def _slot_value(work: Work, row: Slot, *, n: int, head: tuple[int, bytes] | None) -> bytes:
    if row.blind_key is None:
        return secrets.token_bytes(tree.HASH_SIZE)  # shredded: like any other slot to whoever looks from outside
    size, root = head or (0, tree.EMPTY_ROOT)
    return slot_value(salt_of(work, row, n), case=bytes.fromhex(row.case_id), slot=row.slot, n=n, size=size, root=root)


def _slots(work: Work, case_id: str) -> Sequence[Slot]:
    return work.session.scalars(select(Slot).where(Slot.case_id == case_id).order_by(Slot.slot)).all()


def _heads(work: Work, case_id: str) -> dict[int, tuple[int, bytes]]:
    rows = work.session.execute(select(RoomLog.slot, RoomLog.size, RoomLog.root).where(RoomLog.case_id == case_id))
    return {slot: (size, root) for slot, size, root in rows}
