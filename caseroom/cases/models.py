"""Tables of a case. Titles, labels and names are sealed under the case's own key; ids, roles and times are not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import caseroom.accounts.models  # noqa: F401 - its tables are referred to below
from caseroom.db import Base, Instant


class Case(Base):
    __tablename__ = "legal_case"  # CASE is a word of SQL

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    rules: Mapped[str] = mapped_column(String(40))  # template@version
    language: Mapped[str] = mapped_column(String(5))
    state: Mapped[str] = mapped_column(String(8))
    title: Mapped[bytes] = mapped_column(LargeBinary)  # sealed
    opened_at: Mapped[datetime] = mapped_column(Instant)


class Side(Base):
    __tablename__ = "side"
    __table_args__ = (UniqueConstraint("case_id", "position"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("legal_case.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)  # 0 claims, 1 answers, then those who joined
    label: Mapped[bytes] = mapped_column(LargeBinary)  # sealed


class Participant(Base):
    """A person in a case. ``id`` is drawn for this case only: nobody can follow a person from case to case by it."""

    __tablename__ = "participant"
    __table_args__ = (Index("ix_participant_person_id_state", "person_id", "state"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("legal_case.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(String(10))
    side_id: Mapped[str | None] = mapped_column(ForeignKey("side.id"))
    state: Mapped[str] = mapped_column(String(8))  # invited, admitted, removed
    name: Mapped[bytes] = mapped_column(LargeBinary)  # sealed
    email: Mapped[bytes] = mapped_column(LargeBinary)  # sealed; where the invitation went
    undertaking: Mapped[str] = mapped_column(String(64), default="")  # SHA-256 of the text accepted
    invited_at: Mapped[datetime] = mapped_column(Instant)
    admitted_at: Mapped[datetime | None] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
