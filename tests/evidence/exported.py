"""What the parties of a real case have in hand when it comes to a dispute: packs, a receipt, a checkpoint that was
kept, stamps of a real authority. And, of the same case, a second history told to the other side."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from caseroom import clock
from caseroom.audit import verify
from caseroom.audit.models import CaseLog
from caseroom.audit.stamps.local_authority import LocalAuthority
from caseroom.audit.stamps.local_tsa import LocalTsa
from caseroom.audit.stamps.roots import keep_roots
from caseroom.config import Settings
from caseroom.rooms.queries import receipt_of
from caseroom.vault.age import Passphrase, Recipient, encrypt, parse_recipient
from tests.doubles import SteeredClock
from tests.house import Affair, House
from tests.services.evidence.packs import Pack, pack_of, seal
from tests.stamping import Stamping

PASSPHRASE = "un long mot de passe, gris"
PLAN = b"plan de la verri\xc3\xa8re\n" * 400


@dataclass(frozen=True)
class Exported:
    """Files, by the names that the page gives them; and what an adversary would put in their place."""

    names: dict[str, str]
    forked: Path  # the other side's pack, of another history under the same key
    foreign_key: str  # of another case
    foreign_root: Path  # of another authority
    sealed_by_words: Path  # the pack, encrypted to PASSPHRASE


def exported(folder: Path) -> Exported:
    """Make all of it in ``folder``, through the product's own services."""
    present = SteeredClock(clock.now())
    with pytest.MonkeyPatch.context() as patch, LocalTsa(folder / "authority") as tsa:
        patch.setattr(clock, "now", present.now)
        return _Making(folder, present, tsa).all()


class _Making:
    def __init__(self, folder: Path, present: SteeredClock, tsa: LocalTsa) -> None:
        self.folder, self.present, self.tsa = folder, present, tsa
        self.began = present.now()

    def all(self) -> Exported:
        house = House(self.folder / "house")
        stamping = Stamping(house, (self.tsa,))
        with house.database.unit_of_work() as work:  # as the application does when it starts
            keep_roots(work, house.database.tool(Settings).tsa_roots)
        affair, foreign = house.mediation(), house.mediation(title="Une autre affaire")
        receipt = self.keep("receipt.txt", self.happenings(stamping, affair))
        kept = self.keep("000001.note", pack_of(house, "bruno", affair.id).members["case/checkpoints/000001.note"])
        names = {"KEY": key_of(house, affair.id), "ROOTS": str(self.tsa.roots_file)}
        foreign_key = key_of(house, foreign.id)
        house.close()

        until = self.present.now()
        other = house.copied(self.folder / "other")
        forked = self.keep("forked.zip", self.end(other, affair, "Je refuse.")["bruno"].data)
        self.present.instant = until
        packs = self.end(House(self.folder / "house", actors=house.actors), affair, "J'accepte.")
        pack = self.keep("pack.zip", packs["ada"].data)
        names |= {"PACK": str(pack), "OTHER": str(self.keep("other.zip", packs["bruno"].data))}
        names |= {"VERIFIER": str(Path(verify.__file__)), "RECEIPT": str(receipt), "KEPT": str(kept)} | self.encrypted(
            packs["ada"]
        )
        return Exported(
            names=names,
            forked=forked,
            foreign_key=foreign_key,
            foreign_root=self.foreign_root(),
            sealed_by_words=self.keep("words.age", sealed(packs["ada"], Passphrase(PASSPHRASE, work_factor=12))),
        )

    def happenings(self, stamping: Stamping, affair: Affair) -> bytes:
        """Three stamped checkpoints, exhibits in two rooms. Returns the receipt of the first exhibit."""
        house = stamping.house
        self.stamp(stamping)
        house.say("bruno", affair["joint"], "Voici où nous en sommes.")
        filed = house.file("ada", affair["joint"], "plan.txt", PLAN, title="Plan de la verrière")
        with house.database.reading() as work:
            receipt = receipt_of(work, house.actors["ada"], filed.entry.id)
        house.say("ada", affair["caucus:0"], "Notre plancher est de 41 000.")
        for text in ("Bien reçu.", "Une question : « qui paie ? »"):
            seal(house, self.present)
            self.stamp(stamping)
            self.present.move(seconds=60)
            house.say("bruno", affair["joint"], text)
        house.file("ada", affair["caucus:0"], "marge.txt", b"marge", title="Marge")
        return receipt.encode()

    def end(self, house: House, affair: Affair, answer: str) -> dict[str, Pack]:
        """What this history ends with: one more entry, sealed and stamped, and one that is not. Everybody's pack."""
        stamping = Stamping(house, (self.tsa,))
        house.say("bruno", affair["joint"], answer)
        seal(house, self.present)
        self.stamp(stamping)
        self.present.move(seconds=60)
        house.say("ada", affair["joint"], "Merci.")
        packs = {person: pack_of(house, person, affair.id, language="en") for person in ("ada", "bruno")}
        house.close()
        return packs

    def stamp(self, stamping: Stamping) -> None:
        self.tsa.set_clock(self.present.now() - self.began)
        assert stamping.stamp() > 0

    def encrypted(self, pack: Pack) -> dict[str, str]:
        identity = self.folder / "identity.txt"
        age_keygen("-o", str(identity))
        path = self.keep("pack.zip.age", sealed(pack, parse_recipient(age_keygen("-y", str(identity)))))
        return {"SEALED": str(path), "IDENTITY": str(identity)}

    def foreign_root(self) -> Path:
        other = LocalAuthority(self.folder / "other-authority")
        other.set_up()
        return other.roots_file

    def keep(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def age_keygen(*words: str) -> str:
    tool = shutil.which("age-keygen")
    assert tool, "make setup-dev installs age"
    return subprocess.run([tool, *words], check=True, capture_output=True, text=True).stdout.strip()


def key_of(house: House, case: str) -> str:
    """As it is told to a participant, out of band."""
    with house.database.reading() as work:
        return work.session.get_one(CaseLog, case).vkey


def sealed(pack: Pack, to: Recipient | Passphrase) -> bytes:
    return b"".join(encrypt([pack.data], to))
