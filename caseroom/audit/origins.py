"""The names of logs, which are also those of their keys (docs/evidence.md §1, §4)."""

from __future__ import annotations

from caseroom.audit.notes import format_vkey, parse_vkey


def case_origin(host: str, case_id: str) -> str:
    """The name of a case's log. ``host`` is that of the opening, for ever."""
    return f"{host}/c/{case_id}"


def room_origin(origin: str, slot: int) -> str:
    """The name of a room's log, from that of its case's."""
    return f"{origin}/s/{slot}"


def room_vkey(vkey: str, slot: int) -> str:
    """The verifier key of a room's log: the public key of the case under the room's own name."""
    key = parse_vkey(vkey)
    return format_vkey(room_origin(key.name, slot), key.public)
