"""What a page has missed: the same answer over the socket and, where a network blocks sockets, over HTTP."""

from __future__ import annotations

from typing import Any

from caseroom.db import Work
from caseroom.rooms import queries
from caseroom.rooms.access import OpenRoom
from caseroom.rooms.announce import EntryRenderer, entry_payload


def catch_up(work: Work, opened: OpenRoom, *, after: int, locale: str) -> dict[str, Any]:
    """Everything after a number, in order: ``items`` as the live events carry them, ``next`` to ask after or None at
    the end, the ``audience`` version, and how far each reader has read (``marks``)."""
    entries, following = queries.room_entries(work, opened, after=after)
    renderer = work.tool(EntryRenderer)  # type: ignore[type-abstract]
    items = [{**entry_payload(entry), "html": renderer.render(entry, locale=locale)} for entry in entries]
    return {
        "items": items,
        "next": following,
        "audience": opened.room.audience,
        "marks": queries.reading_marks(work, opened),
    }
