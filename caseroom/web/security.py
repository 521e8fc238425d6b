"""What holds for every response and every request, in one place: cookies, headers, deny by default.

Nothing is loaded from another host and nothing inline runs: one nonce per response, scripts as modules from here."""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import quote

from flask import Flask, Response, g, redirect, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from caseroom.config import Settings
from caseroom.errors import Unauthenticated
from caseroom.web.edge import actor_or_none, settings

SMALL_BODY = 1024 * 1024  # bytes; only the upload of an exhibit raises it, for itself
COOKIE = "__Host-caseroom"

# Everything else needs a signed-in person. A view that must work without one is added here, visibly.
OPEN_ENDPOINTS = frozenset(
    {
        "accounts.sign_in",
        "accounts.sign_in_code",
        "accounts.sign_in_recovery",
        "accounts.sign_in_enrol",
        "accounts.setup",
        "accounts.set_language",
        "demo.enter",
        "joining.invitation",
        "pages.about",
        "pages.favicon",
        "pages.accessibility",
        "pages.health",
        "pages.vendor",
        "api.openapi",
        "check.known_key",
        "check.page",
        "static",
    }
)


class Sessions(SecureCookieSessionInterface):
    """The web session's cookie: ``__Host-``, so Secure, this host only, the whole site.

    Safari does not take Secure cookies from http://127.0.0.1, which other browsers treat as secure; there, and only
    there, the demo on one's own machine uses a plain name (docs/decisions/0003-session-cookie.md)."""

    def get_cookie_name(self, app: Flask) -> str:
        return "caseroom" if _safari_on_loopback() else COOKIE

    def get_cookie_secure(self, app: Flask) -> bool:
        return not _safari_on_loopback()


def _safari_on_loopback() -> bool:
    agent = request.headers.get("User-Agent", "") if request else ""
    return not settings().https and "Safari/" in agent and "Chrome/" not in agent and "Chromium/" not in agent


def install_security(app: Flask, configuration: Settings, *, secret_key: bytes) -> CSRFProtect:
    app.session_interface = Sessions()
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=SMALL_BODY,
        MAX_FORM_MEMORY_SIZE=SMALL_BODY,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a party who comes back after lunch must not lose a text
        WTF_CSRF_SSL_STRICT=True,
        WTF_CSRF_CHECK_DEFAULT=False,  # checked below for every view but the token API
        PREFERRED_URL_SCHEME="https" if configuration.https else "http",
    )
    if configuration.trusted_proxies:
        hops = configuration.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    csrf = CSRFProtect(app)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(add_headers)
    return csrf


def install_gate(app: Flask, csrf: CSRFProtect) -> None:
    """Refuse everybody who is not signed in, but for the open endpoints; then check the form's token. Registered after
    the domains' own ``before_request``, which set the actor."""

    @app.before_request
    def gate() -> AnyResponse | None:
        if request.blueprint == "api":
            return None  # bearer tokens, or the page's session with its CSRF token: see api.identity
        if request.endpoint is not None and request.endpoint not in OPEN_ENDPOINTS and actor_or_none() is None:
            if request.method in ("GET", "HEAD"):
                return redirect(f"/sign-in?next={quote(request.full_path.rstrip('?'))}")
            raise Unauthenticated
        if request.method in ("POST", "PUT", "PATCH", "DELETE") and request.endpoint is not None:
            csrf.protect()
        return None


def csp_nonce() -> str:
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return str(g.csp_nonce)


def add_headers(response: Response) -> Response:
    """The same headers on every response, whoever asks and whatever is answered."""
    live = settings().origin.replace("http", "ws", 1)
    policy = (
        f"default-src 'none'; script-src 'nonce-{csp_nonce()}'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; "
        f"connect-src 'self' {live}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    # Other sites learn nothing; our own forms over https keep the referrer that their CSRF check reads.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
    if settings().https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint not in ("static", "pages.vendor"):
        response.headers["Cache-Control"] = "no-store"
    return response
