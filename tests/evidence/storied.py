"""A real case with everything in it that a pack can hold, made by the product's own services: caucus and team rooms,
exhibits, a removal and a return, erasures, checkpoints on the hour with tokens of a real authority."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from caseroom import clock
from caseroom.access.words import Role
from caseroom.audit.models import CaseLog
from caseroom.audit.scheduler import seal_joint
from caseroom.audit.stamps.local_tsa import LocalTsa
from caseroom.audit.stamps.roots import keep_roots
from caseroom.config import Settings
from caseroom.exhibits.services import record_download
from tests.doubles import SteeredClock
from tests.house import Affair, House
from tests.services.evidence.packs import Pack, pack_of, seal, slot_of
from tests.services.retention.conftest import Keepers
from tests.stamping import Stamping

PLAN = b"plan de la verri\xc3\xa8re\n" * 60
SECRET = "Notre plancher est de 41 000 euros."


@dataclass
class Storied:
    """A case while it goes on. ``tell()`` lets all of it happen; the packs are made when they are asked for."""

    house: House
    stamping: Stamping
    tsa: LocalTsa
    present: SteeredClock
    affair: Affair
    early: dict[str, Pack] = field(default_factory=dict)  # packs of the fourth hour
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.present.now()

    def pack(self, person: str, *, files: bool = True) -> Pack:
        return pack_of(self.house, person, self.affair.id, files=files)

    def slot(self, person: str, word: str) -> int:
        return slot_of(self.house, person, self.affair[word])

    @property
    def vkey(self) -> str:
        with self.house.database.reading() as work:
            return work.session.get_one(CaseLog, self.affair.id).vkey

    def hour(self, *, stamped: bool = True) -> None:
        """The next checkpoint of the schedule, with its token; then a minute passes."""
        seal(self.house, self.present)
        if stamped:
            self.stamp()
        self.present.move(seconds=60)

    def stamp(self) -> None:
        self.tsa.set_clock(self.present.now() - self.began)
        assert self.stamping.stamp() > 0

    def tell(self) -> None:
        """Everything that leaves a trace in a pack, in seven hours."""
        house, affair = self.house, self.affair
        joint, caucus, team = affair["joint"], affair["caucus:0"], affair["team:0"]
        keepers = Keepers(house)
        self.stamp()
        house.say("bruno", joint, "Voici où nous en sommes : « qui paie ? » \u2028 \U0001f58b")
        filed = house.file("ada", joint, "plan.txt", PLAN, title="Plan de la verrière")
        spoilt = house.file("ada", joint, "faux.txt", b"la mauvaise page", title="À oublier")
        house.say("ada", caucus, SECRET)
        self.hour()
        said = house.say("clara", team, "Gardons cela pour nous.")
        house.say("ada", team, "Oui.", quotes=said.id)
        house.file("ada", caucus, "marge.txt", b"marge", title="Marge")
        with house.database.unit_of_work() as work:
            record_download(work, house.actors["bruno"], filed.entry.id)
        self.hour()
        house.remove(affair, "ada", by="neus")
        house.say("bruno", joint, "Nous attendons.")
        self.hour()
        self.hour()
        self.early = {person: self.pack(person) for person in ("neus", "bruno")}
        house.admit(affair, "ada", Role.PARTY, 0)
        house.say("ada", joint, "Me revoici.")
        regretted = house.say("ada", joint, "Ceci était de trop.")
        with house.database.unit_of_work() as work:
            seal_joint(work, affair.id)
        self.hour()
        keepers.erases("ada", regretted.id)
        keepers.erases("neus", spoilt.entry.id)
        self.hour()
        house.say("ada", caucus, "Nous pourrions aller jusqu'à 38 500.")
        self.hour()  # its token is pinned by nothing yet
        house.say("bruno", joint, "Nous sommes d'accord.")
        house.say("ada", caucus, "Enfin.")


@contextmanager
def storied(folder: Path, *, told: bool = True) -> Iterator[Storied]:
    """The house, its authority and the present, which goes on only where it is moved."""
    present = SteeredClock(clock.now())
    with pytest.MonkeyPatch.context() as patch, LocalTsa(folder / "authority") as tsa:
        patch.setattr(clock, "now", present.now)
        house = House(folder / "house")
        stamping = Stamping(house, (tsa,))
        with house.database.unit_of_work() as work:  # as the application does when it starts
            keep_roots(work, house.database.tool(Settings).tsa_roots)
        made = Storied(house, stamping, tsa, present, house.mediation())
        if told:
            made.tell()
        try:
            yield made
        finally:
            house.close()
