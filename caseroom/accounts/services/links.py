"""Links that work once: first set-up, invitations; and the demo's sign-in links, which may be used again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from caseroom import clock
from caseroom.accounts.models import OneTimeLink
from caseroom.accounts.queries import FoundLink, found, usable_link
from caseroom.accounts.secrets import digest, new_secret
from caseroom.accounts.throttle import Attempt, Guess, Throttle
from caseroom.db import Database, Work
from caseroom.errors import NotFound
from caseroom.ids import new_id

SETUP, INVITE, DEMO = "setup", "invite", "demo"


def make_link(work: Work, *, purpose: str, subject: str = "", email: str = "", days: int) -> str:
    """Write a link and return its code, which is nowhere else: 43 characters of base64url."""
    code, now = new_secret(), clock.now()
    work.session.add(
        OneTimeLink(
            id=new_id(),
            purpose=purpose,
            secret_hash=digest(code),
            subject=subject,
            email=email.lower(),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    return code


def try_link(database: Database, *, address: str) -> Attempt:
    """Count a try at a link; call ``succeeded`` on the answer where the link is one. Raises Throttled."""
    return database.tool(Throttle).attempt(Guess.LINK, account="", address=address)


def use_link(work: Work, purpose: str, code: str) -> FoundLink:
    """Use a link up. Raises NotFound for one that is unknown, expired, revoked or used: never told apart."""
    row = work.session.scalars(usable_link(purpose, code).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(reason=f"no usable {purpose} link")
    if row.purpose != DEMO:
        row.used_at = clock.now()
    return found(row)


def revoke_links(work: Work, purpose: str, subject: str = "") -> int:
    """Revoke the unused links for a subject; return how many there were."""
    rows = work.session.scalars(
        select(OneTimeLink).where(
            OneTimeLink.purpose == purpose,
            OneTimeLink.subject == subject,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.revoked_at.is_(None),
        )
    ).all()
    for row in rows:
        row.revoked_at = clock.now()
    return len(rows)
