"""Pages of cases: my cases, opening one, its overview, and who takes part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from caseroom.access.actor import Actor
from caseroom.accounts.queries import find_link, me
from caseroom.accounts.services import INVITE
from caseroom.cases.people import PersonInCase
from caseroom.cases.templates import MAX_SIDES, MIN_SIDES
from caseroom.errors import Conflict, Forbidden, Invalid, NotFound
from caseroom.rooms.admission import Invited, invite_participant, remove_participant, renew_invitation
from caseroom.rooms.case_cards import FreshLink, fresh_link, invitable_sides, may_remove, people_groups
from caseroom.rooms.case_errors import error_lines, field_errors
from caseroom.rooms.case_forms import (
    MAX_PEOPLE,
    CaseForm,
    PersonRow,
    case_command,
    empty_form,
    participant_command,
    read_case_form,
    reshaped,
)
from caseroom.rooms.case_words import default_labels, kind_cards, own_role, role_words
from caseroom.rooms.fresh_links import open_links, seal_links
from caseroom.rooms.opening_once import open_case_once
from caseroom.rooms.queries import CaseView, case_view, my_cases
from caseroom.web.edge import current_actor, database, settings
from caseroom.web.i18n import _, language

blueprint = Blueprint("cases", __name__)

LINKS = "fresh_links"  # in the session: the sealed codes of links made a moment ago, until they are shown


@blueprint.get("/")
def index() -> str:
    """My cases."""
    actor = current_actor()
    with database().reading() as work:
        cases = my_cases(work, actor)
    return render_template("cases/index.html", cases=cases, may_open=actor.practice is not None, own_role=own_role)


@blueprint.route("/cases/new", methods=["GET", "POST"])
def new() -> str | Response | tuple[str, int]:
    """Open a case, its rooms and its first invitations. Raises Forbidden to people who belong to no practice."""
    actor = current_actor()
    if actor.practice is None:
        raise Forbidden("practice_required")
    if request.method == "GET":
        return _new_page(empty_form(language=language()))
    form = read_case_form(request.form)
    changed = reshaped(form, request.form.get("do", ""))
    if changed is not None:
        return _new_page(changed)
    try:
        return _open(actor, form)
    except (Invalid, Conflict) as error:
        return _new_page(form, errors=field_errors(error)), error.status


@blueprint.get("/cases/<case_id>")
def overview(case_id: str) -> str:
    """The rooms and the people of a case, as this person may see them."""
    case = _case(case_id)
    return _overview_page(case, links=_fresh_links(case))


@blueprint.post("/cases/<case_id>/participants")
def invite(case_id: str) -> Response | tuple[str, int]:
    """Invite somebody. Raises NotFound to outsiders, Forbidden to those who do not steer."""
    case = _steered(case_id)
    row = PersonRow(**{name: request.form.get(name, "") for name in ("name", "email", "role", "side")})
    try:
        command = participant_command(row, sides=tuple(side.id for side in case.sides))
        with database().unit_of_work() as work:
            invited = invite_participant(work, current_actor(), case_id, command)
    except (Invalid, Conflict) as error:
        return _overview_page(case, row=row, errors=field_errors(error, ids=_invite_ids())), error.status
    _keep_links(case_id, [invited])
    return _to_overview(case_id)


@blueprint.post("/cases/<case_id>/participants/<participant_id>/link")
def renew(case_id: str, participant_id: str) -> Response:
    """Make a new link for an invitation that was lost or ran out; the old one stops working."""
    with database().unit_of_work() as work:
        invited = renew_invitation(work, current_actor(), case_id, participant_id)
    _keep_links(case_id, [invited])
    return _to_overview(case_id)


@blueprint.get("/cases/<case_id>/participants/<participant_id>/remove")
def confirm_removal(case_id: str, participant_id: str) -> str:
    """Say who would be removed and what would happen, before anything does."""
    case = _steered(case_id)
    person = _person(case, participant_id)
    if not may_remove(case, person):
        raise Forbidden
    return render_template("cases/remove.html", case=case, person=person, role=_role_of(person))


@blueprint.post("/cases/<case_id>/participants/<participant_id>/remove")
def remove(case_id: str, participant_id: str) -> Response:
    """Remove somebody, or withdraw an invitation."""
    with database().unit_of_work() as work:
        remove_participant(work, current_actor(), case_id, participant_id)
    flash(_("Done. This person has no access to the case."), "good")
    return _to_overview(case_id)


def _open(actor: Actor, form: CaseForm) -> Response:
    with database().reading() as work:
        email = me(work, actor).email
    command, people = case_command(form, email=email)
    with database().unit_of_work() as work:
        opening = open_case_once(work, actor, command, people=people, email=email, key=form.key)
    if opening.replayed:
        flash(_("This form had already opened this case. Nothing was done twice."), "info")
    else:
        flash(_("The case is open. Its rooms are ready."), "good")
    _keep_links(opening.case_id, opening.invited)
    return _to_overview(opening.case_id)


def _new_page(form: CaseForm, *, errors: Mapping[str, str] | None = None) -> str:
    return render_template(
        "cases/new.html",
        form=form,
        errors=errors or {},
        error_lines=error_lines(errors or {}),
        kinds=kind_cards(),
        roles=[(role.value, words) for role, words in role_words().items()],
        labels=default_labels(),
        least_sides=MIN_SIDES,
        most_sides=MAX_SIDES,
        most_people=MAX_PEOPLE,
    )


def _overview_page(
    case: CaseView,
    *,
    links: Iterable[FreshLink] = (),
    row: PersonRow | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "cases/overview.html",
        case=case,
        groups=people_groups(case),
        links=tuple(links),
        row=row or PersonRow(),
        errors=errors or {},
        error_lines=error_lines(errors or {}),
        roles=[(role.value, words) for role, words in role_words().items()],
        sides=invitable_sides(case),
        my_role=_role_of(case.me),
    )


def _case(case_id: str) -> CaseView:
    with database().reading() as work:
        return case_view(work, current_actor(), case_id, language=language())


def _steered(case_id: str) -> CaseView:
    case = _case(case_id)
    if not case.steward:
        raise Forbidden("not_a_steward" if case.state == "open" else "case_closed")
    return case


def _person(case: CaseView, participant_id: str) -> PersonInCase:
    for person in case.people:
        if person.id == participant_id:
            return person
    raise NotFound(reason="no such participant in this case")


def _role_of(person: PersonInCase) -> str:
    return own_role(person)


def _keep_links(case_id: str, invited: Iterable[Invited]) -> None:
    """Until the next page of the case shows them."""
    made = tuple(invited)
    if made:
        with database().reading() as work:
            session[LINKS] = seal_links(work, current_actor(), case_id, made)


def _fresh_links(case: CaseView) -> tuple[FreshLink, ...]:
    """The links made a moment ago, for this page alone: the next one no longer has them."""
    if LINKS not in session or request.method != "GET":
        return ()
    people = {person.id: person for person in case.people}
    with database().reading() as work:
        codes = open_links(work, current_actor(), case.id, str(session[LINKS]))
        found = {pid: link for pid, code in codes.items() if (link := find_link(work, INVITE, code)) is not None}
    if codes:
        session.pop(LINKS)
    return tuple(
        fresh_link(case, people[pid], code=codes[pid], found=link, origin=settings().origin)
        for pid, link in found.items()
        if pid in people
    )


def _invite_ids() -> dict[str, str]:
    return {"name": "invite-name", "email": "invite-email", "role": "invite-role", "side_id": "invite-side"}


def _to_overview(case_id: str) -> Response:
    return redirect(url_for("cases.overview", case_id=case_id), 303)
