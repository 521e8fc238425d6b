"""What somebody finds who copies the data folder without its keys: ids, times and sizes, and nothing that was said."""

import hashlib
import json
import sqlite3
from base64 import b64encode

import pytest
from sqlalchemy import select

from caseroom.access.words import Role
from caseroom.audit.canonical import canonical
from caseroom.audit.models import LedgerEvent
from caseroom.audit.services import event_row
from caseroom.cases.access import case_keys
from caseroom.exhibits.services import record_download
from caseroom.rooms.admission import renew_invitation
from caseroom.rooms.models import Replay
from caseroom.rooms.services import save_draft
from caseroom.vault.keys import SealBroken
from tests.house import CLAIMANT, NAMES, RESPONDENT, TITLE, email_of, sha256

SECRETS = {
    "joint": "Le montant réclamé est de 36 800 euros",
    "caucus:0": "Nous accepterions 21 000 et pas un euro de moins",
    "team:1": "Notre expert nous donne tort, n'en parlons pas",
    "counsel": "Nos clients ne doivent pas savoir cela",
    "notes:neus": "Je crois que Bruno cédera",
}
DRAFT = "Brouillon que personne ne lira jamais"
FILE = b"Rapport confidentiel de l'acousticien Tribulard, page 1 sur 9. " * 400
FILENAME, EXHIBIT_TITLE = "rapport-tribulard.txt", "Rapport de M. Tribulard"


@pytest.fixture
def busy(house):
    affair = house.mediation()
    authors = {"joint": "ada", "caucus:0": "ada", "team:1": "bruno", "counsel": "clara", "notes:neus": "neus"}
    for word, text in SECRETS.items():
        said = house.say(authors[word], affair[word], text, client_id="secret-client-id")
        house.say(authors[word], affair[word], f"{text}, je répète", quotes=said.id)
    for word in ("joint", "caucus:0"):
        filed = house.file("ada", affair[word], FILENAME, FILE, title=EXHIBIT_TITLE)
        with house.database.unit_of_work() as work:
            record_download(work, house.actors["neus"], filed.entry.id)
    with house.database.unit_of_work() as work:
        save_draft(work, house.actors["ada"], affair["caucus:0"], DRAFT)
    invited = house.invite(affair, "otto", Role.PARTY, 1)
    with house.database.unit_of_work() as work:
        renew_invitation(work, house.actors["neus"], affair.id, invited.participant_id)
    house.remove(affair, "bruno", by="neus")
    return affair


def everything_on_disk(house):
    """Every byte of the folder: the database with its write-ahead log, the signer's file, the object store."""
    with house.database.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    return {path.relative_to(house.folder): path.read_bytes() for path in house.folder.rglob("*") if path.is_file()}


def forms(text):
    """How a text could stand in a file: as it is, in UTF-16, as JSON escapes it."""
    data = text if isinstance(text, bytes) else text.encode()
    shapes = {data, data.hex().encode()}
    if isinstance(text, str):
        shapes |= {
            text.encode("utf-16-le"),
            json.dumps(text)[1:-1].encode(),
            b64encode(data)[:-4],
            text.lower().encode(),
        }
    return {shape for shape in shapes if len(shape) >= 8}


SECRET_TEXTS = {
    **{f"message in {word}": text for word, text in SECRETS.items()},
    "draft": DRAFT,
    "part of the file": FILE[:24],
    "file name": FILENAME,
    "exhibit title": EXHIBIT_TITLE,
    "exhibit number": "Pièce n°\u00a01",
    "digest of the file": sha256(FILE),
    "case title": TITLE,
    "first side": CLAIMANT,
    "second side": RESPONDENT,
    "client id": "secret-client-id",
    "media type": "text/plain",
}


def test_nothing_that_was_said_filed_or_named_in_a_case_is_on_disk_in_clear(house, busy):
    disk = everything_on_disk(house)
    assert sum(len(content) for content in disk.values()) > 2 * len(FILE), "the folder must hold the case"
    found = [
        (what, str(path))
        for what, text in SECRET_TEXTS.items()
        for path, content in disk.items()
        if any(form in content for form in forms(text))
    ]
    assert found == []


def test_the_digest_of_an_exhibit_is_not_on_disk_as_bytes_either(house, busy):
    digest = bytes.fromhex(sha256(FILE))
    assert [path for path, content in everything_on_disk(house).items() if digest in content] == []


def dump(house):
    """Every value of every table as text."""
    with sqlite3.connect(house.folder / "caseroom.db") as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {
            table: repr(connection.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608
            for table in tables
        }
    connection.close()
    return found


@pytest.mark.parametrize("person", NAMES)
def test_names_and_addresses_of_participants_stand_in_their_accounts_and_nowhere_else(house, busy, person):
    dumped = dump(house)
    assert NAMES[person] in dumped["person"]
    assert email_of(person) in dumped["person"]
    elsewhere = {table for table, rows in dumped.items() if NAMES[person] in rows or email_of(person) in rows}
    # A link is bound to its address, which it must find again before anybody has signed in.
    assert elsewhere <= {"person", "one_time_link"}
    assert NAMES[person] not in dumped["one_time_link"]


def test_the_dump_covers_every_table_that_a_case_fills(house, busy):
    dumped = dump(house)
    for table in (
        "legal_case",
        "side",
        "participant",
        "room",
        "event",
        "exhibit",
        "draft",
        "replay",
        "slot",
        "epoch",
        "checkpoint",
    ):
        assert dumped[table] != "[]", table


def test_a_sealed_field_moved_to_another_row_does_not_open(house, busy):
    """A query bug that returns another room's row returns bytes that do not open; so does a hand that swaps them."""
    with house.database.reading() as work:
        joint = house.opened(work, "neus", busy["joint"])
        caucus = house.opened(work, "neus", busy["caucus:0"])
        row = work.session.get_one(LedgerEvent, (caucus.room.id, 3))
        place = event_row(caucus.room.id, 3)
        assert caucus.keys.open("event.values", place, row.values)
        for keys, name, where in (
            (joint.keys, "event.values", place),
            (case_keys(work, busy.id), "event.values", place),
            (caucus.keys, "event.line", place),
            (caucus.keys, "event.values", event_row(caucus.room.id, 4)),
            (caucus.keys, "event.values", event_row(joint.room.id, 3)),
        ):
            with pytest.raises(SealBroken):
                keys.open(name, where, row.values)


def test_no_plain_digest_of_a_message_is_on_disk_to_confirm_a_guess_at_it(house, busy):
    with house.database.reading() as work:
        kept = work.session.scalars(select(Replay.body_hash)).all()
    assert len(kept) >= len(SECRETS)
    for text in SECRETS.values():
        guesses = (text.encode(), canonical({"body": text, "quotes": ""}), canonical({"text": text}))
        for digest in (hashlib.sha256(guess).digest() for guess in guesses):
            assert [path for path, content in everything_on_disk(house).items() if digest in content] == []
