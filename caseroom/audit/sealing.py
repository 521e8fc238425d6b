"""What follows the commit: signing the new heads. The signer only ever extends what it last signed, so it must not
see a root that a rolled-back transaction would take away; hence after, not before.

If the server dies between commit and signature, the next signature of that log covers both: nothing is lost, and what
was not signed was shown to nobody and acknowledged to nobody. Where the signer refuses or does not answer, the same
holds for as long as that lasts, and the person is told that the act is kept (LedgerHalted)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import bindparam, insert, select, update

from caseroom import workers
from caseroom.audit import tree
from caseroom.audit.models import CaseEpoch, CaseLog, RoomCheckpoint, RoomLog
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.origins import room_origin
from caseroom.audit.receipts import format_receipt
from caseroom.audit.signer import Signer, SignerRefused, SignerUnavailable
from caseroom.db import Database, Step, Work, table_of
from caseroom.errors import LedgerHalted

log = logging.getLogger("caseroom.audit")

MANUAL = "See docs/operating.md, The signer refuses"
RETRY_AFTER = 30  # seconds; a signer that ended is started again long before

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
        self._work = work
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

    def catch_up(self, room_id: str) -> None:
        """Before a room's log grows: sign what others left unsigned in it, so that no log grows for ever without a
        signature. Raises LedgerHalted, and then nothing must be written. What this unit of work appended is no debt."""
        touched = self._rooms.get(room_id)
        if touched is None or not touched.entries:
            with halting(kept=False):
                sign_room(self._work, room_id)

    def catch_up_case(self, case_id: str) -> None:
        """The same before a case log grows by an epoch. Raises LedgerHalted: once the signer is there again, one
        catch-up stands for all that was missed, instead of a row of epochs that nobody signed on their day."""
        if case_id not in self._cases:
            with halting(kept=False):
                sign_case(self._work, case_id)

    def case_touched(self, case_id: str) -> None:
        self._cases[case_id] = None

    def receipt(self, entry_id: str) -> str | None:
        """The receipt of an entry of this unit of work, once that is committed and signed. None before, and where
        another process signed the log first: then it is read from the ledger."""
        return self._receipts.get(entry_id)

    def _seal(self) -> None:
        """Sign every log that can be signed, then say which could not be."""
        halted: LedgerHalted | None = None
        with self._work.database.unit_of_work() as work:
            for sign in self._all():
                try:
                    with halting(kept=True):
                        sign(work)
                except LedgerHalted as error:
                    halted = halted or error
                    if error.code == "signer_unavailable":
                        break  # it would keep the people waiting once more for each log
        if halted is not None:
            raise halted

    def _all(self) -> Iterator[Callable[[Work], None]]:
        for case_id in self._cases:
            yield partial(sign_case, case_id=case_id)
        for room_id, touched in self._rooms.items():
            yield partial(self._sign_room, room_id=room_id, touched=touched)

    def _sign_room(self, work: Work, *, room_id: str, touched: _Touched) -> None:
        signed = sign_room(work, room_id, known=touched.nodes)
        if signed is not None:
            self._receipts.update({entry_id: signed.receipt(seq) for entry_id, seq in touched.entries.items()})


@contextmanager
def halting(*, kept: bool) -> Iterator[None]:
    """Turn the signer's no, or its silence, into what the person is told. ``kept``: the act itself is committed."""
    try:
        yield
    except SignerRefused as error:
        raise LedgerHalted("ledger_halted", reason=str(error), kept=kept) from error
    except SignerUnavailable as error:
        raise LedgerHalted("signer_unavailable", reason=str(error), kept=kept, retry_after=RETRY_AFTER) from error


def sign_room(work: Work, room_id: str, *, known: dict[tree.Node, bytes] | None = None) -> SignedHead | None:
    """Sign the present head of a room's log; None where it is signed already. ``known``: hashes of the tree that the
    caller has from a committed transaction."""
    head = work.execute(UNSIGNED_HEAD, {"room_id": room_id}).one_or_none()
    if head is None:
        return None
    nodes = StoredNodes(work, room_id, known=known)
    note = _extend(work, room_origin(head.origin, head.slot), nodes=nodes, size=head.size, root=head.root)
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
    is told to the log of the server: one room that cannot go on must not keep all others from opening. Each log has a
    transaction of its own, for a message must not wait until all that a long outage left is signed."""
    with database.reading() as work:
        cases = work.session.scalars(select(CaseEpoch.case_id).where(CaseEpoch.note.is_(None)).distinct()).all()
        rooms = work.session.scalars(select(RoomLog.room_id).where(RoomLog.signed_size < RoomLog.size)).all()
    signing: list[Callable[[Work], object]] = [partial(sign_case, case_id=case_id) for case_id in cases]
    signing += [partial(sign_room, room_id=room_id) for room_id in rooms]
    for sign in signing:
        with database.unit_of_work() as work:
            try:
                sign(work)
            except SignerRefused:
                continue  # told by _extend; the epochs signed before that one stay so
            except SignerUnavailable:
                break
        workers.give_way()
    return len(cases) + len(rooms)


def forget_orphan_keys(database: Database) -> int:
    """At start-up: drop the signing keys of cases whose opening was taken back. Returns how many there were.

    The signer itself keeps a key that signed anything, and one so young that its case may be opening elsewhere."""
    with database.reading() as work:
        known = set(work.session.scalars(select(CaseLog.origin)))
    signer, forgotten, after = database.tool(Signer), 0, ""
    try:
        while found := signer.origins(after=after):
            forgotten += sum(signer.forget(origin) for origin in found if origin not in known)
            after = found[-1]
    except SignerUnavailable:
        log.error("the signer does not answer: unused keys stay until the next start")  # noqa: TRY400 - no trace needed
    return forgotten


def _extend(work: Work, origin: str, *, nodes: StoredNodes, size: int, root: bytes) -> str:
    """Ask the signer for ``size``, proving that it extends what the signer itself last signed."""
    signer = work.tool(Signer)
    try:
        last = signer.last(origin)
        old = last[0] if last else 0
        proof = tree.consistency_proof(old, size, nodes) if 0 < old < size else []
        return signer.sign(origin, old_size=old, new_size=size, root=root, proof=proof)
    except SignerRefused as error:
        log.error("%s stays unsigned at %d, the signer refuses: %s. %s", origin, size, error, MANUAL)  # noqa: TRY400
        raise
    except SignerUnavailable as error:
        log.error("%s stays unsigned at %d, the signer does not answer: %s. %s", origin, size, error, MANUAL)  # noqa: TRY400
        raise
