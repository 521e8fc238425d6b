"""The proof page of a room, receipts on paper, and the proof that a case's history was only ever extended."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from caseroom import workers
from caseroom.access.permissions import Permission
from caseroom.access.policy import takes_back_alone
from caseroom.db import Work
from caseroom.errors import invalid_field
from caseroom.evidence.cards import Verdict, line_card, verdict_of
from caseroom.evidence.queries import RegisterView, extension_of, files_size, receipt_view, register_of
from caseroom.evidence.receipt_words import receipt_sheet
from caseroom.evidence.receipts import draw_receipt
from caseroom.exhibits.queries import CheckTurn, check_register
from caseroom.rooms.access import OpenRoom, access_room
from caseroom.rooms.views import room_page
from caseroom.web.edge import current_actor, database, settings
from caseroom.web.i18n import language
from caseroom.web.words import file_size

blueprint = Blueprint("evidence", __name__)

LONGEST_NUMBER = 15  # digits of a number in an address


@blueprint.get("/rooms/<room_id>/register")
def register(room_id: str) -> str:
    """Each entry in plain words with the checkpoints between them, what can be taken away, and how to check it."""
    before = _number("before") if request.args.get("before") else None
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.LEDGER_READ)
        return _page(work, opened, register_of(work, opened, before=before), verdict=None)


@blueprint.post("/rooms/<room_id>/register")
def check(room_id: str) -> str:
    """Re-read the room's log and its files now, and say what was found."""
    with database().reading() as work:  # a stranger does not learn by waiting that somebody is checking
        access_room(work, current_actor(), room_id, Permission.LEDGER_READ)
    with database().tool(CheckTurn).lock, database().reading() as work:
        report = check_register(work, current_actor(), room_id)
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.LEDGER_READ)
        found = register_of(work, opened)
        return _page(work, opened, found, verdict=verdict_of(report, found))


@blueprint.get("/entries/<entry_id>/receipt.pdf")
def receipt_pdf(entry_id: str) -> Response:
    """The receipt of an entry on one page to print or to pass on."""
    with database().reading() as work:
        view = receipt_view(work, current_actor(), entry_id)
        sheet = receipt_sheet(view, origin=settings().origin, locale=language())
    response = Response(workers.run(draw_receipt, sheet), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{view.entry.seq}.pdf"'
    return response


@blueprint.get("/cases/<case_id>/checkpoint")
def checkpoint(case_id: str) -> Response:
    """The newest checkpoint of the case, and the proof that it extends the one of ``since`` epochs."""
    since = _number("since") if "since" in request.args else 0
    with database().reading() as work:
        found = extension_of(work, current_actor(), case_id, since=since)
    return jsonify(size=found.size, note=found.note, vkey=found.vkey, since=found.since, proof=list(found.proof))


def _page(work: Work, opened: OpenRoom, view: RegisterView, *, verdict: Verdict | None) -> str:
    common = room_page(work, opened)
    in_files = files_size(work, [room.id for room in common["case"].rooms])
    return render_template(
        "evidence/register.html",
        **common,
        register=view,
        lines=[line_card(line) for line in view.lines],
        verdict=verdict,
        alone={
            name: takes_back_alone(kind=opened.case.kind, room=opened.kind, exhibit=name == "exhibit")
            for name in ("message", "exhibit")
        },
        command=f"python3 verify.py caseroom-{opened.case.id[:8]}.zip",
        files_size=file_size(in_files) if in_files else "",
    )


def _number(name: str) -> int:
    text = request.args.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise invalid_field(name, "wrong_type")
    return int(text)
