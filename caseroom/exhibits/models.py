"""The exhibit register. An exhibit's id is the id of the entry that filed it; its title, file name, type and digest
are in that entry, sealed. Here is what numbering and delivery need."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import caseroom.rooms.models  # noqa: F401 - its tables are referred to below
from caseroom.db import Base, Instant


class Exhibit(Base):
    __tablename__ = "exhibit"
    # Per side *and room*: an exhibit of a caucus leaves no gap in the numbers of the joint room.
    __table_args__ = (UniqueConstraint("room_id", "series", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    filer_id: Mapped[str] = mapped_column(ForeignKey("participant.id"))
    series: Mapped[str] = mapped_column(String(32))  # the side's id, or "neutral"
    number: Mapped[int] = mapped_column(Integer)
    seq: Mapped[int] = mapped_column(Integer)
    object_id: Mapped[str] = mapped_column(String(32), unique=True)
    sealed_size: Mapped[int] = mapped_column(BigInteger)
    filed_at: Mapped[datetime] = mapped_column(Instant)


class ExhibitCopy(Base):
    """Who has taken bytes of an exhibit before: a download that begins in the middle is news only from the others."""

    __tablename__ = "exhibit_copy"

    exhibit_id: Mapped[str] = mapped_column(ForeignKey("exhibit.id"), primary_key=True)
    participant_id: Mapped[str] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    first_at: Mapped[datetime] = mapped_column(Instant)
