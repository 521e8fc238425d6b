"""Writing the ledger: opening a case's log, recording events, and signing what was committed.

``record`` is the only way an event comes to be, and it is called in the transaction of the change it tells of: no
entry, no change. What it wrote is signed right after the commit and shown to nobody before (docs/evidence.md §3)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from caseroom import clock
from caseroom.audit import tree
from caseroom.audit.event_bytes import NO_PREVIOUS, Kind, Values, build_event, build_intent
from caseroom.audit.models import CaseEpoch, CaseLog, LedgerEvent, RoomLog, Slot
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.sealing import Seals
from caseroom.audit.seen import Seen, check_seen
from caseroom.audit.values import seal_values
from caseroom.db import Work, table_of
from caseroom.errors import Conflict, Forbidden
from caseroom.vault.keyring import RoomKeys

IN_ANY_CASE = frozenset({Kind.PARTICIPANT_REMOVED})
"""What is written even where the signer refuses: who has to leave, leaves."""

SPEAKING = frozenset({Kind.MESSAGE_POSTED, Kind.EXHIBIT_FILED, Kind.EXHIBIT_RELEASED, Kind.MESSAGE_RELEASED})

ROOM, CASE, EPOCH = table_of(RoomLog), table_of(CaseLog), table_of(CaseEpoch)
HEADS = (
    select(
        ROOM.c.size,
        ROOM.c.signed_size,
        ROOM.c.last_leaf,
        ROOM.c.last_at,
        CASE.c.size.label("seen_size"),
        CASE.c.root.label("seen_root"),
        CASE.c.closed_at,
        EPOCH.c.due,
    )
    .join(CASE, CASE.c.case_id == ROOM.c.case_id)
    .outerjoin(EPOCH, (EPOCH.c.case_id == ROOM.c.case_id) & (EPOCH.c.n == CASE.c.size - 1))
    .where(ROOM.c.room_id == bindparam("room_id"))
)
ADD_EVENT = insert(table_of(LedgerEvent))
CHANGE_ROOM = update(ROOM).where(ROOM.c.room_id == bindparam("of_room"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A room's log together with the key of its content, as a door hands it out."""

    room_id: str
    case_id: str
    slot: int
    keys: RoomKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event that was just written. Its receipt exists once the unit of work is committed."""

    entry_id: str
    room_id: str
    seq: int
    kind: Kind
    actor: str
    at: datetime
    leaf: bytes
    values: Values


def take_slot(work: Work, *, case_id: str, room_id: str) -> int:
    """Give a room the next slot of the case's secret permutation. Raises Conflict when all are taken."""
    slot = work.session.scalars(
        select(Slot).where(Slot.case_id == case_id, Slot.room_id.is_(None)).order_by(Slot.draw).limit(1)
    ).first()
    if slot is None:
        raise Conflict("no_room_left")
    slot.room_id = room_id
    work.session.add(
        RoomLog(
            room_id=room_id,
            case_id=case_id,
            slot=slot.slot,
            size=0,
            signed_size=0,
            root=tree.EMPTY_ROOT,
            last_leaf=NO_PREVIOUS,
            last_at=clock.now(),
        )
    )
    work.session.flush()
    return slot.slot


def record(
    work: Work,
    stream: Stream,
    *,
    kind: Kind,
    actor: str,
    body: Mapping[str, Any],
    meta: Mapping[str, Any] | None = None,
    who: Mapping[str, Any] | None = None,
    event_key: bytes | None = None,
    entry_id: str | None = None,
    seen: Seen | None = None,
) -> Recorded:
    """Append one event to a room's log, in the running transaction.

    ``actor`` is a participant id or ``system``. ``seen`` is the checkpoint that the actor's own client stated; without
    it the present one is written, which proves less. ``event_key`` is given where something was already sealed under it
    (an exhibit). The server's time never decreases inside a room, nor below the instant at which the newest epoch was
    due: a clock set back must not date an entry before the epoch that did not seal it. Raises CanonicalError for values
    JSON cannot hold, Conflict (``history_differs``) where the client saw what this case log does not extend, Forbidden
    (``case_closed``) after the last epoch, LedgerHalted where the signer still refuses what was written in this room
    before."""
    head = work.execute(HEADS, {"room_id": stream.room_id}).one()
    if head.closed_at is not None:
        raise Forbidden("case_closed")
    if head.signed_size < head.size and kind not in IN_ANY_CASE:
        work.part(Seals).catch_up(stream.room_id)
    present = Seen(head.seen_size, head.seen_root)
    if seen is not None:
        check_seen(work, stream.case_id, seen, size=present.size, root=present.root)
    stated = seen or present
    ek = event_key or secrets.token_bytes(32)
    entry_id = entry_id or secrets.token_hex(16)
    values = Values.of(body, meta=meta, who=who)
    at = max(clock.now(), head.last_at, head.due or head.last_at)
    line = build_event(
        build_intent(
            actor=actor,
            case=bytes.fromhex(stream.case_id),
            kind=kind,
            space=stream.slot,
            seen_size=stated.size,
            seen_root=stated.root,
            t=at,
            x=bytes.fromhex(entry_id),
            commitments=values.commitments(ek),
        ),
        at=at,
        prev=head.last_leaf,
        seq=head.size,
    )
    leaf = tree.leaf_hash(line)
    recorded = Recorded(
        entry_id=entry_id,
        room_id=stream.room_id,
        seq=head.size,
        kind=kind,
        actor=actor,
        at=at,
        leaf=leaf,
        values=values,
    )
    _store(work, stream, recorded, line=line, ek=ek)
    return recorded


def _store(work: Work, stream: Stream, recorded: Recorded, *, line: bytes, ek: bytes) -> None:
    room_id, seq, newest = stream.room_id, recorded.seq, stream.keys.newest
    row = event_row(room_id, seq)
    work.execute(
        ADD_EVENT,
        {
            "room_id": room_id,
            "seq": seq,
            "id": recorded.entry_id,
            "at": recorded.at,
            "speaks": recorded.kind in SPEAKING,
            "leaf": recorded.leaf,
            "key_version": newest.version,
            "event_key": newest.wrap_event_key(ek, seq),
            "line": newest.seal("event.line", row, line),
            "values": newest.seal("event.values", row, seal_values(recorded.values)),
        },
    )
    nodes = StoredNodes(work, room_id)
    root = nodes.append(seq, recorded.leaf)
    head = {"size": seq + 1, "root": root, "last_leaf": recorded.leaf, "last_at": recorded.at}
    work.execute(CHANGE_ROOM, {"of_room": room_id, **head})
    work.part(Seals).touched(room_id, entry_id=recorded.entry_id, seq=seq, nodes=nodes)


def event_row(room_id: str, seq: int) -> bytes:
    """What binds a sealed field to its row: a ciphertext moved to another event does not open."""
    return bytes.fromhex(room_id) + seq.to_bytes(8, "big")
