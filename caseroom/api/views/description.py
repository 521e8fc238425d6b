"""The API's own description, open to everybody: it tells what could be asked, and nothing of what is there."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from caseroom.api.openapi import describe_api
from caseroom.web.edge import settings


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/openapi.json", view_func=openapi)


def openapi() -> Response:
    return jsonify(describe_api(settings().origin))
