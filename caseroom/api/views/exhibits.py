"""Exhibits: the register of a room, filing, metadata, bytes."""

from __future__ import annotations

from flask import Blueprint, Response

from caseroom.access.permissions import Permission
from caseroom.api import presenting
from caseroom.api.answers import Exhibit, Page, give
from caseroom.api.identity import PREFIX
from caseroom.api.schemas import idempotency_key, stated_audience, stated_seen
from caseroom.api.views.rooms import REPLAYED
from caseroom.exhibits import queries
from caseroom.exhibits.receiving import receive_exhibit
from caseroom.exhibits.sending import send_exhibit
from caseroom.rooms.access import access_room
from caseroom.rooms.queries import receipt_of
from caseroom.web.edge import current_actor, database


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/rooms/<room_id>/exhibits", view_func=exhibits)
    blueprint.add_url_rule("/rooms/<room_id>/exhibits", view_func=file, methods=["POST"])
    blueprint.add_url_rule("/exhibits/<exhibit_id>", view_func=exhibit)
    blueprint.add_url_rule("/exhibits/<exhibit_id>/content", view_func=content)


def exhibits(room_id: str) -> Response:
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.ROOM_READ)
        register = queries.exhibits_of(work, opened)
    return give(Page[Exhibit](items=[presenting.exhibit(view) for view in register], next=None))


def file(room_id: str) -> Response:
    actor = current_actor()
    filed = receive_exhibit(room_id, audience=stated_audience(), client_id=idempotency_key(), seen=stated_seen())
    with database().reading() as work:
        proof = receipt_of(work, actor, filed.exhibit.facts.id)
    headers = {"Location": f"{PREFIX}/exhibits/{filed.exhibit.facts.id}"}
    answer = presenting.filed_exhibit(filed.exhibit, receipt=proof)
    return give(answer, 201, headers | (REPLAYED if filed.replayed else {}))


def exhibit(exhibit_id: str) -> Response:
    with database().reading() as work:
        view = queries.exhibit(work, current_actor(), exhibit_id)
    return give(presenting.exhibit(view))


def content(exhibit_id: str) -> Response:
    return send_exhibit(exhibit_id)
