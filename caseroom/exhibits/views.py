"""Pages of a room's exhibits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template

from caseroom.access.permissions import Permission
from caseroom.exhibits.queries import ExhibitView, erased_exhibits, exhibits_of
from caseroom.exhibits.sending import send_exhibit
from caseroom.rooms.access import OpenRoom, access_room
from caseroom.rooms.rendering import type_label
from caseroom.rooms.views import room_page
from caseroom.web.edge import current_actor, database, settings
from caseroom.web.i18n import _
from caseroom.web.words import file_size

blueprint = Blueprint("exhibits", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitRow:
    """A line of the register of exhibits, in words. ``series``: whose numbers these are."""

    id: str
    seq: int
    number: str
    series: str
    title: str
    filename: str
    type: str
    type_label: str
    size_label: str
    sha256: str
    mismatch: bool
    author_name: str
    at: datetime
    download_url: str
    receipt_url: str


@blueprint.get("/rooms/<room_id>/exhibits")
def exhibits(room_id: str) -> str:
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.ROOM_READ)
        rows = [_row(each, opened) for each in exhibits_of(work, opened)]
        largest = file_size(settings().max_exhibit_bytes)
        erased = erased_exhibits(work, opened)
        return render_template(
            "exhibits/exhibits.html", **room_page(work, opened), rows=rows, erased=erased, largest=largest
        )


@blueprint.get("/exhibits/<exhibit_id>/content")
def content(exhibit_id: str) -> Response:
    return send_exhibit(exhibit_id)


def _row(view: ExhibitView, opened: OpenRoom) -> ExhibitRow:
    facts, author, side = view.facts, view.entry.author, opened.people.side(view.side_id)
    return ExhibitRow(
        id=facts.id,
        seq=view.entry.seq,
        number=facts.label,
        series=side.label if side else _("Those who conduct the case"),
        title=facts.title,
        filename=facts.filename,
        type=facts.type,
        type_label=type_label(facts.type),
        size_label=file_size(facts.size),
        sha256=facts.sha256,
        mismatch=facts.mismatch,
        author_name=author.name if author else "",
        at=view.entry.at,
        download_url=f"/exhibits/{facts.id}/content",
        receipt_url=f"/entries/{view.entry.id}/receipt",
    )
