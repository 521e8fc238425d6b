"""The practice with second factors: whoever erases or closes has to prove it again."""

from __future__ import annotations

import pyotp
import pytest

from caseroom import clock
from caseroom.accounts import services as accounts
from caseroom.accounts.models import Person
from caseroom.accounts.sealing import AccountKey
from caseroom.accounts.totp import open_totp
from caseroom.audit.scheduler import seal_due
from caseroom.retention.models import Erasure
from caseroom.retention.records import Grounds
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.services import approve_erasure, ask_to_destroy, close_case, erase_item, set_rules
from caseroom.retention.words import Basis, Content

REASON = "Parce que la personne concernée l’a demandé le 3 mars"
GROUNDS = Grounds(basis=Basis.REQUEST, reason=REASON)


class Keepers:
    """What the people of a house do to what is kept there."""

    def __init__(self, house):
        self.house = house

    def proof(self, person: str, *, right: bool = True) -> SecondFactor:
        """A code of this person that was not used before."""
        actor = self.house.actors[person]
        with self.house.database.unit_of_work() as work:
            row = work.session.get_one(Person, actor.person)
            if row.totp_confirmed_at is None:
                accounts.trust_totp(work, actor.person)
            row.totp_last_step = 0
            secret = open_totp(work.tool(AccountKey), row.id, row.totp_sealed)
        code = pyotp.TOTP(secret).at(clock.now())
        return SecondFactor(code=code if right else "not it", address="192.0.2.1")

    def erases(self, person, entry_id, *, grounds=GROUNDS, proof=None) -> str:
        proof = proof or self.proof(person)
        with self.house.database.unit_of_work() as work:
            return erase_item(work, self.house.actors[person], entry_id, grounds=grounds, proof=proof)

    def asks(self, person, affair, of, *, grounds=GROUNDS, proof=None) -> str:
        proof = proof or self.proof(person)
        with self.house.database.unit_of_work() as work:
            return ask_to_destroy(work, self.house.actors[person], affair.id, of, grounds=grounds, proof=proof)

    def approves(self, person, affair, erasure_id, *, proof=None) -> None:
        proof = proof or self.proof(person)
        with self.house.database.unit_of_work() as work:
            approve_erasure(work, self.house.actors[person], affair.id, erasure_id, proof=proof)

    def closes(self, person, affair, *, proof=None):
        proof = proof or self.proof(person)
        with self.house.database.unit_of_work() as work:
            return close_case(work, self.house.actors[person], affair.id, proof=proof)

    def sets_rules(self, person, *, right=True, **months) -> None:
        wanted = {Content(name): number for name, number in months.items()}
        proof = self.proof(person, right=right)
        with self.house.database.unit_of_work() as work:
            set_rules(work, self.house.actors[person], wanted, proof=proof)

    def makes_owner(self, person, *, owner=True) -> None:
        with self.house.database.unit_of_work() as work:
            work.session.get_one(Person, self.house.actors[person].person).owner = owner

    def row(self, erasure_id) -> Erasure:
        with self.house.database.reading() as work:
            return work.session.get_one(Erasure, erasure_id)

    def seals(self, at) -> int:
        """The next epoch of every case that is due then."""
        return seal_due(self.house.database, now=at)


@pytest.fixture
def keepers(house):
    return Keepers(house)
