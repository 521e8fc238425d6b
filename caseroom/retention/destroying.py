"""Destroying content, in short transactions that may be repeated from anywhere after a crash. The key goes first or
with the content: what a disk may still hold of it opens for nobody.

Nothing here decides or records: that is done before, by the services, and committed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from sqlalchemy import ColumnElement, delete, func, select, update

from caseroom import workers
from caseroom.accounts.models import OneTimeLink
from caseroom.accounts.services import INVITE
from caseroom.audit.case_log import slot_values_of
from caseroom.audit.models import (
    CaseEpoch,
    ErasedEvent,
    LedgerEvent,
    LogNode,
    Opening,
    RoomCheckpoint,
    RoomLog,
    Slot,
)
from caseroom.cases.models import Case, Participant, Side
from caseroom.db import Database, Work
from caseroom.exhibits.models import Exhibit, ExhibitCopy
from caseroom.ids import PersonId
from caseroom.realtime.audience import Audience
from caseroom.realtime.outbox import Event, Outbox
from caseroom.retention.models import ClosingConsent, Erasure
from caseroom.retention.words import Progress
from caseroom.rooms.announce import announce_gone
from caseroom.rooms.models import Draft, Replay, Room, RoomMember
from caseroom.vault.keys import CASE_SLOT
from caseroom.vault.models import SpaceKeyWrap
from caseroom.vault.objects import ObjectStore

AT_ONCE = 200  # rows in one transaction: a message must not wait for a whole room to be destroyed


def destroy_items(database: Database, erasure_id: str) -> None:
    """Destroy the keys, the values and the files of the events on an erasure's list."""
    while True:
        with database.unit_of_work() as work:
            if not _destroy_some(work, erasure_id):
                return
        workers.give_way()


def _destroy_some(work: Work, erasure_id: str) -> int:
    rows = work.session.scalars(
        select(LedgerEvent)
        .join(ErasedEvent, (ErasedEvent.room_id == LedgerEvent.room_id) & (ErasedEvent.seq == LedgerEvent.seq))
        .where(ErasedEvent.erasure_id == erasure_id, LedgerEvent.values.is_not(None))
        .limit(AT_ONCE)
    ).all()
    ids = [row.id for row in rows]
    _delete_files(work, work.session.scalars(select(Exhibit.object_id).where(Exhibit.id.in_(ids))))
    for row in rows:
        row.event_key = row.values = None
    # The digest of what was sent under an idempotency key goes too, and the key stays taken: a device that tries again
    # must not post anew what was erased.
    work.session.execute(update(Replay).where(Replay.entry_id.in_(ids)).values(body_hash=secrets.token_bytes(32)))
    return len(rows)


def destroy_room(database: Database, case_id: str, room_id: str) -> None:
    """Destroy a room: files, then keys and membership in one transaction, then what is left and can no longer be
    read."""
    with database.reading() as work:
        objects = work.session.scalars(select(Exhibit.object_id).where(Exhibit.room_id == room_id)).all()
    store: ObjectStore = database.tool(ObjectStore)  # type: ignore[type-abstract]
    for object_id in objects:
        store.delete(object_id)
        workers.give_way()
    with database.unit_of_work() as work:
        _forget_room(work, case_id, room_id)
    while _delete_log(database, room_id):
        workers.give_way()


def _keep_paths_of_others(work: Work, case_id: str) -> None:
    """The other rooms' paths through an epoch are made of all its values, and this room's cannot be computed again once
    its blind key is gone. Epochs older than the column that keeps them get it now."""
    for epoch in work.session.scalars(
        select(CaseEpoch).where(CaseEpoch.case_id == case_id, CaseEpoch.slot_values.is_(None))
    ):
        epoch.slot_values = b"".join(slot_values_of(work, epoch))
    work.session.flush()


def _forget_room(work: Work, case_id: str, room_id: str) -> None:
    room = work.session.get(Room, room_id)
    if room is None:  # a crash came between this and the end
        return
    _keep_paths_of_others(work, case_id)
    members = select(Participant.person_id).join(RoomMember, RoomMember.participant_id == Participant.id)
    people = work.session.scalars(members.where(RoomMember.room_id == room_id, RoomMember.removed_at.is_(None))).all()
    audience = Audience.of(PersonId(person) for person in people if person)
    work.part(Outbox).add_cut(Event(name="gone", audience=audience, payload={"room": room_id}))
    slot = room.slot
    _drop_requests(work, Erasure.room_id == room_id)
    exhibits = select(Exhibit.id).where(Exhibit.room_id == room_id)
    work.session.execute(delete(ExhibitCopy).where(ExhibitCopy.exhibit_id.in_(exhibits)))
    for table in (Exhibit, Draft, Replay, RoomMember):
        work.session.execute(delete(table).where(table.room_id == room_id))
    work.session.execute(delete(SpaceKeyWrap).where(SpaceKeyWrap.case_id == case_id, SpaceKeyWrap.slot == slot))
    work.session.execute(delete(Opening).where(Opening.case_id == case_id, Opening.slot == slot))
    # The slot keeps the id of the room that took it, or it would be given to the next one.
    work.session.execute(update(Slot).where(Slot.case_id == case_id, Slot.slot == slot).values(blind_key=None))
    work.session.execute(delete(RoomLog).where(RoomLog.room_id == room_id))
    work.session.delete(room)
    work.session.flush()


def _delete_log(database: Database, room_id: str) -> bool:
    """Delete some of a forgotten room's events, nodes and checkpoints; False once there are none."""
    with database.unit_of_work() as work:
        newest = select(func.max(LedgerEvent.seq)).where(LedgerEvent.room_id == room_id)
        last: int | None = work.session.scalars(newest).one()
        if last is not None:
            some = LedgerEvent.seq > last - AT_ONCE
            work.session.execute(delete(LedgerEvent).where(LedgerEvent.room_id == room_id, some))
            return True
        level: int | None = work.session.scalars(select(func.max(LogNode.level)).where(LogNode.log_id == room_id)).one()
        if level is not None:
            work.session.execute(delete(LogNode).where(LogNode.log_id == room_id, LogNode.level == level))
            return True
        work.session.execute(delete(RoomCheckpoint).where(RoomCheckpoint.room_id == room_id))
        work.session.execute(delete(ErasedEvent).where(ErasedEvent.room_id == room_id))
    return False


def destroy_case(database: Database, case_id: str) -> None:
    """Destroy a closed case but for its checkpoints and their time stamps."""
    with database.reading() as work:
        rooms = work.session.scalars(select(Room.id).where(Room.case_id == case_id)).all()
        # Rooms that a crash left half destroyed have no row, but still a slot.
        taken = work.session.scalars(
            select(Slot.room_id).where(Slot.case_id == case_id, Slot.room_id.is_not(None))
        ).all()
    for room_id in dict.fromkeys([*rooms, *(each for each in taken if each)]):
        destroy_room(database, case_id, room_id)
    with database.unit_of_work() as work:
        _forget_case(work, case_id)


def _forget_case(work: Work, case_id: str) -> None:
    participants = work.session.scalars(select(Participant).where(Participant.case_id == case_id)).all()
    for participant in participants:
        if participant.person_id and participant.state == "admitted":
            announce_gone(work, participant.person_id, case_id=case_id)
    ids = [participant.id for participant in participants]
    work.session.execute(delete(OneTimeLink).where(OneTimeLink.purpose == INVITE, OneTimeLink.subject.in_(ids)))
    work.session.execute(delete(SpaceKeyWrap).where(SpaceKeyWrap.case_id == case_id, SpaceKeyWrap.slot == CASE_SLOT))
    work.session.execute(update(Slot).where(Slot.case_id == case_id).values(blind_key=None))
    work.session.execute(update(CaseEpoch).where(CaseEpoch.case_id == case_id).values(slot_values=None))
    work.session.execute(delete(ClosingConsent).where(ClosingConsent.case_id == case_id))
    _drop_requests(work, Erasure.case_id == case_id)
    work.session.execute(update(Erasure).where(Erasure.case_id == case_id).values(reason=None, facts=None))
    for table in (Participant, Side):
        work.session.execute(delete(table).where(table.case_id == case_id))
    work.session.execute(delete(Case).where(Case.id == case_id))


def _drop_requests(work: Work, about: ColumnElement[bool]) -> None:
    """What somebody asked to be destroyed goes, by a rule or with the whole case: nobody can agree to it any more."""
    work.session.execute(delete(Erasure).where(about, Erasure.state == Progress.ASKED))


def _delete_files(work: Work, object_ids: Iterable[str]) -> None:
    store: ObjectStore = work.tool(ObjectStore)  # type: ignore[type-abstract]
    for object_id in object_ids:
        store.delete(object_id)
