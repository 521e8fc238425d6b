"""The calls of ``/api/v1``. Each parses, calls one service or query, and answers."""

from __future__ import annotations

from flask import Blueprint

from caseroom.api.identity import PREFIX, install_identity
from caseroom.api.views import cases, description, evidence, exhibits, people, retention, rooms

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
install_identity(blueprint)
for calls in (people, cases, rooms, exhibits, evidence, retention, description):
    calls.add_routes(blueprint)

__all__ = ["blueprint"]
