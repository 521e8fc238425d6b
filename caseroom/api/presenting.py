"""From the frozen views that the pages show too, to what the API gives."""

from __future__ import annotations

from typing import Any

from caseroom.access.words import State
from caseroom.api.answers import (
    Case,
    Entry,
    Exhibit,
    ExhibitInEntry,
    FiledExhibit,
    Head,
    MyPart,
    Participant,
    PostedEntry,
    Reader,
    Room,
    RoomInCase,
    Side,
)
from caseroom.audit.canonical import format_instant
from caseroom.cases.people import PersonInCase
from caseroom.exhibits.queries import ExhibitView
from caseroom.rooms.access import OpenRoom
from caseroom.rooms.entries import EntryView, ExhibitFacts
from caseroom.rooms.queries import CaseView, RoomBrief


def reader(person: PersonInCase) -> Reader:
    return Reader(id=person.id, name=person.name, role=person.role, side_id=_side_id(person))


def participant(person: PersonInCase, *, email: str | None) -> Participant:
    known: dict[str, Any] = {} if email is None else {"email": email}
    return Participant(**reader(person).model_dump(), state=person.state, **known)


def case(view: CaseView) -> Case:
    return Case(
        id=view.id,
        kind=view.kind,
        title=view.title,
        language=view.language,
        state=State(view.state),
        opened_at=format_instant(view.opened_at),
        me=MyPart(id=view.me.id, role=view.me.role, side_id=_side_id(view.me)),
        sides=[Side(id=side.id, label=side.label) for side in view.sides],
        rooms=[_room_in_case(brief) for brief in view.rooms],
    )


def _room_in_case(brief: RoomBrief) -> RoomInCase:
    side_id = brief.side.id if brief.side else None
    return RoomInCase(id=brief.id, kind=brief.kind, side_id=side_id, title=brief.title, audience=brief.audience)


def room(opened: OpenRoom, *, size: int, root: bytes) -> Room:
    return Room(
        id=opened.room.id,
        case_id=opened.case.id,
        kind=opened.kind,
        side_id=opened.room.side_id,
        title=opened.title(),
        audience=opened.room.audience,
        readers=[reader(person) for person in opened.readers],
        head=Head(size=size, root=root.hex()),
    )


def entry(view: EntryView) -> Entry:
    return Entry(**_entry_members(view))


def posted_entry(view: EntryView, *, receipt: str) -> PostedEntry:
    return PostedEntry(**_entry_members(view), receipt=receipt)


def _entry_members(view: EntryView) -> dict[str, Any]:
    members: dict[str, Any] = {
        "id": view.id,
        "room_id": view.room_id,
        "seq": view.seq,
        "kind": view.kind,
        "at": format_instant(view.at),
        "author": reader(view.author) if view.author else None,
        "leaf": view.leaf,
    }
    if view.erased:
        members["erased"] = True
    elif view.text is not None:
        members["body"] = view.text
        if view.quoted is not None:
            members["quotes"] = view.quoted.entry_id
    elif view.exhibit is not None:
        members["exhibit"] = ExhibitInEntry(**_exhibit_members(view.exhibit))
    else:
        members["facts"] = dict(view.facts)
    return members


def exhibit(view: ExhibitView) -> Exhibit:
    return Exhibit(**_filing_members(view))


def filed_exhibit(view: ExhibitView, *, receipt: str) -> FiledExhibit:
    return FiledExhibit(**_filing_members(view), receipt=receipt)


def _filing_members(view: ExhibitView) -> dict[str, Any]:
    return {
        **_exhibit_members(view.facts),
        "room_id": view.room_id,
        "side_id": view.side_id,
        "number": view.number,
        "seq": view.entry.seq,
        "at": format_instant(view.entry.at),
        "author": reader(view.entry.author) if view.entry.author else None,
    }


def _exhibit_members(facts: ExhibitFacts) -> dict[str, Any]:
    return {
        "id": facts.id,
        "label": facts.label,
        "title": facts.title,
        "filename": facts.filename,
        "sha256": facts.sha256,
        "size": facts.size,
        "type": facts.type,
        "mismatch": facts.mismatch,
    }


def _side_id(person: PersonInCase) -> str | None:
    return person.side.id if person.side else None
