"""The rows of a case against what its ledger says of it: the case, its sides, rooms, participants, who reads what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from caseroom.access.words import CaseKind, Role, RoomKind
from caseroom.accounts.models import OneTimeLink, Person
from caseroom.accounts.services import INVITE
from caseroom.audit.models import CaseEpoch, CaseLog
from caseroom.cases.models import Case, Participant, Side
from caseroom.config import LOCALES
from caseroom.rooms.models import Room, RoomMember
from caseroom.rooms.names import room_name
from caseroom.rooms.rules import belongs
from caseroom.upkeep.doctor.examination import Examination
from caseroom.upkeep.doctor.rooms import RoomFacts
from caseroom.vault.keyring import RoomKeys
from caseroom.vault.keys import CASE_SLOT, SealBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRows:
    """The rows of one case. ``labels``: of its sides that open, by id."""

    case: Case
    keys: RoomKeys
    rooms: Sequence[Room]
    sides: Sequence[Side]
    people: Sequence[Participant]
    labels: Mapping[str, str]


def read_case(exam: Examination, case: Case) -> CaseRows | None:
    keys = exam.keys(case.id, CASE_SLOT)
    if keys is None:
        return None
    session = exam.work.session
    sides = session.scalars(select(Side).where(Side.case_id == case.id).order_by(Side.position)).all()
    labels = {}
    for side in sides:
        label = _open(keys, "side.label", side.id, side.label)
        if label is None:
            exam.diagnosis.find("side", f"side {side.id}", "Its label does not open")
        else:
            labels[side.id] = label
    return CaseRows(
        case=case,
        keys=keys,
        rooms=session.scalars(select(Room).where(Room.case_id == case.id)).all(),
        sides=sides,
        people=session.scalars(select(Participant).where(Participant.case_id == case.id)).all(),
        labels=labels,
    )


def check_case(exam: Examination, rows: CaseRows, said: Mapping[str, RoomFacts]) -> None:
    """``said``: what each room's log says, by room id; without it (a quick look) only what is sealed is opened."""
    where = f"case {rows.case.id}"
    positions = sorted(side.position for side in rows.sides)
    exam.diagnosis.expect(
        "side", where, "The places of its sides are not 0 and on", holds=positions == list(range(len(positions)))
    )
    title = _open(rows.keys, "case.title", rows.case.id, rows.case.title)
    exam.diagnosis.expect("case", where, "Its title does not open", holds=title is not None)
    joint = [room for room in rows.rooms if room.kind == RoomKind.JOINT]
    exam.diagnosis.expect("room", where, f"It has {len(joint)} joint rooms", holds=len(joint) == 1)
    for participant in rows.people:
        with exam.diagnosis.reading("participant", f"participant {participant.id}"):
            _check_sealed(exam, rows, participant)
    facts = said.get(joint[0].id) if len(joint) == 1 else None
    if facts is None:
        return
    _check_opening(exam, rows, title, facts)
    for participant in rows.people:
        with exam.diagnosis.reading("participant", f"participant {participant.id}"):
            _check_participant(exam, rows, participant, facts)
    for room in rows.rooms:
        with exam.diagnosis.reading("room", f"room {room.id}"):
            _check_room(exam, rows, room, said.get(room.id))


def check_invitations(exam: Examination) -> None:
    """An invitation is for somebody who is in a case."""
    known = select(Participant.id)
    astray = select(OneTimeLink.id).where(OneTimeLink.purpose == INVITE, OneTimeLink.subject.not_in(known))
    for link in exam.work.session.scalars(astray):
        exam.diagnosis.find("participant", f"invitation {link}", "It is for nobody in any case")


def _check_opening(exam: Examination, rows: CaseRows, title: str | None, facts: RoomFacts) -> None:
    case, where = rows.case, f"case {rows.case.id}"
    exam.diagnosis.expect("case", where, "Its rules are not those it was opened under", holds=case.rules == facts.rules)
    kind = case.rules.partition("@")[0] == case.kind
    exam.diagnosis.expect("case", where, "Its kind is not that of its rules", holds=kind)
    exam.diagnosis.expect("case", where, "Its language is none", holds=case.language in LOCALES)
    named = not facts.opened or facts.opened.get("title") == title
    exam.diagnosis.expect("case", where, "Its title is not the one it was opened with", holds=named)
    opener = next((each for each in rows.people if facts.order and each.id == facts.order[0]), None)
    person = exam.work.session.get(Person, opener.person_id) if opener and opener.person_id else None
    if person is not None:
        own = person.practice_id == case.practice_id
        exam.diagnosis.expect("case", where, "It belongs to another practice than who opened it", holds=own)
    log, first = exam.work.session.get(CaseLog, case.id), exam.work.session.get(CaseEpoch, (case.id, 0))
    named = log is not None and log.origin.rpartition("/c/")[2] == case.id
    exam.diagnosis.expect("key", where, "Its log has the name of another case", holds=named)
    opened = first is not None and case.opened_at.replace(microsecond=0) == first.due
    exam.diagnosis.expect("case", where, "It was opened at another time than its log", holds=opened)


def _check_sealed(exam: Examination, rows: CaseRows, participant: Participant) -> None:
    """Name and address open; whoever came has the address to which the invitation went, and an invitation that is open
    still goes there."""
    where = f"participant {participant.id}"
    name = _open(rows.keys, "participant.name", participant.id, participant.name)
    email = _open(rows.keys, "participant.email", participant.id, participant.email)
    exam.diagnosis.expect("participant", where, "Name or address do not open", holds=None not in (name, email))
    if participant.person_id is not None and email:
        person = exam.work.session.get(Person, participant.person_id)
        same = person is not None and person.email == email
        exam.diagnosis.expect("participant", where, "It is the account of another address", holds=same)
    links = exam.work.session.scalars(
        select(OneTimeLink).where(OneTimeLink.purpose == INVITE, OneTimeLink.subject == participant.id)
    )
    for link in links:
        exam.diagnosis.expect(
            "participant", where, "An invitation goes to another address", holds=link.email == email or not email
        )
    states = {"invited": (False, False), "admitted": (True, False), "removed": (None, True)}
    came, left = states.get(participant.state, (None, None))
    early = participant.state == "invited" and participant.undertaking
    exam.diagnosis.expect("participant", where, "It is bound by an undertaking before it came", holds=not early)
    fits = left is not None and (participant.removed_at is not None) == left
    fits = fits and (
        came is None or (participant.admitted_at is not None) == came == (participant.person_id is not None)
    )
    exam.diagnosis.expect("participant", where, "State, times and account do not fit together", holds=fits)


def _check_participant(exam: Examination, rows: CaseRows, participant: Participant, facts: RoomFacts) -> None:
    where = f"participant {participant.id}"
    meta = facts.admitted.get(participant.id)
    came = participant.admitted_at is not None
    exam.diagnosis.expect(
        "participant", where, "Whether it was admitted, the ledger says otherwise", holds=came == (meta is not None)
    )
    inside = participant.state == "admitted"
    exam.diagnosis.expect(
        "participant", where, "Its state is not what the ledger says", holds=inside == (participant.id in facts.members)
    )
    if not meta:  # never came, or the identity was erased
        return
    name = _open(rows.keys, "participant.name", participant.id, participant.name)
    stated = (participant.role, rows.labels.get(participant.side_id or "", ""), participant.undertaking, name)
    said = (meta.get("role"), meta.get("side", ""), meta.get("undertaking", ""), meta.get("name"))
    exam.diagnosis.expect(
        "participant", where, "Role, side, name or undertaking are not those admitted", holds=stated == said
    )


def _check_room(exam: Examination, rows: CaseRows, room: Room, facts: RoomFacts | None) -> None:
    if facts is None:
        return
    where, kind = f"room {room.id}", RoomKind(room.kind)
    if kind is not RoomKind.JOINT and facts.opened:
        title = room_name(kind, side_label=rows.labels.get(room.side_id or ""), language=rows.case.language)
        same = (facts.opened.get("kind"), facts.opened.get("title")) == (room.kind, title)
        exam.diagnosis.expect("room", where, "Its kind, side or language are not those it was opened with", holds=same)
    sided = (room.side_id is not None) == (kind in (RoomKind.CAUCUS, RoomKind.TEAM))
    holder = room.holder_id == (facts.order[0] if kind is RoomKind.NOTES and facts.order else None)
    exam.diagnosis.expect("room", where, "It is of another side or holder than its kind has", holds=sided and holder)
    closed = facts.closed or rows.case.state == "closed"
    fits = (
        room.state in ("open", "closed")
        and (closed or room.state == "open")
        and (not facts.closed or room.state == "closed")
    )
    exam.diagnosis.expect("room", where, "Whether it is open, the ledger says otherwise", holds=fits)
    _check_members(exam, rows, room, facts)


def _check_members(exam: Examination, rows: CaseRows, room: Room, facts: RoomFacts) -> None:
    """Who reads a room is who was admitted to it on record, and who the rule names: no one more, no one less."""
    where = f"room {room.id}"
    members = exam.work.session.scalars(select(RoomMember).where(RoomMember.room_id == room.id)).all()
    inside = {member.participant_id for member in members if member.removed_at is None}
    ever = {member.participant_id for member in members}
    exam.diagnosis.expect("member", where, "Who reads it is not who the ledger admitted", holds=inside == facts.members)
    exam.diagnosis.expect(
        "member", where, "Who ever read it is not who the ledger admitted", holds=ever == set(facts.admitted)
    )
    entitled = {each.id for each in rows.people if each.state == "admitted" and _belongs(room, each)}
    exam.diagnosis.expect(
        "wall", where, "It is not read by exactly those whom its rule names", holds=inside == entitled
    )


def _belongs(room: Room, participant: Participant) -> bool:
    return belongs(
        RoomKind(room.kind),
        room_side=room.side_id,
        holder=room.holder_id,
        role=Role(participant.role),
        side=participant.side_id,
        participant=participant.id,
    )


def _open(keys: RoomKeys, name: str, row_id: str, sealed: bytes) -> str | None:
    try:
        return keys.open(name, bytes.fromhex(row_id), sealed).decode()
    except (SealBroken, ValueError):
        return None


def kind_of(case: Case) -> CaseKind | None:
    try:
        return CaseKind(case.kind)
    except ValueError:
        return None
