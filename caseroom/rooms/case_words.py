"""The words of the pages that open and steer a case: kinds, sides, roles. In the running locale unless told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import force_locale

from caseroom.access.policy import COUNSEL_STEERED
from caseroom.access.words import CaseKind, Role, RoomKind
from caseroom.cases.people import PersonInCase
from caseroom.cases.templates import MAX_SIDES, TEMPLATES
from caseroom.config import LOCALES
from caseroom.rooms.rendering import person_label
from caseroom.web.i18n import _


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSign:
    """A room that does not exist yet: enough to draw its sign."""

    kind: RoomKind
    side_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCard:
    """A kind of case as one chooses it. ``counsel``: opened by a lawyer for a side, among others."""

    kind: CaseKind
    sentence: str
    rooms: tuple[RoomSign, ...]
    counsel: bool


def kind_cards() -> tuple[KindCard, ...]:
    sentences = {
        CaseKind.MEDIATION: _("You meet the sides together and one by one; what is said to you alone stays with you."),
        CaseKind.ARBITRATION: _("Everything is exchanged before all; the tribunal deliberates in a room of its own."),
        CaseKind.COLLABORATIVE: _("The lawyers of both sides steer together, with their clients at the table."),
        CaseKind.INSTRUCTION: _("The lawyers exchange and set the case in order before they go to the judge."),
        CaseKind.SMALL_CLAIM: _("A short case about a modest sum: everything is said before all."),
    }
    return tuple(
        KindCard(kind=kind, sentence=sentence, rooms=_signs(kind), counsel=kind in COUNSEL_STEERED)
        for kind, sentence in sentences.items()
    )


def _signs(kind: CaseKind) -> tuple[RoomSign, ...]:
    """The strip of rooms that a kind opens; a caucus is drawn once per side, the other kinds once."""
    signs: list[RoomSign] = []
    for room in TEMPLATES[kind].rooms:
        sides = (0, 1) if room is RoomKind.CAUCUS else (None,)
        signs += [RoomSign(kind=room, side_index=side) for side in sides]
    return tuple(signs)


def role_words() -> Mapping[Role, str]:
    """In the order in which people are invited."""
    return {
        Role.PARTY: _("Party"),
        Role.COUNSEL: _("Counsel"),
        Role.EXPERT: _("Expert"),
        Role.NEUTRAL: _("Neutral"),
        Role.SECRETARY: _("Secretary"),
        Role.OBSERVER: _("Observer"),
    }


def own_role(me: PersonInCase) -> str:
    """One's own role, with the side: "Party, SCI des Tilleuls"."""
    if me.role is Role.PARTY and me.side is not None:
        return _("Party, %(side)s", side=me.side.label)
    return person_label(me)


def default_label(kind: str, position: int, *, language: str) -> str:
    """What a side is called unless somebody names it, in the language of the case."""
    with force_locale(language):
        words = _first_words(kind)
        return words[position] if position < len(words) else _("Party %(number)s", number=position + 1)


def _first_words(kind: str) -> tuple[str, ...]:
    if kind == CaseKind.COLLABORATIVE:
        return (_("First party"), _("Second party"))
    return (_("Claimant"), _("Respondent"), _("Intervening party"))


def default_labels() -> dict[str, dict[str, list[str]]]:
    """All of them, by kind and language, for the page's script; "" stands for a kind not chosen yet."""
    return {
        kind: {
            language: [default_label(kind, position, language=language) for position in range(MAX_SIDES)]
            for language in LOCALES
        }
        for kind in ("", *CaseKind)
    }
