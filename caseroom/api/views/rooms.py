"""Rooms: who reads one, what is in it, saying something in it; receipts."""

from __future__ import annotations

from flask import Blueprint, Response

from caseroom.access.permissions import Permission
from caseroom.api import presenting
from caseroom.api.answers import Entry, Page, give
from caseroom.api.schemas import (
    LARGEST_SEQ,
    NewMessageBody,
    idempotency_key,
    limit_parameter,
    number_parameter,
    read_body,
    stated_audience,
    stated_seen,
)
from caseroom.rooms import queries
from caseroom.rooms.access import access_room
from caseroom.rooms.services import NewMessage, post_message
from caseroom.web.edge import current_actor, database

REPLAYED = {"Idempotent-Replayed": "true"}


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/rooms/<room_id>", view_func=room)
    blueprint.add_url_rule("/rooms/<room_id>/entries", view_func=entries)
    blueprint.add_url_rule("/rooms/<room_id>/messages", view_func=post, methods=["POST"])
    blueprint.add_url_rule("/entries/<entry_id>/receipt", view_func=receipt)


def room(room_id: str) -> Response:
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.ROOM_READ)
        head = queries.head_of(work, opened)
    answer = presenting.room(opened, size=head.size, root=head.root)
    return give(answer, headers={"ETag": f'"{opened.room.audience}"'})


def entries(room_id: str) -> Response:
    """Every event of the room's ledger in order. ``next`` is null once there is nothing more for now."""
    after = number_parameter("after", default=-1, least=-1, most=LARGEST_SEQ)
    limit = limit_parameter()
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.ROOM_READ)
        found, following = queries.room_entries(work, opened, after=after, limit=limit)
    return give(Page[Entry](items=[presenting.entry(view) for view in found], next=following))


def post(room_id: str) -> Response:
    body, actor = read_body(NewMessageBody), current_actor()
    command = NewMessage(
        body=body.body,
        audience=stated_audience(),
        client_id=idempotency_key(),
        quotes=body.quotes,
        seen=stated_seen(),
    )
    with database().unit_of_work() as work:
        posted = post_message(work, actor, room_id, command)
    proof = queries.receipt_after(work, actor, posted.entry.id)
    answer = presenting.posted_entry(posted.entry, receipt=proof)
    return give(answer, 201, REPLAYED if posted.replayed else None)


def receipt(entry_id: str) -> Response:
    at_head = number_parameter("head", default=0, least=0, most=1) == 1
    with database().reading() as work:
        proof = queries.receipt_of(work, current_actor(), entry_id, at_head=at_head)
    return Response(proof, content_type="text/plain; charset=utf-8")
