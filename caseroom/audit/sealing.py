"""What follows the commit: signing the new heads. The signer only ever extends what it last signed, so it must not
see a root that a rolled-back transaction would take away; hence after, not before.

If the server dies between commit and signature, the next signature of that log covers both: nothing is lost, and what
was not signed was shown to nobody and acknowledged to nobody."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from sqlalchemy import bindparam, insert, select, update

from caseroom.audit import tree
from caseroom.audit.models import CaseEpoch, CaseLog, RoomCheckpoint, RoomLog
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.receipts import format_receipt
from caseroom.audit.signer import Signer, SignerRefused
from caseroom.db import Database, Step, Work, table_of

log = logging.getLogger("caseroom.audit")

ROOM, CASE = table_of(RoomLog), table_of(CaseLog)
UNSIGNED_HEAD = (
    select(ROOM.c.size, ROOM.c.root, ROOM.c.slot, CASE.c.origin)
    .join(CASE, CASE.c.case_id == ROOM.c.case_id)
    .where(ROOM.c.room_id == bindparam("room_id"), ROOM.c.signed_size < ROOM.c.size)
)
ADD_CHECKPOINT = insert(table_of(RoomCheckpoint))
CHANGE_ROOM = update(ROOM).where(ROOM.c.room_id == bindparam("of_room"))


@dataclass(slots=True)
class _Touched:
    """What one unit of work appended to one room: the sequence numbers by entry id, and the tree's hashes it met."""

    entries: dict[str, int] = field(default_factory=dict)
    nodes: dict[tree.Node, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignedHead:
    size: int
    note: str
    nodes: StoredNodes

    def receipt(self, seq: int) -> str:
        return format_receipt(seq, tree.inclusion_proof(seq, self.size, self.nodes), self.note)


class Seals:
    """The logs that one unit of work touched; found with ``work.part(Seals)``."""

    def __init__(self, work: Work) -> None:
        self._database = work.database
        self._rooms: dict[str, _Touched] = {}
        self._cases: dict[str, None] = {}
        self._receipts: dict[str, str] = {}
        work.after_commit(Step.SEAL, self._seal)

    def touched(self, room_id: str, *, entry_id: str, seq: int, nodes: StoredNodes) -> None:
        touched = self._rooms.setdefault(room_id, _Touched())
        touched.entries[entry_id] = seq
        touched.nodes.update(nodes.known)

    def resume(self, room_id: str) -> None:
        """Sign what a failure left unsigned in a room, though this unit of work appended nothing to it."""
        self._rooms.setdefault(room_id, _Touched())

    def case_touched(self, case_id: str) -> None:
        self._cases[case_id] = None

    def receipt(self, entry_id: str) -> str | None:
        """The receipt of an entry of this unit of work, once that is committed and signed. None before, and where
        another process signed the log first: then it is read from the ledger."""
        return self._receipts.get(entry_id)

    def _seal(self) -> None:
        receipts = {}
        with self._database.unit_of_work() as work:
            for case_id in self._cases:
                sign_case(work, case_id)
            for room_id, touched in self._rooms.items():
                signed = sign_room(work, room_id, known=touched.nodes)
                if signed is not None:
                    receipts.update({entry_id: signed.receipt(seq) for entry_id, seq in touched.entries.items()})
        self._receipts = receipts


def sign_room(work: Work, room_id: str, *, known: dict[tree.Node, bytes] | None = None) -> SignedHead | None:
    """Sign the present head of a room's log; None where it is signed already. ``known``: hashes of the tree that the
    caller has from a committed transaction."""
    head = work.execute(UNSIGNED_HEAD, {"room_id": room_id}).one_or_none()
    if head is None:
        return None
    nodes = StoredNodes(work, room_id, known=known)
    note = _extend(work, f"{head.origin}/s/{head.slot}", nodes=nodes, size=head.size, root=head.root)
    work.execute(ADD_CHECKPOINT, {"room_id": room_id, "size": head.size, "note": note})
    work.execute(CHANGE_ROOM, {"of_room": room_id, "signed_size": head.size})
    return SignedHead(head.size, note, nodes)


def sign_case(work: Work, case_id: str) -> None:
    """Sign the case checkpoint of every epoch that has none yet, in order."""
    log = work.session.get_one(CaseLog, case_id)
    nodes = StoredNodes(work, case_id)
    waiting = work.session.scalars(
        select(CaseEpoch).where(CaseEpoch.case_id == case_id, CaseEpoch.note.is_(None)).order_by(CaseEpoch.n)
    ).all()
    for epoch in waiting:
        size = epoch.n + 1
        epoch.note = _extend(work, log.origin, nodes=nodes, size=size, root=tree.root(size, nodes))


def sign_unsigned(database: Database) -> int:
    """At start-up: sign what a crash left committed but unsigned. Returns how many logs were behind.

    A log that the signer refuses, as after the restore of a database older than the signer's file, stays unsigned and
    is told to the log of the server: one room that cannot go on must not keep all others from opening."""
    with database.unit_of_work() as work:
        cases = work.session.scalars(select(CaseEpoch.case_id).where(CaseEpoch.note.is_(None)).distinct()).all()
        rooms = work.session.scalars(select(RoomLog.room_id).where(RoomLog.signed_size < RoomLog.size)).all()
        for case_id in cases:
            try:
                sign_case(work, case_id)
            except SignerRefused:
                log.exception("the log of case %s stays unsigned", case_id)
        for room_id in rooms:
            try:
                sign_room(work, room_id)
            except SignerRefused:
                log.exception("the log of room %s stays unsigned", room_id)
    return len(cases) + len(rooms)


def _extend(work: Work, origin: str, *, nodes: StoredNodes, size: int, root: bytes) -> str:
    """Ask the signer for ``size``, proving that it extends what the signer itself last signed."""
    signer = work.tool(Signer)
    last = signer.last(origin)
    old = last[0] if last else 0
    proof = tree.consistency_proof(old, size, nodes) if 0 < old < size else []
    return signer.sign(origin, old_size=old, new_size=size, root=root, proof=proof)
