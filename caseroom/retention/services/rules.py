"""How long a practice keeps what its closed cases hold."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.accounts.models import Person
from caseroom.db import Work
from caseroom.errors import Forbidden, invalid_field
from caseroom.retention.models import RetentionRule
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.words import Content

MOST_MONTHS = 600


def set_rules(work: Work, actor: Actor, months: Mapping[Content, int | None], *, proof: SecondFactor) -> None:
    """Replace the rules of the actor's practice: months after the closing of a case, None for ever. For its owner, who
    proves the second factor again: a rule destroys without asking anybody.

    Raises Forbidden (``practice_required``, ``owner_required``), Invalid on the name of a content."""
    person = require_owner(work, actor)
    for content, number in months.items():
        if number is not None and not 1 <= number <= MOST_MONTHS:
            raise invalid_field(content.value, "out_of_range")
    proof.prove(work, actor)
    work.session.execute(delete(RetentionRule).where(RetentionRule.practice_id == person.practice_id))
    now = clock.now()
    work.session.add_all(
        RetentionRule(practice_id=person.practice_id, content=content, months=number, set_by=actor.person, set_at=now)
        for content, number in months.items()
        if number is not None
    )
    work.session.flush()


def require_owner(work: Work, actor: Actor) -> Person:
    """The owner's own row. Raises Forbidden to anybody else."""
    if actor.practice is None:
        raise Forbidden("practice_required")
    person = work.session.get_one(Person, actor.person)
    if not person.owner:
        raise Forbidden("owner_required")
    return person
