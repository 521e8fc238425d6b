"""Opening a case together with its first invitations, once: a form sent twice opens one case."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.words import Role
from caseroom.cases.access import case_keys
from caseroom.cases.people import case_people
from caseroom.cases.services import NewCase, NewParticipant
from caseroom.db import Work
from caseroom.rooms.admission import Invited, invite_participant
from caseroom.rooms.models import Replay, Room
from caseroom.rooms.opening import OpenedCase, open_case
from caseroom.rooms.services import REPLAY_HOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Somebody to invite into a case that does not exist yet. ``side`` is an index into its sides."""

    name: str
    email: str
    role: Role
    side: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """``replayed``: this key had opened the case before; nothing was written, and nobody is invited again."""

    case_id: str
    invited: tuple[Invited, ...]
    replayed: bool


def open_case_once(
    work: Work, actor: Actor, command: NewCase, *, people: tuple[NewPerson, ...], email: str, key: str
) -> Opening:
    """Open the case and invite its people, all or nothing. ``key`` belongs to the form that was filled in: where this
    person already opened a case with it in the last 24 hours, that case is the answer. An empty key opens always.

    Raises Forbidden (``practice_required``), Invalid, Conflict (``already_invited``)."""
    before = _opened_before(work, actor, key)
    if before is not None:
        return Opening(case_id=before, invited=(), replayed=True)
    opened = open_case(work, actor, command, email=email)
    sides = case_people(work, opened.case_id, case_keys(work, opened.case_id)).sides
    invited = []
    for person in people:
        side_id = sides[person.side].id if person.side is not None else None
        new = NewParticipant(email=person.email, name=person.name, role=person.role, side_id=side_id)
        invited.append(invite_participant(work, actor, opened.case_id, new))
    _remember(work, actor, opened, key)
    return Opening(case_id=opened.case_id, invited=tuple(invited), replayed=False)


def _opened_before(work: Work, actor: Actor, key: str) -> str | None:
    if not key:
        return None
    query = (
        select(Room.case_id)
        .join(Replay, Replay.room_id == Room.id)
        .where(
            Replay.person_id == actor.person,
            Replay.key_hash == _hash(key),
            Replay.created_at > clock.now() - timedelta(hours=REPLAY_HOURS),
        )
    )
    return work.session.scalars(query.limit(1)).first()


def _remember(work: Work, actor: Actor, opened: OpenedCase, key: str) -> None:
    """Among the idempotency keys of the joint room: they are per person, and forgotten after a day."""
    if not key:
        return
    work.session.add(
        Replay(
            room_id=opened.joint_room_id,
            person_id=actor.person,
            key_hash=_hash(key),
            body_hash=_hash(""),
            entry_id="",
            created_at=clock.now(),
        )
    )


def _hash(key: str) -> bytes:
    """The NUL keeps these keys apart from those of messages, which cannot hold one."""
    return hashlib.sha256(b"open-case\0" + key.encode()).digest()
