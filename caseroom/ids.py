"""Identifiers: 128 random bits as 32 hex digits. Nothing exposed is a serial or sortable: an id must not tell how
many others exist or when they were made (docs/evidence.md §8)."""

from __future__ import annotations

import re
import secrets
from typing import NewType

PersonId = NewType("PersonId", str)
PracticeId = NewType("PracticeId", str)
CaseId = NewType("CaseId", str)
SideId = NewType("SideId", str)
ParticipantId = NewType("ParticipantId", str)
RoomId = NewType("RoomId", str)
EntryId = NewType("EntryId", str)
ExhibitId = NewType("ExhibitId", str)

_SHAPE = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """Return 16 random bytes as 32 lower-case hex digits."""
    return secrets.token_hex(16)


def is_id(text: object) -> bool:
    """True for a string in the shape of an id. Says nothing about existence."""
    return isinstance(text, str) and _SHAPE.fullmatch(text) is not None
