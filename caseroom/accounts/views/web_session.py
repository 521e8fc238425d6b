"""The web session: who the cookie says is here, and the half-way state between the password and the code.

The cookie carries the session's secret and no person: what it still opens is asked of the database at each request. A
half-signed-in person stands under another name in it (``pending``) and is nobody for everything else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Flask, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from caseroom.access.actor import Actor
from caseroom.accounts import queries, services
from caseroom.accounts.fields import initials
from caseroom.accounts.queries import PendingPerson, ResolvedSession
from caseroom.config import LOCALES
from caseroom.web.edge import actor_or_none, database, settings

PENDING, NEXT, FLOW, CODES = "pending", "next", "flow", "codes"
A_YEAR = 365 * 24 * 3600
# One slash, then anything printable: "//host" and "/\host" are other sites to a browser.
LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}")
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class SignedIn(UserMixin):  # type: ignore[misc]
    """What Flask-Login knows of a person: the secret of the session, and who that is now."""

    def __init__(self, secret: str, resolved: ResolvedSession | None = None) -> None:
        self.secret = secret
        self.resolved = resolved

    def get_id(self) -> str:
        return self.secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The person at the top of each page."""

    name: str
    initials: str
    role_label: str = ""
    is_neutral: bool = False


def signed_in(secret: str) -> SignedIn:
    """For ``flask_login.login_user``."""
    return SignedIn(secret)


def install_sessions(app: Flask) -> None:
    """Have ``g.actor`` set before each request, and ``viewer`` and ``theme`` in each page."""
    manager = LoginManager()
    # The rows decide what a session is worth; a phone changes its address all day.
    manager.session_protection = None
    manager.user_loader(_load)
    manager.init_app(app)
    app.before_request(_identify)
    app.context_processor(_page_context)


def begin_pending(secret: str, *, goal: str, flow: str) -> None:
    """Keep a pending sign-in in a session that holds nothing from before. ``goal``: the page wanted."""
    session.clear()
    session[PENDING], session[NEXT], session[FLOW] = secret, goal, flow


def pending() -> PendingPerson | None:
    """Who gave the password in this browser and no code yet; None once it has run out."""
    if PENDING not in session:
        return None
    with database().reading() as work:
        return queries.pending_person(work, str(session[PENDING]))


def begin_session(secret: str) -> None:
    """Sign in, in a session that holds nothing from before; the cookie outlives the browser's window, and the rows say
    how long the session does."""
    session.clear()
    session.permanent = True
    login_user(SignedIn(secret))


def end_session() -> None:
    logout_user()
    session.clear()


def goal_of_session() -> str:
    """The page that was wanted before signing in."""
    return safe_next(str(session.get(NEXT, "")))


def safe_next(text: str) -> str:
    """``text`` where it is a page of this site, else the list of cases. An open redirect would lend our name to
    somebody else's sign-in page."""
    return text if LOCAL.fullmatch(text) else url_for("cases.index")


def address() -> str:
    """The network address of the request, as far as trusted proxies tell."""
    return request.remote_addr or ""


def device() -> str:
    """A name by which a person knows her own devices: ``Firefox, Windows``."""
    agent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return ", ".join(part for part in (browser, system) if part)


def keep_language(response: Response, language: str) -> Response:
    """Remember the language of this browser, for pages before the sign-in."""
    if language in LOCALES:
        response.set_cookie(
            "language", language, max_age=A_YEAR, secure=settings().https, httponly=True, samesite="Lax"
        )
    return response


def redirect_home() -> Response:
    return redirect(safe_next(request.values.get("next", "")))


def _load(secret: str) -> SignedIn | None:
    with database().reading() as work:
        resolved = queries.find_session(work, secret)
    return None if resolved is None else SignedIn(secret, resolved)


def _identify() -> None:
    g.actor = None
    if request.endpoint == "static":
        return
    resolved: ResolvedSession | None = getattr(current_user, "resolved", None)
    if resolved is None:
        return
    g.actor, g.theme = resolved.actor, resolved.theme
    if resolved.seen_due:
        with database().unit_of_work() as work:
            services.note_use(work, resolved.actor)


def _page_context() -> dict[str, object]:
    actor: Actor | None = actor_or_none()
    viewer = Viewer(name=actor.name, initials=initials(actor.name)) if actor else None
    return {"viewer": viewer, "theme": g.get("theme") or None}
