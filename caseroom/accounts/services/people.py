"""Practices and people.

A password is hashed before the unit of work is opened (``prepare_person``, ``prepare_password``) and enters it as a
prepared value: Argon2 inside it would hold the one writer's lock, and every other writer, for its whole time."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.accounts.fields import (
    MOST_PRACTICE,
    Findings,
    checked_email,
    checked_locale,
    checked_name,
    checked_theme,
    checked_zone,
)
from caseroom.accounts.models import Person, Practice
from caseroom.accounts.passwords import Passwords, check_password
from caseroom.accounts.queries import load_person
from caseroom.db import Database, Work
from caseroom.errors import Invalid, NotFound, invalid_field
from caseroom.ids import PersonId, PracticeId, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPerson:
    """Made by ``prepare_person`` alone: whoever holds one holds checked values. ``practice_name``: where one is
    founded with the person."""

    email: str
    name: str
    password_hash: str
    practice_name: str = ""


def prepare_person(
    database: Database, *, email: str, name: str, password: str, practice: str = "", founding: bool = False
) -> PreparedPerson:
    """Check what somebody typed and hash the password. Call it outside any unit of work.

    ``practice``: the practice's name, for the rules of passwords; with ``founding``, a typed one to be checked too.
    Raises Invalid with every wrong field (``practice``, ``name``, ``email``, ``password``)."""
    findings = Findings()
    checked = {"practice": practice, "name": "", "email": ""}
    with findings.gather():
        if founding:
            checked["practice"] = checked_name(practice, field="practice", longest=MOST_PRACTICE)
    with findings.gather():
        checked["name"] = checked_name(name)
    with findings.gather():
        checked["email"] = checked_email(email)
    with findings.gather():
        check_password(password, name=name, email=email, practice=practice)
    findings.raise_any()
    return PreparedPerson(
        email=checked["email"],
        name=checked["name"],
        password_hash=database.tool(Passwords).hash(password),
        practice_name=checked["practice"] if founding else "",
    )


def create_practice(work: Work, *, name: str) -> PracticeId:
    """Raises Invalid on ``practice`` (``practice_taken``, and as ``checked_name``)."""
    checked = checked_name(name, field="practice", longest=MOST_PRACTICE)
    if work.session.scalar(select(Practice.id).where(Practice.name == checked)) is not None:
        raise invalid_field("practice", "practice_taken")
    practice = Practice(id=new_id(), name=checked, created_at=clock.now())
    work.session.add(practice)
    _flush_unique(work, "practice", "practice_taken")
    return PracticeId(practice.id)


def create_person(
    work: Work,
    prepared: PreparedPerson,
    *,
    practice_id: str | None = None,
    owner: bool = False,
    locale: str = "",
    zone: str = "",
) -> PersonId:
    """Write a person, who has no second factor yet. Raises Invalid on ``email`` (``email_taken``) or a preference."""
    if work.session.scalar(select(Person.id).where(Person.email == prepared.email)) is not None:
        raise invalid_field("email", "email_taken")
    person = Person(
        id=new_id(),
        practice_id=practice_id,
        owner=owner,
        email=prepared.email,
        name=prepared.name,
        password_hash=prepared.password_hash,
        totp_last_step=0,
        locale=checked_locale(locale),
        zone=checked_zone(zone),
        theme="",
        created_at=clock.now(),
    )
    work.session.add(person)
    _flush_unique(work, "email", "email_taken")
    return PersonId(person.id)


def found_practice(work: Work, prepared: PreparedPerson, *, locale: str = "", zone: str = "") -> PersonId:
    """Write a practice and its owner, both from one ``prepare_person(founding=True)``."""
    practice_id = create_practice(work, name=prepared.practice_name)
    return create_person(work, prepared, practice_id=practice_id, owner=True, locale=locale, zone=zone)


def rename(work: Work, actor: Actor, *, name: str) -> None:
    """Change the person's own name. What is already written in a ledger keeps the name it was written under."""
    load_person(work, actor.person).name = checked_name(name)


def set_preferences(
    work: Work, actor: Actor, *, locale: str | None = None, zone: str | None = None, theme: str | None = None
) -> None:
    """Change what is given; None leaves it. Raises Invalid with every wrong field."""
    person, findings = load_person(work, actor.person), Findings()
    with findings.gather():
        person.locale = person.locale if locale is None else checked_locale(locale)
    with findings.gather():
        person.zone = person.zone if zone is None else checked_zone(zone)
    with findings.gather():
        person.theme = person.theme if theme is None else checked_theme(theme)
    findings.raise_any()


def adopt_zone(work: Work, person_id: str, zone: str) -> None:
    """Take the zone that the person's page tells, where none was chosen; what is no zone is passed over."""
    person = load_person(work, person_id)
    try:
        person.zone = person.zone or checked_zone(zone)
    except Invalid:
        return


def practice_id_of(work: Work, name: str) -> PracticeId:
    """Find a practice by its exact name, for the command line. Raises NotFound."""
    found = work.session.scalar(select(Practice.id).where(Practice.name == name.strip()))
    if found is None:
        raise NotFound(reason=f"no practice {name!r}")
    return PracticeId(found)


def _flush_unique(work: Work, field: str, code: str) -> None:
    """Two people may take the same address in the same moment: the database decides, and the second is told."""
    try:
        work.session.flush()
    except IntegrityError as error:
        raise invalid_field(field, code) from error
