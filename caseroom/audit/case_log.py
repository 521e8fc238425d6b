"""The log of one case (docs/evidence.md §4): its slots, its key, and its epochs from the opening on."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from caseroom.audit import tree
from caseroom.audit.epoch_bytes import Gen, Why, build_epoch, slot_root, slot_salt, slot_value
from caseroom.audit.models import CaseEpoch, CaseLog, Opening, RoomLog, Slot
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.notes import format_vkey
from caseroom.audit.sealing import Seals
from caseroom.audit.signer import Signer
from caseroom.db import Work
from caseroom.vault.keys import unwrap, wrap

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


def case_origin(host: str, case_id: str) -> str:
    """The name of a case's log; a room's is this plus ``/s/<slot>``. ``host`` is that of the opening, for ever."""
    return f"{host}/c/{case_id}"


def head_of(work: Work, case_id: str) -> CaseLog:
    """The case log as it stands: ``size`` and ``root`` are what an event states as seen."""
    return work.session.get_one(CaseLog, case_id)


def open_case_log(work: Work, case_id: str, *, host: str, interval: int) -> CaseLog:
    """Draw the slots and the case's signing key. The first epoch is sealed by ``seal_epoch(why=Why.OPEN)`` once
    ``case.opened`` is recorded, so that the opening itself is covered by it."""
    origin = case_origin(host, case_id)
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
    """Append an epoch that commits to every slot, moved or not, with fresh salts; sign it after the commit."""
    log = head_of(work, case_id)
    n, values = log.size, _slot_values(work, log, log.size)
    line = build_epoch(
        case=bytes.fromhex(case_id),
        due=due,
        n=n,
        prev=_previous(work, log),
        slots=log.slots,
        sroot=slot_root(values),
        why=why,
        gen=Gen(log.interval, log.vkey) if n == 0 else None,
    )
    epoch = CaseEpoch(case_id=case_id, n=n, why=why, due=due, line=line, note=None)
    work.session.add(epoch)
    log.root = StoredNodes(work, case_id).append(n, tree.leaf_hash(line))
    log.size = n + 1
    work.session.flush()
    work.part(Seals).case_touched(case_id)
    return epoch


def _previous(work: Work, log: CaseLog) -> bytes:
    if log.size == 0:
        return bytes(32)
    return tree.leaf_hash(work.session.get_one(CaseEpoch, (log.case_id, log.size - 1)).line)


def _slot_values(work: Work, log: CaseLog, n: int) -> Sequence[bytes]:
    blind, heads = work.tool(BlindKeys), _heads(work, log.case_id)
    values = []
    for row in work.session.scalars(select(Slot).where(Slot.case_id == log.case_id).order_by(Slot.slot)):
        size, root = heads.get(row.slot, (0, tree.EMPTY_ROOT))
        key = blind.unwrap(row.blind_key, case_id=log.case_id, slot=row.slot)
        values.append(
            slot_value(slot_salt(key, n), case=bytes.fromhex(log.case_id), slot=row.slot, n=n, size=size, root=root)
        )
        if size:
            work.session.add(Opening(case_id=log.case_id, n=n, slot=row.slot, size=size, root=root))
    return values


def _heads(work: Work, case_id: str) -> dict[int, tuple[int, bytes]]:
    rows = work.session.execute(select(RoomLog.slot, RoomLog.size, RoomLog.root).where(RoomLog.case_id == case_id))
    return {slot: (size, root) for slot, size, root in rows}
