"""What follows the commit: signing the new heads. The signer only ever extends what it last signed, so it must not
see a root that a rolled-back transaction would take away; hence after, not before.

If the server dies between commit and signature, the next signature of that log covers both: nothing is lost, and what
was not signed was shown to nobody and acknowledged to nobody."""

from __future__ import annotations

from sqlalchemy import select

from caseroom.audit import tree
from caseroom.audit.models import CaseEpoch, CaseLog, RoomCheckpoint, RoomLog
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.signer import Signer
from caseroom.db import Database, Step, Work


class Seals:
    """The logs that one unit of work touched; found with ``work.part(Seals)``."""

    def __init__(self, work: Work) -> None:
        self._database = work.database
        self._rooms: dict[str, None] = {}
        self._cases: dict[str, None] = {}
        work.after_commit(Step.SEAL, self._seal)

    def touched(self, room_id: str) -> None:
        self._rooms[room_id] = None

    def case_touched(self, case_id: str) -> None:
        self._cases[case_id] = None

    def _seal(self) -> None:
        with self._database.unit_of_work() as work:
            for case_id in self._cases:
                sign_case(work, case_id)
            for room_id in self._rooms:
                sign_room(work, room_id)


def sign_room(work: Work, room_id: str) -> None:
    """Sign the present head of a room's log, if it is not signed yet."""
    log = work.session.get_one(RoomLog, room_id)
    if log.signed_size == log.size:
        return
    origin = work.session.get_one(CaseLog, log.case_id).origin
    note = _extend(work, f"{origin}/s/{log.slot}", log_id=room_id, size=log.size, root=log.root)
    work.session.add(RoomCheckpoint(room_id=room_id, size=log.size, note=note))
    log.signed_size = log.size


def sign_case(work: Work, case_id: str) -> None:
    """Sign the case checkpoint of every epoch that has none yet, in order."""
    log = work.session.get_one(CaseLog, case_id)
    nodes = StoredNodes(work.session, case_id)
    waiting = work.session.scalars(
        select(CaseEpoch).where(CaseEpoch.case_id == case_id, CaseEpoch.note.is_(None)).order_by(CaseEpoch.n)
    ).all()
    for epoch in waiting:
        size = epoch.n + 1
        epoch.note = _extend(work, log.origin, log_id=case_id, size=size, root=tree.root(size, nodes))


def sign_unsigned(database: Database) -> int:
    """At start-up: sign what a crash left committed but unsigned. Returns how many logs were behind."""
    with database.unit_of_work() as work:
        cases = work.session.scalars(select(CaseEpoch.case_id).where(CaseEpoch.note.is_(None)).distinct()).all()
        rooms = work.session.scalars(select(RoomLog.room_id).where(RoomLog.signed_size < RoomLog.size)).all()
        for case_id in cases:
            sign_case(work, case_id)
        for room_id in rooms:
            sign_room(work, room_id)
    return len(cases) + len(rooms)


def _extend(work: Work, origin: str, *, log_id: str, size: int, root: bytes) -> str:
    """Ask the signer for ``size``, proving that it extends what the signer itself last signed."""
    signer = work.tool(Signer)
    last = signer.last(origin)
    old = last[0] if last else 0
    proof = tree.consistency_proof(old, size, StoredNodes(work.session, log_id)) if 0 < old < size else []
    return signer.sign(origin, old_size=old, new_size=size, root=root, proof=proof)
