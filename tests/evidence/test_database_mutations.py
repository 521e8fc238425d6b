"""An instance's own files, changed by somebody who has them: the doctor finds each change of what evidence stands on,
and names it. What is no evidence is what docs/operating.md says is none."""

import random
import re
import sqlite3
from collections import Counter

import pytest

import caseroom.app  # noqa: F401 - the imports fill Base.metadata
from caseroom.access.words import CaseKind
from caseroom.db import Base
from caseroom.upkeep.doctor import ADVICE, examine
from tests.evidence.tampering import MANUAL, Copies, not_evidence
from tests.services.retention.conftest import Keepers
from tests.services.upkeep.instance import RealHouse, empty_tables, furnish

SIGNER = "signer/signer.sqlite3"
SIGNER_TABLES = ("case_key", "signed_head")
# Rows whose change nobody relies on, as (what was done, table); each is in the manual's list.
ROWS = {
    ("deleted", "draft"),
    ("deleted", "replay"),
    ("copied", "replay"),
    ("deleted", "one_time_link"),
    ("copied", "one_time_link"),
    ("copied", "person"),
    ("deleted", "person"),  # of somebody who is in no case
    ("deleted", "checkpoint"),  # but for the last of a room
    ("swap", "side"),  # the order of two sides
}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """One of everything that evidence is made of, with an erasure on record in an open case and in a closed one."""
    folder = tmp_path_factory.mktemp("tampered")
    furnished = furnish(RealHouse(folder / "data", schema=empty_tables(folder / "tables.db")))
    house = furnished.opened()
    keepers = Keepers(house)
    said = next(entry for entry in house.entries("ada", furnished.joint) if entry.text == "Entendu.")
    keepers.erases("ada", said.id)
    closed = house.open_case(CaseKind.MEDIATION, title="Une affaire close")
    regretted = house.say("neus", closed["joint"], "Un mot de trop.")
    keepers.closes("neus", closed)
    keepers.erases("neus", regretted.id)
    house.close()
    assert examine(furnished.settings).findings == []
    return furnished


@pytest.fixture
def copies(pristine, tmp_path):
    return Copies(pristine.folder, tmp_path / "data")


@pytest.fixture
def look(pristine, copies):
    settings = pristine.like(copies.folder).settings
    return lambda: examine(settings)


COLUMNS = [f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns]
EVIDENCE = [column for column in COLUMNS if column not in not_evidence()]
TABLES = sorted({column.split(".")[0] for column in EVIDENCE})


def excused(copies, change):
    """What the manual says is no evidence: rows, by what was done to them; and what left the evidence as it was: two
    rows of one person that exchange their rooms exchange their read marks alone."""
    columns = [each.split(".")[1] for each in EVIDENCE if each.split(".")[0] == change.table]
    if columns and copies.as_it_was(change.table, columns):
        return True
    if (change.kind, change.table) not in ROWS:
        return False
    if change.table == "checkpoint":
        room, size = change.key
        ((last,),) = copies.sql("SELECT max(size) FROM checkpoint WHERE room_id = ?", room)
        return size < last
    if (change.kind, change.table) == ("deleted", "person"):
        return copies.sql("SELECT 1 FROM participant WHERE person_id = ?", *change.key) == []
    return change.table != "side" or change.column == "position"


def campaign(copies, look, kind, count, tamper):
    """Every change that was made and not found, and how many were made."""
    unseen, made, checks = [], 0, Counter()
    for seed in range(count):
        copies.put_right()
        change = tamper(random.Random(f"{kind}-{seed}"))
        if change is None:
            continue  # nothing to change there, or the database itself refuses it
        made += 1
        diagnosis = look()
        checks.update({finding.check for finding in diagnosis.findings})
        if diagnosis.healthy and not excused(copies, change):
            unseen.append((seed, change.what))
    assert set(checks) <= set(ADVICE)
    assert unseen == []
    return made


def test_every_changed_value_is_found_and_named(copies, look):
    assert campaign(copies, look, "value", 160, lambda chance: copies.update(chance, EVIDENCE)) > 90


def test_every_missing_row_is_found_and_named(copies, look):
    assert campaign(copies, look, "missing", 45, lambda chance: copies.delete(chance, TABLES)) > 38


def test_every_row_that_was_put_in_is_found_and_named(copies, look):
    assert campaign(copies, look, "copied", 40, lambda chance: copies.insert(chance, TABLES)) > 28


def test_every_change_of_an_exhibits_file_is_found_and_named(copies, look):
    def tamper(chance):
        return (
            copies.swap_files(chance) if chance.random() < 0.2 else copies.bite(chance, chance.choice(copies.objects()))
        )

    assert campaign(copies, look, "object", 40, tamper) > 35


def test_every_changed_value_and_row_of_the_signers_file_is_found_and_named(copies, look):
    columns = [f"{table}.{name}" for table in SIGNER_TABLES for name in copies.columns(table, file=SIGNER)]
    columns.remove("case_key.created_at")  # in the manual's list

    def tamper(chance):
        ways = (
            lambda: copies.update(chance, columns, file=SIGNER),
            lambda: copies.delete(chance, SIGNER_TABLES, file=SIGNER),
            lambda: copies.insert(chance, SIGNER_TABLES, file=SIGNER),
        )
        return chance.choice(ways)()

    assert campaign(copies, look, "signer-row", 40, tamper) > 25


def test_every_changed_byte_of_the_signers_file_is_found_or_changes_nothing_in_it(pristine, copies, look):
    """A database file has room that holds nothing."""
    path, outcomes = copies.folder / SIGNER, Counter()

    def told():
        try:
            return [copies.sql(f"SELECT * FROM {table} ORDER BY 1", file=SIGNER) for table in SIGNER_TABLES]  # noqa: S608
        except (sqlite3.Error, UnicodeDecodeError):
            return None

    whole = told()
    for seed in range(30):
        copies.put_right()
        change = copies.bite(random.Random(f"signer-{seed}"), path)
        if change is None:
            continue
        healthy = look().healthy
        outcomes["the same" if healthy else "found"] += 1
        assert not healthy or told() == whole, (seed, change.what)
    assert outcomes["found"] > 6


def test_the_rows_that_are_no_evidence_are_those_of_the_manual():
    section = MANUAL.read_text()
    bullet = re.search(r"^- Rows that nothing relies on: (.+)$", section, re.MULTILINE)[1]
    assert set(re.findall(r"`(\w+)`", bullet)) == {table for _, table in ROWS}
    assert "In the signer's file: when a key was made." in bullet


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE case_log SET closed_at = 'x'", "case"),
        ("UPDATE case_log SET closed_at = x'78'", "case"),
        ("UPDATE legal_case SET opened_at = 'x'", "case"),
        ("DELETE FROM erased_event", "erasure"),
    ],
)
def test_what_the_campaign_once_found_unseen_is_found(copies, look, statement, check):
    """A value of a wrong type ended the doctor in a traceback; the list of what was erased could be shortened."""
    copies.sql(statement)
    assert check in {finding.check for finding in look().findings}


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DELETE FROM draft", "draft"),
        ("DELETE FROM replay", "replay"),
        ("DELETE FROM one_time_link", "one_time_link"),
        (
            "DELETE FROM checkpoint WHERE size < (SELECT size FROM room_log WHERE room_id = checkpoint.room_id)",
            "checkpoint",
        ),
        ("UPDATE side SET position = -1 - position", "side"),
    ],
)
def test_what_the_manual_excuses_is_not_found_and_needs_no_more_excuse_than_that(copies, look, statement, why):
    """Precondition of every excuse: it is really needed."""
    before = copies.sql("SELECT count(*) FROM event")
    copies.sql(statement)
    if why == "side":
        copies.sql("UPDATE side SET position = position + 2")  # the other order, from 0 again
    assert look().findings == []
    assert copies.sql("SELECT count(*) FROM event") == before
    assert why in {table for _, table in ROWS}
