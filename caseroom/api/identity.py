"""Who calls the API: a bearer token (RFC 6750), or the page's own web session.

With an ``Authorization`` header the token alone decides: a wrong one is not helped by a cookie. Without one, the web
session counts, and what changes something needs the page's CSRF token in ``X-CSRFToken``: a browser sends its cookies
wherever another site sends it."""

from __future__ import annotations

from flask import Blueprint, g, request
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.accounts.queries import SEEN_EVERY, my_tokens
from caseroom.accounts.services import note_use
from caseroom.db import Work
from caseroom.errors import Forbidden, Malformed
from caseroom.web.edge import current_actor, database, resolvers

PREFIX = "/api/v1"
OPEN_ENDPOINTS = frozenset({"api.openapi"})
UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def install_identity(blueprint: Blueprint) -> None:
    """Have each call's actor set, and refused where there is none."""
    # For every address below the prefix, served or not: an unknown one must be answered in the same language and
    # words as a hidden one.
    blueprint.before_app_request(identify)
    blueprint.before_request(require_identity)


def identify() -> None:
    if request.path.startswith(f"{PREFIX}/") and "Authorization" in request.headers:
        g.actor = _bearer_actor()


def require_identity() -> None:
    """Raises Unauthenticated, Malformed (``csrf``), Forbidden (``view_as_unavailable``)."""
    if request.endpoint in OPEN_ENDPOINTS:
        return
    current_actor()
    if "Authorization" not in request.headers and request.method in UNSAFE_METHODS:
        _check_page_token()
    if "View-As" in request.headers:
        # Answering with the caller's own view would show a neutral what the named person does not see.
        raise Forbidden("view_as_unavailable")


def _bearer_actor() -> Actor | None:
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        return None
    with database().reading() as work:
        actor = resolvers().token(work, given.token)
        due = actor is not None and _use_is_due(work, actor)
    if actor is not None and due:
        with database().unit_of_work() as work:
            note_use(work, actor)
    return actor


def _use_is_due(work: Work, actor: Actor) -> bool:
    """True where the last use shown on the account page is older than a minute: a write for each call would have
    every reader wait for the one writer."""
    used = next((token.used_at for token in my_tokens(work, actor) if token.id == actor.session), None)
    return used is None or used <= clock.now() - SEEN_EVERY


def _check_page_token() -> None:
    """The header alone: looking for the token in a form would read the body, and with it a whole exhibit."""
    try:
        validate_csrf(request.headers.get("X-CSRFToken"))
    except ValidationError as error:
        raise Malformed("csrf", reason=str(error)) from error
