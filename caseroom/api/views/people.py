"""Oneself, the people of a case, and invitations."""

from __future__ import annotations

from flask import Blueprint, Response

from caseroom.accounts import queries as account_queries
from caseroom.api import presenting
from caseroom.api.answers import Accepted, Invited, Me, Membership, Page, Participant, Person, Practice, give
from caseroom.api.schemas import AcceptBody, NewParticipantBody, read_body
from caseroom.cases.queries import memberships, participant_emails
from caseroom.cases.services import NewParticipant
from caseroom.errors import Forbidden, Invalid, NotFound
from caseroom.ids import is_id
from caseroom.rooms.admission import accept_invitation, invite_participant, remove_participant
from caseroom.rooms.queries import case_view
from caseroom.web.edge import current_actor, database, settings
from caseroom.web.i18n import language


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/me", view_func=me)
    blueprint.add_url_rule("/cases/<case_id>/participants", view_func=participants)
    blueprint.add_url_rule("/cases/<case_id>/participants", view_func=invite, methods=["POST"])
    blueprint.add_url_rule("/cases/<case_id>/participants/<participant_id>", view_func=remove, methods=["DELETE"])
    blueprint.add_url_rule("/invitations/<code>/accept", view_func=accept, methods=["POST"])


def me() -> Response:
    actor = current_actor()
    with database().reading() as work:
        found = account_queries.me(work, actor)
        mine = memberships(work, actor)
    practice = Practice(id=found.practice, name=found.practice_name, owner=found.owner) if found.practice else None
    person = Person(
        id=found.person,
        name=found.name,
        email=found.email,
        locale=found.locale,
        zone=found.zone,
        practice=practice,
    )
    listed = [
        Membership(case_id=one.case_id, participant_id=one.participant_id, role=one.role, side_id=one.side_id)
        for one in mine
    ]
    return give(Me(person=person, memberships=listed))


def participants(case_id: str) -> Response:
    actor = current_actor()
    with database().reading() as work:
        view = case_view(work, actor, case_id)
        emails = participant_emails(work, actor, case_id) if view.steward else {}
    listed = [presenting.participant(person, email=emails.get(person.id)) for person in view.people]
    return give(Page[Participant](items=listed, next=None))


def invite(case_id: str) -> Response:
    body = read_body(NewParticipantBody)
    command = NewParticipant(email=body.email, name=body.name, role=body.role, side_id=body.side_id)
    with database().unit_of_work() as work:
        invited = invite_participant(work, current_actor(), case_id, command)
    link = f"{settings().origin}/invitation/{invited.code}"
    return give(Invited(id=invited.participant_id, invitation_url=link), 201)


def remove(case_id: str, participant_id: str) -> Response:
    with database().unit_of_work() as work:
        remove_participant(work, current_actor(), case_id, participant_id if is_id(participant_id) else "")
    return Response(status=204)


def accept(code: str) -> Response:
    if not read_body(AcceptBody).undertaking:
        raise Invalid("undertaking_required")
    try:
        with database().unit_of_work() as work:
            accepted = accept_invitation(work, current_actor(), code=code, locale=language())
    except Forbidden as error:
        # Whoever holds a link that is not theirs learns nothing from it, not even that it works.
        raise NotFound(reason=error.code) from error
    return give(Accepted(case_id=accepted.case_id, participant_id=accepted.participant_id))
