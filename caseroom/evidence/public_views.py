"""Checking without an account: a page that reads a receipt or a pack on the visitor's own device, and the one thing it
asks this server: whether a key is one of its own."""

from __future__ import annotations

import re

from flask import Blueprint, Response, render_template, request

from caseroom.errors import NotFound
from caseroom.evidence.known_keys import is_known_key
from caseroom.web.edge import database, settings

blueprint = Blueprint("check", __name__)


@blueprint.get("/check")
def page() -> str:
    """What is checked comes from the visitor's device, or from the part of the address that browsers keep to
    themselves: nothing of it is sent here."""
    return render_template("evidence/check.html", host=settings().host)


@blueprint.get("/check/keys/<digest>")
def known_key(digest: str) -> Response:
    """204 where a case of this server signs with the key of this SHA-256 (hex). Raises NotFound for every other, and
    Throttled."""
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise NotFound(reason="not a digest")
    if not is_known_key(database(), digest, address=request.remote_addr or ""):
        raise NotFound(reason="no case has this key")
    return Response(status=204)
