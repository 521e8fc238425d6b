"""Accounts: what is sealed opens for its person, what is a digest has the shape of one. Everything else about a person
is no evidence (docs/operating.md)."""

from __future__ import annotations

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from sqlalchemy import select

from caseroom.accounts.models import Person
from caseroom.accounts.sealing import AccountKey, Unreadable
from caseroom.accounts.totp import open_totp
from caseroom.upkeep.doctor.examination import Examination


def check_accounts(exam: Examination) -> None:
    for person in exam.work.session.scalars(select(Person)):
        where = f"person {person.id}"
        exam.diagnosis.count("people")
        try:
            extract_parameters(person.password_hash)
        except (InvalidHashError, ValueError):
            exam.diagnosis.find("account", where, "The password's hash is none")
        if person.totp_sealed is not None:
            _check_totp(exam, person, where)
        elif person.totp_confirmed_at is not None:
            exam.diagnosis.find("account", where, "The second factor was confirmed, and its secret is gone")


def _check_totp(exam: Examination, person: Person, where: str) -> None:
    try:
        open_totp(exam.work.tool(AccountKey), person.id, person.totp_sealed or b"")
    except (Unreadable, ValueError):
        exam.diagnosis.find("account", where, "The secret of the second factor does not open")
