"""One rule for what people type: which characters may stand in a line and in a text."""

from __future__ import annotations

import unicodedata

from caseroom.errors import invalid_field

MAX_LINE = 200
# Marks that turn the reading direction: with them a name or a title can show something else than it holds.
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What a line cannot hold: controls, and what ends a line or a paragraph in the middle of it.
BREAKS = frozenset({"Cc", "Zl", "Zp"})
# Unassigned is seen: the sender's device may know a newer emoji than this server does.
UNSEEN = BREAKS | {"Cf", "Zs"}


def clean_line(field: str, text: object, *, longest: int = MAX_LINE) -> str:
    """Return one line of text, NFC, trimmed, 1 to ``longest`` characters. Raises Invalid naming the field."""
    if not isinstance(text, str):
        raise invalid_field(field, "wrong_type")
    line = unicodedata.normalize("NFC", _checked(field, text)).strip()
    if any(unicodedata.category(char) in BREAKS or char in BIDI for char in line):
        raise invalid_field(field, "control_characters")
    if not is_visible(line):
        raise invalid_field(field, "empty")
    if len(line) > longest:
        raise invalid_field(field, "too_long", longest=longest)
    return line


def clean_text(field: str, text: object, *, longest: int) -> str:
    """Return a text of several lines as it was written, with ``\\n`` as line end; 1 to ``longest`` characters."""
    if not isinstance(text, str):
        raise invalid_field(field, "wrong_type")
    body = _checked(field, text).replace("\r\n", "\n").replace("\r", "\n")
    if any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in body):
        raise invalid_field(field, "control_characters")
    if not is_visible(body):
        raise invalid_field(field, "empty")
    if len(body) > longest:
        raise invalid_field(field, "too_long", longest=longest)
    return body


def is_visible(text: str) -> bool:
    """True if something would be seen of it: a title of zero-width characters is an empty one."""
    return any(unicodedata.category(char) not in UNSEEN for char in text)


def _checked(field: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise invalid_field(field, "bad_unicode") from error
    return text
