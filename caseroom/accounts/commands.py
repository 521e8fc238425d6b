"""What the command line does to identity. The host's own key: no second factor is asked here.

People made here get their second factor at once; its link is printed for them to scan. Each function opens its own
units of work and raises the services' errors."""

from __future__ import annotations

from caseroom.accounts import queries, services
from caseroom.accounts.services import SETUP, PreparedPerson
from caseroom.config import Settings
from caseroom.db import Database, Work

SETUP_DAYS = 7


def init_practice(database: Database, *, practice: str, email: str, name: str, password: str) -> dict[str, str]:
    """Found a practice with its owner. Returns ``{"id", "practice_id", "totp_uri"}``. Raises Invalid."""
    prepared = services.prepare_person(
        database, email=email, name=name, password=password, practice=practice, founding=True
    )
    with database.unit_of_work() as work:
        practice_id = services.create_practice(work, name=prepared.practice_name)
        made = _create(work, prepared, practice_id=practice_id, owner=True)
        services.revoke_links(work, SETUP)
    return {**made, "practice_id": practice_id}


def create_user(database: Database, *, practice: str, email: str, name: str, password: str) -> dict[str, str]:
    """Make a person who may open cases of a practice. Returns ``{"id", "totp_uri"}``.

    Raises NotFound where there is no practice of exactly this name, Invalid for the person."""
    with database.reading() as work:
        practice_id = services.practice_id_of(work, practice)
    prepared = services.prepare_person(database, email=email, name=name, password=password, practice=practice)
    with database.unit_of_work() as work:
        return _create(work, prepared, practice_id=practice_id)


def create_token(database: Database, *, email: str, label: str = "") -> str:
    """Make an API token for somebody who exists. Raises NotFound."""
    with database.unit_of_work() as work:
        return services.create_token(work, email=email, label=label or "python -m caseroom token")


def reset_access(database: Database, *, email: str, password: str) -> dict[str, str]:
    """New password and new second factor for somebody who lost one or the other; every session of theirs ends.

    Returns ``{"id", "totp_uri"}``. Raises NotFound where nobody has this address, Invalid on ``password``."""
    new = services.prepare_reset(database, email=email, password=password)
    with database.unit_of_work() as work:
        return {"id": new.person, "totp_uri": services.reset_access(work, new).uri}


def first_setup_link(database: Database, settings: Settings) -> str | None:
    """The address of the first set-up, or None once there is a practice. Each call makes a new link and revokes the
    one before: only its hash is kept, so an old one cannot be shown again."""
    with database.unit_of_work() as work:
        if queries.has_practice(work):
            return None
        services.revoke_links(work, SETUP)
        return f"{settings.origin}/setup/{services.make_link(work, purpose=SETUP, days=SETUP_DAYS)}"


def _create(work: Work, prepared: PreparedPerson, *, practice_id: str, owner: bool = False) -> dict[str, str]:
    person_id = services.create_person(work, prepared, practice_id=practice_id, owner=owner)
    return {"id": person_id, "totp_uri": services.trust_totp(work, person_id).uri}
