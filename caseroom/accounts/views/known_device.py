"""Browsers from which an account was entered before.

Whoever guesses at an account day and night fills its window of failures each time anew, and would keep its owner out
as long as the guessing lasts. So failures from a browser that knows the account are counted apart. The cookie opens
nothing: without the right password and code it is only another counter."""

from __future__ import annotations

from flask import current_app, request
from itsdangerous import BadData, Signer, URLSafeSerializer
from werkzeug.wrappers import Response

from caseroom.accounts.fields import typed_email
from caseroom.accounts.secrets import new_secret
from caseroom.web.edge import settings

COOKIE = "known-device"
A_YEAR = 365 * 24 * 3600


def known_device(email: str) -> str:
    """The name this browser was given when the account was last entered from it; nothing for any other account."""
    try:
        mark, name = _serializer().loads(request.cookies.get(COOKIE, ""))
    except BadData:
        return ""
    return str(name) if mark == _mark(email) else ""


def remember_device(response: Response, email: str) -> Response:
    """Give this browser a name for the account that was just entered from it."""
    kept = _serializer().dumps((_mark(email), known_device(email) or new_secret()))
    response.set_cookie(COOKIE, kept, max_age=A_YEAR, secure=settings().https, httponly=True, samesite="Lax")
    return response


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(_secret(), salt="known-device")


def _mark(email: str) -> str:
    """Tells accounts apart, and does not say the address to who borrows the browser."""
    signer = Signer(_secret(), salt="known-account")
    return signer.get_signature(typed_email(email).encode("utf-8", "surrogatepass")).decode("ascii")


def _secret() -> str | bytes:
    return current_app.secret_key or b""
