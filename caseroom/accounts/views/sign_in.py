"""Signing in, step by step: password, then code; the first time, a second factor to set up and codes to keep."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from flask import Blueprint, flash, redirect, request, session, url_for
from flask import Response as PageResponse
from markupsafe import Markup
from werkzeug.wrappers import Response

from caseroom.accounts import queries, services
from caseroom.accounts.queries import PendingPerson
from caseroom.accounts.views.forms import Refusal, show, text
from caseroom.accounts.views.known_device import known_device, remember_device
from caseroom.accounts.views.web_session import (
    CODES,
    FLOW,
    NEXT,
    PENDING,
    address,
    begin_pending,
    begin_session,
    device,
    end_session,
    goal_of_session,
    pending,
    redirect_home,
    safe_next,
)
from caseroom.config import LOCALES
from caseroom.errors import CaseroomError, NotFound, Unauthenticated
from caseroom.web.edge import actor_or_none, current_actor, database
from caseroom.web.i18n import _

SIGN_IN, SETUP, INVITATION, RENEWAL = "sign-in", "setup", "invitation", "renewal"


def add_routes(blueprint: Blueprint) -> None:
    both = ["GET", "POST"]
    blueprint.add_url_rule("/sign-in", view_func=sign_in, methods=both)
    blueprint.add_url_rule("/sign-in/code", view_func=sign_in_code, methods=both)
    blueprint.add_url_rule("/sign-in/recovery", view_func=sign_in_recovery, methods=both)
    blueprint.add_url_rule("/sign-in/enrol", view_func=sign_in_enrol, methods=both)
    blueprint.add_url_rule("/sign-in/keep", view_func=recovery_codes, methods=both)
    blueprint.add_url_rule("/sign-in/keep.txt", view_func=recovery_codes_file)
    blueprint.add_url_rule("/setup/<code>", view_func=setup, methods=both)
    blueprint.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])
    blueprint.add_url_rule("/sign-out-everywhere", view_func=sign_out_everywhere, methods=["POST"])


def sign_in() -> Response:
    """Step one: e-mail and password."""
    if actor_or_none() is not None:
        return redirect_home()
    if request.method == "GET":
        return show("accounts/sign_in.html", goal=safe_next(request.args.get("next", "")))
    goal = safe_next(text("next"))
    try:
        proven = services.prove_password(
            database(),
            email=text("email"),
            password=text("password"),
            address=address(),
            known_device=known_device(text("email")),
        )
        with database().unit_of_work() as work:
            begun = services.sign_in(work, proven, device=device())
    except Refusal as error:
        return show("accounts/sign_in.html", error, goal=goal)
    begin_pending(begun.secret, goal=goal, flow=INVITATION if goal.startswith("/invitation/") else SIGN_IN)
    return redirect("/sign-in/code" if begun.enrolled else "/sign-in/enrol")


def sign_in_code() -> Response:
    """Step two: the code of the application."""
    return _code_page("accounts/code.html")


def sign_in_recovery() -> Response:
    """Step two without the phone: a recovery code."""
    return _code_page("accounts/recovery.html")


def sign_in_enrol() -> Response:
    """Step two the first time: add the account to an application and prove it with a first code."""
    waiting = pending()
    if waiting is None:
        return _ran_out()
    if waiting.enrolled:
        return redirect("/sign-in/code")
    if request.method == "GET":
        return _enrol_page(waiting)
    goal, flow = goal_of_session(), str(session.get(FLOW, SIGN_IN))
    try:
        with database().unit_of_work() as work:
            enrolled = services.enrol(work, str(session[PENDING]), text("code"), address=address())
            services.adopt_zone(work, enrolled.person, text("zone"))
    except Unauthenticated:
        return _ran_out()
    except Refusal as error:
        return _enrol_page(waiting, error)
    begin_session(enrolled.secret)
    keep_codes(enrolled.person, enrolled.recovery_codes, goal=goal, flow=flow)
    return remember_device(redirect("/sign-in/keep"), waiting.email)


def recovery_codes() -> Response:
    """Step three the first time: the recovery codes, until the person says that they are kept."""
    codes = _shown_codes()
    if not codes:
        return redirect(goal_of_session())
    if request.method == "GET":
        return show("accounts/keep_codes.html", codes=codes, flow=session.get(FLOW, SIGN_IN))
    goal = goal_of_session()
    for name in (CODES, NEXT, FLOW):
        session.pop(name, None)
    return redirect(goal)


def recovery_codes_file() -> Response:
    """The same codes as a text file, for who keeps them on the device."""
    codes = _shown_codes()
    if not codes:
        raise NotFound(reason="no codes to show")
    lines = (_("Caseroom: recovery codes"), current_actor().name, "", *codes)
    return PageResponse(
        "\r\n".join(lines) + "\r\n",
        mimetype="text/plain",
        headers={"Content-Disposition": "attachment; filename=caseroom-codes.txt"},
    )


def setup(code: str) -> Response:
    """The first start: a practice and its owner, then the owner's second factor."""
    attempt = services.try_link(database(), address=address())
    with database().reading() as work:
        link = queries.find_link(work, services.SETUP, code)
    if link is None:
        raise NotFound(reason="no usable set-up link")
    attempt.succeeded()
    if request.method == "GET":
        return show("accounts/setup.html")
    try:
        prepared = services.prepare_person(
            database(),
            email=text("email"),
            name=text("name"),
            password=text("password"),
            practice=text("practice"),
            founding=True,
        )
        with database().unit_of_work() as work:
            services.use_link(work, services.SETUP, code)
            person_id = services.found_practice(work, prepared, locale=chosen_language())
            begun = services.begin_sign_in(work, person_id, device=device())
    except Refusal as error:
        return show("accounts/setup.html", error)
    begin_pending(begun.secret, goal=safe_next(""), flow=SETUP)
    return redirect("/sign-in/enrol")


def sign_out() -> Response:
    with database().unit_of_work() as work:
        services.sign_out(work, current_actor())
    end_session()
    flash(_("You are signed out."), "good")
    goal = text("next")
    return redirect(safe_next(goal) if goal else "/sign-in")


def sign_out_everywhere() -> Response:
    with database().unit_of_work() as work:
        services.sign_out_everywhere(work, current_actor())
    end_session()
    flash(_("You are signed out on all your devices."), "good")
    return redirect("/sign-in")


def keep_codes(person_id: str, codes: list[str], *, goal: str, flow: str) -> None:
    """Put fresh recovery codes, sealed, into this browser's session, for the page that shows them."""
    with database().reading() as work:
        sealed = services.seal_shown_codes(work, person_id, codes)
    session[CODES], session[NEXT], session[FLOW] = urlsafe_b64encode(sealed).decode("ascii"), goal, flow


def chosen_language() -> str:
    """The language chosen on a page before there was a person to remember it for; else nothing."""
    chosen = request.cookies.get("language", "")
    return chosen if chosen in LOCALES else ""


def _code_page(template: str) -> Response:
    waiting = pending()
    if waiting is None:
        return _ran_out()
    if not waiting.enrolled:
        return redirect("/sign-in/enrol")
    if request.method == "GET":
        return show(template)
    goal = goal_of_session()
    try:
        with database().unit_of_work() as work:
            secret = services.confirm_sign_in(work, str(session[PENDING]), text("code"), address=address())
            services.adopt_zone(work, waiting.person, text("zone"))
    except Unauthenticated:
        return _ran_out()
    except Refusal as error:
        return show(template, error)
    begin_session(secret)
    return remember_device(redirect(goal), waiting.email)


def _enrol_page(waiting: PendingPerson, error: CaseroomError | None = None) -> Response:
    with database().unit_of_work() as work:
        offer = services.begin_totp(work, waiting.person)
    # Drawn by us from a secret and two names that segno encodes as squares: no text of anybody's is in it.
    drawing = Markup(offer.qr_svg)  # noqa: S704
    return show("accounts/enrol.html", error, offer=offer, drawing=drawing, flow=session.get(FLOW, SIGN_IN))


def _ran_out() -> Response:
    """Back to the first step: more than ten minutes passed, or the sign-in began in another browser."""
    goal = goal_of_session()
    session.pop(PENDING, None)
    if actor_or_none() is not None:
        return redirect(goal)
    flash(_("Too much time has passed. Sign in again."), "warn")
    return redirect(url_for("accounts.sign_in", next=goal))


def _shown_codes() -> list[str]:
    actor = current_actor()
    try:
        sealed = urlsafe_b64decode(str(session.get(CODES, "")))
    except (NotBase64, ValueError):
        return []
    with database().reading() as work:
        return services.open_shown_codes(work, actor.person, sealed)
