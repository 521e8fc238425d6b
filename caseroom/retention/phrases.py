"""What is said about erasing, closing and keeping, in the running language."""

from __future__ import annotations

from caseroom.access.words import RoomKind
from caseroom.audit.event_bytes import Kind
from caseroom.retention.queries import ErasureView
from caseroom.retention.words import PEOPLES_GROUNDS, Basis, Content, Level, Progress
from caseroom.rooms.names import room_name
from caseroom.web.i18n import _, language, ngettext

SUGGESTED_MONTHS = {Content.NOTES: 6, Content.PRIVATE: 12, Content.CASE: 60}
"""What many practices do: notes soon, private rooms a year, the case as long as a lawyer answers for it (five
years)."""


def basis_words(basis: Basis) -> str:
    words = {
        Basis.REQUEST: _("The person concerned asks for it (right to erasure, GDPR article 17)"),
        Basis.CONSENT: _("A consent was withdrawn"),
        Basis.MISTAKE: _("It was written or filed here by mistake"),
        Basis.AGREEMENT: _("The parties agreed to it"),
        Basis.ORDER: _("A court or an authority ordered it"),
        Basis.RETENTION: _("The time for which the practice keeps it is over"),
    }
    return words[basis]


def grounds() -> list[tuple[str, str]]:
    """For a form: what people may state. None is chosen beforehand."""
    return [("", _("Choose")), *((basis.value, basis_words(basis)) for basis in PEOPLES_GROUNDS)]


def content_words(content: Content) -> str:
    words = {
        Content.MESSAGES: _("Messages, in all rooms"),
        Content.EXHIBITS: _("Exhibits, in all rooms"),
        Content.NOTES: _("Private notes of neutrals"),
        Content.PRIVATE: _("Private rooms: caucuses, team rooms, counsel’s table, deliberation"),
        Content.IDENTITIES: _("Names and addresses of people from outside the practice; they then lose access"),
        Content.CASE: _("The whole case"),
    }
    return words[content]


def what_words(view: ErasureView) -> str:
    """What is erased, in a few words that name nobody."""
    if view.content is not None and view.level is Level.ITEM:
        return content_words(view.content)
    if view.level is Level.CASE:
        return _("The whole case")
    if view.level is Level.ROOM:
        name = room_name(RoomKind(view.facts.room), side_label=None, language=language()) if view.facts.room else ""
        return _("A room: %(room)s", room=name) if name else _("A room")
    words = {
        Kind.MESSAGE_POSTED: _("A message"),
        Kind.MESSAGE_RELEASED: _("A message"),
        Kind.EXHIBIT_FILED: _("An exhibit, with its file"),
        Kind.EXHIBIT_RELEASED: _("An exhibit, with its file"),
        Kind.PARTICIPANT_ADMITTED: _("Somebody’s name, in every room"),
    }
    return words.get(Kind(view.facts.what), _("An entry"))


def progress_words(view: ErasureView) -> str:
    match view.state:
        case Progress.ASKED:
            return _("A second person has to agree")
        case Progress.REFUSED:
            return _("Refused")
        case Progress.RECORDED:
            return _("Agreed; it goes with the next sealing of the register")
        case Progress.DESTROYED | Progress.DONE:
            return _("Destroyed")


def amount_words(view: ErasureView) -> str:
    entries = ngettext("%(num)d entry", "%(num)d entries", view.entries)
    if not view.files:
        return entries
    files = ngettext("%(num)d file", "%(num)d files", view.files)
    return _("%(entries)s, %(files)s", entries=entries, files=files)
