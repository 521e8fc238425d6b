"""Entries as people see them: one frozen view for the page, the API and the live event alike. Nothing in it depends on
who looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from caseroom.audit.event_bytes import Kind
from caseroom.audit.queries import LedgerEntry
from caseroom.cases.people import PersonInCase
from caseroom.rooms.access import OpenRoom

EXCERPT = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitFacts:
    """An exhibit as its filing entry states it. ``size`` in bytes; ``mismatch``: the name says another type."""

    id: str
    label: str
    title: str
    filename: str
    type: str
    size: int
    sha256: str
    mismatch: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    entry_id: str
    seq: int
    author: PersonInCase | None
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """``author`` is None for what the system wrote. ``text`` for messages, ``exhibit`` for filings, ``facts`` (values
    of the ledger's own) for everything else; none of them once it is ``erased``. ``erases``: the number of the entry
    that this one says was erased."""

    id: str
    room_id: str
    seq: int
    kind: Kind
    at: datetime
    author: PersonInCase | None
    leaf: str
    text: str | None
    quoted: Quotation | None
    exhibit: ExhibitFacts | None
    facts: Mapping[str, Any]
    erased: bool = False
    erases: int | None = None


def related_leaf(entry: LedgerEntry) -> str | None:
    """The leaf hash of the entry that this one quotes or is about, if it names one."""
    leaf = entry.body.get("quotes") or entry.body.get("of")
    return str(leaf) if leaf else None


def entry_view(opened: OpenRoom, entry: LedgerEntry, *, related: LedgerEntry | None = None) -> EntryView:
    """``related``: the entry of ``related_leaf``, read by the caller."""
    people = opened.people.people
    return EntryView(
        id=entry.id,
        room_id=opened.room.id,
        seq=entry.seq,
        kind=entry.kind,
        at=entry.at,
        author=people.get(entry.actor),
        leaf=entry.leaf.hex(),
        text=entry.body.get("text") if entry.kind is Kind.MESSAGE_POSTED else None,
        quoted=_quotation(opened, related) if related and "quotes" in entry.body else None,
        exhibit=exhibit_facts(entry),
        facts={**entry.meta, **_subject(opened, entry, related)},
        erased=entry.erased,
        erases=related.seq if related and entry.kind is Kind.ITEM_ERASED else None,
    )


def exhibit_facts(entry: LedgerEntry) -> ExhibitFacts | None:
    if entry.kind is not Kind.EXHIBIT_FILED or not entry.body:
        return None
    listed = entry.body["files"][0]
    return ExhibitFacts(
        id=entry.id,
        label=entry.meta["number"],
        title=entry.meta["title"],
        filename=entry.meta["filename"],
        type=listed["type"],
        size=listed["size"],
        sha256=listed["sha256"],
        mismatch=bool(entry.meta.get("mismatch", False)),
    )


def _quotation(opened: OpenRoom, quoted: LedgerEntry) -> Quotation:
    facts = exhibit_facts(quoted)
    text = f"{facts.label}, {facts.title}" if facts else str(quoted.body.get("text", ""))
    short = text if len(text) <= EXCERPT else text[: EXCERPT - 1].rstrip() + "…"
    return Quotation(entry_id=quoted.id, seq=quoted.seq, author=opened.people.people.get(quoted.actor), excerpt=short)


def _subject(opened: OpenRoom, entry: LedgerEntry, related: LedgerEntry | None) -> dict[str, Any]:
    """Whom or what an act is about, in words."""
    exhibit = exhibit_facts(related) if related else None
    if exhibit:
        return {"label": exhibit.label}
    if entry.kind in (Kind.NOTICE, Kind.ITEM_ERASED, Kind.SPACE_SHREDDED):
        return {name: entry.body[name] for name in ("code", "text", "basis", "keys_gone_by") if name in entry.body}
    pid = entry.body.get("pid")
    person = opened.people.people.get(pid) if pid else None
    return {"subject": person.name} if person else {}
