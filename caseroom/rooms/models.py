"""Tables of rooms. Entries themselves are ledger events (``audit.models.LedgerEvent``): one counter, one truth."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

import caseroom.cases.models  # noqa: F401 - its tables are referred to below
from caseroom.db import Base, Instant


class Room(Base):
    __tablename__ = "room"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("legal_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(14))
    side_id: Mapped[str | None] = mapped_column(ForeignKey("side.id"))
    holder_id: Mapped[str | None] = mapped_column(ForeignKey("participant.id"))  # whose notes these are
    slot: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(8))
    # Drawn anew at each change of members or roles: opaque, so that it counts nothing.
    audience: Mapped[str] = mapped_column(String(32))


class RoomMember(Base):
    """Who reads a room. ``removed_at`` set: nobody any more."""

    __tablename__ = "room_member"
    __table_args__ = (Index("ix_room_member_participant_id_removed_at", "participant_id", "removed_at"),)

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    admitted_at: Mapped[datetime] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    read_seq: Mapped[int] = mapped_column(Integer, default=-1)  # the last entry shown to this person


class Draft(Base):
    """What a person began to write in one room. It belongs to that room and never travels."""

    __tablename__ = "draft"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    text: Mapped[bytes] = mapped_column(LargeBinary)  # sealed
    saved_at: Mapped[datetime] = mapped_column(Instant)


class Replay(Base):
    """An idempotency key: per person and room, kept 24 h. The same body gets the first answer again."""

    __tablename__ = "replay"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    entry_id: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)
