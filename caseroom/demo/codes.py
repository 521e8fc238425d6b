"""The six digits that the people of the sample have no telephone for: without them nobody could try to erase or close."""

from __future__ import annotations

from caseroom import clock
from caseroom.accounts.models import Person
from caseroom.accounts.sealing import AccountKey
from caseroom.accounts.totp import PERIOD, code_at, open_totp
from caseroom.db import Work
from caseroom.ids import PersonId


def code_of(work: Work, person_id: PersonId) -> str:
    """The code that this person may use next; empty for somebody without a second factor."""
    person = work.session.get(Person, person_id)
    if person is None or person.totp_sealed is None:
        return ""
    secret = open_totp(work.tool(AccountKey), person.id, person.totp_sealed)
    present = int(clock.now().timestamp()) // PERIOD
    return code_at(secret, max(present, person.totp_last_step + 1))
