"""The second factor: one-time codes by time, and ten recovery codes for the day the phone is lost."""

from __future__ import annotations

import json

from sqlalchemy import delete, select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.accounts.models import Person, Practice, RecoveryCode
from caseroom.accounts.sealing import AccountKey, Unreadable
from caseroom.accounts.secrets import equal, new_recovery_codes, read_recovery_code, recovery_digest
from caseroom.accounts.throttle import Attempt, Guess, Throttle
from caseroom.accounts.totp import (
    TotpOffer,
    matching_step,
    new_totp_secret,
    offer_totp,
    open_totp,
    read_totp_code,
    seal_totp,
)
from caseroom.db import Work
from caseroom.errors import Conflict, NotFound, invalid_field
from caseroom.ids import new_id

ISSUER = "Caseroom"
SHOWN = "recovery-shown"


def begin_totp(work: Work, person_id: str) -> TotpOffer:
    """Offer a secret. The same one until it is confirmed: a page loaded again must not undo a code already scanned.

    Raises Conflict where there is a second factor already: nobody replaces it half-signed-in."""
    person = locked_person(work, person_id)
    if person.totp_confirmed_at is not None:
        raise Conflict(reason="the second factor is confirmed")
    key = work.tool(AccountKey)
    if person.totp_sealed is None:
        person.totp_sealed = seal_totp(key, person.id, new_totp_secret())
    practice = work.session.get(Practice, person.practice_id) if person.practice_id else None
    issuer = practice.name if practice else ISSUER
    return offer_totp(open_totp(key, person.id, person.totp_sealed), email=person.email, issuer=issuer)


def confirm_totp(work: Work, person_id: str, code: str, *, address: str) -> list[str]:
    """Take the offered secret as second factor, proved by a first code; return ten recovery codes, shown this once.

    Raises Invalid on ``code``, Throttled, Conflict where one is confirmed or none was begun."""
    person = locked_person(work, person_id)
    if person.totp_confirmed_at is not None:
        raise Conflict(reason="the second factor is confirmed")
    if person.totp_sealed is None:
        raise Conflict(reason="no second factor was offered")
    attempt = _attempt(work, Guess.CODE, person, address)
    _spend_totp(work, person, read_totp_code(code))
    attempt.succeeded()
    person.totp_confirmed_at = clock.now()
    return _new_codes(work, person)


def trust_totp(work: Work, person_id: str) -> TotpOffer:
    """Make a second factor that counts at once, for people made on the command line, which prints its secret."""
    offer = begin_totp(work, person_id)
    locked_person(work, person_id).totp_confirmed_at = clock.now()
    return offer


def prove_code(work: Work, person_id: str, code: str, *, address: str) -> None:
    """Spend one TOTP code of a person who acts (`Second-Factor`). Raises Invalid on ``code``: ``wrong_code``
    (used ones too); Throttled."""
    person = locked_person(work, person_id)
    attempt = _attempt(work, Guess.CODE, person, address)
    _spend_totp(work, person, read_totp_code(code))
    attempt.succeeded()


def prove_code_or_recovery(work: Work, person_id: str, code: str, *, address: str) -> None:
    """As ``prove_code``, and anything that is not six digits is tried as a recovery code, each of which works once."""
    if read_totp_code(code) is not None:
        return prove_code(work, person_id, code, address=address)
    person = locked_person(work, person_id)
    attempt = _attempt(work, Guess.RECOVERY, person, address)
    _spend_recovery(work, person, read_recovery_code(code))
    return attempt.succeeded()


def renew_recovery_codes(work: Work, actor: Actor, *, code: str, address: str) -> list[str]:
    """Replace all recovery codes, proved by a TOTP code: an unattended screen is not enough. Shown this once."""
    prove_code(work, actor.person, code, address=address)
    return _new_codes(work, locked_person(work, actor.person))


def seal_shown_codes(work: Work, person_id: str, codes: list[str]) -> bytes:
    """Seal recovery codes for the person's own cookie: on a phone the page is often loaded again while the person is
    in another application, putting them away. The server keeps digests only."""
    return work.tool(AccountKey).seal(json.dumps(codes).encode(), purpose=SHOWN, person_id=person_id)


def open_shown_codes(work: Work, person_id: str, sealed: bytes) -> list[str]:
    """The codes again, for their person alone; otherwise nothing."""
    try:
        codes = json.loads(work.tool(AccountKey).open(sealed, purpose=SHOWN, person_id=person_id))
    except Unreadable:
        return []
    return [str(code) for code in codes]


def locked_person(work: Work, person_id: str) -> Person:
    """The row, held until the end of the unit of work: a code presented twice at once is spent once."""
    row = work.session.get(Person, person_id, with_for_update=True)
    if row is None:
        raise NotFound(reason="no such person")
    return row


def _attempt(work: Work, guess: Guess, person: Person, address: str) -> Attempt:
    return work.tool(Throttle).attempt(guess, account=person.id, address=address)


def _spend_totp(work: Work, person: Person, code: str | None) -> None:
    if code is None or person.totp_sealed is None:
        raise invalid_field("code", "wrong_code")
    step = matching_step(open_totp(work.tool(AccountKey), person.id, person.totp_sealed), code, at=clock.now())
    if step is None:
        raise invalid_field("code", "wrong_code")
    # RFC 6238 section 5.2: a code is accepted once; and none older than the last accepted one.
    if step <= person.totp_last_step:
        raise invalid_field("code", "wrong_code")
    person.totp_last_step = step


def _spend_recovery(work: Work, person: Person, code: str | None) -> None:
    if code is None:
        raise invalid_field("code", "wrong_code")
    presented = recovery_digest(work.tool(AccountKey).recovery_key(), person.id, code)
    rows = work.session.scalars(
        select(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    ).all()
    matching = [row for row in rows if equal(row.code_hash, presented)]
    if not matching:
        raise invalid_field("code", "wrong_code")
    matching[0].used_at = clock.now()


def _new_codes(work: Work, person: Person) -> list[str]:
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    key, codes = work.tool(AccountKey).recovery_key(), new_recovery_codes()
    for code in codes:
        kept = recovery_digest(key, person.id, code.replace("-", ""))
        work.session.add(RecoveryCode(id=new_id(), person_id=person.id, code_hash=kept))
    return codes
