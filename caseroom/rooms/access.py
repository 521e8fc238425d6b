"""The door to a room: the only place where a room is loaded for a person, and where its key is handed out.

Absent and forbidden are one NotFound, found by one query in one time; the reason goes to the log."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from sqlalchemy import bindparam, select

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import Decision, Denied, decide_room
from caseroom.access.words import CaseKind, Role, RoomKind, State
from caseroom.audit.services import Stream
from caseroom.cases.models import Case, Participant
from caseroom.cases.people import CasePeople, PersonInCase, case_people
from caseroom.db import Work, table_of
from caseroom.errors import AudienceChanged, AudienceRequired, Forbidden, NotFound
from caseroom.ids import PersonId, is_id
from caseroom.realtime.audience import Audience
from caseroom.rooms.models import Room, RoomMember
from caseroom.rooms.names import room_name
from caseroom.vault.keyring import Keyring, RoomKeys

# Sorted as the composer's button names them: neutrals, then the sides in order, "you" last.
ROLE_ORDER = (Role.NEUTRAL, Role.SECRETARY, Role.COUNSEL, Role.PARTY, Role.EXPERT, Role.OBSERVER)

ROOM, MEMBER = table_of(Room), table_of(RoomMember)
CASE, PARTICIPANT = table_of(Case), table_of(Participant)
FOR_A_MEMBER = (
    select(
        ROOM.c.id,
        ROOM.c.kind,
        ROOM.c.side_id,
        ROOM.c.slot,
        ROOM.c.state,
        ROOM.c.audience,
        CASE.c.id.label("case_id"),
        CASE.c.kind.label("case_kind"),
        CASE.c.language,
        CASE.c.state.label("case_state"),
        PARTICIPANT.c.id.label("my_id"),
        PARTICIPANT.c.role.label("my_role"),
        PARTICIPANT.c.side_id.label("my_side_id"),
        MEMBER.c.read_seq,
    )
    .join(CASE, CASE.c.id == ROOM.c.case_id)
    .join(PARTICIPANT, PARTICIPANT.c.case_id == CASE.c.id)
    .join(MEMBER, (MEMBER.c.room_id == ROOM.c.id) & (MEMBER.c.participant_id == PARTICIPANT.c.id))
    .where(
        ROOM.c.id == bindparam("room_id"),
        PARTICIPANT.c.person_id == bindparam("person_id"),
        PARTICIPANT.c.state == "admitted",
        MEMBER.c.removed_at.is_(None),
    )
)
MEMBERS = (
    select(PARTICIPANT.c.id, PARTICIPANT.c.person_id)
    .join(MEMBER, MEMBER.c.participant_id == PARTICIPANT.c.id)
    .where(MEMBER.c.room_id == bindparam("room_id"), MEMBER.c.removed_at.is_(None))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFacts:
    """A room as it was when the door opened."""

    id: str
    kind: RoomKind
    side_id: str | None
    slot: int
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    id: str
    kind: CaseKind
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Myself:
    """The person for whom the room was opened, as its member. ``id`` is the participant id."""

    id: str
    side_id: str | None
    read_seq: int


@dataclass(frozen=True, kw_only=True)  # no slots: cached_property keeps its value in the instance
class OpenRoom:
    """A room proved for one of its members, with its key and its readers. Holding it is the proof."""

    room: RoomFacts
    case: CaseFacts
    me: Myself
    keys: RoomKeys
    people: CasePeople
    members: Mapping[str, str | None]  # participant id -> person id

    @property
    def kind(self) -> RoomKind:
        return self.room.kind

    @property
    def stream(self) -> Stream:
        return Stream(room_id=self.room.id, case_id=self.case.id, slot=self.room.slot, keys=self.keys)

    @cached_property
    def readers(self) -> tuple[PersonInCase, ...]:
        """Who read the room when it was opened, in the order in which they are named."""
        return _named_in_order(self.members, self.people)

    @property
    def audience(self) -> Audience:
        return Audience.of(PersonId(person) for person in self.members.values() if person)

    def title(self, language: str | None = None) -> str:
        side = self.people.side(self.room.side_id)
        return room_name(self.kind, side_label=side.label if side else None, language=language or self.case.language)


def access_room(work: Work, actor: Actor, room_id: str, permission: Permission) -> OpenRoom:
    """Return the room if this person is a member of it and the policy allows. Raises NotFound to everybody else, and
    Forbidden to a member who reads the room but may not do this in it."""
    if not is_id(room_id):
        raise NotFound(reason="not an id")
    found = work.execute(FOR_A_MEMBER, {"room_id": room_id, "person_id": actor.person}).first()
    if found is None:
        raise NotFound(reason="no such room for this person")
    kind, case_kind = RoomKind(found.kind), CaseKind(found.case_kind)
    state = State.OPEN if found.state == found.case_state == State.OPEN else State.CLOSED
    _check_policy(permission, partial(decide_room, kind=case_kind, room=kind, role=Role(found.my_role), state=state))
    return _open(
        work,
        RoomFacts(id=found.id, kind=kind, side_id=found.side_id, slot=found.slot, audience=found.audience),
        CaseFacts(id=found.case_id, kind=case_kind, language=found.language),
        Myself(id=found.my_id, side_id=found.my_side_id, read_seq=found.read_seq),
    )


def _check_policy(permission: Permission, decide: Callable[[Permission], Decision]) -> None:
    """What may not be read does not exist; what may be read and not done is refused with its reason."""
    reading = decide(Permission.ROOM_READ)
    if isinstance(reading, Denied):
        raise NotFound(reason=reading.reason)
    decision = decide(permission)
    if isinstance(decision, Denied):
        raise Forbidden(decision.reason)


def open_room(work: Work, room: Room, case: Case, *, me: Participant, membership: RoomMember) -> OpenRoom:
    """Open a room for a service that has just made, or ended, the membership itself."""
    return _open(
        work,
        RoomFacts(id=room.id, kind=RoomKind(room.kind), side_id=room.side_id, slot=room.slot, audience=room.audience),
        CaseFacts(id=case.id, kind=CaseKind(case.kind), language=case.language),
        Myself(id=me.id, side_id=me.side_id, read_seq=membership.read_seq),
    )


def _open(work: Work, room: RoomFacts, case: CaseFacts, me: Myself) -> OpenRoom:
    keys, keys_of_case = work.tool(Keyring).find_with_case(work, case_id=case.id, slot=room.slot)
    return OpenRoom(
        room=room,
        case=case,
        me=me,
        keys=keys,
        people=case_people(work, case.id, keys_of_case),
        members=_members(work, room.id),
    )


def readers_of(work: Work, room_id: str, people: CasePeople) -> tuple[PersonInCase, ...]:
    """Who reads a room now, in the order in which they are named."""
    return _named_in_order(_members(work, room_id), people)


def _members(work: Work, room_id: str) -> dict[str, str | None]:
    return {row.id: row.person_id for row in work.execute(MEMBERS, {"room_id": room_id}).all()}


def _named_in_order(members: Iterable[str], people: CasePeople) -> tuple[PersonInCase, ...]:
    return tuple(sorted((people.people[pid] for pid in members), key=reading_order))


def reading_order(person: PersonInCase) -> tuple[int, int, int, str]:
    sideless = person.side is None
    return (
        0 if sideless else 1,
        person.side.position if person.side else 0,
        ROLE_ORDER.index(person.role),
        person.name,
    )


def require_audience(opened: OpenRoom, stated: str | None) -> None:
    """Check that the person writes to the readers he saw named. Raises AudienceRequired where none is stated (428),
    AudienceChanged with the new names where they are no longer those (412)."""
    if not stated:
        raise AudienceRequired
    if stated != opened.room.audience:  # "*" too: it names nobody
        raise AudienceChanged(audience=opened.room.audience, readers=[reader_view(r) for r in opened.readers])


def reader_view(reader: PersonInCase) -> dict[str, str | None]:
    """A reader as the API and the page name them."""
    return {
        "id": reader.id,
        "name": reader.name,
        "role": reader.role,
        "side_id": reader.side.id if reader.side else None,
    }


def new_audience_version() -> str:
    return secrets.token_hex(8)
