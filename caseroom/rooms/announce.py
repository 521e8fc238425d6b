"""Telling the readers of a room what was written, once it is committed.

The audience is resolved here, inside the transaction, by person. Events are hints: each carries the room's sequence
number, and a page that sees a gap asks for what follows its last number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from caseroom.audit import queries as ledger
from caseroom.audit.canonical import format_instant
from caseroom.audit.queries import as_entry
from caseroom.audit.services import Recorded
from caseroom.config import LOCALES
from caseroom.db import Work
from caseroom.ids import PersonId
from caseroom.realtime.audience import Audience
from caseroom.realtime.outbox import Event, Outbox
from caseroom.rooms.access import OpenRoom, reader_view
from caseroom.rooms.entries import EntryView, entry_view, related_leaf


class EntryRenderer(Protocol):
    """Renders the one partial of an entry, the same for the page and the live event. The edge provides it."""

    def render(self, entry: EntryView, *, locale: str) -> str: ...


class RenderedByLocale(Mapping[str, Mapping[str, str]]):
    """The HTML of an entry by language, rendered when it is asked for: the publisher asks for the languages in which
    somebody is there."""

    def __init__(self, renderer: EntryRenderer, entry: EntryView) -> None:
        self._renderer = renderer
        self._entry = entry

    def __getitem__(self, locale: str) -> Mapping[str, str]:
        return {"html": self._renderer.render(self._entry, locale=locale)}

    def __iter__(self) -> Iterator[str]:
        return iter(LOCALES)

    def __len__(self) -> int:
        return len(LOCALES)

    def __repr__(self) -> str:
        return repr(dict(self))


def announce_entry(work: Work, opened: OpenRoom, recorded: Recorded, *, client_id: str | None = None) -> EntryView:
    """Have every reader of the room, and nobody else, receive a new entry."""
    entry = as_entry(recorded)
    leaf = related_leaf(entry)
    view = entry_view(opened, entry, related=ledger.entry_by_leaf(work, opened.stream, leaf) if leaf else None)
    payload = entry_payload(view, client_id=client_id)
    by_locale = RenderedByLocale(work.tool(EntryRenderer), view)  # type: ignore[type-abstract]
    work.part(Outbox).add(Event(name="entry", audience=opened.audience, payload=payload, by_locale=by_locale))
    return view


def entry_payload(view: EntryView, *, client_id: str | None = None) -> dict[str, Any]:
    """What an entry is on the wire, live or caught up (docs/live.md), but for its HTML."""
    payload: dict[str, Any] = {
        "room": view.room_id,
        "seq": view.seq,
        "id": view.id,
        "kind": view.kind.value,
        "author": view.author.id if view.author else None,
        "at": format_instant(view.at),
        "client_id": client_id,
    }
    if view.erases is not None:
        payload["erases"] = view.erases
    return payload


def announce_audience(work: Work, opened: OpenRoom) -> None:
    """Have the readers learn who reads the room now; their composers ask again with the new names."""
    work.part(Outbox).add(
        Event(
            name="audience",
            audience=opened.audience,
            payload={
                "room": opened.room.id,
                "audience": opened.room.audience,
                "readers": [reader_view(reader) for reader in opened.readers],
            },
        )
    )


def announce_gone(work: Work, person: str, *, case_id: str) -> None:
    """Tell a removed person's pages to close. Nothing has to be unsubscribed: there is no subscription to rooms."""
    work.part(Outbox).add_cut(Event(name="gone", audience=Audience.of([PersonId(person)]), payload={"case": case_id}))


def announce_reading(work: Work, opened: OpenRoom, marks: list[int]) -> None:
    """Have the readers learn how far the room has been read: numbers, no names, and nobody outside the room."""
    payload = {"room": opened.room.id, "marks": marks, "readers": len(opened.readers)}
    work.part(Outbox).add(Event(name="room", audience=opened.audience, payload=payload))
