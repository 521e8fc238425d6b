"""Inviting, admitting and removing people. Each is an event in every room whose audience it changes, in no other."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.words import CaseKind, Role, RoomKind
from caseroom.accounts.fields import checked_email
from caseroom.accounts.models import Practice
from caseroom.accounts.queries import find_link, load_person
from caseroom.accounts.services import INVITE, make_link, revoke_links, use_link
from caseroom.audit.event_bytes import Kind
from caseroom.audit.services import Stream, record
from caseroom.cases.access import OpenCase, access_case, case_keys
from caseroom.cases.models import Case, Participant
from caseroom.cases.people import case_people, participant_email, participant_name
from caseroom.cases.services import NewParticipant, add_participant, check_may_admit, check_may_remove
from caseroom.db import Work
from caseroom.errors import Conflict, Forbidden, NotFound
from caseroom.rooms.access import new_audience_version, open_room
from caseroom.rooms.announce import announce_audience, announce_entry, announce_gone
from caseroom.rooms.models import Draft, Room, RoomMember
from caseroom.rooms.opening import Joined, admit_to_rooms
from caseroom.rooms.undertaking import undertaking_hash
from caseroom.vault.keyring import Keyring

INVITATION_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """``code`` is the secret end of the link: it is shown once, and only its hash is kept."""

    participant_id: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    case_id: str
    participant_id: str
    room_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationPreview:
    """What the holder of a link is shown before signing in: for whom, from whom, as what. Not the case."""

    practice: str
    kind: CaseKind
    role: Role
    email: str
    name: str


def invite_participant(work: Work, actor: Actor, case_id: str, command: NewParticipant) -> Invited:
    """Invite a person by a link that works once, for seven days, for one e-mail address.

    Raises NotFound, Forbidden, Invalid, or Conflict (``already_invited``) where this address is in the case already."""
    opened = access_case(work, actor, case_id, Permission.CASE_STEER)
    check_may_admit(work, opened, role=command.role, side_id=command.side_id)
    email = checked_email(command.email)
    people = case_people(work, opened.case.id, opened.keys).people
    if any(_email_of(work, opened, person.id) == email for person in people.values() if person.state != "removed"):
        raise Conflict("already_invited")
    participant = add_participant(
        work,
        opened.case.id,
        opened.keys,
        name=command.name,
        email=email,
        role=command.role,
        side_id=command.side_id,
        person_id=None,
    )
    code = make_link(work, purpose=INVITE, subject=participant.id, email=email, days=INVITATION_DAYS)
    return Invited(participant_id=participant.id, code=code)


def renew_invitation(work: Work, actor: Actor, case_id: str, participant_id: str) -> Invited:
    """Replace a link that was lost or ran out; the old one stops working."""
    opened = access_case(work, actor, case_id, Permission.CASE_STEER)
    participant = _participant(work, opened, participant_id)
    check_may_remove(work, opened, participant)
    if participant.state != "invited":
        raise Conflict("already_admitted")
    revoke_links(work, INVITE, participant.id)
    email = _email_of(work, opened, participant.id)
    code = make_link(work, purpose=INVITE, subject=participant.id, email=email, days=INVITATION_DAYS)
    return Invited(participant_id=participant.id, code=code)


def invitation_preview(work: Work, code: str) -> InvitationPreview | None:
    """What a valid link says about itself; None for one that is unknown, used, revoked or too old, all alike."""
    link = find_link(work, INVITE, code)
    if link is None:
        return None
    participant = work.session.get_one(Participant, link.subject)
    case = work.session.get_one(Case, participant.case_id)
    return InvitationPreview(
        practice=work.session.get_one(Practice, case.practice_id).name,
        kind=CaseKind(case.kind),
        role=Role(participant.role),
        email=link.email,
        name=participant_name(participant, case_keys(work, case.id)),
    )


def accept_invitation(work: Work, actor: Actor, *, code: str, locale: str) -> Accepted:
    """Admit the invited person, who has just accepted the undertaking of confidentiality in ``locale``.

    Raises NotFound for a link that does not work, Forbidden (``invitation_for_another``) to anybody else."""
    link = find_link(work, INVITE, code)
    if link is None:
        raise NotFound(reason="no such invitation")
    if load_person(work, actor.person).email != link.email:
        raise Forbidden("invitation_for_another")
    participant = work.session.get_one(Participant, link.subject)
    case = work.session.get_one(Case, participant.case_id)
    if _already_in(work, case, actor):
        raise Conflict("already_participant")
    use_link(work, INVITE, code)
    participant.person_id, participant.state = actor.person, "admitted"
    participant.admitted_at, participant.undertaking = clock.now(), undertaking_hash(locale)
    work.session.flush()
    joined = admit_to_rooms(work, case, participant, case_keys(work, case.id), by=participant, auth=actor.level)
    for each in joined:
        _announce_admission(work, case, each, participant)
    joint = next(each.room for each in joined if each.room.kind == RoomKind.JOINT)
    return Accepted(case_id=case.id, participant_id=participant.id, room_id=joint.id)


def remove_participant(work: Work, actor: Actor, case_id: str, participant_id: str) -> None:
    """Remove somebody, or revoke an invitation that was not accepted. What was theirs stays in the record; they are
    out of every room in this transaction, and their pages close when it is committed."""
    opened = access_case(work, actor, case_id, Permission.CASE_STEER)
    participant = _participant(work, opened, participant_id)
    check_may_remove(work, opened, participant)
    revoke_links(work, INVITE, participant.id)
    admitted, participant.state = participant.state == "admitted", "removed"
    participant.removed_at = clock.now()
    if not admitted:
        return
    for room in _rooms_of(work, participant):
        _leave(work, actor, opened, room, participant)
    if participant.person_id:
        announce_gone(work, participant.person_id, case_id=opened.case.id)


def _leave(work: Work, actor: Actor, opened: OpenCase, room: Room, participant: Participant) -> None:
    membership = work.session.get_one(RoomMember, (room.id, participant.id))
    membership.removed_at = clock.now()
    draft = work.session.get(Draft, (room.id, participant.id))
    if draft is not None:
        work.session.delete(draft)
    room.audience = new_audience_version()
    keyring = work.tool(Keyring)
    keys = keyring.find(work, case_id=opened.case.id, slot=room.slot)
    stream = Stream(room_id=room.id, case_id=opened.case.id, slot=room.slot, keys=keyring.renew(work, keys))
    work.session.flush()
    recorded = record(
        work,
        stream,
        kind=Kind.PARTICIPANT_REMOVED,
        actor=opened.me.id,
        body={"pid": participant.id},
        meta={"reason": ""},
        who={"auth": actor.level},
    )
    proved = open_room(work, room, opened.case, me=participant, membership=membership)
    announce_entry(work, proved, recorded)
    announce_audience(work, proved)


def _announce_admission(work: Work, case: Case, joined: Joined, participant: Participant) -> None:
    """Tell the readers of one room, the new one included, who has come."""
    membership = work.session.get_one(RoomMember, (joined.room.id, participant.id))
    proved = open_room(work, joined.room, case, me=participant, membership=membership)
    announce_entry(work, proved, joined.recorded)
    announce_audience(work, proved)


def _rooms_of(work: Work, participant: Participant) -> list[Room]:
    query = (
        select(Room)
        .join(RoomMember)
        .where(RoomMember.participant_id == participant.id, RoomMember.removed_at.is_(None))
    )
    return list(work.session.scalars(query))


def _email_of(work: Work, opened: OpenCase, participant_id: str) -> str:
    return participant_email(work.session.get_one(Participant, participant_id), opened.keys)


def _participant(work: Work, opened: OpenCase, participant_id: str) -> Participant:
    participant = work.session.get(Participant, participant_id)
    if participant is None or participant.case_id != opened.case.id:
        raise NotFound(reason="no such participant in this case")
    return participant


def _already_in(work: Work, case: Case, actor: Actor) -> bool:
    query = select(Participant.id).where(
        Participant.case_id == case.id, Participant.person_id == actor.person, Participant.state == "admitted"
    )
    return work.session.scalars(query).first() is not None
