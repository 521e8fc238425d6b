"""An erasure on record: the row that outlives what it erased, and what its certificate will say, sealed under the key
of the case."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from caseroom import clock
from caseroom.access.words import State
from caseroom.audit.case_log import head_of
from caseroom.audit.models import ErasedEvent, LedgerEvent, RoomLog
from caseroom.audit.services import Recorded
from caseroom.cases.models import Case
from caseroom.cases.text import clean_text
from caseroom.config import Settings
from caseroom.db import Work
from caseroom.errors import invalid_field
from caseroom.exhibits.models import Exhibit
from caseroom.ids import new_id
from caseroom.retention.models import Erasure
from caseroom.retention.words import PEOPLES_GROUNDS, Basis, Level, Progress
from caseroom.rooms.models import Room
from caseroom.vault.keyring import RoomKeys

LONGEST_REASON = 1000  # characters
PRACTICE = "practice"  # who approved, in the ledger, where it was somebody from outside the case


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Why: a code, and in free words what the record needs to say beside it, or nothing."""

    basis: Basis
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a certificate says that is nobody else's business. ``what``: the kind of the entry, ``room`` or ``case``;
    ``leaves``: of the events destroyed, hex (of a whole room only its last); ``readers``: participant ids of those who
    could read it, and so may see the certificate."""

    what: str
    room: str = ""
    leaves: tuple[str, ...] = ()
    asked_by: str = ""
    approved_by: str = ""
    readers: tuple[str, ...] = ()


def checked_grounds(basis: object, reason: object) -> Grounds:
    """From what somebody typed. Raises Invalid (``basis``, ``reason``)."""
    known = {each.value: each for each in PEOPLES_GROUNDS}
    if not isinstance(basis, str) or basis not in known:
        raise invalid_field("basis", "unknown_value" if basis else "missing")
    if not reason:
        return Grounds(basis=known[basis])
    return Grounds(basis=known[basis], reason=clean_text("reason", reason, longest=LONGEST_REASON))


def new_erasure(work: Work, case: Case, keys: RoomKeys, *, level: Level, grounds: Grounds, facts: Facts) -> Erasure:
    """Write the row of an erasure just asked for, to be completed by the caller."""
    erasure_id, now = new_id(), clock.now()
    erasure = Erasure(
        id=erasure_id,
        practice_id=case.practice_id,
        case_id=case.id,
        level=level,
        basis=grounds.basis,
        reason=keys.seal("erasure.reason", bytes.fromhex(erasure_id), grounds.reason.encode()),
        asked_at=now,
        state=Progress.ASKED,
        in_ledger=case.state == State.OPEN,
        keys_gone_by=keys_gone_by(work, case.id, now),
    )
    keep_facts(erasure, keys, facts)
    work.session.add(erasure)
    return erasure


def count_contents(work: Work, erasure: Erasure) -> None:
    """How much a room or a case holds now, erased files left out: for whoever has to agree, and for the certificate as
    it stands when it is agreed."""
    rooms = select(Room.id).where(Room.case_id == erasure.case_id)
    if erasure.level == Level.ROOM:
        rooms = rooms.where(Room.id == erasure.room_id)
    size = select(func.coalesce(func.sum(RoomLog.size), 0)).where(RoomLog.room_id.in_(rooms))
    files = (
        select(func.count())
        .select_from(Exhibit)
        .join(LedgerEvent, LedgerEvent.id == Exhibit.id)
        .where(Exhibit.room_id.in_(rooms), LedgerEvent.values.is_not(None))
    )
    erasure.entries = work.session.scalars(size).one()
    erasure.files = work.session.scalars(files).one()


def keys_gone_by(work: Work, case_id: str, now: datetime) -> datetime:
    """When the last backup that may hold the keys has expired: they may be backed up once more until the next epoch is
    sealed, before they are destroyed."""
    days = work.tool(Settings).key_backup_days
    return now + timedelta(seconds=head_of(work, case_id).interval) + timedelta(days=days + 1)


def stated_day(erasure: Erasure) -> str:
    """The same day as the entry of the erasure states it, ``YYYY-MM-DD`` in UTC."""
    return erasure.keys_gone_by.date().isoformat()


def keep_facts(erasure: Erasure, keys: RoomKeys, facts: Facts) -> None:
    erasure.facts = keys.seal("erasure.facts", bytes.fromhex(erasure.id), json.dumps(asdict(facts)).encode())


def facts_of(erasure: Erasure, keys: RoomKeys) -> Facts:
    """Raises SealBroken."""
    if erasure.facts is None:
        return Facts(what="case")
    found = json.loads(keys.open("erasure.facts", bytes.fromhex(erasure.id), erasure.facts))
    return Facts(
        what=found["what"],
        room=found["room"],
        leaves=tuple(found["leaves"]),
        asked_by=found["asked_by"],
        approved_by=found["approved_by"],
        readers=tuple(found["readers"]),
    )


def reason_of(erasure: Erasure, keys: RoomKeys) -> str:
    if erasure.reason is None:
        return ""
    return keys.open("erasure.reason", bytes.fromhex(erasure.id), erasure.reason).decode()


def list_events(work: Work, erasure: Erasure, events: Iterable[tuple[str, int, bytes]]) -> None:
    """Put events (room id, number, leaf) on the list of what an erasure destroys."""
    for room_id, seq, leaf in events:
        work.session.merge(ErasedEvent(room_id=room_id, seq=seq, leaf=leaf, erasure_id=erasure.id))


def on_record(erasure: Erasure, recorded: Recorded | None, *, slot: int) -> None:
    """Agreed, and in the ledger where that still takes entries: from here on it is only carried out."""
    erasure.state, erasure.slot = Progress.RECORDED, slot
    if recorded is not None:
        erasure.leaf, erasure.seq = recorded.leaf.hex(), recorded.seq
