"""Writing in a room: messages, drafts, how far one has read."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, delete, insert, select, update

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.audit import queries as ledger
from caseroom.audit.canonical import canonical
from caseroom.audit.event_bytes import Kind
from caseroom.audit.sealing import Seals
from caseroom.audit.seen import Seen
from caseroom.audit.services import record
from caseroom.cases.text import clean_text
from caseroom.db import Work, table_of
from caseroom.errors import Invalid, Malformed, invalid_field
from caseroom.ids import is_id
from caseroom.rooms.access import OpenRoom, access_room, require_audience
from caseroom.rooms.announce import announce_entry, announce_reading
from caseroom.rooms.entries import EntryView
from caseroom.rooms.models import Draft, Replay, RoomMember
from caseroom.rooms.queries import entry_of, reading_marks

LONGEST_MESSAGE = 20_000  # characters
REPLAY_HOURS = 24
CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")

DRAFT, MEMBER, REPLAY = table_of(Draft), table_of(RoomMember), table_of(Replay)
ADVANCE = update(MEMBER).where(
    MEMBER.c.room_id == bindparam("of_room"), MEMBER.c.participant_id == bindparam("of_member")
)
DROP_DRAFT = delete(DRAFT).where(
    DRAFT.c.room_id == bindparam("room_id"), DRAFT.c.participant_id == bindparam("participant_id")
)
_THIS_KEY = (
    (REPLAY.c.room_id == bindparam("room_id"))
    & (REPLAY.c.person_id == bindparam("person_id"))
    & (REPLAY.c.key_hash == bindparam("key_hash"))
)
FIND_REPLAY = select(REPLAY.c.created_at, REPLAY.c.body_hash, REPLAY.c.entry_id).where(_THIS_KEY)
DROP_REPLAY = delete(REPLAY).where(_THIS_KEY)
ADD_REPLAY = insert(REPLAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """``audience`` is the version whose readers the person saw named; ``client_id`` makes a retry the same post;
    ``quotes`` is the id of an entry of the same room; ``seen`` the last checkpoint of the case that the client
    checked."""

    body: str
    audience: str | None
    client_id: str | None = None
    quotes: str | None = None
    seen: Seen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    entry: EntryView
    replayed: bool


def post_message(work: Work, actor: Actor, room_id: str, command: NewMessage) -> Posted:
    """Post a message to the readers the person saw named on the button.

    Raises NotFound, Forbidden, AudienceRequired, AudienceChanged, Invalid, Conflict (``history_differs``),
    LedgerHalted; a repeated ``client_id`` with the same body gives the first entry again, with another body Invalid
    (``idempotency_conflict``)."""
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
        work,
        opened.stream,
        kind=Kind.MESSAGE_POSTED,
        actor=opened.me.id,
        body=body,
        who={"auth": actor.level},
        seen=command.seen,
    )
    remember_replay(work, opened, actor, key=command.client_id, fingerprint=fingerprint, entry_id=recorded.entry_id)
    read_own_entry(work, opened, recorded.seq)
    discard_draft(work, opened)
    return Posted(entry=announce_entry(work, opened, recorded, client_id=command.client_id), replayed=False)


def mark_read(work: Work, actor: Actor, room_id: str, seq: int) -> None:
    """Remember that entries up to ``seq`` were shown to this person, and tell the room's readers how far it is read."""
    opened = access_room(work, actor, room_id, Permission.ROOM_READ)
    newest = ledger.head(work, opened.stream).size - 1
    if seq < 0:
        raise invalid_field("seq", "out_of_range")
    if _advance(work, opened, min(seq, newest)):
        announce_reading(work, opened, reading_marks(work, opened))


def read_own_entry(work: Work, opened: OpenRoom, seq: int) -> None:
    """Count what a person has just written as read by its author, unless words of others stand unread before it: an
    answer that crossed them does not prove that they were shown."""
    read = opened.me.read_seq
    if read == seq - 1 or not ledger.unread(work, opened.room.id, after=read, before=seq):
        _advance(work, opened, seq)


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
    work.execute(DROP_DRAFT, {"room_id": opened.room.id, "participant_id": opened.me.id})


def replayed_entry(work: Work, opened: OpenRoom, actor: Actor, *, key: str | None, fingerprint: bytes) -> str | None:
    """The entry id that this key gave before, if it did. Raises Malformed for a key out of shape, Invalid where the key
    comes back with another body.

    Somebody asks again because the answer was lost, perhaps before the entry was signed: it is made good now."""
    if key is None:
        return None
    if not CLIENT_ID.fullmatch(key):
        raise Malformed("malformed_client_id")
    this_key = _replay_key(opened, actor, key)
    found = work.execute(FIND_REPLAY, this_key).one_or_none()
    if found is None:
        return None
    if found.created_at < clock.now() - timedelta(hours=REPLAY_HOURS):
        work.execute(DROP_REPLAY, this_key)
        return None
    if found.body_hash != opened.keys.digest("replay", fingerprint):
        raise Invalid("idempotency_conflict")
    work.part(Seals).resume(opened.room.id)
    return str(found.entry_id)


def remember_replay(
    work: Work, opened: OpenRoom, actor: Actor, *, key: str | None, fingerprint: bytes, entry_id: str
) -> None:
    if key is None:
        return
    work.execute(
        ADD_REPLAY,
        {
            **_replay_key(opened, actor, key),
            "body_hash": opened.keys.digest("replay", fingerprint),
            "entry_id": entry_id,
            "created_at": clock.now(),
        },
    )


def forget_replays(work: Work) -> None:
    """Drop idempotency keys older than their 24 hours."""
    work.session.execute(delete(Replay).where(Replay.created_at < clock.now() - timedelta(hours=REPLAY_HOURS)))


def _replay_key(opened: OpenRoom, actor: Actor, key: str) -> dict[str, object]:
    return {"room_id": opened.room.id, "person_id": actor.person, "key_hash": hashlib.sha256(key.encode()).digest()}


def _leaf_of(work: Work, opened: OpenRoom, entry_id: str) -> str:
    """A quotation stays in its room: an entry of another room is as unknown as one that never was."""
    quoted = ledger.entry(work, opened.stream, entry_id) if is_id(entry_id) else None
    if quoted is None or quoted.kind not in (Kind.MESSAGE_POSTED, Kind.EXHIBIT_FILED):
        raise invalid_field("quotes", "unknown_value")
    return quoted.leaf.hex()


def _advance(work: Work, opened: OpenRoom, seq: int) -> bool:
    if seq <= opened.me.read_seq:
        return False
    work.execute(ADVANCE, {"of_room": opened.room.id, "of_member": opened.me.id, "read_seq": seq})
    return True
