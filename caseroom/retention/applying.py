"""Applying a practice's rule to one kind of content of one closed case. The case's log is closed: the erasures
themselves are the record, and the check of the register accepts them as that (``audit.models.ErasedEvent``)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from caseroom.access.words import RoomKind
from caseroom.accounts.models import Person
from caseroom.audit.models import LedgerEvent, RoomLog
from caseroom.cases.access import case_keys
from caseroom.cases.models import Case, Participant
from caseroom.db import Work
from caseroom.exhibits.models import Exhibit
from caseroom.retention.records import Facts, Grounds, list_events, new_erasure, on_record
from caseroom.retention.services.items import ABOUT_A_FILE, admissions_of, erase_name, quiet_entries
from caseroom.retention.telling import stream_of
from caseroom.retention.words import Basis, Content, Level, Progress
from caseroom.rooms.models import Room, RoomMember
from caseroom.rooms.opening import rooms_of_case

BY_RULE = Grounds(basis=Basis.RETENTION)
PRIVATE_ROOMS = frozenset({RoomKind.CAUCUS, RoomKind.TEAM, RoomKind.COUNSEL, RoomKind.DELIBERATION})

Listed = tuple[str, int, bytes]


def apply_rule(work: Work, case_id: str, content: Content) -> list[str]:
    """Put what a rule names on record as agreed; return the ids of the erasures, to be carried out after the commit."""
    case = work.session.get_one(Case, case_id)
    match content:
        case Content.CASE:
            return [_whole_case(work, case)]
        case Content.NOTES:
            return _rooms(work, case, content, frozenset({RoomKind.NOTES}))
        case Content.PRIVATE:
            return _rooms(work, case, content, PRIVATE_ROOMS)
        case Content.MESSAGES:
            return [_items(work, case, content, _spoken(work, case, files=False))]
        case Content.EXHIBITS:
            return [_items(work, case, content, [*_spoken(work, case, files=True), *_acts(work, case)])]
        case Content.IDENTITIES:
            return [_identities(work, case)]


def _items(work: Work, case: Case, content: Content, events: Iterable[Listed]) -> str:
    listed = list(events)
    facts = Facts(what=content.value)
    row = new_erasure(work, case, case_keys(work, case.id), level=Level.ITEM, grounds=BY_RULE, facts=facts)
    row.content, row.entries, row.state = content, len(listed), Progress.RECORDED
    if content is Content.EXHIBITS:
        row.files = len(_spoken(work, case, files=True))
    list_events(work, row, listed)
    work.session.flush()
    return row.id


def _spoken(work: Work, case: Case, *, files: bool) -> list[Listed]:
    """What was filed in the rooms of a case, or what was said and not filed, as far as it is still there."""
    is_file = select(Exhibit.id).where(Exhibit.id == LedgerEvent.id).exists()
    rows = work.session.execute(
        select(LedgerEvent.room_id, LedgerEvent.seq, LedgerEvent.leaf)
        .join(RoomLog, RoomLog.room_id == LedgerEvent.room_id)
        .where(
            RoomLog.case_id == case.id,
            LedgerEvent.speaks,
            LedgerEvent.values.is_not(None),
            is_file if files else ~is_file,
        )
    )
    return [(room_id, seq, leaf) for room_id, seq, leaf in rows]


def _acts(work: Work, case: Case) -> list[Listed]:
    """The entries that repeat the digest of a file."""
    return [
        (room.id, entry.seq, entry.leaf)
        for room in rooms_of_case(work, case.id)
        for entry in quiet_entries(work, stream_of(work, room))
        if entry.kind in ABOUT_A_FILE
    ]


def _identities(work: Work, case: Case) -> str:
    """Of everybody but the practice's own people, whose archive it is."""
    ours = select(Person.id).where(Person.id == Participant.person_id, Person.practice_id == case.practice_id).exists()
    people = work.session.scalars(select(Participant.id).where(Participant.case_id == case.id, ~ours)).all()
    keys = case_keys(work, case.id)
    items = [item for pid in people for item in admissions_of(work, case, pid)]
    listed = [(item.stream.room_id, item.entry.seq, item.entry.leaf) for item in items]
    row_id = _items(work, case, Content.IDENTITIES, listed)
    for pid in people:
        erase_name(work, case, keys, pid)
    return row_id


def _rooms(work: Work, case: Case, content: Content, kinds: frozenset[RoomKind]) -> list[str]:
    found = [room for room in rooms_of_case(work, case.id) if room.kind in kinds]
    return [_room(work, case, content, room) for room in found] or [_nothing(work, case, content)]


def _room(work: Work, case: Case, content: Content, room: Room) -> str:
    readers = work.session.scalars(
        select(RoomMember.participant_id).where(RoomMember.room_id == room.id, RoomMember.removed_at.is_(None))
    ).all()
    facts = Facts(what="room", room=room.kind, readers=tuple(readers))
    row = new_erasure(work, case, case_keys(work, case.id), level=Level.ROOM, grounds=BY_RULE, facts=facts)
    row.content, row.room_id = content, room.id
    row.entries = work.session.get_one(RoomLog, room.id).size
    row.files = len(work.session.scalars(select(Exhibit.id).where(Exhibit.room_id == room.id)).all())
    on_record(row, None, slot=room.slot)
    work.session.flush()
    return row.id


def _nothing(work: Work, case: Case, content: Content) -> str:
    """The rule was applied and there was no such room: it need not be looked at again."""
    return _items(work, case, content, ())


def _whole_case(work: Work, case: Case) -> str:
    row = new_erasure(work, case, case_keys(work, case.id), level=Level.CASE, grounds=BY_RULE, facts=Facts(what="case"))
    row.content, row.state = Content.CASE, Progress.RECORDED
    sizes = work.session.scalars(select(RoomLog.size).where(RoomLog.case_id == case.id)).all()
    row.entries = sum(sizes)
    row.files = len(work.session.scalars(select(Exhibit.id).join(Room).where(Room.case_id == case.id)).all())
    work.session.flush()
    return row.id
