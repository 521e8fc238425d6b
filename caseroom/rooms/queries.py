"""Reading rooms: frozen views, through the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import Allowed, decide_case, may_invite_for
from caseroom.access.words import CaseKind, RoomKind, State
from caseroom.audit import queries as ledger
from caseroom.audit.queries import Head, LedgerEntry
from caseroom.audit.sealing import Seals
from caseroom.cases.access import OpenCase, access_case, case_keys
from caseroom.cases.models import Case, Participant
from caseroom.cases.people import CasePeople, PersonInCase, SideView, case_people, case_title
from caseroom.cases.queries import represented_sides
from caseroom.cases.templates import TEMPLATES
from caseroom.db import Work
from caseroom.errors import NotFound
from caseroom.ids import is_id
from caseroom.rooms.access import OpenRoom, access_room, readers_of
from caseroom.rooms.entries import EntryView, entry_view, related_leaf
from caseroom.rooms.models import Draft, Room, RoomMember
from caseroom.rooms.names import room_name

PAGE = 50
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomBrief:
    """A room in a list, as one of its members sees it. ``title`` in the language asked for."""

    id: str
    kind: RoomKind
    side: SideView | None
    title: str
    audience: str
    readers: tuple[PersonInCase, ...]
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as one participant may see it: only the rooms that person belongs to, and only the people they share a
    room with; for a steward also those invited or removed, on the sides for which he may invite. ``represented``: the
    sides that have had counsel of their own, by id."""

    id: str
    kind: CaseKind
    title: str
    language: str
    state: str
    opened_at: datetime
    me: PersonInCase
    sides: tuple[SideView, ...]
    rooms: tuple[RoomBrief, ...]
    people: tuple[PersonInCase, ...]
    steward: bool
    represented: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseBrief:
    id: str
    kind: CaseKind
    title: str
    me: PersonInCase
    opened_at: datetime
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDraft:
    text: str
    saved_at: datetime


def my_cases(work: Work, actor: Actor) -> list[CaseBrief]:
    """The cases this person is admitted to, newest first by opening. The order tells nothing of what happens inside:
    a list sorted by activity would show that a private room is busy."""
    rows = work.session.execute(
        select(Case, Participant)
        .join(Participant, Participant.case_id == Case.id)
        .where(Participant.person_id == actor.person, Participant.state == "admitted")
        .order_by(Case.opened_at.desc(), Case.id)
    ).all()
    briefs = []
    for case, me in rows:
        keys = case_keys(work, case.id)
        briefs.append(
            CaseBrief(
                id=case.id,
                kind=CaseKind(case.kind),
                title=case_title(case, keys),
                me=case_people(work, case.id, keys).people[me.id],
                opened_at=case.opened_at,
                unread=sum(ledger.unread(work, room.id, after=member.read_seq) for room, member in _my_rooms(work, me)),
            )
        )
    return briefs


def case_view(work: Work, actor: Actor, case_id: str, *, language: str | None = None) -> CaseView:
    """Raises NotFound to anybody who is not admitted."""
    opened = access_case(work, actor, case_id, Permission.CASE_READ)
    people = case_people(work, opened.case.id, opened.keys)
    rooms = tuple(
        _brief(work, room, member, people, language or opened.case.language)
        for room, member in sorted(_my_rooms(work, opened.me), key=lambda pair: _room_order(opened, people, pair[0]))
    )
    steward, represented = _is_steward(opened), represented_sides(work, opened.case.id)
    return CaseView(
        id=opened.case.id,
        kind=opened.kind,
        title=case_title(opened.case, opened.keys),
        language=opened.case.language,
        state=opened.case.state,
        opened_at=opened.case.opened_at,
        me=people.people[opened.me.id],
        sides=people.sides,
        rooms=rooms,
        people=_known_to_steward(opened, people, represented) if steward else _met_in(rooms),
        steward=steward,
        represented=represented,
    )


def _is_steward(opened: OpenCase) -> bool:
    decision = decide_case(Permission.CASE_STEER, kind=opened.kind, role=opened.role, state=State(opened.case.state))
    return isinstance(decision, Allowed)


def _known_to_steward(opened: OpenCase, people: CasePeople, represented: frozenset[str]) -> tuple[PersonInCase, ...]:
    """Whom another side's counsel has invited is theirs to tell, until that person comes."""
    return tuple(
        person
        for person in people.people.values()
        if person.state == "admitted"
        or may_invite_for(
            person.side.id if person.side else None, kind=opened.kind, own=opened.me.side_id, represented=represented
        )
    )


def room_entries(
    work: Work, opened: OpenRoom, *, after: int = -1, limit: int = MOST
) -> tuple[list[EntryView], int | None]:
    """Entries after ``after`` in order, and the number to ask after next, or None at the end."""
    found = ledger.entries(work, opened.stream, after=after, limit=limit + 1)
    page = views(work, opened, found[:limit])
    return page, page[-1].seq if len(found) > limit and page else None


def last_entries(work: Work, opened: OpenRoom, *, before: int | None = None, limit: int = PAGE) -> list[EntryView]:
    return views(work, opened, ledger.last_entries(work, opened.stream, before=before, limit=limit))


def views(work: Work, opened: OpenRoom, found: Sequence[LedgerEntry]) -> list[EntryView]:
    named = [related_leaf(entry) for entry in found]
    related = ledger.entries_by_leaf(work, opened.stream, {leaf for leaf in named if leaf})
    return [
        entry_view(opened, entry, related=related.get(leaf or "")) for entry, leaf in zip(found, named, strict=True)
    ]


def find_entry(work: Work, actor: Actor, entry_id: str) -> tuple[OpenRoom, EntryView]:
    """An entry by its id, through the door of its room. Raises NotFound to whoever may not read it."""
    room_id = ledger.room_of_entry(work, entry_id) if is_id(entry_id) else None
    if room_id is None:
        raise NotFound(reason="no such entry")
    opened = access_room(work, actor, room_id, Permission.ROOM_READ)
    return opened, entry_of(work, opened, entry_id)


def entry_of(work: Work, opened: OpenRoom, entry_id: str) -> EntryView:
    found = ledger.entry(work, opened.stream, entry_id)
    if found is None:
        raise NotFound(reason="no such entry in this room")
    return views(work, opened, [found])[0]


def receipt_of(work: Work, actor: Actor, entry_id: str, *, at_head: bool = False) -> str:
    """The C2SP tlog-proof of an entry, to its readers. Raises NotFound."""
    opened, entry = find_entry(work, actor, entry_id)
    receipt = ledger.receipt(work, opened.stream, entry.seq, at_head=at_head)
    if receipt is None:
        raise NotFound(reason="not signed yet")
    return receipt


def receipt_after(ended: Work, actor: Actor, entry_id: str) -> str:
    """The receipt of an entry written, or found written before, in a unit of work that has just been committed."""
    fresh = ended.part(Seals).receipt(entry_id)
    if fresh is not None:
        return fresh
    with ended.database.reading() as work:
        return receipt_of(work, actor, entry_id)


def head_of(work: Work, opened: OpenRoom) -> Head:
    return ledger.head(work, opened.stream)


def audience_of(work: Work, actor: Actor, room_id: str) -> str:
    return access_room(work, actor, room_id, Permission.ROOM_READ).room.audience


def size_of(work: Work, actor: Actor, room_id: str) -> int:
    """How many entries a room has."""
    return head_of(work, access_room(work, actor, room_id, Permission.ROOM_READ)).size


def reading_marks(work: Work, opened: OpenRoom) -> list[int]:
    """How far each reader has read, as bare numbers in ascending order: enough for "3 of 5", not for who."""
    marks = select(RoomMember.read_seq).where(RoomMember.room_id == opened.room.id, RoomMember.removed_at.is_(None))
    return sorted(work.session.scalars(marks))


def draft_of(work: Work, opened: OpenRoom) -> KeptDraft | None:
    """What this person began to write in this room, as last kept on the server."""
    draft = work.session.get(Draft, (opened.room.id, opened.me.id))
    if draft is None:
        return None
    text = opened.keys.open("draft", bytes.fromhex(opened.me.id), draft.text).decode()
    return KeptDraft(text=text, saved_at=draft.saved_at)


def companions(work: Work, person_id: str, *, case_id: str | None = None) -> dict[str, tuple[str, frozenset[str]]]:
    """For presence: by case, this person's participant id and the people who share a room with them there."""
    mine = select(Participant).where(Participant.person_id == person_id, Participant.state == "admitted")
    if case_id is not None:
        mine = mine.where(Participant.case_id == case_id)
    found = {}
    for me in work.session.scalars(mine):
        my_rooms = select(RoomMember.room_id).where(RoomMember.participant_id == me.id, RoomMember.removed_at.is_(None))
        people = work.session.scalars(
            select(Participant.person_id)
            .join(RoomMember, RoomMember.participant_id == Participant.id)
            .where(RoomMember.room_id.in_(my_rooms), RoomMember.removed_at.is_(None), Participant.state == "admitted")
            .distinct()
        )
        found[me.case_id] = (me.id, frozenset(person for person in people if person and person != person_id))
    return found


def _my_rooms(work: Work, me: Participant) -> list[tuple[Room, RoomMember]]:
    rows = work.session.execute(
        select(Room, RoomMember)
        .join(RoomMember, RoomMember.room_id == Room.id)
        .where(RoomMember.participant_id == me.id, RoomMember.removed_at.is_(None))
    )
    return [(room, member) for room, member in rows]


def _brief(work: Work, room: Room, member: RoomMember, people: CasePeople, language: str) -> RoomBrief:
    side = people.side(room.side_id)
    kind = RoomKind(room.kind)
    return RoomBrief(
        id=room.id,
        kind=kind,
        side=side,
        title=room_name(kind, side_label=side.label if side else None, language=language),
        audience=room.audience,
        readers=readers_of(work, room.id, people),
        unread=ledger.unread(work, room.id, after=member.read_seq),
    )


def _room_order(opened: OpenCase, people: CasePeople, room: Room) -> tuple[int, int, str]:
    side = people.side(room.side_id)
    return (TEMPLATES[opened.kind].rooms.index(RoomKind(room.kind)), side.position if side else 0, room.id)


def _met_in(rooms: Sequence[RoomBrief]) -> tuple[PersonInCase, ...]:
    met = {reader.id: reader for room in rooms for reader in room.readers}
    return tuple(met.values())
