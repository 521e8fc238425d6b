"""One byte changed in the database by somebody who has it: the check of the room's chain finds it and says where."""

import sqlite3

import pytest

from caseroom.access.words import CaseKind, Role
from caseroom.audit import tree
from caseroom.audit.event_bytes import Kind
from caseroom.audit.services import record
from caseroom.exhibits.queries import check_register
from tests.house import House

BLOBS = {
    "event": ("leaf", "event_key", "line", "values"),
    "room_log": ("root", "last_leaf"),
    "log_node": ("hash",),
}
NUMBERS = {
    "event": ("at", "speaks", "key_version"),
    "room_log": ("slot", "size", "signed_size", "last_at"),
}
TEXTS = {"event": ("id",), "checkpoint": ("note",), "room_log": ("case_id",)}
CHECKS = {"canonical", "sequence", "prev", "clock", "seen", "head", "checkpoint", "commitment", "file", "key"}


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A joint room with messages, an exhibit, an admission and a removal; tampered with and restored by each test."""
    house = House(tmp_path_factory.mktemp("tampering"))
    affair = house.mediation()
    for number in range(3):
        house.say("ada", affair["joint"], f"message {number}")
    house.file("bruno", affair["joint"], "a.txt", b"exhibit")
    house.remove(affair, "basile", by="neus")
    house.say("neus", affair["joint"], "fin")
    yield Tampered(house, affair)
    house.close()


class Tampered:
    def __init__(self, house, affair):
        self.house = house
        self.id = affair["joint"]
        self.case = affair.id

    def report(self):
        with self.house.database.reading() as work:
            return check_register(work, self.house.actors["neus"], self.id)

    def sql(self, statement, *values):
        with sqlite3.connect(self.house.folder / "caseroom.db", isolation_level=None) as connection:
            found = connection.execute(statement, values).fetchall()
        connection.close()
        return found

    def rows(self, table):
        of = "log_id" if table == "log_node" else "room_id"
        return [row for (row,) in self.sql(f"SELECT rowid FROM {table} WHERE {of} = ? ORDER BY rowid", self.id)]  # noqa: S608

    def while_changed(self, table, row, column, change):
        """The report with one value of one row changed, which is put back."""
        ((was,),) = self.sql(f'SELECT "{column}" FROM {table} WHERE rowid = ?', row)  # noqa: S608
        self.sql(f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?', change(was), row)  # noqa: S608
        try:
            return self.report()
        finally:
            self.sql(f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?', was, row)  # noqa: S608


def flipped(where):
    def flip(value):
        changed = bytearray(value)
        changed[int(where * (len(changed) - 1))] ^= 1
        return bytes(changed)

    return flip


def retyped(where):
    def retype(text):
        at = int(where * (len(text) - 1))
        return text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]

    return retype


@pytest.fixture(autouse=True)
def intact(room):
    assert room.report().intact, "the room must be intact before and after each change"
    yield
    assert room.report().intact


def test_an_intact_room_is_reported_whole(room):
    report = room.report()
    assert (report.events, report.files, report.problem, report.seq) == (len(room.rows("event")), 1, "", None)
    assert report.events >= 12


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table, columns in BLOBS.items() for column in columns]
)
@pytest.mark.parametrize("where", [0.0, 0.5, 1.0])
def test_one_changed_byte_is_found_in_every_row(room, table, column, where):
    for row in room.rows(table):
        report = room.while_changed(table, row, column, flipped(where))
        assert not report.intact, (table, column, row)
        assert report.problem in CHECKS


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table, columns in NUMBERS.items() for column in columns]
)
@pytest.mark.parametrize("by", [1, -1, 1000])
def test_one_changed_number_is_found_in_every_row(room, table, column, by):
    for row in room.rows(table):
        report = room.while_changed(table, row, column, lambda was: 1 - was if column == "speaks" else was + by)
        assert not report.intact, (table, column, row)
        assert report.problem in CHECKS


def test_a_checkpoint_filed_under_another_size_is_found(room):
    for row in room.rows("checkpoint"):
        for change in (lambda was: was + 1000, lambda was: -was):
            assert room.while_changed("checkpoint", row, "size", change).problem == "checkpoint"


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table, columns in TEXTS.items() for column in columns]
)
@pytest.mark.parametrize("where", [0.0, 0.4, 0.9])
def test_one_changed_letter_is_found_in_every_row(room, table, column, where):
    for row in room.rows(table):
        assert not room.while_changed(table, row, column, retyped(where)).intact, (table, column, row)


@pytest.mark.parametrize("columns", [("event_key",), ("values",), ("event_key", "values")])
def test_content_made_to_vanish_is_found_where_no_erasure_is_on_record(room, columns):
    for row in room.rows("event"):
        was = room.sql('SELECT event_key, "values" FROM event WHERE rowid = ?', row)[0]
        for column in columns:
            room.sql(f'UPDATE event SET "{column}" = NULL WHERE rowid = ?', row)  # noqa: S608
        report = room.report()
        room.sql('UPDATE event SET event_key = ?, "values" = ? WHERE rowid = ?', *was, row)
        assert (report.intact, report.problem) == (False, "commitment"), (columns, row)


@pytest.mark.parametrize("which", [0, 3, -1])
def test_a_missing_event_is_found_wherever_it_stood(room, which):
    row = room.rows("event")[which]
    was = room.sql("SELECT * FROM event WHERE rowid = ?", row)[0]
    room.sql("DELETE FROM event WHERE rowid = ?", row)
    report = room.report()
    room.sql(f"INSERT INTO event VALUES ({','.join('?' * len(was))})", *was)  # noqa: S608
    assert not report.intact
    assert report.problem in CHECKS


def test_two_events_that_changed_places_are_found(room):
    one, other = room.rows("event")[4:6]
    content = 'id, at, leaf, key_version, event_key, line, "values"'
    rows = {row: room.sql(f"SELECT {content} FROM event WHERE rowid = ?", row)[0] for row in (one, other)}  # noqa: S608

    def put(row, values):
        room.sql(
            'UPDATE event SET at=?, leaf=?, key_version=?, event_key=?, line=?, "values"=? WHERE rowid=?',
            *values[1:],
            row,
        )

    put(one, rows[other])
    put(other, rows[one])
    report = room.report()
    put(one, rows[one])
    put(other, rows[other])
    assert not report.intact


def test_a_cut_tail_is_found_even_where_every_table_was_cut_alike(room):
    """As a database restored from before the last entries: events, tree, checkpoints and head agree with each other,
    and only the signer remembers that there was more."""
    tables = ("event", "log_node", "checkpoint", "room_log")
    saved = {table: room.sql(f"SELECT rowid, * FROM {table}") for table in tables}  # noqa: S608
    assert room.report().intact
    size = len(room.rows("event")) - 2
    room.sql("DELETE FROM event WHERE room_id = ? AND seq >= ?", room.id, size)
    room.sql("DELETE FROM checkpoint WHERE room_id = ? AND size > ?", room.id, size)
    room.sql("DELETE FROM log_node WHERE log_id = ? AND ((position + 1) << level) > ?", room.id, size)
    rebuild_head(room, size)
    report = room.report()
    for table, rows in saved.items():
        room.sql(f"DELETE FROM {table}")  # noqa: S608
        for row in rows:
            names = ", ".join(["rowid", *columns_of(room, table)])
            room.sql(f"INSERT INTO {table} ({names}) VALUES ({','.join('?' * len(row))})", *row)  # noqa: S608
    assert (report.intact, report.problem) == (False, "head")


def columns_of(room, table):
    return [f'"{row[1]}"' for row in room.sql(f"PRAGMA table_info({table})")]


def rebuild_head(room, size):
    leaves = room.sql("SELECT leaf, at FROM event WHERE room_id = ? ORDER BY seq", room.id)
    nodes = tree.MemoryNodes()
    for leaf, _ in leaves:
        nodes.append(leaf)
    room.sql(
        "UPDATE room_log SET size = ?, signed_size = ?, root = ?, last_leaf = ?, last_at = ? WHERE room_id = ?",
        size,
        size,
        tree.root(size, nodes),
        *leaves[-1],
        room.id,
    )


@pytest.mark.parametrize("column", ["vkey", "origin"])
def test_another_key_or_name_of_the_case_log_is_found(room, column):
    ((row,),) = room.sql("SELECT rowid FROM case_log WHERE case_id = ?", room.case)
    for where in (0.0, 0.5, 1.0):
        report = room.while_changed("case_log", row, column, retyped(where))
        assert not report.intact, where
        assert report.problem in {"key", "checkpoint"}


def test_a_case_log_that_is_not_what_the_events_saw_is_found(room):
    ((row,),) = room.sql("SELECT rowid FROM case_log WHERE case_id = ?", room.case)
    assert room.while_changed("case_log", row, "size", lambda was: was - 1).problem == "seen"
    ((node,),) = room.sql("SELECT rowid FROM log_node WHERE log_id = ?", room.case)
    assert room.while_changed("log_node", node, "hash", flipped(0.5)).problem == "seen"


def test_an_erasure_on_record_explains_content_that_is_gone(house):
    """The verb comes later; its event is of the format already, and a check must not cry wolf over it."""
    affair = house.open_case(CaseKind.MEDIATION)
    said = house.say("neus", affair["joint"], "à effacer")
    house.admit(affair, "ada", Role.PARTY, 0)
    with house.database.unit_of_work() as work:
        opened = house.opened(work, "neus", affair["joint"])
        body = {"of": said.leaf, "basis": "art. 17"}
        record(work, opened.stream, kind=Kind.ITEM_ERASED, actor=opened.me.id, body=body, who={"auth": "AL1"})
        work.session.connection().exec_driver_sql(
            'UPDATE event SET event_key = NULL, "values" = NULL WHERE room_id = ? AND seq = ?',
            (affair["joint"], said.seq),
        )
    with house.database.reading() as work:
        assert check_register(work, house.actors["ada"], affair["joint"]).intact


def test_the_check_is_for_readers_of_the_room(house, mediation):
    for person in ("bruno", "otto"):
        with pytest.raises(Exception, match="not_found"), house.database.reading() as work:
            check_register(work, house.actors[person], mediation["caucus:0"])
