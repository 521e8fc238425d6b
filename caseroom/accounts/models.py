"""Tables of identity. Secrets are kept as hashes (what is presented to us) or sealed (what we must present)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from caseroom.db import Base, Instant


class Practice(Base):
    """The tenant: a firm, a mediation centre, an institution. It owns cases; its walls are absolute."""

    __tablename__ = "practice"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Person(Base):
    """One human, known by one e-mail address on the whole instance. ``practice_id`` is set for those who may open
    cases; the people they invite have none. A person invited but not yet signed up has no row."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    practice_id: Mapped[str | None] = mapped_column(ForeignKey("practice.id"), index=True)
    owner: Mapped[bool] = mapped_column(Boolean, default=False)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    totp_last_step: Mapped[int] = mapped_column(Integer, default=0)  # a code is used once
    locale: Mapped[str] = mapped_column(String(5), default="")  # "" = as the browser asks
    zone: Mapped[str] = mapped_column(String(64), default="")  # IANA name; "" = Europe/Paris until the page tells
    theme: Mapped[str] = mapped_column(String(5), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)


class SignIn(Base):
    """A web session. The cookie carries ``id``'s secret; only its hash is here, so a copied database opens nothing.
    Until ``confirmed_at`` (second factor) it is nobody: it opens the code page and nothing else."""

    __tablename__ = "sign_in"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    device: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class RecoveryCode(Base):
    __tablename__ = "recovery_code"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class ApiToken(Base):
    __tablename__ = "api_token"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    label: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class OneTimeLink(Base):
    """A link that works once: first set-up (``setup``), invitation (``invite``), demo sign-in (``demo``, reusable).
    ``subject`` is what it is for: a participant id, a person id, or nothing."""

    __tablename__ = "one_time_link"
    __table_args__ = (UniqueConstraint("purpose", "secret_hash"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(10))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    subject: Mapped[str] = mapped_column(String(32), default="", index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
