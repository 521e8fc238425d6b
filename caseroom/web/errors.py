"""Errors to people: a page for browsers, RFC 9457 problem+json for programs. One shape each, and no path in either:
the answer to something hidden must be the bytes of the answer to nothing."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, render_template, request
from flask_babel import force_locale
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from caseroom.errors import CaseroomError, Malformed, NotFound, TooLarge
from caseroom.web.security import SMALL_BODY
from caseroom.web.words import error_sentence, field_sentence

log = logging.getLogger("caseroom.web")

PROBLEM = "application/problem+json"
RETRY_CODES = {400: "malformed", 404: "not_found", 405: "method_not_allowed", 415: "unsupported_type"}


def install_errors(app: Flask) -> None:
    app.register_error_handler(CaseroomError, answer)
    app.register_error_handler(CSRFError, lambda error: answer(Malformed("csrf", reason=str(error))))
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _unexpected)


def answer(error: CaseroomError) -> tuple[Response, int]:
    """Turn an error into this request's kind of answer."""
    if isinstance(error, NotFound):
        log.info("not found: %s", error.reason or "no such address")
    response = problem(error) if wants_json() else _page(error)
    response.status_code = error.status
    if "retry_after" in error.data:
        response.headers["Retry-After"] = str(error.data["retry_after"])
    if error.status == 401 and request.blueprint == "api":
        response.headers["WWW-Authenticate"] = 'Bearer realm="caseroom"'
    if error.status == 416:
        response.headers["Content-Range"] = f"bytes */{error.data.get('size', 0)}"
    if request.content_length and request.content_length > SMALL_BODY:
        # The rest of a large body would otherwise be read to its end before the next request is.
        response.headers["Connection"] = "close"
    return response, error.status


def problem(error: CaseroomError) -> Response:
    response = jsonify(describe(error))
    response.mimetype = PROBLEM
    return response


def describe(error: CaseroomError) -> dict[str, Any]:
    """The members of a problem: ``code`` is stable, ``title`` is for the person, in their language."""
    data = {key: value for key, value in error.data.items() if key != "errors"}
    body: dict[str, Any] = {
        "type": "about:blank",
        "status": error.status,
        "code": error.code,
        "title": error_sentence(error.code, error.data),
        **data,
    }
    if "errors" in error.data:
        body["errors"] = [
            {"field": each["field"], "code": each["code"], "title": field_sentence(each)}
            for each in error.data["errors"]
        ]
    return body


def describe_for_socket(app: Flask) -> Any:
    """The same members for a socket's acknowledgement, in the connection's language."""

    def describe_in(error: CaseroomError, locale: str) -> dict[str, Any]:
        with app.test_request_context(), force_locale(locale):
            return describe(error)

    return describe_in


def wants_json() -> bool:
    if request.blueprint == "api" or request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", PROBLEM])
    return best in ("application/json", PROBLEM) and request.accept_mimetypes["text/html"] < 1


def _page(error: CaseroomError) -> Response:
    if "actor" not in g:
        g.actor = None
    return Response(render_template("pages/error.html", problem=describe(error)), mimetype="text/html")


def _from_http(error: HTTPException) -> tuple[Response, int] | HTTPException:
    """Flask's own errors in our shape. Redirects pass."""
    status = error.code or 500
    if status < 400:
        return error
    if status == 413:
        return answer(TooLarge(largest=request.max_content_length or SMALL_BODY))
    response, _status = answer(NotFound() if status == 404 else _Plain(status))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # RFC 9110 §15.5.6: always said
    return response, status


class _Plain(CaseroomError):
    def __init__(self, status: int) -> None:
        super().__init__(RETRY_CODES.get(status, "malformed" if status < 500 else "internal"))
        self.status = status  # type: ignore[misc]


def _unexpected(error: Exception) -> tuple[Response, int]:
    """A bug of ours. The log has the trace; the person learns that nothing was done, and nothing about the inside."""
    log.error("request failed: %s", type(error).__name__, exc_info=error)
    return answer(CaseroomError())
