"""What each event of the socket takes, for the tests that try all of them."""

from __future__ import annotations

from typing import Any

PAYLOADS: dict[str, dict[str, Any]] = {
    "post": {"body": "hello", "audience": "0" * 16},
    "since": {"seq": -1},
    "typing": {"on": True},
    "read": {"seq": 0},
}
EVENTS = sorted(PAYLOADS)


def payload(practice, event: str, room: str, *, reader=None) -> dict[str, Any]:
    """What this event would take in this room; with the right audience where a reader is given."""
    data = {"room": room, **PAYLOADS[event]}
    if event == "post" and reader is not None:
        data["audience"] = practice.audience(reader, room)
    return data
