"""Whether a public key is one that a case of this server signs with: what somebody with a receipt in hand, and no
account, may ask. The answer is yes or no; which case, is not said."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from caseroom import clock
from caseroom.accounts.throttle import Guess, Throttle
from caseroom.audit.models import CaseLog
from caseroom.audit.notes import parse_vkey
from caseroom.db import Database, Work

OLDEST = timedelta(minutes=5)


@dataclass(slots=True)
class KnownKeys:
    """One per application: the SHA-256 (hex) of the public key of each case, read again when there are more or fewer
    cases, and every five minutes. Found and not found take the same way, so that the time taken tells nothing more."""

    digests: frozenset[str] = frozenset()
    cases: int = -1
    read_at: datetime | None = None

    def has(self, work: Work, digest: str) -> bool:
        now = clock.now()
        cases = work.session.scalars(select(func.count()).select_from(CaseLog)).one()
        if self.read_at is None or cases != self.cases or now - self.read_at > OLDEST:
            self.digests = frozenset(map(key_digest, work.session.scalars(select(CaseLog.vkey))))
            self.cases, self.read_at = cases, now
        return digest in self.digests


def key_digest(vkey: str) -> str:
    """SHA-256, in hex, of the 32 bytes of the Ed25519 key in a verifier key."""
    return hashlib.sha256(parse_vkey(vkey).public).hexdigest()


def is_known_key(database: Database, digest: str, *, address: str) -> bool:
    """Whether a case of this server has the key with this SHA-256 (hex). Who asks for many that are not known has to
    wait: raises Throttled."""
    attempt = database.tool(Throttle).attempt(Guess.KEY, account="", address=address)
    with database.reading() as work:
        known = database.tool(KnownKeys).has(work, digest)
    if known:
        attempt.succeeded()
    return known
