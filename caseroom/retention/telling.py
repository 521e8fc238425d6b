"""Writing in rooms that whoever acts need not read himself, and telling each room's own readers and nobody else."""

from __future__ import annotations

from sqlalchemy import select

from caseroom.audit.services import Recorded, Stream
from caseroom.cases.models import Case, Participant
from caseroom.db import Work
from caseroom.rooms.access import OpenRoom, open_room
from caseroom.rooms.announce import announce_entry
from caseroom.rooms.models import Room, RoomMember
from caseroom.vault.keyring import Keyring


def stream_of(work: Work, room: Room) -> Stream:
    """The log of a room with its key. Only for a service that has proved its right over the whole case."""
    keys = work.tool(Keyring).find(work, case_id=room.case_id, slot=room.slot)
    return Stream(room_id=room.id, case_id=room.case_id, slot=room.slot, keys=keys)


def opened_for_readers(work: Work, case: Case, room_id: str) -> OpenRoom | None:
    """A room as its present readers have it; None where nobody reads it."""
    room = work.session.get_one(Room, room_id)
    membership = work.session.scalars(
        select(RoomMember).where(RoomMember.room_id == room.id, RoomMember.removed_at.is_(None))
    ).first()
    if membership is None:
        return None
    me = work.session.get_one(Participant, membership.participant_id)
    return open_room(work, room, case, me=me, membership=membership)


def tell_readers(work: Work, case: Case, recorded: Recorded) -> None:
    """Have the readers of the room receive an entry that was just written in it."""
    opened = opened_for_readers(work, case, recorded.room_id)
    if opened is not None:
        announce_entry(work, opened, recorded)
