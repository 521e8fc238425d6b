"""The sealed form of an event's three values: one canonical JSON object of strings, as a pack discloses them."""

from __future__ import annotations

from caseroom.audit.canonical import canonical, parse_canonical
from caseroom.audit.event_bytes import FIELDS, Values


def seal_values(values: Values) -> bytes:
    return canonical({name: getattr(values, name).decode() for name in FIELDS})


def open_values(plain: bytes) -> Values:
    """Raises CanonicalError for anything ``seal_values`` did not write."""
    texts = parse_canonical(plain)
    return Values(*(texts[name].encode() for name in FIELDS))
