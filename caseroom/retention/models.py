"""Tables of erasures, closings and retention rules. In clear are ids, codes, numbers and times; why somebody asked, and
what exactly was destroyed, are sealed under the case's key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

import caseroom.accounts.models  # noqa: F401 - its tables are referred to below
from caseroom.db import Base, Instant


class Erasure(Base):
    """One erasure from its asking to its end. It outlives what it erased: there is no key to a room or a case.

    ``state``: ``asked`` (a second person has to agree), ``refused``, ``recorded`` (agreed and on record, nothing
    destroyed yet), ``destroyed``, ``done`` (the database's own log holds nothing of it either)."""

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_case_id_asked_at", "case_id", "asked_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"), index=True)
    case_id: Mapped[str] = mapped_column(String(32))
    level: Mapped[str] = mapped_column(String(2))  # E1 items, E2 a room, E3 the case
    content: Mapped[str | None] = mapped_column(String(12))  # what a retention rule names, where one asked
    room_id: Mapped[str | None] = mapped_column(String(32))
    entry_id: Mapped[str | None] = mapped_column(String(32))
    basis: Mapped[str] = mapped_column(String(12))
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed
    facts: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: what the certificate says
    asked_by: Mapped[str | None] = mapped_column(String(32))  # participant id; None where a rule asked
    asked_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[str | None] = mapped_column(String(32))  # participant id
    approved_person: Mapped[str | None] = mapped_column(
        String(32)
    )  # who agreed for the practice, from outside the case
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(9), index=True)
    in_ledger: Mapped[bool] = mapped_column(Boolean)  # False once the case's log is closed
    leaf: Mapped[str | None] = mapped_column(String(64))  # of the entry that records it, hex
    seq: Mapped[int | None] = mapped_column(Integer)  # its number in its room
    slot: Mapped[int | None] = mapped_column(Integer)
    sealed_in: Mapped[int | None] = mapped_column(Integer)  # the epoch that covers that entry
    entries: Mapped[int] = mapped_column(Integer, default=0)
    files: Mapped[int] = mapped_column(Integer, default=0)
    done_at: Mapped[datetime | None] = mapped_column(Instant)  # when it was destroyed
    keys_gone_by: Mapped[datetime] = mapped_column(Instant)  # when the last backup that may hold the keys has expired


class ClosingConsent(Base):
    """That one person wants the case closed. Where counsel steer together, one of each side has to."""

    __tablename__ = "closing_consent"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    participant_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    side_id: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(Instant)


class RetentionRule(Base):
    """For how many months after the closing of a case a practice keeps one kind of content. No row: for ever."""

    __tablename__ = "retention_rule"

    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"), primary_key=True)
    content: Mapped[str] = mapped_column(String(12), primary_key=True)
    months: Mapped[int] = mapped_column(Integer)
    set_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime] = mapped_column(Instant)
