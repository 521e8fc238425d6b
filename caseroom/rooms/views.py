"""The page of a room, and what its script asks for: earlier entries, what it missed, the readers, the draft."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from caseroom import clock
from caseroom.access.permissions import Permission
from caseroom.db import Work
from caseroom.errors import AudienceChanged, CaseroomError, Invalid, LedgerHalted, Malformed, invalid_field
from caseroom.realtime.gateway import Gateway
from caseroom.rooms import queries, services
from caseroom.rooms.access import OpenRoom, access_room
from caseroom.rooms.cards import ReadingPage, brief_card, reading_page
from caseroom.rooms.catch_up import catch_up
from caseroom.rooms.entries import EntryView
from caseroom.rooms.rendering import entry_card
from caseroom.rooms.services import LONGEST_MESSAGE, NewMessage
from caseroom.web.edge import current_actor, database, json_body, settings
from caseroom.web.i18n import language
from caseroom.web.words import error_sentence, field_sentence

blueprint = Blueprint("rooms", __name__)

LARGEST_SEQ = 2**53 - 1


@blueprint.get("/rooms/<room_id>")
def room(room_id: str) -> str:
    """The room with its newest entries, or with those before a number for a browser without scripts."""
    before = _number("before", least=1) if "before" in request.args else None
    return _room_page(room_id, before=before)


@blueprint.post("/rooms/<room_id>/messages")
def post(room_id: str) -> ResponseReturnValue:
    """A message from a browser whose script did not run. What was typed comes back with the reason of a refusal."""
    text = request.form.get("body", "")
    command = NewMessage(
        body=text.replace("\r\n", "\n"),
        audience=request.form.get("audience") or None,
        client_id=request.form.get("client_id") or None,
        quotes=request.form.get("quotes") or None,
    )
    try:
        with database().unit_of_work() as work:
            posted = services.post_message(work, current_actor(), room_id, command)
    except (AudienceChanged, Invalid, LedgerHalted) as error:
        if error.data.get("kept"):
            raise  # the message is written: given back to its author, it would be sent twice
        return _room_page(room_id, typed=text, refused=_sentence(error)), error.status
    return redirect(f"/rooms/{room_id}#entry-{posted.entry.seq}", 303)


@blueprint.get("/rooms/<room_id>/entries")
def entries(room_id: str) -> str:
    """HTML of the page of entries before a number."""
    before = _number("before", least=1)
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.ROOM_READ)
        found = queries.last_entries(work, opened, before=before)
        return render_template("rooms/_entries.html", room_id=room_id, entries=[entry_card(each) for each in found])


@blueprint.get("/rooms/<room_id>/since")
def since(room_id: str) -> Response:
    """What the socket's ``since`` answers, for a network that lets no socket through."""
    after = _number("after", least=-1)
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.ROOM_READ)
        return jsonify(catch_up(work, opened, after=after, locale=language()))


@blueprint.get("/rooms/<room_id>/readers")
def readers(room_id: str) -> str:
    """Who reads the room now: the parts of the page that name them, for a page on which they have changed."""
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.ROOM_READ)
        me = opened.people.people[opened.me.id]
        return render_template("rooms/_readers.html", page=room_frame(work, opened), people=opened.readers, me=me)


@blueprint.put("/rooms/<room_id>/draft")
def keep_draft(room_id: str) -> Response:
    """Keep ``{"text"}`` as this person's draft in this room; an empty text deletes it."""
    text = _members(json_body(), "text")["text"]
    if not isinstance(text, str):
        raise invalid_field("text", "wrong_type")
    with database().unit_of_work() as work:
        services.save_draft(work, current_actor(), room_id, text)
    return jsonify(saved_at=_milliseconds())


@blueprint.put("/rooms/<room_id>/read")
def mark_read(room_id: str) -> ResponseReturnValue:
    """Remember ``{"seq"}`` as shown, for a page without a socket."""
    seq = _members(json_body(), "seq")["seq"]
    if type(seq) is not int or not 0 <= seq <= LARGEST_SEQ:
        raise invalid_field("seq", "wrong_type")
    with database().unit_of_work() as work:
        services.mark_read(work, current_actor(), room_id, seq)
    return "", 204


@blueprint.get("/entries/<entry_id>/receipt")
def receipt(entry_id: str) -> Response:
    """The receipt of an entry as a file to keep: the one given at filing, or with ``?head=1`` one against the present
    head. Its name says the number, and nothing of the case."""
    at_head = "head" in request.args and _number("head", least=0) == 1
    with database().reading() as work:
        actor = current_actor()
        _, entry = queries.find_entry(work, actor, entry_id)
        text = queries.receipt_of(work, actor, entry_id, at_head=at_head)
    response = Response(text, mimetype="text/plain")
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{entry.seq}.txt"'
    return response


def gateway() -> Gateway:
    return cast("Gateway", current_app.extensions["caseroom.gateway"])


def room_frame(work: Work, opened: OpenRoom) -> ReadingPage:
    return reading_page(work, current_actor(), opened, gateway=gateway(), locale=language())


def room_data(page: ReadingPage, opened: OpenRoom) -> dict[str, Any]:
    """What the script of every page of a room knows: ids, the readers it names, limits, the case's newest checkpoint.
    Times in milliseconds UTC."""
    newest = page.checkpoint
    return {
        "room": page.room.id,
        "case": opened.case.id,
        "me": opened.me.id,
        "audience": page.audience,
        "readers": page.named,
        "now": _milliseconds(),
        "limits": {"message": LONGEST_MESSAGE, "file": settings().max_exhibit_bytes},
        "checkpoint": {"case": opened.case.id, "size": newest.size, "note": newest.note, "vkey": newest.vkey}
        if newest
        else None,
    }


def _room_page(room_id: str, *, before: int | None = None, typed: str = "", refused: str = "") -> str:
    actor = current_actor()
    with database().reading() as work:
        opened = access_room(work, actor, room_id, Permission.ROOM_READ)
        page = room_frame(work, opened)
        found = queries.last_entries(work, opened, before=before)
        draft = queries.draft_of(work, opened)
        data = room_data(page, opened) | {
            "seq": found[-1].seq if found else -1,
            "marks": queries.reading_marks(work, opened),
            "draft": {"text": draft.text, "at": _milliseconds(draft.saved_at)} if draft else None,
            "typed": typed,
        }
        return render_template(
            "rooms/room.html",
            case=queries.case_view(work, actor, opened.case.id, language=language()),
            page=page,
            viewer=page.viewer,
            entries=[entry_card(each) for each in found],
            first_unread=_first_unread(found, opened),
            draft=typed or (draft.text if draft else ""),
            refused=refused,
            data=data,
        )


def room_page(work: Work, opened: OpenRoom) -> dict[str, Any]:
    """What every page of a room is drawn with besides its own part."""
    frame = room_frame(work, opened)
    case = queries.case_view(work, current_actor(), opened.case.id, language=language())
    return {
        "case": case,
        "rooms_of_case": [brief_card(brief, language()) for brief in case.rooms],
        "page": frame,
        "viewer": frame.viewer,
        "data": room_data(frame, opened),
    }


def _first_unread(found: list[EntryView], opened: OpenRoom) -> int | None:
    """The first thing said by somebody else that this person has not been shown."""
    read, me = opened.me.read_seq, opened.me.id
    unread = (
        each.seq
        for each in found
        if each.seq > read and (each.text is not None or each.exhibit) and not (each.author and each.author.id == me)
    )
    return next(unread, None)


def _sentence(error: CaseroomError) -> str:
    listed = error.data.get("errors") or ()
    return " ".join(field_sentence(each) for each in listed) or error_sentence(error.code, error.data)


def _members(body: object, name: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Malformed
    unknown = sorted(str(key)[:40] for key in set(body) - {name})
    if unknown:
        raise Invalid(errors=[{"field": each, "code": "unknown_field"} for each in unknown])
    if name not in body:
        raise invalid_field(name, "missing")
    return body


def _number(name: str, *, least: int) -> int:
    text = request.args.get(name, "")
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(text) > 16:
        raise invalid_field(name, "wrong_type")
    if not least <= int(text) <= LARGEST_SEQ:
        raise invalid_field(name, "out_of_range")
    return int(text)


def _milliseconds(instant: Any = None) -> int:
    return round((instant or clock.now()).timestamp() * 1000)
