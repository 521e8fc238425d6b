"""The one partial of an entry, for the page and for the live event: nothing in it depends on who looks."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from flask_babel import force_locale
from markupsafe import Markup

from caseroom.access.words import CaseKind, Role
from caseroom.audit.event_bytes import Kind
from caseroom.cases.people import PersonInCase
from caseroom.rooms.entries import EntryView
from caseroom.web.i18n import _, pgettext
from caseroom.web.text import text_to_html
from caseroom.web.words import file_size

WOMEN = frozenset({"Mme", "Mlle", "Mrs", "Mrs.", "Ms", "Ms."})


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
    erased: bool


class PartialRenderer:
    """Renders entries outside a request too: a live event leaves after the request that caused it."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def render(self, entry: EntryView, *, locale: str) -> str:
        """The HTML is the same for all its readers, so the template is given the entry and nothing of a request."""
        with self._app.app_context(), force_locale(locale):
            return self._app.jinja_env.get_template("rooms/_entry.html").render(entry=entry_card(entry))


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
        erased=entry.erased,
    )


def role_label(role: Role, *, side: str | None = None, kind: CaseKind | None = None, name: str = "") -> str:
    """The role in words, with the side where there is one: "Counsel for SCI des Tilleuls". ``kind`` of the case says
    what a neutral is called, the civility in ``name`` in which gender."""
    if side is not None:
        return _sided_role_label(role, side)
    match role:
        case Role.NEUTRAL:
            return _neutral_label(kind, name)
        case Role.SECRETARY:
            return _("Secretary")
        case Role.COUNSEL:
            return _("Counsel")
        case Role.PARTY:
            return _("Party")
        case Role.EXPERT:
            return _("Expert")
        case Role.OBSERVER:
            return _("Observer")


def _neutral_label(kind: CaseKind | None, name: str) -> str:
    woman = name.split(" ", 1)[0] in WOMEN
    match kind:
        case CaseKind.MEDIATION:
            return pgettext("woman", "Mediator") if woman else _("Mediator")
        case CaseKind.ARBITRATION:
            return _("Arbitrator")
        case CaseKind.SMALL_CLAIM:
            return _("Adjudicator")
        case CaseKind.COLLABORATIVE | CaseKind.INSTRUCTION:
            return pgettext("woman", "Facilitator") if woman else _("Facilitator")
        case None:
            return _("Neutral")


def _sided_role_label(role: Role, side: str) -> str:
    if role is Role.COUNSEL:
        return _("Counsel for %(side)s", side=side)
    if role is Role.EXPERT:
        return _("Expert for %(side)s", side=side)
    return side


def person_label(person: PersonInCase) -> str:
    side = person.side.label if person.side else None
    return role_label(person.role, side=side, kind=person.kind, name=person.name)


def entry_sentence(entry: EntryView) -> str:
    """What happened, in plain words, for the register and the thread."""
    name = entry.author.name if entry.author else _("The case room")
    if entry.erased:
        return _erased_sentence(entry, name)
    match entry.kind:
        case Kind.PARTICIPANT_ADMITTED:
            return _("%(name)s joined this room.", name=entry.facts.get("subject", ""))
        case Kind.PARTICIPANT_REMOVED:
            return _("%(name)s left this room.", name=entry.facts.get("subject", ""))
        case Kind.MESSAGE_POSTED:
            return _("%(name)s wrote a message.", name=name)
        case Kind.EXHIBIT_FILED | Kind.EXHIBIT_OPENED | Kind.EXHIBIT_DOWNLOADED:
            return _exhibit_sentence(entry, name)
        case Kind.ITEM_ERASED if entry.erases is not None:
            return _("%(name)s erased entry no. %(seq)s for good.", name=name, seq=entry.erases)
        case Kind.ITEM_ERASED:
            return _("%(name)s erased an entry for good.", name=name)
        case _:
            return _room_sentence(entry)


def _exhibit_sentence(entry: EntryView, name: str) -> str:
    label = entry.exhibit.label if entry.exhibit else str(entry.facts.get("label", ""))
    match entry.kind:
        case Kind.EXHIBIT_FILED:
            return _("%(name)s filed %(label)s.", name=name, label=label)
        case Kind.EXHIBIT_OPENED:
            return _("%(name)s opened an exhibit.", name=name)
        case _:
            return _("%(name)s downloaded %(label)s.", name=name, label=label)


def _room_sentence(entry: EntryView) -> str:
    """What became of the room or the case: nobody in particular did it."""
    match entry.kind:
        case Kind.CASE_OPENED:
            return _("The case was opened.")
        case Kind.ROOM_OPENED:
            return _("This room was opened.")
        case Kind.ROOM_CLOSED:
            return _("This room was closed.")
        case Kind.SPACE_SHREDDED:
            return _("Two people agreed that this room be destroyed. It goes with the next sealing of the register.")
        case Kind.NOTICE:
            return _notice_sentence(entry)
        case _:
            return _("An entry was made.")


def _erased_sentence(entry: EntryView, name: str) -> str:
    """Who wrote it, when, and that it is gone: all that is left."""
    match entry.kind:
        case Kind.MESSAGE_POSTED | Kind.MESSAGE_RELEASED:
            return _("A message from %(name)s was erased.", name=name)
        case Kind.EXHIBIT_FILED | Kind.EXHIBIT_RELEASED:
            return _("An exhibit filed by %(name)s was erased.", name=name)
        case Kind.PARTICIPANT_ADMITTED:
            return _("Somebody joined this room; the name was erased.")
        case _:
            return _("This entry was erased.")


def _notice_sentence(entry: EntryView) -> str:
    if entry.facts.get("code") == "room_destroyed":
        return _("Two people agreed that a room of this case be destroyed. Which one is not said here.")
    return str(entry.facts.get("text", "")) or _("An entry was made.")


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
        excerpt=entry.quoted.excerpt or _("This was erased."),
    )


def _exhibit(entry: EntryView) -> ExhibitCard | None:
    facts = entry.exhibit
    if facts is None:
        return None
    prefix, _space, number = facts.label.replace("\u00a0", " ").rpartition(" ")
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
