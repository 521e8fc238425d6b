"""A real instance in a folder, with the key file and the tables that a server makes, furnished with one of everything
that evidence is made of; and what the tests of upkeep do to it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from sqlalchemy import insert

from caseroom.access.words import Role
from caseroom.accounts.passwords import Passwords
from caseroom.app import open_database
from caseroom.audit.models import CaseEpoch, TimeStamp
from caseroom.audit.scheduler import seal_joint
from caseroom.audit.stamps.asking import build_request
from caseroom.audit.stamps.local_authority import LocalAuthority
from caseroom.audit.stamps.roots import keep_roots
from caseroom.audit.stamps.tokens import check_token
from caseroom.config import Settings, load_settings
from caseroom.exhibits.services import record_download
from caseroom.marks import mark_data_folder
from caseroom.migrations import upgrade
from caseroom.realtime.outbox import Publisher
from caseroom.rooms.announce import EntryRenderer
from caseroom.rooms.services import save_draft
from caseroom.upkeep.doctor import Diagnosis, examine
from tests.doubles import unsafe_light_passwords
from tests.house import Affair, House, PlainRenderer

TEXTS = ("Bonjour à tous.", "Voici le calendrier.", "Entendu.")
SECRET = "Notre limite est de 14 000 euros."
FILE = b"%PDF-1.4\n" + b"Devis, page unique. " * 2000


class RealHouse(House):
    """A House whose keys come from its own key file and whose tables from the migrations."""

    def __init__(self, folder: Path, **options) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with patch("tests.house.open_house", _open):
            super().__init__(folder, **options)

    def copied(self, folder: Path) -> RealHouse:
        shutil.copytree(self.folder, folder)
        return self.at(folder)

    def at(self, folder: Path) -> RealHouse:
        return RealHouse(folder, actors=self.actors)


def _open(settings: Settings, publisher):
    mark_data_folder(settings)
    database = open_database(settings)
    database.provide(Publisher, publisher)
    database.provide(EntryRenderer, PlainRenderer())
    database.provide(Passwords, unsafe_light_passwords())
    return database


def empty_tables(path: Path) -> Path:
    upgrade(f"sqlite:///{path}")
    return path


@dataclass
class Furnished:
    """A closed instance. ``joint`` and ``caucus`` are rooms of its mediation."""

    house: RealHouse
    affair: Affair
    joint: str
    caucus: str
    exhibit: str = ""
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = self.house.settings

    @property
    def folder(self) -> Path:
        return self.house.folder

    def copied(self, folder: Path) -> Furnished:
        shutil.copytree(self.folder, folder)
        return self.like(folder)

    def like(self, folder: Path) -> Furnished:
        """The same instance where it stands in another folder; not opened."""
        made = object.__new__(RealHouse)
        made.folder, made.actors = folder, self.house.actors
        made.settings = load_settings({"CASEROOM_DATA": str(folder)})
        return Furnished(made, self.affair, self.joint, self.caucus, self.exhibit)

    def opened(self) -> RealHouse:
        return self.house.at(self.folder)

    def examined(self, **options) -> Diagnosis:
        return examine(self.settings, **options)

    def checks(self, **options) -> set[str]:
        return {finding.check for finding in self.examined(**options).findings}

    # --- tampering, as somebody who has the files ---

    def sql(self, statement: str, *values, file: str = "caseroom.db"):
        with closing(sqlite3.connect(self.folder / file, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()

    def rows(self, table: str) -> list[int]:
        return [row for (row,) in self.sql(f"SELECT rowid FROM {table} ORDER BY rowid")]  # noqa: S608

    def objects(self) -> list[Path]:
        return sorted(path for path in (self.folder / "objects").rglob("*") if path.is_file())


def furnish(house: RealHouse) -> Furnished:
    affair = house.mediation()
    joint, caucus = affair["joint"], affair["caucus:0"]
    for text in TEXTS:
        house.say("ada", joint, text, client_id=f"k-{text[:3]}")
    house.say("neus", caucus, SECRET)
    exhibit = house.file("ada", joint, "devis.pdf", FILE, title="Devis").entry.id
    house.file("ada", caucus, "marge.txt", b"14 %")
    with house.database.unit_of_work() as work:
        record_download(work, house.actors["bruno"], exhibit)
        save_draft(work, house.actors["ada"], joint, "Je voulais dire")
    house.invite(affair, "otto", Role.OBSERVER)
    house.remove(affair, "basile", by="neus")
    _stamp(house, affair.id)
    with house.database.unit_of_work() as work:
        seal_joint(work, affair.id)
    house.say("bruno", joint, "Après la deuxième époque.")
    house.arbitration()
    house.close()
    return Furnished(house, affair, joint, caucus, exhibit)


def _stamp(house: RealHouse, case_id: str) -> None:
    """The first epoch gets its token from an authority of one's own, as the queue would keep it."""
    authority = LocalAuthority(house.folder.parent / f"authority-{house.folder.name}")
    authority.set_up()
    roots = x509.load_pem_x509_certificates(authority.roots_file.read_bytes())
    with house.database.unit_of_work() as work:
        epoch = work.session.get_one(CaseEpoch, (case_id, 0))
        request = build_request(epoch.note.encode())
        response = authority.reply(request.as_bytes())
        checked = check_token(response, epoch.note.encode(), roots=roots)
        keep_roots(work, [authority.roots_file.read_text()])
        row = {"state": "kept", "tries": 0, "asked_since": epoch.sealed_at, "next_try": epoch.sealed_at, "tsa": "local"}
        kept = {"request": request.as_bytes(), "token": response, "gen_time": checked.gen_time, "late": False}
        work.session.execute(insert(TimeStamp).values(case_id=case_id, n=0, **row, **kept))
