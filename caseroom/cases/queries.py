"""Reading cases for the person asking, without their rooms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import may_invite_for
from caseroom.access.words import Role
from caseroom.cases.access import access_case
from caseroom.cases.models import Case, Participant
from caseroom.cases.people import participant_email
from caseroom.db import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What a person is in a case: ids and a role, nothing sealed."""

    case_id: str
    participant_id: str
    role: Role
    side_id: str | None


def memberships(work: Work, actor: Actor) -> list[Membership]:
    """The cases this person is admitted to, newest first by opening: an order that tells nothing of what goes on."""
    rows = work.session.scalars(
        select(Participant)
        .join(Case, Case.id == Participant.case_id)
        .where(Participant.person_id == actor.person, Participant.state == "admitted")
        .order_by(Case.opened_at.desc(), Case.id)
    )
    return [
        Membership(case_id=row.case_id, participant_id=row.id, role=Role(row.role), side_id=row.side_id) for row in rows
    ]


def participant_emails(work: Work, actor: Actor, case_id: str) -> Mapping[str, str]:
    """Where each invitation went, by participant id: for those who steer the case, of the people whom they may invite.
    Raises NotFound, and Forbidden to everybody else in the case."""
    opened = access_case(work, actor, case_id, Permission.CASE_STEER)
    own, represented = opened.me.side_id, represented_sides(work, opened.case.id)
    rows = work.session.scalars(select(Participant).where(Participant.case_id == opened.case.id))
    return {
        row.id: participant_email(row, opened.keys)
        for row in rows
        if may_invite_for(row.side_id, kind=opened.kind, own=own, represented=represented)
    }


def represented_sides(work: Work, case_id: str) -> frozenset[str]:
    """The sides whose own counsel has come, and may have left again: what such a side said in private stays its own."""
    query = select(Participant.side_id).where(
        Participant.case_id == case_id, Participant.role == Role.COUNSEL, Participant.admitted_at.is_not(None)
    )
    return frozenset(side_id for side_id in work.session.scalars(query) if side_id)
