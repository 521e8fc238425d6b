"""API tokens, made on the command line: whoever has the host's own key needs no second factor."""

from __future__ import annotations

from sqlalchemy import select

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.accounts.fields import MOST_LABEL, checked_name
from caseroom.accounts.models import ApiToken
from caseroom.accounts.queries import person_by_email
from caseroom.accounts.secrets import digest, new_secret
from caseroom.db import Work
from caseroom.errors import NotFound
from caseroom.ids import new_id
from caseroom.realtime.outbox import Outbox

PREFIX = "caseroom_"  # so that a scanner for leaked secrets recognises one


def create_token(work: Work, *, email: str, label: str) -> str:
    """Return a new token, shown this once. Raises NotFound where nobody has this address, Invalid for the label."""
    person = person_by_email(work, email)
    if person is None:
        raise NotFound(reason="nobody has this address")
    secret = PREFIX + new_secret()
    work.session.add(
        ApiToken(
            id=new_id(),
            secret_hash=digest(secret),
            person_id=person.person,
            label=checked_name(label, field="label", longest=MOST_LABEL),
            created_at=clock.now(),
        )
    )
    return secret


def revoke_token(work: Work, actor: Actor, *, token_id: str) -> None:
    """Revoke one's own token and cut the live connections that stand on it. Raises NotFound for anybody else's."""
    row = work.session.scalars(
        select(ApiToken).where(
            ApiToken.id == token_id, ApiToken.person_id == actor.person, ApiToken.revoked_at.is_(None)
        )
    ).one_or_none()
    if row is None:
        raise NotFound(reason="no such token of this person")
    row.revoked_at = clock.now()
    work.part(Outbox).cut_session(row.id)


def revoke_tokens(work: Work, person_id: str) -> None:
    """Revoke every token of a person whose access is being given anew."""
    rows = work.session.scalars(
        select(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
    ).all()
    for row in rows:
        row.revoked_at = clock.now()
        work.part(Outbox).cut_session(row.id)
