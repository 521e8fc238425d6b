"""Tables of the ledger (docs/evidence.md §1-5). Bytes that people may see are sealed under the room's key; what is in
clear here is ids, times, sizes and hashes of salted commitments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, LargeBinary, String, Text, UniqueConstraint, text
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
    next_due: Mapped[datetime | None] = mapped_column(Instant, index=True)  # the next grid instant; None once closed
    closed_at: Mapped[datetime | None] = mapped_column(Instant)  # when the last epoch of all was sealed
    key_destroyed_at: Mapped[datetime | None] = mapped_column(Instant)


class Slot(Base):
    """One of the case's fixed slots, in the order of the secret permutation (``draw``). Rooms take them in turn.

    A slot without a blind key was shredded with its room: its values are random from then on."""

    __tablename__ = "slot"
    __table_args__ = (UniqueConstraint("case_id", "draw"),)

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    slot: Mapped[int] = mapped_column(Integer, primary_key=True)
    draw: Mapped[int] = mapped_column(Integer)
    room_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    blind_key: Mapped[bytes | None] = mapped_column(LargeBinary)  # wrapped


class CaseEpoch(Base):
    __tablename__ = "epoch"
    # What waits for the signer is asked for before each seal and every few seconds, among epochs of years.
    __table_args__ = (
        Index(
            "ix_epoch_unsigned",
            "case_id",
            "n",
            sqlite_where=text("note IS NULL"),
            postgresql_where=text("note IS NULL"),
        ),
    )

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    why: Mapped[str] = mapped_column(String(8))
    due: Mapped[datetime] = mapped_column(Instant)
    sealed_at: Mapped[datetime | None] = mapped_column(Instant)
    line: Mapped[bytes] = mapped_column(LargeBinary)  # the canonical epoch bytes
    # The values of all slots, 32 bytes each: a room shredded later takes its blind key away, and the others' paths
    # through this epoch are still made of them. None in epochs older than this column.
    slot_values: Mapped[bytes | None] = mapped_column(LargeBinary)
    note: Mapped[str | None] = mapped_column(Text)  # the signed case checkpoint, once signed


class TimeStamp(Base):
    """The outside time stamp of one epoch's checkpoint: asked for, or kept (docs/evidence.md §19)."""

    __tablename__ = "time_stamp"
    __table_args__ = (
        Index("ix_time_stamp_state_next_try", "state", "next_try"),
        # Every seal looks for the tokens that no epoch pins yet.
        Index("ix_time_stamp_case_id_pinned_in_n", "case_id", "pinned_in", "n"),
    )

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    state: Mapped[str] = mapped_column(String(8))  # waiting, kept
    tries: Mapped[int] = mapped_column(Integer, default=0)
    asked_since: Mapped[datetime] = mapped_column(Instant)
    next_try: Mapped[datetime] = mapped_column(Instant)
    tsa: Mapped[str] = mapped_column(String(200), default="")  # who answered, or was asked last; never with credentials
    gen_time: Mapped[datetime | None] = mapped_column(Instant)
    late: Mapped[bool] = mapped_column(Boolean, default=False)
    pinned_in: Mapped[int | None] = mapped_column(Integer)  # the epoch whose bytes name this token
    # Last: a list of a year's stamps must not read past their bytes.
    request: Mapped[bytes | None] = mapped_column(LargeBinary)
    token: Mapped[bytes | None] = mapped_column(LargeBinary)  # the whole response, as it came


class TsaRoot(Base):
    """A root certificate that was configured once: old tokens need it after the setting has changed."""

    __tablename__ = "tsa_root"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the DER, hex
    pem: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(Instant)


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


class ErasedEvent(Base):
    """An event whose values were destroyed on purpose. Where the log could not say so itself, because the case was
    closed, this is the record of it; everywhere, the list of what an erasure took."""

    __tablename__ = "erased_event"

    room_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    erasure_id: Mapped[str] = mapped_column(String(32), index=True)
