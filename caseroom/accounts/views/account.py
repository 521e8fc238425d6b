"""The person's own page: name, language, zone, appearance, password, second factor, devices, tokens."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response

from caseroom.accounts import queries, services
from caseroom.accounts.fields import Findings
from caseroom.accounts.views.forms import Refusal, show, text
from caseroom.accounts.views.sign_in import RENEWAL, keep_codes
from caseroom.accounts.views.web_session import address, keep_language, redirect_home
from caseroom.errors import CaseroomError
from caseroom.web.edge import actor_or_none, current_actor, database
from caseroom.web.i18n import _

PAGE = "/account"


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule(PAGE, view_func=account, methods=["GET", "POST"])
    for rule, view in (
        ("/account/password", change_password),
        ("/account/recovery-codes", renew_recovery_codes),
        ("/account/sessions/<session_id>/end", end_session),
        ("/account/tokens/<token_id>/revoke", revoke_token),
        ("/account/theme", set_theme),
        ("/language", set_language),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=["POST"])


def account() -> Response:
    if request.method == "GET":
        return _page()
    actor, findings = current_actor(), Findings()
    try:
        with database().unit_of_work() as work:
            with findings.gather():
                services.rename(work, actor, name=text("name"))
            with findings.gather():
                services.set_preferences(work, actor, locale=text("locale"), zone=text("zone"), theme=text("theme"))
            findings.raise_any()
    except Refusal as error:
        return _page(error, section="preferences")
    flash(_("Saved."), "good")
    return keep_language(redirect(PAGE), text("locale"))


def change_password() -> Response:
    actor = current_actor()
    try:
        proven = services.prove_own_password(database(), actor, password=text("password"), address=address())
        new = services.prepare_password(database(), actor, password=text("new_password"))
        with database().unit_of_work() as work:
            services.change_password(work, actor, proven, new)
    except Refusal as error:
        return _page(error, section="password")
    flash(_("Your password is changed. Your other devices are signed out."), "good")
    return redirect(PAGE)


def renew_recovery_codes() -> Response:
    actor = current_actor()
    try:
        with database().unit_of_work() as work:
            codes = services.renew_recovery_codes(work, actor, code=text("code"), address=address())
    except Refusal as error:
        return _page(error, section="codes")
    keep_codes(actor.person, codes, goal=PAGE, flow=RENEWAL)
    return redirect("/sign-in/keep")


def end_session(session_id: str) -> Response:
    with database().unit_of_work() as work:
        services.end_session(work, current_actor(), session_id=session_id)
    flash(_("That device is signed out."), "good")
    return redirect(PAGE)


def revoke_token(token_id: str) -> Response:
    with database().unit_of_work() as work:
        services.revoke_token(work, current_actor(), token_id=token_id)
    flash(_("The access token no longer works."), "good")
    return redirect(PAGE)


def set_theme() -> Response:
    with database().unit_of_work() as work:
        services.set_preferences(work, current_actor(), theme=text("theme"))
    return redirect_home()


def set_language() -> Response:
    """Open to everybody: the cookie before the sign-in, the person's own choice after it."""
    actor = actor_or_none()
    if actor is not None:
        with database().unit_of_work() as work:
            services.set_preferences(work, actor, locale=text("language"))
    return keep_language(redirect_home(), text("language"))


def _page(error: CaseroomError | None = None, *, section: str = "") -> Response:
    """``section``: which of the page's forms the errors belong to."""
    actor = current_actor()
    with database().reading() as work:
        me = queries.me(work, actor)
        sessions, tokens = queries.my_sessions(work, actor), queries.my_tokens(work, actor)
    values = {"name": me.name, "locale": me.locale, "zone": me.zone, "theme": me.theme}
    if section == "preferences":
        values |= {name: text(name) for name in values}
    return show(
        "accounts/account.html",
        error,
        me=me,
        sessions=sessions,
        tokens=tokens,
        zone_options=[("", _("As this device is set")), *((zone, zone.replace("_", " ")) for zone in _zones())],
        values=values,
        section=section,
    )


@cache
def _zones() -> tuple[str, ...]:
    """The zones named after places, as people look for them."""
    areas = (
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
    return tuple(sorted(name for name in available_timezones() if name.partition("/")[0] in areas and "/" in name))
