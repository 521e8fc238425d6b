"""One-click sign-in to the sample practice. Registered only where the data folder is a sample, for its whole life."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from caseroom.accounts.services import DEMO, open_session, use_link
from caseroom.accounts.views import begin_session
from caseroom.demo.codes import code_of
from caseroom.web.edge import current_actor, database

blueprint = Blueprint("demo", __name__)


@blueprint.app_context_processor
def sample_code() -> dict[str, object]:
    """``sample_code()`` in templates: the six digits of whoever looks at the page, where they are asked for."""
    return {"sample_code": _code_of_reader}


@blueprint.get("/demo/<code>")
def enter(code: str) -> Response:
    """Sign in as the person the link was printed for; the link may be used again."""
    with database().unit_of_work() as work:
        link = use_link(work, DEMO, code)
        secret = open_session(work, link.subject, device=request.headers.get("User-Agent", "")[:120])
    begin_session(secret)
    return redirect("/")


def _code_of_reader() -> str:
    with database().reading() as work:
        return code_of(work, current_actor().person)
