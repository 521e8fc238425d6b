"""The five kinds of case, as data: which rooms exist and how exhibits are numbered.

A kind's template says all there is to configure. ``rules`` (``template@version``) is written in the ledger, so that a
later change of the table cannot change what an open case was opened under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from caseroom.access.words import CaseKind, RoomKind

MIN_SIDES, MAX_SIDES = 2, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """``rooms`` in the order in which they are shown. ``numbering``: ``plain`` gives "Pièce n° 4", per side;
    ``prefixed`` gives C-001, R-001 (claimant, respondent), then I1-001 for those who joined, T-001 for the tribunal."""

    kind: CaseKind
    version: int
    rooms: tuple[RoomKind, ...]
    numbering: Literal["plain", "prefixed"]

    @property
    def rules(self) -> str:
        return f"{self.kind}@{self.version}"


TEMPLATES: dict[CaseKind, Template] = {
    CaseKind.MEDIATION: Template(
        kind=CaseKind.MEDIATION,
        version=1,
        rooms=(RoomKind.JOINT, RoomKind.CAUCUS, RoomKind.TEAM, RoomKind.COUNSEL, RoomKind.NOTES),
        numbering="plain",
    ),
    CaseKind.ARBITRATION: Template(
        kind=CaseKind.ARBITRATION,
        version=1,
        rooms=(RoomKind.JOINT, RoomKind.TEAM, RoomKind.DELIBERATION, RoomKind.NOTES),
        numbering="prefixed",
    ),
    CaseKind.COLLABORATIVE: Template(
        kind=CaseKind.COLLABORATIVE,
        version=1,
        rooms=(RoomKind.JOINT, RoomKind.TEAM, RoomKind.COUNSEL),
        numbering="plain",
    ),
    CaseKind.INSTRUCTION: Template(
        kind=CaseKind.INSTRUCTION,
        version=1,
        rooms=(RoomKind.JOINT, RoomKind.TEAM, RoomKind.COUNSEL),
        numbering="plain",
    ),
    CaseKind.SMALL_CLAIM: Template(
        kind=CaseKind.SMALL_CLAIM,
        version=1,
        rooms=(RoomKind.JOINT, RoomKind.TEAM, RoomKind.NOTES),
        numbering="plain",
    ),
}

PREFIXES = ("C", "R")


def exhibit_label(template: Template, *, side_position: int | None, number: int, language: str) -> str:
    """Return the number as it is cited for ever: ``C-001``, or ``Pièce n° 4`` in a case held in French."""
    if template.numbering == "prefixed":
        return f"{_prefix(side_position)}-{number:03d}"
    return f"Exhibit {number}" if language == "en" else f"Pièce n°\u00a0{number}"


def _prefix(side_position: int | None) -> str:
    if side_position is None:
        return "T"
    return PREFIXES[side_position] if side_position < len(PREFIXES) else f"I{side_position - len(PREFIXES) + 1}"
