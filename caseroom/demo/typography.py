"""French typesetting of the sample texts, which are written with a plain keyboard so that no invisible character hides here."""

from __future__ import annotations

import re
from typing import Final

NO_BREAK_SPACE: Final = "\u00a0"
NARROW_NO_BREAK_SPACE: Final = "\u202f"
APOSTROPHE: Final = "\u2019"

_RULES: Final = (
    (re.compile(r"(?<=\w)'(?=\w)"), APOSTROPHE),
    (re.compile(r" (?=[;!?](?:\s|$|\"))"), NARROW_NO_BREAK_SPACE),
    (re.compile(r" (?=:(?:\s|$))"), NO_BREAK_SPACE),
    (re.compile(r"(?<=«) "), NO_BREAK_SPACE),
    (re.compile(r" (?=»)"), NO_BREAK_SPACE),
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), NARROW_NO_BREAK_SPACE),
    (re.compile(r"(?<=\d) (?=(?:€|%|dB|kW|Hz|h|m|mm|cm)(?!\w))"), NO_BREAK_SPACE),
    (re.compile(r"(?<=n°) "), NO_BREAK_SPACE),
    (re.compile(r"(?<=\bMe) (?=[A-ZÉ])"), NO_BREAK_SPACE),
    (re.compile(r"(?<=\bM\.) (?=[A-ZÉ])"), NO_BREAK_SPACE),
    (re.compile(r"(?<=\bMme) (?=[A-ZÉ])"), NO_BREAK_SPACE),
)


def typeset(text: str) -> str:
    """Return `text` with French apostrophes and the no-break spaces of French punctuation, figures and civilities."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def typeset_latin1(text: str) -> str:
    """The same for fonts that have no narrow no-break space: the ordinary no-break space stands in for it."""
    return typeset(text).replace(NARROW_NO_BREAK_SPACE, NO_BREAK_SPACE)
