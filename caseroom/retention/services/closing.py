"""Closing a case (docs/evidence.md §4): every room closed, the joint one last, the last epoch sealed. The key of its
log is destroyed some time later, by ``purge``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import COUNSEL_STEERED
from caseroom.access.words import AuthLevel, CaseKind, Role, RoomKind, State
from caseroom.accounts.services import INVITE, revoke_links
from caseroom.audit.event_bytes import Kind
from caseroom.audit.scheduler import close_case_log
from caseroom.audit.services import record
from caseroom.cases.access import OpenCase, access_case
from caseroom.cases.models import Participant
from caseroom.cases.people import case_people
from caseroom.db import Work
from caseroom.errors import Conflict
from caseroom.retention.models import ClosingConsent
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.telling import stream_of, tell_readers
from caseroom.rooms.models import Draft, Room
from caseroom.rooms.names import room_name
from caseroom.rooms.opening import rooms_of_case


class Step(StrEnum):
    """What one person's word did: ``ASKED``, others still have to agree; ``CLOSED``, the case is closed."""

    ASKED = "asked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    step: Step
    missing: tuple[str, ...]  # ids of the sides whose counsel still has to agree


def close_case(work: Work, actor: Actor, case_id: str, *, proof: SecondFactor) -> Closing:
    """Close a case, or where counsel steer together, say for one's own side that it may be closed: the last side's word
    closes it.

    Raises NotFound; Forbidden (``not_a_steward``, ``counsel_close_together``, ``case_closed``); Conflict
    (``already_asked``) where this side has agreed before; what ``proof`` raises."""
    opened = access_case(work, actor, case_id, Permission.CASE_CLOSE)
    missing = sides_missing(work, opened)
    if opened.kind in COUNSEL_STEERED:
        if opened.me.side_id not in missing:
            raise Conflict("already_asked")
        level = proof.prove(work, actor)
        _agree(work, opened)
        missing = tuple(side for side in missing if side != opened.me.side_id)
    else:
        level = proof.prove(work, actor)
    if missing:
        return Closing(step=Step.ASKED, missing=missing)
    _close(work, opened, auth=level)
    return Closing(step=Step.CLOSED, missing=())


def withdraw_consent(work: Work, actor: Actor, case_id: str) -> None:
    """Take one's own word back while another side's is still missing. Raises as ``close_case``."""
    opened = access_case(work, actor, case_id, Permission.CASE_CLOSE)
    work.session.execute(
        delete(ClosingConsent).where(
            ClosingConsent.case_id == opened.case.id, ClosingConsent.participant_id == opened.me.id
        )
    )


def sides_missing(work: Work, opened: OpenCase) -> tuple[str, ...]:
    """Where counsel steer: the sides that have counsel in the case, none of whom has agreed yet; in the sides' order. A
    word given by somebody who has left since no longer counts."""
    if opened.kind not in COUNSEL_STEERED:
        return ()
    counsel = work.session.scalars(
        select(Participant).where(
            Participant.case_id == opened.case.id, Participant.role == Role.COUNSEL, Participant.state == "admitted"
        )
    ).all()
    given = set(
        work.session.scalars(select(ClosingConsent.participant_id).where(ClosingConsent.case_id == opened.case.id))
    )
    agreed = {each.side_id for each in counsel if each.id in given}
    wanted = {each.side_id for each in counsel} - agreed
    sides = case_people(work, opened.case.id, opened.keys).sides
    return tuple(side.id for side in sides if side.id in wanted)


def _agree(work: Work, opened: OpenCase) -> None:
    work.session.add(
        ClosingConsent(case_id=opened.case.id, participant_id=opened.me.id, side_id=opened.me.side_id, at=clock.now())
    )
    work.session.flush()


def _close(work: Work, opened: OpenCase, *, auth: AuthLevel) -> None:
    case = opened.case
    for room in sorted(rooms_of_case(work, case.id), key=lambda room: room.kind == RoomKind.JOINT):
        if room.state == State.OPEN:  # one on its way to destruction has had its last word
            _close_room(work, opened, room, auth=auth)
    work.session.execute(delete(Draft).where(Draft.room_id.in_(select(Room.id).where(Room.case_id == case.id))))
    for participant in work.session.scalars(
        select(Participant).where(Participant.case_id == case.id, Participant.state == "invited")
    ):
        revoke_links(work, INVITE, participant.id)
        participant.state, participant.removed_at = "removed", clock.now()
    case.state = State.CLOSED
    work.session.flush()
    close_case_log(work, case.id)


def _close_room(work: Work, opened: OpenCase, room: Room, *, auth: AuthLevel) -> None:
    side = case_people(work, opened.case.id, opened.keys).side(room.side_id)
    kind = RoomKind(room.kind)
    title = room_name(kind, side_label=side.label if side else None, language=opened.case.language)
    recorded = record(
        work,
        stream_of(work, room),
        kind=Kind.ROOM_CLOSED,
        actor=opened.me.id,
        body={},
        meta={"title": title, "kind": kind.value},
        who={"auth": auth},
    )
    room.state = State.CLOSED
    work.session.flush()
    tell_readers(work, opened.case, recorded)


def is_shared(kind: CaseKind) -> bool:
    """True where each side's counsel has to agree to the closing."""
    return kind in COUNSEL_STEERED
