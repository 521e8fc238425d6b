"""Acts that cannot be taken back ask for the second factor again (docs/evidence.md §6): a screen left open is not
enough."""

from __future__ import annotations

from dataclasses import dataclass, field

from caseroom.access.actor import Actor
from caseroom.access.words import AuthLevel
from caseroom.accounts.services import prove_code
from caseroom.db import Work
from caseroom.errors import SecondFactorRequired


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """The six digits that came with the request, or None, and the network address they came from."""

    code: str | None = field(repr=False)
    address: str

    def prove(self, work: Work, actor: Actor) -> AuthLevel:
        """Spend the code; return the level at which the act is recorded. Raises SecondFactorRequired where there is
        none, Invalid (``code``) for a wrong one, Throttled."""
        if not self.code:
            raise SecondFactorRequired
        prove_code(work, actor.person, self.code, address=self.address)
        return AuthLevel.AL1_PLUS
