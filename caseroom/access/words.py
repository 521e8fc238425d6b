"""The closed vocabularies of the product. Their values are stored, shown by the API and mapped in docs/glossary.md."""

from __future__ import annotations

from enum import StrEnum


class CaseKind(StrEnum):
    MEDIATION = "mediation"
    ARBITRATION = "arbitration"
    COLLABORATIVE = "collaborative"
    INSTRUCTION = "instruction"
    SMALL_CLAIM = "small_claim"


class RoomKind(StrEnum):
    JOINT = "joint"
    CAUCUS = "caucus"
    TEAM = "team"
    COUNSEL = "counsel"
    DELIBERATION = "deliberation"
    NOTES = "notes"


class Role(StrEnum):
    NEUTRAL = "neutral"
    SECRETARY = "secretary"
    COUNSEL = "counsel"
    PARTY = "party"
    EXPERT = "expert"
    OBSERVER = "observer"


class State(StrEnum):
    """Of a case or a room."""

    OPEN = "open"
    CLOSED = "closed"


class AuthLevel(StrEnum):
    """How surely the person behind an act was known (docs/evidence.md §6). LINK: a one-time link alone."""

    AL0 = "AL0"
    AL1 = "AL1"
    AL1_PLUS = "AL1+"
    AL2 = "AL2"
    LINK = "link"


SIDED_ROLES = frozenset({Role.PARTY, Role.COUNSEL})
"""Roles that always belong to a side. An expert may; nobody else does."""
