"""Erasing one entry of a room (E1): recorded first, then destroyed (docs/evidence.md §11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select, update

from caseroom import clock, workers
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import answers_for, takes_back_alone
from caseroom.access.words import State
from caseroom.audit import queries as ledger
from caseroom.audit.event_bytes import Kind
from caseroom.audit.models import LedgerEvent, RoomLog
from caseroom.audit.queries import LedgerEntry, open_entry
from caseroom.audit.services import Recorded, Stream, record
from caseroom.cases.access import case_keys
from caseroom.cases.models import Case, Participant
from caseroom.db import Work
from caseroom.errors import Conflict, Forbidden, NotFound
from caseroom.exhibits.models import ExhibitCopy
from caseroom.ids import is_id
from caseroom.retention.finishing import finish_after_commit
from caseroom.retention.models import Erasure
from caseroom.retention.records import Facts, Grounds, list_events, new_erasure, on_record, stated_day
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.telling import stream_of, tell_readers
from caseroom.retention.words import Level
from caseroom.rooms.access import OpenRoom, access_room
from caseroom.rooms.announce import announce_gone
from caseroom.rooms.models import RoomMember
from caseroom.rooms.opening import rooms_of_case
from caseroom.vault.keyring import RoomKeys

ERASABLE = frozenset(
    {
        Kind.MESSAGE_POSTED,
        Kind.MESSAGE_RELEASED,
        Kind.EXHIBIT_FILED,
        Kind.EXHIBIT_RELEASED,
        Kind.EXHIBIT_OPENED,
        Kind.EXHIBIT_DOWNLOADED,
        Kind.PARTICIPANT_ADMITTED,
    }
)
"""What says that a room or a case was opened or closed, that somebody left, or that something was erased stays: without
it the rest could not be understood, and it says nothing of its own about anybody."""

FILINGS = frozenset({Kind.EXHIBIT_FILED, Kind.EXHIBIT_RELEASED})
ABOUT_A_FILE = frozenset({Kind.EXHIBIT_OPENED, Kind.EXHIBIT_DOWNLOADED})
AT_A_TIME = 64  # entries opened before others have their turn
NOBODY = {"fr": "Identité effacée", "en": "Erased identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One event to be erased, with the log it stands in."""

    stream: Stream
    entry: LedgerEntry


def erase_item(work: Work, actor: Actor, entry_id: str, *, grounds: Grounds, proof: SecondFactor) -> str:
    """Erase an entry: as a steward any entry of a room one reads, as its author what ``takes_back_alone`` allows.
    Returns the erasure's id.

    With an exhibit go the acts that repeat its digest; with somebody's admission, all admissions of that person and the
    name in the case. Destroyed once the entry of the erasure is committed and signed.

    Raises NotFound to whoever does not read the room; Forbidden (``not_a_steward``, ``other_sides_people``,
    ``cannot_be_erased``); Conflict (``already_erased``, ``participant_still_here``); and what ``proof`` raises."""
    opened, entry = access_erasable(work, actor, entry_id)
    case = work.session.get_one(Case, opened.case.id)
    level = proof.prove(work, actor)
    items = _everything_that_goes(work, opened, case, entry)
    keys = case_keys(work, case.id)
    facts = Facts(
        what=entry.kind.value,
        room=opened.kind.value,
        leaves=tuple(item.entry.leaf.hex() for item in items),
        asked_by=opened.people.people[opened.me.id].name,
        readers=tuple(opened.members),
    )
    erasure = new_erasure(work, case, keys, level=Level.ITEM, grounds=grounds, facts=facts)
    erasure.room_id, erasure.entry_id, erasure.asked_by = opened.room.id, entry.id, opened.me.id
    erasure.entries, erasure.files = len(items), sum(item.entry.kind is Kind.EXHIBIT_FILED for item in items)
    list_events(work, erasure, ((item.stream.room_id, item.entry.seq, item.entry.leaf) for item in items))
    finish_after_commit(work, erasure)
    recorded = _record_all(work, case, erasure, items, actor=opened.me.id, auth=level) if erasure.in_ledger else []
    on_record(erasure, recorded[0] if recorded else None, slot=opened.room.slot)
    if entry.kind is Kind.PARTICIPANT_ADMITTED:
        erase_name(work, case, keys, str(entry.body["pid"]))
    work.session.flush()
    return erasure.id


def access_erasable(work: Work, actor: Actor, entry_id: str) -> tuple[OpenRoom, LedgerEntry]:
    """The door to an entry for whoever may erase it. Raises as ``erase_item``, but for the second factor."""
    room_id = ledger.room_of_entry(work, entry_id) if is_id(entry_id) else None
    if room_id is None:
        raise NotFound(reason="no such entry")
    opened = access_room(work, actor, room_id, Permission.ENTRY_ERASE_OWN)
    entry = ledger.entry(work, opened.stream, entry_id)
    if entry is None:
        raise NotFound(reason="no such entry in this room")
    own = entry.actor == opened.me.id and entry.kind is not Kind.PARTICIPANT_ADMITTED
    own = own and takes_back_alone(kind=opened.case.kind, room=opened.kind, exhibit=entry.kind in FILINGS)
    if not own:
        access_room(work, actor, room_id, Permission.ENTRY_ERASE)
        if not _answers_for_author(opened, entry):
            raise Forbidden("other_sides_people")
    if entry.kind not in ERASABLE:
        raise Forbidden("cannot_be_erased")
    if entry.erased:
        raise Conflict("already_erased")
    if entry.kind is Kind.PARTICIPANT_ADMITTED:
        _check_gone(work, opened, str(entry.body["pid"]))
    return opened, entry


def _answers_for_author(opened: OpenRoom, entry: LedgerEntry) -> bool:
    """Where counsel steer, none of them erases what the other side said."""
    pid = entry.body.get("pid") if entry.kind is Kind.PARTICIPANT_ADMITTED else entry.actor
    author = opened.people.people.get(str(pid))
    side = author.side.id if author and author.side else None
    return answers_for(side, kind=opened.case.kind, own=opened.me.side_id)


def _check_gone(work: Work, opened: OpenRoom, pid: str) -> None:
    """While somebody takes part, the others have to know who it is."""
    participant = work.session.get_one(Participant, pid)
    case = work.session.get_one(Case, opened.case.id)
    if participant.state != "removed" and case.state != State.CLOSED:
        raise Conflict("participant_still_here")


def _everything_that_goes(work: Work, opened: OpenRoom, case: Case, entry: LedgerEntry) -> list[Item]:
    """The entry first, then what repeats the part of it that has to go."""
    items = [Item(stream=opened.stream, entry=entry)]
    if entry.kind is Kind.EXHIBIT_FILED:
        items += _acts_about(work, opened.stream, entry)
    if entry.kind is Kind.PARTICIPANT_ADMITTED:
        items += [each for each in admissions_of(work, case, str(entry.body["pid"])) if each.entry.id != entry.id]
    return items


def _acts_about(work: Work, stream: Stream, filed: LedgerEntry) -> Iterator[Item]:
    """Who opened or took a copy of the file: those entries repeat its SHA-256, which would confirm a guess at it."""
    if work.session.scalars(select(ExhibitCopy).where(ExhibitCopy.exhibit_id == filed.id)).first() is None:
        return
    for entry in quiet_entries(work, stream, after=filed.seq):
        if entry.kind in ABOUT_A_FILE and entry.body.get("of") == filed.leaf.hex():
            yield Item(stream=stream, entry=entry)


def admissions_of(work: Work, case: Case, pid: str) -> Iterator[Item]:
    """The entries of somebody's coming, in every room of the case: each has the name in it."""
    for room in rooms_of_case(work, case.id):
        stream = stream_of(work, room)
        for entry in quiet_entries(work, stream):
            if entry.kind is Kind.PARTICIPANT_ADMITTED and entry.body.get("pid") == pid:
                yield Item(stream=stream, entry=entry)


def quiet_entries(work: Work, stream: Stream, *, after: int = -1) -> Iterator[LedgerEntry]:
    """What was neither said nor filed, and is not erased."""
    rows = work.session.scalars(
        select(LedgerEvent)
        .join(RoomLog, RoomLog.room_id == LedgerEvent.room_id)
        .where(
            LedgerEvent.room_id == stream.room_id,
            LedgerEvent.speaks.is_(False),
            LedgerEvent.seq > after,
            LedgerEvent.values.is_not(None),
        )
        .order_by(LedgerEvent.seq)
    )
    for index, row in enumerate(rows):
        if index % AT_A_TIME == 0:
            workers.give_way()
        yield open_entry(stream, row)


def _record_all(
    work: Work, case: Case, erasure: Erasure, items: list[Item], *, actor: str, auth: str
) -> list[Recorded]:
    """``item.erased`` for each, in the room it stands in, told to that room's readers."""
    found = []
    for item in items:
        recorded = record(
            work,
            item.stream,
            kind=Kind.ITEM_ERASED,
            actor=actor,
            body={"of": item.entry.leaf.hex(), "basis": erasure.basis, "keys_gone_by": stated_day(erasure)},
            who={"auth": auth},
        )
        found.append(recorded)
        tell_readers(work, case, recorded)
    return found


def erase_name(work: Work, case: Case, keys: RoomKeys, pid: str) -> None:
    """Nobody's name and address where somebody's stood. Who still took part in a closed case is out of it from here on:
    an evidence pack without its reader's own admission could not be verified, and no one would know who has it."""
    participant = work.session.get_one(Participant, pid)
    row = bytes.fromhex(pid)
    participant.name = keys.seal("participant.name", row, NOBODY[case.language].encode())
    participant.email = keys.seal("participant.email", row, b"")
    if participant.state == "admitted":
        participant.state, participant.removed_at = "removed", clock.now()
        work.session.execute(
            update(RoomMember)
            .where(RoomMember.participant_id == pid, RoomMember.removed_at.is_(None))
            .values(removed_at=participant.removed_at)
        )
        announce_gone(work, str(participant.person_id), case_id=case.id)
    work.session.flush()
