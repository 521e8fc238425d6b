"""The one partial of an entry, for the page and for the live event: nothing in it depends on who looks."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, render_template
from flask_babel import force_locale
from markupsafe import Markup

from caseroom.access.words import Role
from caseroom.audit.event_bytes import Kind
from caseroom.cases.people import PersonInCase
from caseroom.rooms.entries import EntryView
from caseroom.web.i18n import _
from caseroom.web.text import text_to_html
from caseroom.web.words import file_size


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorCard:
    pid: str
    name: str
    initials: str
    role_label: str
    is_neutral: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedCard:
    entry_id: str
    seq: int
    author_name: str
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitCard:
    id: str
    label_prefix: str
    number: str
    title: str
    filename: str
    size_label: str
    type_label: str
    sha256: str
    mismatch: bool
    download_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCard:
    """What the partial shows. ``sentence`` for everything that is neither a message nor a filing."""

    id: str
    seq: int
    kind: str
    at: datetime
    author: AuthorCard | None
    text_html: Markup | None
    quoted: QuotedCard | None
    exhibit: ExhibitCard | None
    sentence: str
    leaf: str
    receipt_url: str


class PartialRenderer:
    """Renders entries outside a request too: a live event leaves after the request that caused it."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def render(self, entry: EntryView, *, locale: str) -> str:
        with self._app.app_context(), self._app.test_request_context(), force_locale(locale):
            return render_template("rooms/_entry.html", entry=entry_card(entry))


def entry_card(entry: EntryView) -> EntryCard:
    """The words and labels of an entry in the running locale."""
    return EntryCard(
        id=entry.id,
        seq=entry.seq,
        kind=entry.kind.value,
        at=entry.at,
        author=_author(entry.author),
        text_html=text_to_html(entry.text) if entry.text is not None else None,
        quoted=_quoted(entry),
        exhibit=_exhibit(entry),
        sentence=entry_sentence(entry),
        leaf=entry.leaf,
        receipt_url=f"/entries/{entry.id}/receipt",
    )


def role_label(role: Role, *, side: str | None = None) -> str:
    """The role in words, with the side where there is one: "Counsel for SCI des Tilleuls"."""
    if side is None:
        return {
            Role.NEUTRAL: _("Neutral"),
            Role.SECRETARY: _("Secretary"),
            Role.COUNSEL: _("Counsel"),
            Role.PARTY: _("Party"),
            Role.EXPERT: _("Expert"),
            Role.OBSERVER: _("Observer"),
        }[role]
    return {
        Role.COUNSEL: _("Counsel for %(side)s", side=side),
        Role.PARTY: side,
        Role.EXPERT: _("Expert for %(side)s", side=side),
    }.get(role, side)


def person_label(person: PersonInCase) -> str:
    return role_label(person.role, side=person.side.label if person.side else None)


def entry_sentence(entry: EntryView) -> str:
    """What happened, in plain words, for the register and the thread."""
    name = entry.author.name if entry.author else _("The case room")
    subject = str(entry.facts.get("subject", ""))
    label = entry.exhibit.label if entry.exhibit else str(entry.facts.get("label", ""))
    sentences = {
        Kind.CASE_OPENED: _("The case was opened."),
        Kind.ROOM_OPENED: _("This room was opened."),
        Kind.ROOM_CLOSED: _("This room was closed."),
        Kind.PARTICIPANT_ADMITTED: _("%(name)s joined this room.", name=subject),
        Kind.PARTICIPANT_REMOVED: _("%(name)s left this room.", name=subject),
        Kind.MESSAGE_POSTED: _("%(name)s wrote a message.", name=name),
        Kind.EXHIBIT_FILED: _("%(name)s filed %(label)s.", name=name, label=label),
        Kind.EXHIBIT_OPENED: _("%(name)s opened an exhibit.", name=name),
        Kind.EXHIBIT_DOWNLOADED: _("%(name)s downloaded %(label)s.", name=name, label=label),
    }
    return sentences.get(entry.kind, _("An entry was made."))


def type_label(media_type: str) -> str:
    """PDF, JPEG image... a word for a media type, or its usual file ending."""
    known = {
        "application/pdf": _("PDF document"),
        "image/jpeg": _("JPEG image"),
        "image/png": _("PNG image"),
        "text/plain": _("text"),
        "text/csv": _("table (CSV)"),
        "audio/x-wav": _("sound (WAV)"),
        "audio/mpeg": _("sound (MP3)"),
        "video/mp4": _("video (MP4)"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _("Word document"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _("Excel workbook"),
    }
    return known.get(media_type) or (mimetypes.guess_extension(media_type) or media_type).lstrip(".").upper()


def _author(person: PersonInCase | None) -> AuthorCard | None:
    if person is None:
        return None
    return AuthorCard(
        pid=person.id,
        name=person.name,
        initials=person.initials,
        role_label=person_label(person),
        is_neutral=person.role is Role.NEUTRAL,
    )


def _quoted(entry: EntryView) -> QuotedCard | None:
    if entry.quoted is None:
        return None
    author = entry.quoted.author
    return QuotedCard(
        entry_id=entry.quoted.entry_id,
        seq=entry.quoted.seq,
        author_name=author.name if author else "",
        excerpt=entry.quoted.excerpt,
    )


def _exhibit(entry: EntryView) -> ExhibitCard | None:
    facts = entry.exhibit
    if facts is None:
        return None
    prefix, _space, number = facts.label.rpartition("\u00a0")
    return ExhibitCard(
        id=facts.id,
        label_prefix=prefix or _("Exhibit"),
        number=number or facts.label,
        title=facts.title,
        filename=facts.filename,
        size_label=file_size(facts.size),
        type_label=type_label(facts.type),
        sha256=facts.sha256,
        mismatch=facts.mismatch,
        download_url=f"/exhibits/{facts.id}/content",
    )
