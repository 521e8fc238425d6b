"""Writing in a room: messages, drafts, how far one has read."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.audit import queries as ledger
from caseroom.audit.canonical import canonical
from caseroom.audit.event_bytes import Kind
from caseroom.audit.services import record
from caseroom.cases.text import clean_text
from caseroom.db import Work
from caseroom.errors import Invalid, Malformed, invalid_field
from caseroom.ids import is_id
from caseroom.rooms.access import OpenRoom, access_room, require_audience
from caseroom.rooms.announce import announce_entry, announce_reading
from caseroom.rooms.models import Draft, Replay, RoomMember
from caseroom.rooms.queries import entry_of, reading_marks
from caseroom.rooms.entries import EntryView

LONGEST_MESSAGE = 20_000  # characters
REPLAY_HOURS = 24
CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """``audience`` is the version whose readers the person saw named; ``client_id`` makes a retry the same post;
    ``quotes`` is the id of an entry of the same room."""

    body: str
    audience: str | None
    client_id: str | None = None
    quotes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    entry: EntryView
    replayed: bool


def post_message(work: Work, actor: Actor, room_id: str, command: NewMessage) -> Posted:
    """Post a message to the readers the person saw named on the button.

    Raises NotFound, Forbidden, AudienceRequired, AudienceChanged, Invalid; a repeated ``client_id`` with the same body
    gives the first entry again, with another body Invalid (``idempotency_conflict``)."""
    opened = access_room(work, actor, room_id, Permission.ENTRY_POST)
    text = clean_text("body", command.body, longest=LONGEST_MESSAGE)
    fingerprint = canonical({"body": text, "quotes": command.quotes or ""})
    first = replayed_entry(work, opened, actor, key=command.client_id, fingerprint=fingerprint)
    if first is not None:
        return Posted(entry=entry_of(work, opened, first), replayed=True)
    require_audience(opened, command.audience)
    body = {"text": text}
    if command.quotes:
        body["quotes"] = _leaf_of(work, opened, command.quotes)
    recorded = record(
        work, opened.stream, kind=Kind.MESSAGE_POSTED, actor=opened.me.id, body=body, who={"auth": actor.level}
    )
    remember_replay(work, opened, actor, key=command.client_id, fingerprint=fingerprint, entry_id=recorded.entry_id)
    _advance(opened.membership, recorded.seq)
    discard_draft(work, opened)
    return Posted(entry=announce_entry(work, opened, recorded, client_id=command.client_id), replayed=False)


def mark_read(work: Work, actor: Actor, room_id: str, seq: int) -> None:
    """Remember that entries up to ``seq`` were shown to this person, and tell the room's readers how far it is read."""
    opened = access_room(work, actor, room_id, Permission.ROOM_READ)
    newest = ledger.head(work, opened.stream).size - 1
    if seq < 0:
        raise invalid_field("seq", "out_of_range")
    if _advance(opened.membership, min(seq, newest)):
        work.session.flush()
        announce_reading(work, opened, reading_marks(work, opened))


def save_draft(work: Work, actor: Actor, room_id: str, text: str) -> None:
    """Keep what a person is writing in a room, for that person and that room alone. An empty text deletes it."""
    opened = access_room(work, actor, room_id, Permission.ENTRY_POST)
    discard_draft(work, opened)
    if not text.strip():
        return
    cleaned = clean_text("text", text, longest=LONGEST_MESSAGE)
    sealed = opened.keys.seal("draft", bytes.fromhex(opened.me.id), cleaned.encode())
    work.session.add(Draft(room_id=opened.room.id, participant_id=opened.me.id, text=sealed, saved_at=clock.now()))


def discard_draft(work: Work, opened: OpenRoom) -> None:
    work.session.execute(delete(Draft).where(Draft.room_id == opened.room.id, Draft.participant_id == opened.me.id))


def replayed_entry(
    work: Work, opened: OpenRoom, actor: Actor, *, key: str | None, fingerprint: bytes
) -> str | None:
    """The entry id that this key gave before, if it did. Raises Malformed for a key out of shape, Invalid where the key
    comes back with another body."""
    if key is None:
        return None
    if not CLIENT_ID.fullmatch(key):
        raise Malformed("malformed_client_id")
    found = work.session.get(Replay, (opened.room.id, actor.person, _digest(key.encode())))
    if found is None or found.created_at < clock.now() - timedelta(hours=REPLAY_HOURS):
        return None
    if found.body_hash != _digest(fingerprint):
        raise Invalid("idempotency_conflict")
    return found.entry_id


def remember_replay(
    work: Work, opened: OpenRoom, actor: Actor, *, key: str | None, fingerprint: bytes, entry_id: str
) -> None:
    if key is None:
        return
    work.session.merge(
        Replay(
            room_id=opened.room.id,
            person_id=actor.person,
            key_hash=_digest(key.encode()),
            body_hash=_digest(fingerprint),
            entry_id=entry_id,
            created_at=clock.now(),
        )
    )


def forget_replays(work: Work) -> None:
    """Drop idempotency keys older than their 24 hours."""
    work.session.execute(delete(Replay).where(Replay.created_at < clock.now() - timedelta(hours=REPLAY_HOURS)))


def _leaf_of(work: Work, opened: OpenRoom, entry_id: str) -> str:
    """A quotation stays in its room: an entry of another room is as unknown as one that never was."""
    quoted = ledger.entry(work, opened.stream, entry_id) if is_id(entry_id) else None
    if quoted is None or quoted.kind not in (Kind.MESSAGE_POSTED, Kind.EXHIBIT_FILED):
        raise invalid_field("quotes", "unknown_value")
    return quoted.leaf.hex()


def _advance(membership: RoomMember, seq: int) -> bool:
    if seq <= membership.read_seq:
        return False
    membership.read_seq = seq
    return True


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
