"""Signing in and out.

prove_password   outside any unit of work: Argon2 must not hold the writer's lock
sign_in          a pending sign-in: the password was right, the person is still nobody
confirm_sign_in  the code was right: a session, under a new secret
sign_out         the session ends and its live connections are cut
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.accounts.fields import typed_email
from caseroom.accounts.models import ApiToken, Person, Practice, RecoveryCode, SignIn
from caseroom.accounts.passwords import Passwords, check_password
from caseroom.accounts.queries import ENROLLING, LONGEST, PENDING, SEEN_EVERY, is_pending, load_person, person_by_email
from caseroom.accounts.secrets import digest, new_secret
from caseroom.accounts.services.second_factor import (
    confirm_totp,
    locked_person,
    prove_code_or_recovery,
    trust_totp,
)
from caseroom.accounts.services.tokens import revoke_tokens
from caseroom.accounts.throttle import Guess, Throttle
from caseroom.accounts.totp import TotpOffer
from caseroom.db import Database, Work
from caseroom.errors import Conflict, Invalid, NotFound, SecondFactorRequired, Unauthenticated, invalid_field
from caseroom.ids import PersonId, new_id
from caseroom.realtime.outbox import Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenPassword:
    """Made by ``prove_password`` alone. ``hash`` is the one that was matched, so that a password changed meanwhile
    makes the proof worthless; ``renewed`` replaces it where the parameters have changed."""

    person: PersonId
    hash: str
    renewed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """Made by ``prepare_password`` alone: checked and hashed."""

    person: PersonId
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSignIn:
    """``secret`` goes to the browser. ``enrolled``: the person has a second factor to be asked for."""

    secret: str
    enrolled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A first second factor was confirmed: ``secret`` of the session, and ten recovery codes."""

    secret: str
    person: PersonId
    recovery_codes: list[str]


def prove_password(
    database: Database, *, email: str, password: str, address: str, known_device: str = ""
) -> ProvenPassword:
    """Check a password. Call it outside any unit of work. ``known_device``: as ``Throttle.attempt`` has it.

    Raises Invalid ``credentials_wrong`` on ``password``, the same in words, status and time whether the address is
    unknown or the password wrong; Throttled, known address or not."""
    typed, passwords = typed_email(email), database.tool(Passwords)
    attempt = database.tool(Throttle).attempt(Guess.PASSWORD, account=typed, address=address, device=known_device)
    with database.reading() as work:
        row = work.session.execute(select(Person.id, Person.password_hash).where(Person.email == typed)).one_or_none()
    if not passwords.verify(row.password_hash if row else None, password) or row is None:
        raise invalid_field("password", "credentials_wrong")
    attempt.succeeded()
    renewed = passwords.hash(password) if passwords.is_dated(row.password_hash) else None
    return ProvenPassword(person=PersonId(row.id), hash=row.password_hash, renewed=renewed)


def prove_own_password(database: Database, actor: Actor, *, password: str, address: str) -> ProvenPassword:
    """As ``prove_password``, for somebody signed in. Raises Invalid ``wrong_password`` on ``password``."""
    with database.reading() as work:
        email = load_person(work, actor.person).email
    try:
        return prove_password(database, email=email, password=password, address=address, known_device=actor.session)
    except Invalid as error:
        raise invalid_field("password", "wrong_password") from error


def sign_in(work: Work, proven: ProvenPassword, *, device: str) -> PendingSignIn:
    """Begin a session that is nobody's until its code is given, within ten minutes; within an hour the first time."""
    return begin_sign_in(work, _still_proven(work, proven).id, device=device)


def begin_sign_in(work: Work, person_id: str, *, device: str) -> PendingSignIn:
    """As ``sign_in``, for somebody who has just proved more than a password: who has just made the account."""
    person, secret, now = load_person(work, person_id), new_secret(), clock.now()
    enrolled = person.totp_confirmed_at is not None
    work.session.add(
        SignIn(
            id=new_id(),
            secret_hash=digest(secret),
            person_id=person.id,
            device=device[:120],
            created_at=now,
            seen_at=now,
            expires_at=now + (PENDING if enrolled else ENROLLING),
        )
    )
    return PendingSignIn(secret=secret, enrolled=enrolled)


def confirm_sign_in(work: Work, pending_secret: str, code: str, *, address: str) -> str:
    """Give the code (TOTP, or a recovery code) and get the session's secret, a new one: what was known to whoever saw
    the half-way state opens nothing.

    Raises Unauthenticated where nothing is pending, SecondFactorRequired where there is none to ask for yet, Invalid on
    ``code``, Throttled."""
    pending = _pending(work, pending_secret)
    if locked_person(work, pending.person_id).totp_confirmed_at is None:
        raise SecondFactorRequired(reason="no second factor yet")
    prove_code_or_recovery(work, pending.person_id, code, address=address)
    return _confirm(pending)


def enrol(work: Work, pending_secret: str, code: str, *, address: str) -> Enrolled:
    """Confirm the first second factor and with it the pending sign-in. Raises as ``confirm_totp``."""
    pending = _pending(work, pending_secret)
    codes = confirm_totp(work, pending.person_id, code, address=address)
    return Enrolled(secret=_confirm(pending), person=PersonId(pending.person_id), recovery_codes=codes)


def open_session(work: Work, person_id: str, *, device: str) -> str:
    """A confirmed session at once. For the demo's one-click links, which no real instance has."""
    pending = begin_sign_in(work, person_id, device=device)
    work.session.flush()
    return _confirm(_pending(work, pending.secret))


def sign_out(work: Work, actor: Actor) -> None:
    """End this session and cut its live connections."""
    _end(work, actor.person, SignIn.id == actor.session)


def sign_out_everywhere(work: Work, actor: Actor) -> int:
    """End all web sessions of the person, this one and pending ones included; return how many."""
    return _end(work, actor.person)


def end_session(work: Work, actor: Actor, *, session_id: str) -> None:
    """End one of one's own sessions, such as a lost phone's. Nothing happens for anybody else's."""
    _end(work, actor.person, SignIn.id == session_id)


def note_use(work: Work, actor: Actor) -> None:
    """Write that the session or token is in use now: at most once a minute, in a unit of work of its own."""
    now = clock.now()
    session = work.session.get(SignIn, actor.session)
    if session is not None and session.seen_at <= now - SEEN_EVERY:
        session.seen_at = now
    token = work.session.get(ApiToken, actor.session) if session is None else None
    if token is not None and (token.used_at is None or token.used_at <= now - SEEN_EVERY):
        token.used_at = now


def prepare_password(database: Database, actor: Actor, *, password: str) -> NewPassword:
    """Check and hash a new password. Call it outside any unit of work. Raises Invalid on ``new_password``."""
    return _prepared(database, actor.person, password, field="new_password")


def change_password(work: Work, actor: Actor, proven: ProvenPassword, new: NewPassword) -> None:
    """Replace the password, the present one proved; every other session ends, for one of them may be why."""
    if not proven.person == new.person == actor.person:
        raise Conflict(reason="another person")
    _still_proven(work, proven).password_hash = new.hash
    _end(work, actor.person, SignIn.id != actor.session)


def prepare_reset(database: Database, *, email: str, password: str) -> NewPassword:
    """As ``prepare_password``, for the command line. Raises NotFound, Invalid on ``password``."""
    with database.reading() as work:
        person = person_by_email(work, email)
    if person is None:
        raise NotFound(reason="nobody has this address")
    return _prepared(database, person.person, password, field="password")


def reset_access(work: Work, new: NewPassword) -> TotpOffer:
    """Give somebody who lost password or telephone a new password and a new second factor; all their sessions, access
    tokens and recovery codes end. For whoever runs the server, who has made sure of the person by other means."""
    person = locked_person(work, new.person)
    person.password_hash, person.totp_sealed, person.totp_confirmed_at = new.hash, None, None
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    _end(work, person.id)
    revoke_tokens(work, person.id)
    return trust_totp(work, person.id)


def _prepared(database: Database, person_id: PersonId, password: str, *, field: str) -> NewPassword:
    with database.reading() as work:
        person = load_person(work, person_id)
        practice = work.session.get(Practice, person.practice_id) if person.practice_id else None
        about = {"name": person.name, "email": person.email, "practice": practice.name if practice else ""}
    check_password(password, **about, field=field)
    return NewPassword(person=person_id, hash=database.tool(Passwords).hash(password))


def _still_proven(work: Work, proven: ProvenPassword) -> Person:
    person = locked_person(work, proven.person)
    if person.password_hash != proven.hash:
        raise invalid_field("password", "credentials_wrong")
    if proven.renewed is not None:
        person.password_hash = proven.renewed
    return person


def _pending(work: Work, secret: str) -> SignIn:
    row = work.session.scalars(select(SignIn).where(*is_pending(secret)).with_for_update()).one_or_none()
    if row is None:
        raise Unauthenticated(reason="no sign-in is pending")
    return row


def _confirm(pending: SignIn) -> str:
    secret, now = new_secret(), clock.now()
    pending.secret_hash = digest(secret)
    pending.confirmed_at = pending.seen_at = now
    pending.expires_at = now + LONGEST
    return secret


def _end(work: Work, person_id: str, *which: ColumnElement[bool]) -> int:
    rows = work.session.scalars(
        select(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None), *which)
    ).all()
    for row in rows:
        row.ended_at = clock.now()
        work.part(Outbox).cut_session(row.id)
    return len(rows)
