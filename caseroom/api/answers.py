"""What the API gives: one model per thing.

Members that a thing does not have are left out (``body`` of a filing); members that it has and that are empty are null
(``author`` of what the system wrote)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from flask import Response
from pydantic import BaseModel, ConfigDict

from caseroom.access.words import CaseKind, Role, RoomKind, State
from caseroom.audit.event_bytes import Kind
from caseroom.retention.words import Basis, Level, Progress

Item = TypeVar("Item")


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Answer, Generic[Item]):
    """Part of a list. ``next``: give it as ``after`` to go on; null at the end."""

    items: list[Item]
    next: int | str | None


class Practice(Answer):
    id: str
    name: str
    owner: bool


class Person(Answer):
    id: str
    name: str
    email: str
    locale: str
    zone: str
    practice: Practice | None


class Membership(Answer):
    case_id: str
    participant_id: str
    role: Role
    side_id: str | None


class Me(Answer):
    person: Person
    memberships: list[Membership]


class Reader(Answer):
    """A participant as others name them; ``id`` is the participant id, of this case alone."""

    id: str
    name: str
    role: Role
    side_id: str | None


class Side(Answer):
    id: str
    label: str


class RoomInCase(Answer):
    id: str
    kind: RoomKind
    side_id: str | None
    title: str
    audience: str


class MyPart(Answer):
    id: str
    role: Role
    side_id: str | None


class Case(Answer):
    """``rooms``: those the caller reads, and no others."""

    id: str
    kind: CaseKind
    title: str
    language: str
    state: State
    opened_at: str
    me: MyPart
    sides: list[Side]
    rooms: list[RoomInCase]


class Checkpoint(Answer):
    """``size`` in epochs; ``note``: signed note (C2SP tlog-checkpoint) of the case log; ``vkey``: its verifier key;
    ``proof``: that it extends the log of ``since`` epochs (RFC 6962 §2.1.2, base64 hashes), empty where that is 0."""

    size: int
    note: str
    vkey: str
    since: int
    proof: list[str]


class Participant(Reader):
    """``email`` is there for those who may invite for this person's side."""

    state: str
    email: str | None = None


class Invited(Answer):
    id: str
    invitation_url: str


class Accepted(Answer):
    case_id: str
    participant_id: str


class Head(Answer):
    """Of the room's log, as far as it is signed: number of entries, root of the tree (64 hex digits)."""

    size: int
    root: str


class Room(Answer):
    id: str
    case_id: str
    kind: RoomKind
    side_id: str | None
    title: str
    audience: str
    readers: list[Reader]
    head: Head


class ExhibitInEntry(Answer):
    """``type`` is what the bytes are; ``mismatch``: the name says otherwise. ``size`` in bytes."""

    id: str
    label: str
    title: str
    filename: str
    sha256: str
    size: int
    type: str
    mismatch: bool


class Entry(Answer):
    """``body``: the text of a message. ``quotes``: the entry that a message quotes. ``exhibit``: what a filing filed.
    ``facts``: what any other act states. ``erased`` stands where all of it was erased. ``leaf``: the hash that the
    receipt proves (64 hex digits)."""

    id: str
    room_id: str
    seq: int
    kind: Kind
    at: str
    author: Reader | None
    leaf: str
    body: str | None = None
    quotes: str | None = None
    exhibit: ExhibitInEntry | None = None
    facts: dict[str, Any] | None = None
    erased: bool | None = None


class PostedEntry(Entry):
    """``receipt``: a C2SP tlog-proof."""

    receipt: str


class Exhibit(ExhibitInEntry):
    room_id: str
    side_id: str | None
    number: int
    seq: int
    at: str
    author: Reader | None


class FiledExhibit(Exhibit):
    """``receipt``: a C2SP tlog-proof of the filing."""

    receipt: str


class Erasure(Answer):
    """``level``: E1 an entry, E2 a room, E3 the case. ``what``: the kind of the entry, ``room``, ``case``, or the
    content a rule names. ``leaves``: hashes of what was erased. ``seq`` is the entry that records it in room ``slot``,
    ``epoch`` the checkpoint that seals it. ``keys_gone_by``: when the last backup that may hold the keys has expired.
    ``in_ledger`` is false once the case's log is closed."""

    id: str
    case_id: str
    level: Level
    what: str
    basis: Basis
    reason: str
    state: Progress
    entries: int
    files: int
    leaves: list[str]
    asked_by: str
    approved_by: str
    asked_at: str
    keys_gone_by: str
    in_ledger: bool
    approved_at: str | None = None
    done_at: str | None = None
    slot: int | None = None
    seq: int | None = None
    epoch: int | None = None


class Closing(Answer):
    """``state``: ``closed``, or ``asked`` while counsel of the sides in ``missing`` (ids) have not agreed."""

    state: str
    missing: list[str]


def give(answer: Answer, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The JSON response. Members that were never given a value are left out."""
    text = answer.model_dump_json(exclude_unset=True)
    return Response(text, status=status, headers=dict(headers or {}), content_type="application/json")
