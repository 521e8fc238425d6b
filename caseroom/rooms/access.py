"""The door to a room: the only place where a room is loaded for a person, and where its key is handed out.

Absent and forbidden are one NotFound, found by one query in one time; the reason goes to the log."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from sqlalchemy import bindparam, select

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import Denied, decide_room
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

FOR_A_MEMBER = (
    select(Room, Case, Participant, RoomMember)
    .join(Case, Case.id == Room.case_id)
    .join(Participant, Participant.case_id == Case.id)
    .join(RoomMember, (RoomMember.room_id == Room.id) & (RoomMember.participant_id == Participant.id))
    .where(
        Room.id == bindparam("room_id"),
        Participant.person_id == bindparam("person_id"),
        Participant.state == "admitted",
        RoomMember.removed_at.is_(None),
    )
)
MEMBER, PARTICIPANT = table_of(RoomMember), table_of(Participant)
MEMBERS = (
    select(PARTICIPANT.c.id, PARTICIPANT.c.person_id)
    .join(MEMBER, MEMBER.c.participant_id == PARTICIPANT.c.id)
    .where(MEMBER.c.room_id == bindparam("room_id"), MEMBER.c.removed_at.is_(None))
)


@dataclass(frozen=True, kw_only=True)  # no slots: cached_property keeps its value in the instance
class OpenRoom:
    """A room proved for one of its members, with its key and its readers. Holding it is the proof."""

    room: Room
    case: Case
    me: Participant
    membership: RoomMember
    keys: RoomKeys
    people: CasePeople
    members: Mapping[str, str | None]  # participant id -> person id

    @property
    def kind(self) -> RoomKind:
        return RoomKind(self.room.kind)

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
    found = work.session.execute(FOR_A_MEMBER, {"room_id": room_id, "person_id": actor.person}).first()
    if found is None:
        raise NotFound(reason="no such room for this person")
    room, case, me, membership = found
    _check_policy(permission, room, case, me)
    return open_room(work, room, case, me=me, membership=membership)


def _check_policy(permission: Permission, room: Room, case: Case, me: Participant) -> None:
    """What may not be read does not exist; what may be read and not done is refused with its reason."""
    decide = partial(
        decide_room, kind=CaseKind(case.kind), room=RoomKind(room.kind), role=Role(me.role), state=_state(case, room)
    )
    reading = decide(Permission.ROOM_READ)
    if isinstance(reading, Denied):
        raise NotFound(reason=reading.reason)
    decision = decide(permission)
    if isinstance(decision, Denied):
        raise Forbidden(decision.reason)


def open_room(work: Work, room: Room, case: Case, *, me: Participant, membership: RoomMember) -> OpenRoom:
    """Assemble a proved room. For the door, and for services that have just made the membership themselves."""
    keys, keys_of_case = work.tool(Keyring).find_with_case(work, case_id=case.id, slot=room.slot)
    return OpenRoom(
        room=room,
        case=case,
        me=me,
        membership=membership,
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


def _state(case: Case, room: Room) -> State:
    return State.OPEN if case.state == room.state == State.OPEN else State.CLOSED
