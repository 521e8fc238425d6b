"""A practice whose epochs are stamped by a local authority: shared by the tests that need time stamps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_pem_x509_certificates
from sqlalchemy import select

from caseroom.audit.case_log import head_of, seal_epoch
from caseroom.audit.epoch_bytes import Why
from caseroom.audit.models import TimeStamp
from caseroom.audit.stamps.authorities import Authorities, trusted_roots
from caseroom.audit.stamps.local_tsa import LocalTsa
from caseroom.audit.stamps.queue import stamp_due
from caseroom.config import Settings
from tests.house import House


@dataclass
class Stamping:
    """A house with its authorities, first and perhaps second."""

    house: House
    tsas: tuple[LocalTsa, ...]
    pause: int = 0
    authorities: Authorities = field(init=False)
    roots: list[Certificate] = field(init=False)

    def __post_init__(self) -> None:
        pems = [each.public_bytes(Encoding.PEM).decode() for tsa in self.tsas for each in roots_of(tsa)]
        settings = replace(
            self.house.settings,
            tsa_urls=tuple(tsa.url for tsa in self.tsas),
            tsa_roots=tuple(pems),
            tsa_pause=self.pause,
        )
        self.house.database.provide(Settings, settings)
        self.authorities, self.roots = Authorities.of(settings), trusted_roots(settings)

    def stamp(self, now: datetime | None = None) -> int:
        return stamp_due(self.house.database, authorities=self.authorities, roots=self.roots, now=now)

    def seal(self, case_id: str, due: datetime, *, why: Why = Why.GRID) -> int:
        """Seal one more epoch; returns its number."""
        with self.house.database.unit_of_work() as work:
            n = head_of(work, case_id).size
            seal_epoch(work, case_id, why=why, due=due.replace(microsecond=0))
        return n

    def stamps(self, case_id: str) -> list[TimeStamp]:
        """In the order of the epochs."""
        with self.house.database.reading() as work:
            rows = select(TimeStamp).where(TimeStamp.case_id == case_id).order_by(TimeStamp.n)
            return list(work.session.scalars(rows))

    def states(self, case_id: str) -> list[str]:
        return ["late" if each.late else each.state for each in self.stamps(case_id)]


def roots_of(tsa: LocalTsa) -> list[Certificate]:
    return load_pem_x509_certificates(tsa.roots_file.read_bytes())
