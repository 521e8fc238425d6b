"""The bytes of one event, which are one leaf of a room's tree (docs/evidence.md §2 and §3).

An event carries salted commitments to three values (`body`, `meta`, `who`), never the values: what an event
says can be erased by destroying its key while the leaf, and so the history, stays.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from caseroom.audit.canonical import (
    CanonicalError,
    canonical,
    format_instant,
    parse_canonical,
    parse_hex,
    parse_instant,
)
from caseroom.audit.tree import HASH_SIZE, leaf_hash

FIELDS = ("body", "meta", "who")
SYSTEM = "system"
NO_PREVIOUS = bytes(HASH_SIZE)
ID_SIZE = 16
SECRET_SIZE = 32
MAX_SLOTS = 128

_INTENT_VERSION = "caseroom/v1/intent"
_EVENT_VERSION = "caseroom/v1/event"
_INTENT_MEMBERS = {"actor", "case", "f", "k", "seen", "space", "t", "v", "x"}
_EVENT_MEMBERS = {"at", "in", "prev", "seq", "sig", "v"}


class EventError(ValueError):
    """An event that is not of the format, or not the one that belongs at its place."""


class Kind(StrEnum):
    """What an event says happened (the table of docs/evidence.md §3)."""

    CASE_OPENED = "case.opened"
    ROOM_OPENED = "room.opened"
    ROOM_CLOSED = "room.closed"
    PARTICIPANT_ADMITTED = "participant.admitted"
    PARTICIPANT_REMOVED = "participant.removed"
    MESSAGE_POSTED = "message.posted"
    EXHIBIT_FILED = "exhibit.filed"
    EXHIBIT_OPENED = "exhibit.opened"
    EXHIBIT_DOWNLOADED = "exhibit.downloaded"
    RELEASE_CONSENTED = "release.consented"
    RELEASE_WITHDRAWN = "release.withdrawn"
    EXHIBIT_RELEASED = "exhibit.released"
    MESSAGE_RELEASED = "message.released"
    ITEM_ERASED = "item.erased"
    SPACE_SHREDDED = "space.shredded"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Values:
    """The three values of an event as canonical JSON bytes of objects: the content, so never shown in a repr."""

    body: bytes
    meta: bytes
    who: bytes

    @classmethod
    def of(
        cls, body: Mapping[str, Any], *, meta: Mapping[str, Any] | None = None, who: Mapping[str, Any] | None = None
    ) -> Self:
        """From plain objects; one left out is `{}`. Raises CanonicalError for what canonical JSON may not hold."""
        return cls(canonical(dict(body)), canonical(dict(meta or {})), canonical(dict(who or {})))

    def commitments(self, ek: bytes) -> dict[str, bytes]:
        """The 32-byte commitment of each field under the event key."""
        return {field: commitment(field, event_salt(ek, field), getattr(self, field)) for field in FIELDS}

    def __repr__(self) -> str:
        return f"Values({len(self.body)}, {len(self.meta)}, {len(self.who)} bytes)"


@dataclass(frozen=True, slots=True)
class Intent:
    """What the participant's client states: all that an act signature covers."""

    actor: str
    case: bytes
    commitments: Mapping[str, bytes]
    kind: Kind
    seen_size: int
    seen_root: bytes
    space: int
    t: datetime
    x: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """One parsed event line; `data` are its exact bytes, `sig` the SHA-256 of its act-signature file if it has one."""

    data: bytes
    at: datetime
    intent: Intent
    prev: bytes
    seq: int
    sig: bytes | None

    @property
    def leaf(self) -> bytes:
        """The leaf hash of the event, the `prev` of the next one."""
        return leaf_hash(self.data)


def event_salt(ek: bytes, field: str) -> bytes:
    """The 32-byte salt of one field: `HMAC-SHA-256(ek, "caseroom/v1/salt" 00 field)`."""
    _check_field(field)
    if len(ek) != SECRET_SIZE:
        raise ValueError("an event key has 32 bytes")
    return hmac.digest(ek, b"caseroom/v1/salt\x00" + field.encode("ascii"), "sha256")


def commitment(field: str, salt: bytes, value: bytes) -> bytes:
    """The commitment to a value: `SHA-256("caseroom/v1/commit" 00 field 00 || salt32 || value)`."""
    _check_field(field)
    if len(salt) != SECRET_SIZE:
        raise ValueError("a salt has 32 bytes")
    return hashlib.sha256(b"caseroom/v1/commit\x00" + field.encode("ascii") + b"\x00" + salt + value).digest()


def link(salt: bytes, consent_leaf: bytes) -> bytes:
    """What a released item says of its consent: `SHA-256("caseroom/v1/link" 00 || salt32 || leaf hash of the consent)`.

    Without the salt it says nothing about the caucus it came from.
    """
    if len(salt) != SECRET_SIZE or len(consent_leaf) != HASH_SIZE:
        raise ValueError("a link is made of a salt and a leaf hash of 32 bytes each")
    return hashlib.sha256(b"caseroom/v1/link\x00" + salt + consent_leaf).digest()


def build_intent(
    *,
    actor: str,
    case: bytes,
    kind: Kind,
    space: int,
    seen_size: int,
    seen_root: bytes,
    t: datetime,
    x: bytes,
    commitments: Mapping[str, bytes],
) -> bytes:
    """The canonical bytes of an intent, whose SHA-256 an act signature answers.

    `actor` is a pid (32 hex) or `system`; `case` and `x` have 16 bytes; `seen_*` is the case log as the client
    saw it; `t` the client's time. Raises EventError when a part is not of the format.
    """
    members = {
        "actor": actor,
        "case": case.hex(),
        "f": {field: value.hex() for field, value in commitments.items()},
        "k": kind,
        "seen": {"n": seen_size, "root": seen_root.hex()},
        "space": space,
        "t": format_instant(t),
        "v": _INTENT_VERSION,
        "x": x.hex(),
    }
    _read_intent(members)
    return _serialise(members)


def build_event(intent: bytes, *, at: datetime, prev: bytes = NO_PREVIOUS, seq: int, sig: bytes | None = None) -> bytes:
    """The canonical bytes of an event: the intent as stated, and what the server adds.

    `at` is the server's time, `prev` the leaf hash of the previous event (32 zero bytes for the first), `seq`
    the index of the leaf, `sig` the SHA-256 of the act-signature file. Raises EventError.
    """
    members = {
        "at": format_instant(at),
        "in": _parse_object(intent),
        "prev": prev.hex(),
        "seq": seq,
        "sig": sig.hex() if sig is not None else "",
        "v": _EVENT_VERSION,
    }
    event = _serialise(members)
    _read_event(members, event)
    return event


def parse_intent(data: bytes) -> Intent:
    """Read the canonical bytes of an intent; anything else raises EventError."""
    return _read_intent(_parse_object(data))


def parse_event(line: bytes) -> Event:
    """Read the canonical bytes of an event (without newline); an unknown member, kind or form raises EventError."""
    return _read_event(_parse_object(line), line)


def check_event(event: Event, *, case: bytes, space: int, previous: Event | None) -> None:
    """Check that an event is the next one of its room after `previous` (None for the first), or raise EventError."""
    if event.intent.case != case or event.intent.space != space:
        raise EventError("the event belongs to another case or space")
    if event.seq != (0 if previous is None else previous.seq + 1):
        raise EventError("the event stands out of sequence")
    if event.prev != (NO_PREVIOUS if previous is None else previous.leaf):
        raise EventError("the event follows another one")
    if previous is not None and event.at < previous.at:
        raise EventError("the event is older than the one before it")


def _read_event(members: dict[str, Any], line: bytes) -> Event:
    if set(members) != _EVENT_MEMBERS or members["v"] != _EVENT_VERSION:
        raise EventError("not an event of version 1")
    intent = _read_intent(members["in"])
    try:
        event = Event(
            data=line,
            at=parse_instant(members["at"]),
            intent=intent,
            prev=parse_hex(members["prev"], HASH_SIZE),
            seq=_number(members["seq"]),
            sig=parse_hex(members["sig"], HASH_SIZE) if members["sig"] != "" else None,
        )
    except CanonicalError as error:
        raise EventError(str(error)) from error
    if (event.seq == 0) != (event.prev == NO_PREVIOUS):
        raise EventError("the first event, and no other, has no previous one")
    return event


def _read_intent(members: Any) -> Intent:
    if not isinstance(members, dict) or set(members) != _INTENT_MEMBERS or members["v"] != _INTENT_VERSION:
        raise EventError("not an intent of version 1")
    committed, seen, actor = members["f"], members["seen"], members["actor"]
    if not isinstance(committed, dict) or set(committed) != set(FIELDS):
        raise EventError("an intent commits to body, meta and who")
    if not isinstance(seen, dict) or set(seen) != {"n", "root"}:
        raise EventError("an intent names the size and root of the case log it saw")
    try:
        kind = Kind(members["k"])
    except ValueError as error:
        raise EventError("not a kind of event") from error
    try:
        if actor != SYSTEM:
            parse_hex(actor, ID_SIZE)
        return Intent(
            actor=actor,
            case=parse_hex(members["case"], ID_SIZE),
            commitments={field: parse_hex(committed[field], HASH_SIZE) for field in FIELDS},
            kind=kind,
            seen_size=_number(seen["n"]),
            seen_root=parse_hex(seen["root"], HASH_SIZE),
            space=_number(members["space"], limit=MAX_SLOTS),
            t=parse_instant(members["t"]),
            x=parse_hex(members["x"], ID_SIZE),
        )
    except CanonicalError as error:
        raise EventError(str(error)) from error


def _serialise(members: dict[str, Any]) -> bytes:
    try:
        return canonical(members)
    except CanonicalError as error:
        raise EventError(str(error)) from error


def _parse_object(data: bytes) -> dict[str, Any]:
    try:
        members = parse_canonical(data)
    except CanonicalError as error:
        raise EventError(str(error)) from error
    if not isinstance(members, dict):
        raise EventError("not an object")
    return members


def _number(value: Any, *, limit: int | None = None) -> int:
    if type(value) is not int or (limit is not None and value >= limit):  # True is an int to isinstance
        raise EventError("not a number of the ledger")
    return value


def _check_field(field: str) -> None:
    if field not in FIELDS:
        raise ValueError(f"an event has no field {field!r}")
