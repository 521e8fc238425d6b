"""Opening a case with its rooms, its log and its first participant, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.policy import Denied, decide_room_kind
from caseroom.access.words import CaseKind, Role, RoomKind, State
from caseroom.audit.case_log import open_case_log, seal_epoch
from caseroom.audit.epoch_bytes import Why
from caseroom.audit.event_bytes import SYSTEM, Kind
from caseroom.audit.services import Recorded, Stream, record, take_slot
from caseroom.cases.models import Case, Participant, Side
from caseroom.cases.people import case_title, participant_name
from caseroom.cases.services import NewCase, add_participant, create_case
from caseroom.cases.templates import TEMPLATES
from caseroom.config import Settings
from caseroom.db import Work
from caseroom.errors import Forbidden
from caseroom.ids import new_id
from caseroom.rooms.access import new_audience_version
from caseroom.rooms.models import Room, RoomMember
from caseroom.rooms.names import room_name
from caseroom.rooms.rules import belongs
from caseroom.vault.keyring import Keyring, RoomKeys

SIDE_ROOMS = frozenset({RoomKind.CAUCUS, RoomKind.TEAM})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCase:
    case_id: str
    participant_id: str
    joint_room_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A room somebody has just been admitted to, and the entry that says so."""

    room: Room
    recorded: Recorded


def open_case(work: Work, actor: Actor, command: NewCase, *, email: str) -> OpenedCase:
    """Open a case: its rooms exist from this moment, its log covers the opening, and the opener is admitted.

    Raises Forbidden (``practice_required``) to people who belong to no practice, Invalid for a wrong command."""
    if actor.practice is None:
        raise Forbidden("practice_required")
    settings = work.tool(Settings)
    case, sides, keys = create_case(work, command, practice_id=actor.practice)
    open_case_log(work, case.id, host=settings.host, interval=settings.epoch_seconds)
    my_side = sides[command.my_side].id if command.my_side is not None else None
    me = add_participant(
        work, case.id, keys, name=actor.name, email=email, role=command.my_role, side_id=my_side, person_id=actor.person
    )
    joint = _open_rooms(work, actor, case, sides, keys)
    admit_to_rooms(work, case, me, keys, by=me, auth=actor.level)
    return OpenedCase(case_id=case.id, participant_id=me.id, joint_room_id=joint.id)


def _open_rooms(work: Work, actor: Actor, case: Case, sides: list[Side], keys: RoomKeys) -> Room:
    """Open every room of the template but the notes, which come with each neutral. The joint room is first: the first
    epoch seals the case's opening, and everything after it states that epoch as seen."""
    template = TEMPLATES[CaseKind(case.kind)]
    joint, stream = create_room(work, case, RoomKind.JOINT)
    title = case_title(case, keys)
    record(work, stream, kind=Kind.CASE_OPENED, actor=SYSTEM, body={"rules": case.rules}, meta={"title": title})
    seal_epoch(work, case.id, why=Why.OPEN, due=case.opened_at.replace(microsecond=0))
    for kind in template.rooms:
        if kind in (RoomKind.JOINT, RoomKind.NOTES):
            continue
        for side in sides if kind in SIDE_ROOMS else (None,):
            label = keys.open("side.label", bytes.fromhex(side.id), side.label).decode() if side else None
            _, stream = create_room(work, case, kind, side_id=side.id if side else None)
            _record_opening(work, stream, case, kind, side_label=label, auth=actor.level)
    return joint


def create_room(
    work: Work, case: Case, kind: RoomKind, *, side_id: str | None = None, holder_id: str | None = None
) -> tuple[Room, Stream]:
    """Write a room with its slot and its key. Raises Forbidden where the kind of case excludes such a room: no caucus
    with a neutral who decides."""
    decision = decide_room_kind(kind=CaseKind(case.kind), room=kind)
    if isinstance(decision, Denied):
        raise Forbidden(decision.reason)
    room_id = new_id()
    slot = take_slot(work, case_id=case.id, room_id=room_id)
    room = Room(
        id=room_id,
        case_id=case.id,
        kind=kind,
        side_id=side_id,
        holder_id=holder_id,
        slot=slot,
        state=State.OPEN,
        audience=new_audience_version(),
    )
    work.session.add(room)
    work.session.flush()
    return room, Stream(
        room_id=room_id, case_id=case.id, slot=slot, keys=work.tool(Keyring).create(work, case_id=case.id, slot=slot)
    )


def _record_opening(
    work: Work, stream: Stream, case: Case, kind: RoomKind, *, side_label: str | None, auth: str
) -> None:
    title = room_name(kind, side_label=side_label, language=case.language)
    meta = {"title": title, "kind": kind.value}
    record(work, stream, kind=Kind.ROOM_OPENED, actor=SYSTEM, body={}, meta=meta, who={"auth": auth})


def admit_to_rooms(
    work: Work, case: Case, participant: Participant, keys: RoomKeys, *, by: Participant, auth: str
) -> list[Joined]:
    """Make a participant a member of every room the rule gives, each with its ledger entry and a new audience version.

    A neutral's notes are opened here. Returns the rooms, so that their readers can be told."""
    if Role(participant.role) is Role.NEUTRAL and RoomKind.NOTES in TEMPLATES[CaseKind(case.kind)].rooms:
        _, stream = create_room(work, case, RoomKind.NOTES, holder_id=participant.id)
        _record_opening(work, stream, case, RoomKind.NOTES, side_label=None, auth=auth)
    joined = []
    for room in rooms_of_case(work, case.id):
        if not _belongs(room, participant):
            continue
        stream = Stream(
            room_id=room.id,
            case_id=case.id,
            slot=room.slot,
            keys=work.tool(Keyring).find(work, case_id=case.id, slot=room.slot),
        )
        work.session.merge(
            RoomMember(
                room_id=room.id, participant_id=participant.id, admitted_at=clock.now(), removed_at=None, read_seq=-1
            )
        )
        room.audience = new_audience_version()
        recorded = record_admission(work, stream, participant, keys, by=by, auth=auth)
        joined.append(Joined(room=room, recorded=recorded))
    work.session.flush()
    return joined


def record_admission(
    work: Work, stream: Stream, participant: Participant, keys: RoomKeys, *, by: Participant, auth: str
) -> Recorded:
    """``participant.admitted``: who, in which role, and under which undertaking of confidentiality."""
    meta: dict[str, object] = {
        "name": participant_name(participant, keys),
        "role": participant.role,
        "identified": "invitation" if participant.undertaking else "account",
        "keys": [],
    }
    if participant.side_id:
        meta["side"] = _side_label(work, participant.side_id, keys)
    if participant.undertaking:
        meta["undertaking"] = participant.undertaking
    return record(
        work,
        stream,
        kind=Kind.PARTICIPANT_ADMITTED,
        actor=by.id,
        body={"pid": participant.id},
        meta=meta,
        who={"auth": auth},
    )


def rooms_of_case(work: Work, case_id: str) -> list[Room]:
    return list(work.session.scalars(select(Room).where(Room.case_id == case_id)))


def _belongs(room: Room, participant: Participant) -> bool:
    return belongs(
        RoomKind(room.kind),
        room_side=room.side_id,
        holder=room.holder_id,
        role=Role(participant.role),
        side=participant.side_id,
        participant=participant.id,
    )


def _side_label(work: Work, side_id: str, keys: RoomKeys) -> str:
    side = work.session.get_one(Side, side_id)
    return keys.open("side.label", bytes.fromhex(side.id), side.label).decode()
