"""From an invitation's link to the room, in one short flow on a telephone: name and password, one-time codes, recovery
codes, undertaking of confidentiality. The two middle steps are the sign-in's own pages, which come back here."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session
from werkzeug.wrappers import Response

from caseroom.access.actor import Actor
from caseroom.accounts import queries
from caseroom.accounts import services as accounts
from caseroom.accounts.views.forms import Refusal, show, text
from caseroom.accounts.views.sign_in import INVITATION, chosen_language
from caseroom.accounts.views.web_session import (
    CODES,
    FLOW,
    NEXT,
    address,
    begin_pending,
    device,
    pending,
)
from caseroom.errors import CaseroomError, Conflict, Forbidden, Malformed, NotFound, invalid_field
from caseroom.rooms.admission import InvitationPreview, accept_invitation, invitation_preview
from caseroom.rooms.rendering import role_label
from caseroom.rooms.undertaking import LOCALES, undertaking
from caseroom.web.edge import actor_or_none, database
from caseroom.web.i18n import language

blueprint = Blueprint("joining", __name__)


@blueprint.route("/invitation/<code>", methods=["GET", "POST"])
def invitation(code: str) -> Response:
    """The step that this person has to take next. A link that is unknown, used, revoked or too old is the same 404."""
    preview, actor = _preview(code), actor_or_none()
    if request.method == "GET":
        return _before_sign_in(preview) if actor is None else _after_sign_in(preview, actor)
    match text("step"):
        case "account" if actor is None:
            return _make_account(code, preview)
        case "undertaking" if actor is not None:
            return _accept(code, preview, actor)
        case "account" | "undertaking":
            return redirect(request.path)  # signed in or out in another tab meanwhile: ask again where one stands
        case _:
            raise Malformed(reason="no such step")


def _preview(code: str) -> InvitationPreview:
    attempt = accounts.try_link(database(), address=address())
    with database().reading() as work:
        preview = invitation_preview(work, code)
    if preview is None:
        raise NotFound(reason="no usable invitation")
    attempt.succeeded()
    return preview


def _before_sign_in(preview: InvitationPreview) -> Response:
    waiting = pending()
    if waiting is not None and waiting.email == preview.email:
        session[NEXT], session[FLOW] = request.path, INVITATION
        return redirect("/sign-in/code" if waiting.enrolled else "/sign-in/enrol")
    with database().reading() as work:
        known = queries.person_by_email(work, preview.email)
    return _page("joining/account.html" if known is None else "joining/known.html", preview)


def _after_sign_in(preview: InvitationPreview, actor: Actor) -> Response:
    with database().reading() as work:
        email = queries.me(work, actor).email
    if email != preview.email:
        return _page("joining/somebody_else.html", preview, mine=email)
    if CODES in session:
        session[NEXT], session[FLOW] = request.path, INVITATION
        return redirect("/sign-in/keep")
    return _page("joining/undertaking.html", preview)


def _make_account(code: str, preview: InvitationPreview) -> Response:
    """Step one. The link is used up by the last step only: whoever is interrupted opens it again."""
    try:
        prepared = accounts.prepare_person(
            database(), email=preview.email, name=text("name"), password=text("password"), practice=preview.practice
        )
        with database().unit_of_work() as work:
            if invitation_preview(work, code) is None:  # revoked while the password was hashed
                raise NotFound(reason="no usable invitation")
            person_id = accounts.create_person(work, prepared, locale=chosen_language())
            accounts.adopt_zone(work, person_id, text("zone"))
            begun = accounts.begin_sign_in(work, person_id, device=device())
    except Refusal as error:
        return _page("joining/account.html", preview, error)
    begin_pending(begun.secret, goal=request.path, flow=INVITATION)
    return redirect("/sign-in/enrol")


def _accept(code: str, preview: InvitationPreview, actor: Actor) -> Response:
    """Step four. What is accepted is the text that was shown, in its language: the form names both."""
    locale = text("locale")
    try:
        if not text("accepted"):
            raise invalid_field("accepted", "missing")
        if locale not in LOCALES or undertaking(locale).sha256 != text("sha256"):
            raise Conflict(reason="another text than the one shown")
        with database().unit_of_work() as work:
            accepted = accept_invitation(work, actor, code=code, locale=locale)
    except Forbidden:
        return redirect(request.path)
    except Refusal as error:
        return _page("joining/undertaking.html", preview, error)
    return redirect(f"/rooms/{accepted.room_id}")


def _page(template: str, preview: InvitationPreview, error: CaseroomError | None = None, **context: object) -> Response:
    return show(
        template,
        error,
        preview=preview,
        role=role_label(preview.role, kind=preview.kind, name=preview.name),
        practice_name=preview.practice,
        undertaking=undertaking(language()),
        here=request.path,
        **context,
    )
