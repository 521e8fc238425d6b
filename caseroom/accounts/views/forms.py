"""Showing a form again: what was typed (never a password), the sentence at each wrong field, the right status."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from caseroom.errors import CaseroomError, Conflict, Invalid, Throttled
from caseroom.web.words import error_sentence, field_sentence

Refusal = (Invalid, Throttled, Conflict)
"""What a person mends in the form itself; everything else is an error page."""

NEVER_SHOWN_AGAIN = frozenset({"password", "new_password", "code", "csrf_token"})


def text(name: str) -> str:
    """What was typed in a field, or nothing."""
    return request.form.get(name, "")


def typed() -> dict[str, str]:
    """All that was typed and may be shown again."""
    return {name: value for name, value in request.form.items() if name not in NEVER_SHOWN_AGAIN}


def field_errors(error: CaseroomError) -> dict[str, str]:
    """The sentence for each wrong field."""
    return {str(each["field"]): field_sentence(each) for each in error.data.get("errors", ())}


def show(template: str, error: CaseroomError | None = None, **context: object) -> Response:
    """Render a form: ``values`` (what was typed), ``errors`` (by field), ``notice`` (a sentence about the whole)."""
    notice = error_sentence(error.code, error.data) if error is not None and "errors" not in error.data else ""
    page = render_template(
        template,
        **{"values": typed(), "errors": field_errors(error) if error else {}, "notice": notice, **context},
    )
    response = make_response(page, error.status if error else 200)
    if error is not None and "retry_after" in error.data:
        response.headers["Retry-After"] = str(error.data["retry_after"])
    return response
