"""Pages of a room's exhibits and of its register. The register stands here because checking it re-reads the files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template, request

from caseroom import clock
from caseroom.access.permissions import Permission
from caseroom.audit.checking import ChainReport
from caseroom.db import Work
from caseroom.errors import invalid_field
from caseroom.exhibits.queries import CheckTurn, ExhibitView, check_register, exhibits_of
from caseroom.exhibits.sending import send_exhibit
from caseroom.rooms import queries as room_queries
from caseroom.rooms.access import OpenRoom, access_room
from caseroom.rooms.cards import brief_card
from caseroom.rooms.rendering import entry_card, type_label
from caseroom.rooms.views import page_locale, room_data, room_frame
from caseroom.web.edge import current_actor, database, settings
from caseroom.web.i18n import _, ngettext
from caseroom.web.words import file_size

blueprint = Blueprint("exhibits", __name__)

LONGEST_NUMBER = 15  # digits of an entry's number in an address


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check found, in words. ``seq``: the entry that is wrong, where it is one."""

    intact: bool
    title: str
    text: str
    findings: tuple[str, ...]
    seq: int | None
    at: datetime


@blueprint.get("/rooms/<room_id>/exhibits")
def exhibits(room_id: str) -> str:
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.ROOM_READ)
        rows = [_row(each, opened) for each in exhibits_of(work, opened)]
        largest = file_size(settings().max_exhibit_bytes)
        return _page("exhibits/exhibits.html", work, opened, rows=rows, largest=largest)


@blueprint.get("/exhibits/<exhibit_id>/content")
def content(exhibit_id: str) -> Response:
    return send_exhibit(exhibit_id)


@blueprint.get("/rooms/<room_id>/register")
def register(room_id: str) -> str:
    return _register_page(room_id)


@blueprint.post("/rooms/<room_id>/register")
def check(room_id: str) -> str:
    """Re-read the room's log and its files now, and say what was found."""
    with database().reading() as work:  # a stranger does not learn by waiting that somebody is checking
        access_room(work, current_actor(), room_id, Permission.LEDGER_READ)
    with database().tool(CheckTurn).lock, database().reading() as work:
        report = check_register(work, current_actor(), room_id)
    return _register_page(room_id, verdict=verdict_of(report))


def verdict_of(report: ChainReport) -> Verdict:
    at = clock.now()
    if not report.intact:
        text = _problem(report.problem)
        return Verdict(intact=False, title=_title_of(report), text=text, findings=(), seq=report.seq, at=at)
    last = report.events - 1
    findings = [_("The sequence is complete: from %(first)d to %(last)d, without a gap", first=0, last=last)]
    if report.files:
        files = report.files
        findings.append(ngettext("%(num)d file is as it was filed", "%(num)d files are as they were filed", files))
    findings.append(_("The signed state agrees with the entries"))
    text = ngettext("%(num)d entry was read again", "%(num)d entries were read again", report.events)
    return Verdict(intact=True, title=_("The register is intact"), text=text, findings=tuple(findings), seq=None, at=at)


def _title_of(report: ChainReport) -> str:
    if report.seq is None:
        return _("The register is not intact")
    return _("Entry no. %(seq)d is not as it was written", seq=report.seq)


def _problem(problem: str) -> str:
    """What is wrong, in words, for the check names of docs/evidence.md §9.1."""
    sentences = {
        "canonical": _("It was altered after it was written, or its link to the entry before is broken."),
        "sequence": _("Its number, its time or what it is about was altered after it was written."),
        "seen": _("The state of the case that it says it knew never was the state of the case."),
        "commitment": _("Its content is not the content that was sealed with it."),
        "file": _("The file is missing, or its SHA-256 is no longer the one that was recorded at filing."),
        "head": _("Entries are missing at the end, or were put in another order."),
        "key": _("The name or the key of this case’s register is not the one that this server’s signer holds."),
        "checkpoint": _("The state that the server signed does not agree with the entries that are there."),
    }
    return sentences.get(problem, _("Something does not agree with what was recorded."))


def _register_page(room_id: str, *, verdict: Verdict | None = None) -> str:
    before = _before()
    with database().reading() as work:
        opened = access_room(work, current_actor(), room_id, Permission.LEDGER_READ)
        found = room_queries.last_entries(work, opened, before=before)
        head = room_queries.head_of(work, opened)
        return _page(
            "exhibits/register.html",
            work,
            opened,
            entries=[entry_card(each) for each in reversed(found)],
            head_size=head.size,
            head_root=head.root.hex(),
            verdict=verdict,
        )


def _page(template: str, work: Work, opened: OpenRoom, **context: object) -> str:
    frame = room_frame(work, opened)
    case = room_queries.case_view(work, current_actor(), opened.case.id, language=page_locale())
    return render_template(
        template,
        case=case,
        rooms_of_case=[brief_card(brief, page_locale()) for brief in case.rooms],
        page=frame,
        viewer=frame.viewer,
        data=room_data(frame, opened),
        **context,
    )


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


def _before() -> int | None:
    text = request.args.get("before", "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise invalid_field("before", "wrong_type")
    return int(text)
