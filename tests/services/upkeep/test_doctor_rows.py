"""One value changed by somebody who has the database: the doctor says which, and says nothing of a whole instance.

The columns that no test changes here are those which docs/operating.md lists as no evidence; the last test keeps it
so."""

import re
import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

import caseroom.app  # noqa: F401 - the imports fill Base.metadata
from caseroom import clock
from caseroom.audit.scheduler import seal_due
from caseroom.db import Base
from tests.services.upkeep.instance import SECRET, TEXTS


def each(columns, checks):
    return {column: frozenset(checks) for column in columns}


LEDGER = {"canonical", "sequence", "seen", "commitment", "head", "key", "checkpoint"}
CASE_LOG = {
    "epoch",
    "checkpoint",
    "opening",
    "schedule",
    "timestamp",
    "seen",
    "key",
    "head",
    "slot",
    "case",
    "rollback",
}
# Each column that evidence stands on, with the checks one of which must name a change of it.
COVERED = {
    "event": {
        column: LEDGER | {"room", "values"}
        for column in ("room_id", "seq", "id", "at", "speaks", "leaf", "key_version", "event_key", "line", "values")
    },
    "checkpoint": each(("room_id", "size", "note"), LEDGER | {"room", "signer-behind"}),
    "room_log": each(
        ("room_id", "case_id", "slot", "size", "signed_size", "root", "last_leaf", "last_at"),
        LEDGER | {"slot", "room", "rollback"},
    ),
    "log_node": each(("log_id", "level", "position", "hash"), LEDGER | {"epoch", "opening"}),
    "case_log": each(
        ("case_id", "origin", "vkey", "slots", "interval", "size", "root", "next_due"), CASE_LOG | {"signer"}
    ),
    "epoch": each(("case_id", "n", "why", "due", "line", "slot_values", "note"), CASE_LOG),
    "opening": each(("case_id", "n", "slot", "size", "root"), {"opening"}),
    "slot": each(("case_id", "slot", "draw", "room_id", "blind_key"), {"slot", "opening"}),
    "time_stamp": each(("case_id", "n", "state", "request", "token", "gen_time", "late", "pinned_in"), {"timestamp"}),
    "tsa_root": each(("fingerprint", "pem"), {"timestamp"}),
    "space_key_wrap": each(
        ("case_id", "slot", "version", "recipient_type", "recipient", "enc", "wrapped"), {"space-key"}
    ),
    "legal_case": each(
        ("id", "practice_id", "kind", "rules", "language", "state", "title"), {"case", "references", "room", "exhibit"}
    ),
    "side": each(("id", "case_id", "position", "label"), {"side", "references", "participant"}),
    "participant": {
        **each(
            ("id", "case_id", "person_id", "state", "name", "email"),
            {"participant", "references", "member", "exhibit", "account"},
        ),
        # Of somebody who has come; an invitation is on no record yet.
        **each(("role", "side_id", "undertaking"), {"participant", "references", "wall", "room"}),
    },
    "room": each(
        ("id", "case_id", "kind", "side_id", "holder_id", "slot", "state"),
        {"room", "references", "slot", "wall", "space-key"},
    ),
    "room_member": each(("room_id", "participant_id"), {"member", "references"}),
    "exhibit": each(
        ("id", "room_id", "filer_id", "series", "number", "seq", "object_id", "sealed_size", "filed_at"),
        {"exhibit", "references", "object-missing", "object-damaged"},
    ),
    "exhibit_copy": each(("exhibit_id", "participant_id"), {"exhibit", "references"}),
    "draft": each(("room_id", "participant_id", "text"), {"draft", "references"}),
    "replay": each(("room_id", "person_id", "entry_id"), {"replay", "references"}),
    "one_time_link": each(("subject", "email"), {"participant"}),
    "alembic_version": {"version_num": {"migrations"}},
}
# Of an erased entry and of a closed case: test_doctor_erasures.py.
ELSEWHERE = {
    *(f"erased_event.{column}" for column in ("room_id", "seq", "leaf", "erasure_id")),
    "case_log.closed_at",
    "case_log.key_destroyed_at",
}
WHICH = [(table, column) for table, columns in COVERED.items() for column in columns]


def changed(value, place):
    """One bit, one letter or one step away, somewhere in the value."""
    if isinstance(value, bytes):
        at = int(place * (len(value) - 1)) if value else 0
        return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :] if value else b"\0"
    if isinstance(value, int):
        return value + (1 if place < 0.5 else -1)
    at = int(place * (len(value) - 1)) if value else 0
    return value[:at] + ("1" if value[at : at + 1] != "1" else "2") + value[at + 1 :]


@pytest.fixture(scope="module")
def subject(furnished, tmp_path_factory):
    """Changed and put back by each test of this module."""
    made = furnished.copied(tmp_path_factory.mktemp("rows") / "data")
    assert made.examined().findings == [], "it must be whole for what is found to mean anything"
    yield made
    assert made.examined().findings == [], "every change must have been put back"


@contextmanager
def while_changed(subject, table, column, row, place):
    """One value is another while the block runs. Where the next number is taken, one further away."""
    ((was,),) = subject.sql(f'SELECT "{column}" FROM {table} WHERE rowid = ?', row)  # noqa: S608
    statement = f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?'  # noqa: S608
    try:
        subject.sql(statement, changed(was, place), row)
    except sqlite3.IntegrityError:
        subject.sql(statement, was + 1000, row)
    try:
        yield
    finally:
        subject.sql(statement, was, row)


def changes(subject, table, column):
    """Rows to change: the first and the last with a value."""
    rows = [
        row
        for (row,) in subject.sql(f'SELECT rowid FROM {table} WHERE "{column}" IS NOT NULL ORDER BY rowid')  # noqa: S608
    ]
    if table == "participant" and column in ("role", "side_id", "undertaking"):
        rows = [row for (row,) in subject.sql("SELECT rowid FROM participant WHERE admitted_at IS NOT NULL")]
        query = f'SELECT "{column}" FROM participant WHERE rowid = ?'  # noqa: S608
        rows = [row for row in rows if subject.sql(query, row)[0][0] is not None]
    if table == "one_time_link":
        rows = [row for (row,) in subject.sql("SELECT rowid FROM one_time_link WHERE purpose = 'invite'")]
    assert rows, f"there must be a {table} with a {column}"
    return list(dict.fromkeys((rows[0], rows[-1])))


@pytest.mark.parametrize(("table", "column"), WHICH)
def test_a_changed_value_is_found_by_name(subject, table, column):
    for row, place in zip(changes(subject, table, column), (0.6, 1.0), strict=False):
        with while_changed(subject, table, column, row, place):
            found = subject.checks()
        assert found & COVERED[table][column], (table, column, row, found)


@pytest.mark.parametrize(
    ("table", "check"),
    [
        ("event", "head"),
        ("epoch", "epoch"),
        ("opening", "opening"),
        ("slot", "slot"),
        ("exhibit", "exhibit"),
        ("exhibit_copy", "exhibit"),
        ("room_member", "member"),
        ("space_key_wrap", "space-key"),
        ("time_stamp", "timestamp"),
        ("room_log", "slot"),
    ],
)
def test_a_missing_row_is_found_wherever_it_stood(furnished, tmp_path, table, check):
    for number, row in enumerate((0, -1)):
        instance = furnished.copied(tmp_path / str(number))
        instance.sql(f"DELETE FROM {table} WHERE rowid = ?", instance.rows(table)[row])  # noqa: S608
        assert check in instance.checks(), (table, row)


def test_a_member_slipped_into_a_caucus_is_found_even_with_rows_that_fit_together(instance):
    ((bruno,),) = instance.sql("SELECT id FROM participant WHERE id = ?", instance.affair.participants["bruno"])
    instance.sql("INSERT INTO room_member VALUES (?, ?, 0, NULL, -1)", instance.caucus, bruno)
    assert instance.checks() == {"member", "wall"}


def test_an_account_put_in_the_place_of_another_is_found(instance):
    ((otto,),) = instance.sql("SELECT id FROM person WHERE email = 'otto@example.org'")
    instance.sql("UPDATE participant SET person_id = ? WHERE id = ?", otto, instance.affair.participants["ada"])
    assert "participant" in instance.checks()


def test_a_case_that_a_clock_ahead_has_sealed_far_into_the_future_is_named(instance):
    assert "clock" not in instance.checks()
    house = instance.opened()
    seal_due(house.database, now=clock.now() + timedelta(days=40))
    house.close()
    found = [finding for finding in instance.examined().findings if finding.check == "clock"]
    assert f"case {instance.affair.id}" in {finding.where for finding in found}


def test_several_damages_are_all_named_each_at_its_place(instance):
    events = instance.sql("SELECT rowid, seq FROM event WHERE room_id = ? ORDER BY seq", instance.joint)
    for row, _ in (events[3], events[7]):
        instance.sql("UPDATE event SET line = zeroblob(length(line)) WHERE rowid = ?", row)
    instance.sql("UPDATE event SET leaf = zeroblob(32) WHERE rowid = ?", events[5][0])
    found = {(finding.check, finding.where) for finding in instance.examined().findings}
    for check, seq in (("canonical", events[3][1]), ("canonical", events[7][1]), ("sequence", events[5][1])):
        assert (check, f"room {instance.joint} seq {seq}") in found


def test_what_the_doctor_says_holds_ids_and_no_content(instance):
    instance.sql("UPDATE event SET line = zeroblob(40)")
    instance.sql("UPDATE participant SET name = zeroblob(40)")
    said = repr(instance.examined())
    assert instance.joint in said
    for word in (*TEXTS, SECRET, "Quilliam", "Devis", "ada@example.org"):
        assert word not in said


def test_a_value_of_another_type_is_named_with_its_column(instance):
    for table, column, value in (
        ("room_member", "read_seq", "many"),
        ("person", "name", b"\0"),
        ("room_log", "root", b"short"),
        ("participant", "invited_at", "yesterday"),
    ):
        instance.sql(f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) FROM {table})", value)  # noqa: S608
    named = {finding.message.split()[1] for finding in instance.examined().findings if finding.check == "values"}
    assert named == {"read_seq", "name", "root", "invited_at"}


def test_every_column_is_either_checked_or_listed_as_no_evidence_with_its_reason():
    manual = (Path(__file__).parents[3] / "docs" / "operating.md").read_text()
    section = manual[manual.index("### What is no evidence") :]
    listed = set(re.findall(r"`(\w+\.\w+)`", section[: section.index("\n## ")]))
    columns = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}
    checked = {f"{table}.{column}" for table, column in WHICH} | ELSEWHERE
    checked |= {"person.password_hash", "person.totp_sealed"}  # of the right shape; sealed for their person
    assert listed <= columns, "a column that is gone must not stay listed"
    assert columns - checked - listed == set()
    assert not listed & {f"{table}.{column}" for table, column in WHICH}
