"""The wrap table: every key of content, wrapped. Kept apart from the content so that deleting a row shreds it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from caseroom.db import Base, Instant


class SpaceKeyWrap(Base):
    """``docs/evidence.md`` §13. Today one row per key version with recipient type ``kms`` (our own key-encryption key);
    the columns leave the door open to one row per member."""

    __tablename__ = "space_key_wrap"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    recipient_type: Mapped[str] = mapped_column(String(10), primary_key=True, default="kms")
    recipient: Mapped[str] = mapped_column(String(64), primary_key=True, default="")
    enc: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)
