"""Reading identity. Answers are frozen values; rows leave this domain never.

A web session ends 12 hours after it was last used and 7 days after it began, whichever is first: a device left in a
meeting room overnight is signed out, and nobody is signed out during a day of hearings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.words import AuthLevel
from caseroom.accounts.models import ApiToken, OneTimeLink, Person, Practice, RecoveryCode, SignIn
from caseroom.accounts.secrets import digest
from caseroom.db import Work, table_of
from caseroom.errors import NotFound
from caseroom.ids import PersonId

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
PENDING = timedelta(minutes=10)  # between the password and the code
ENROLLING = timedelta(hours=1)  # the first time: an application has to be found and installed first
SEEN_EVERY = timedelta(minutes=1)

# Prepared, because one of them stands before every request and every live event.
SIGN_IN, TOKEN, PERSON = table_of(SignIn), table_of(ApiToken), table_of(Person)
WHO = (PERSON.c.id.label("person"), PERSON.c.name, PERSON.c.locale, PERSON.c.zone, PERSON.c.practice_id)
OPEN_SESSION = (
    select(SIGN_IN.c.id.label("session"), SIGN_IN.c.seen_at, PERSON.c.theme, *WHO)
    .join(PERSON, PERSON.c.id == SIGN_IN.c.person_id)
    .where(
        SIGN_IN.c.secret_hash == bindparam("secret_hash"),
        SIGN_IN.c.confirmed_at.is_not(None),
        SIGN_IN.c.ended_at.is_(None),
        SIGN_IN.c.expires_at > bindparam("now"),
        SIGN_IN.c.seen_at > bindparam("idle_since"),
    )
)
VALID_TOKEN = (
    select(TOKEN.c.id.label("session"), *WHO)
    .join(PERSON, PERSON.c.id == TOKEN.c.person_id)
    .where(TOKEN.c.secret_hash == bindparam("secret_hash"), TOKEN.c.revoked_at.is_(None))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSession:
    """``theme`` as the person chose it; ``seen_due``: the time of last use is a minute old and should be written, in a
    unit of work of its own."""

    actor: Actor
    theme: str
    seen_due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPerson:
    """Somebody whose password was right and who is nobody yet. ``enrolled``: has a confirmed second factor."""

    sign_in: str
    person: PersonId
    email: str
    enrolled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    person: PersonId
    name: str
    email: str
    practice: str | None
    practice_name: str
    owner: bool
    locale: str
    zone: str
    theme: str
    recovery_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    id: str
    device: str
    created_at: datetime
    seen_at: datetime
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    id: str
    label: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    person: PersonId
    email: str
    name: str
    practice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLink:
    """A link that may be used now. ``subject``: a participant id, a person id, or nothing."""

    id: str
    purpose: str
    subject: str
    email: str
    expires_at: datetime


def resolve_session(work: Work, secret: str) -> Actor | None:
    """Who presents this session secret: level AL1, both factors given. None where it is unknown, unconfirmed, expired
    or ended."""
    resolved = find_session(work, secret)
    return None if resolved is None else resolved.actor


def find_session(work: Work, secret: str) -> ResolvedSession | None:
    now = clock.now()
    row = work.execute(
        OPEN_SESSION, {"secret_hash": digest(secret), "now": now, "idle_since": now - IDLE}
    ).one_or_none()
    if row is None:
        return None
    actor = _actor(row, level=AuthLevel.AL1)
    return ResolvedSession(actor=actor, theme=row.theme, seen_due=row.seen_at <= now - SEEN_EVERY)


def resolve_token(work: Work, secret: str) -> Actor | None:
    """Who presents this API token: level AL0, nobody gave a second factor. None where it is unknown or revoked."""
    row = work.execute(VALID_TOKEN, {"secret_hash": digest(secret)}).one_or_none()
    return None if row is None else _actor(row, level=AuthLevel.AL0)


def pending_person(work: Work, secret: str) -> PendingPerson | None:
    """Who gave a password and no code yet, while there is time (``PENDING``, the first time ``ENROLLING``)."""
    row = work.session.execute(
        select(SignIn, Person).join(Person, Person.id == SignIn.person_id).where(*is_pending(secret))
    ).one_or_none()
    if row is None:
        return None
    sign_in, person = row
    enrolled = person.totp_confirmed_at is not None
    return PendingPerson(sign_in=sign_in.id, person=PersonId(person.id), email=person.email, enrolled=enrolled)


def me(work: Work, actor: Actor) -> Me:
    person = load_person(work, actor.person)
    practice = work.session.get(Practice, person.practice_id) if person.practice_id else None
    left = work.session.scalar(
        select(func.count()).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    )
    return Me(
        person=PersonId(person.id),
        name=person.name,
        email=person.email,
        practice=person.practice_id,
        practice_name=practice.name if practice else "",
        owner=person.owner,
        locale=person.locale,
        zone=person.zone,
        theme=person.theme,
        recovery_left=left or 0,
    )


def my_sessions(work: Work, actor: Actor) -> tuple[SessionView, ...]:
    """The person's open web sessions, the most recently used first."""
    now = clock.now()
    rows = work.session.scalars(
        select(SignIn)
        .where(
            SignIn.person_id == actor.person,
            SignIn.confirmed_at.is_not(None),
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now,
            SignIn.seen_at > now - IDLE,
        )
        .order_by(SignIn.seen_at.desc(), SignIn.id)
    )
    return tuple(
        SessionView(
            id=row.id,
            device=row.device,
            created_at=row.created_at,
            seen_at=row.seen_at,
            present=row.id == actor.session,
        )
        for row in rows
    )


def my_tokens(work: Work, actor: Actor) -> tuple[TokenView, ...]:
    """The person's tokens that still work, the newest first."""
    rows = work.session.scalars(
        select(ApiToken)
        .where(ApiToken.person_id == actor.person, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    )
    return tuple(TokenView(id=row.id, label=row.label, created_at=row.created_at, used_at=row.used_at) for row in rows)


def person_by_email(work: Work, email: str) -> PersonView | None:
    row = work.session.scalars(select(Person).where(Person.email == email.strip().lower())).one_or_none()
    if row is None:
        return None
    return PersonView(person=PersonId(row.id), email=row.email, name=row.name, practice=row.practice_id)


def find_link(work: Work, purpose: str, code: str) -> FoundLink | None:
    """A link that is neither used, nor revoked, nor expired."""
    row = work.session.scalars(usable_link(purpose, code)).one_or_none()
    return None if row is None else found(row)


def has_practice(work: Work) -> bool:
    """False on an instance where nobody has set up anything yet."""
    return bool(work.session.scalar(select(exists().where(Practice.id.is_not(None)))))


def load_person(work: Work, person_id: str) -> Person:
    """The row, for this domain's services. Raises NotFound."""
    row = work.session.get(Person, person_id)
    if row is None:
        raise NotFound(reason="no such person")
    return row


def is_pending(secret: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a sign-in waits for its code."""
    return (
        SignIn.secret_hash == digest(secret),
        SignIn.confirmed_at.is_(None),
        SignIn.ended_at.is_(None),
        SignIn.expires_at > clock.now(),
    )


def usable_link(purpose: str, code: str) -> Select[OneTimeLink]:
    return select(OneTimeLink).where(
        OneTimeLink.purpose == purpose,
        OneTimeLink.secret_hash == digest(code),
        OneTimeLink.used_at.is_(None),
        OneTimeLink.revoked_at.is_(None),
        OneTimeLink.expires_at > clock.now(),
    )


def found(row: OneTimeLink) -> FoundLink:
    return FoundLink(id=row.id, purpose=row.purpose, subject=row.subject, email=row.email, expires_at=row.expires_at)


def _actor(row: Any, *, level: AuthLevel) -> Actor:
    """From a row of ``OPEN_SESSION`` or ``VALID_TOKEN``."""
    return Actor(
        person=PersonId(row.person),
        name=row.name,
        session=row.session,
        level=level,
        locale=row.locale,
        zone=row.zone,
        practice=row.practice_id,
    )
