"""Tables of the ledger (docs/evidence.md §1-5). Bytes that people may see are sealed under the room's key; what is in
clear here is ids, times, sizes and hashes of salted commitments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseroom.db import Base, Instant


class CaseLog(Base):
    """L2: one per case, one leaf per epoch. ``size`` and ``root`` are what an event states as ``seen``."""

    __tablename__ = "case_log"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    origin: Mapped[str] = mapped_column(String(300), unique=True)
    vkey: Mapped[str] = mapped_column(String(400))
    slots: Mapped[int] = mapped_column(Integer)
    interval: Mapped[int] = mapped_column(Integer)  # seconds
    size: Mapped[int] = mapped_column(Integer)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))


class Slot(Base):
    """One of the case's fixed slots, in the order of the secret permutation (``draw``). Rooms take them in turn."""

    __tablename__ = "slot"
    __table_args__ = (UniqueConstraint("case_id", "draw"),)

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    slot: Mapped[int] = mapped_column(Integer, primary_key=True)
    draw: Mapped[int] = mapped_column(Integer)
    room_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    blind_key: Mapped[bytes] = mapped_column(LargeBinary)  # wrapped


class CaseEpoch(Base):
    __tablename__ = "epoch"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    why: Mapped[str] = mapped_column(String(8))
    due: Mapped[datetime] = mapped_column(Instant)
    line: Mapped[bytes] = mapped_column(LargeBinary)  # the canonical epoch bytes
    note: Mapped[str | None] = mapped_column(Text)  # the signed case checkpoint, once signed


class Opening(Base):
    """Size and root of a room's log when an epoch was sealed; slots without a row were empty."""

    __tablename__ = "opening"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    slot: Mapped[int] = mapped_column(Integer, primary_key=True)
    size: Mapped[int] = mapped_column(Integer)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))


class RoomLog(Base):
    """L1: one per room, one leaf per event."""

    __tablename__ = "room_log"

    room_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    slot: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)
    signed_size: Mapped[int] = mapped_column(Integer)  # events below are receipted, and only those are shown
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    last_leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    last_at: Mapped[datetime] = mapped_column(Instant)


class LogNode(Base):
    """A complete subtree's hash of a room log or a case log (``log_id`` is the room's or the case's id)."""

    __tablename__ = "log_node"

    log_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    level: Mapped[int] = mapped_column(Integer, primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LedgerEvent(Base):
    """One event of a room, the entry that people see. ``id`` is the 16 random bytes ``x`` of its intent."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_room_id_speaks_seq", "room_id", "speaks", "seq"),
        Index("ix_event_room_id_leaf", "room_id", "leaf"),
    )

    room_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    at: Mapped[datetime] = mapped_column(Instant)
    speaks: Mapped[bool] = mapped_column(Boolean)  # said or filed by somebody: what an unread mark counts
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    key_version: Mapped[int] = mapped_column(Integer)
    event_key: Mapped[bytes | None] = mapped_column(LargeBinary)  # wrapped; erased with its item
    line: Mapped[bytes] = mapped_column(LargeBinary)  # sealed: the canonical event bytes
    values: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: body, meta and who


class RoomCheckpoint(Base):
    """A signed head of a room's log. The receipt of event ``seq`` stands on the first one above it."""

    __tablename__ = "checkpoint"

    room_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    size: Mapped[int] = mapped_column(Integer, primary_key=True)
    note: Mapped[str] = mapped_column(Text)
