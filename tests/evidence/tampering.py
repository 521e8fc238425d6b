"""Changes of an instance's own files, as somebody makes them who has the database, the exhibits' folder or the signer's
file: of values, rows and bytes. Each is drawn from a seed."""

# ruff: noqa: S608 - the names of tables and columns are those of the instance itself

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "operating.md"
DATABASE = "caseroom.db"


def not_evidence() -> frozenset[str]:
    """``table.column`` of everything that the manual declares to be no evidence."""
    manual = MANUAL.read_text()
    section = manual[manual.index("### What is no evidence") :]
    return frozenset(re.findall(r"`(\w+\.\w+)`", section[: section.index("\n## ")]))


@dataclass(frozen=True)
class Tampered:
    """``what`` was done, in words that a failing test prints. ``kind``: near, other, none, swap (of a value), deleted,
    copied (a row), or of bytes; ``key`` that of the row."""

    what: str
    kind: str
    table: str = ""
    column: str = ""
    key: tuple[Any, ...] = ()


class Copies:
    """A closed instance in a folder, and a copy of it that is put right before each change."""

    def __init__(self, pristine: Path, folder: Path) -> None:
        self.pristine, self.folder = pristine, folder
        shutil.copytree(pristine, folder)
        self.files = sorted(path.relative_to(pristine) for path in pristine.rglob("*") if path.is_file())

    def put_right(self) -> None:
        for path in [each for each in self.folder.rglob("*") if each.is_file()]:
            if path.relative_to(self.folder) not in self.files:
                path.unlink()
        for name in self.files:
            to, was = self.folder / name, self.pristine / name
            if (
                not to.exists()
                or to.stat().st_mtime_ns != was.stat().st_mtime_ns
                or to.stat().st_size != was.stat().st_size
            ):
                shutil.copy2(was, to)

    def sql(self, statement: str, *values: Any, file: str = DATABASE) -> list[Any]:
        with closing(sqlite3.connect(self.folder / file, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            return connection.execute(statement, values).fetchall()

    def as_it_was(self, table: str, columns: Sequence[str]) -> bool:
        """Whether these columns of the table hold, row by row in any order, what they held before the change."""
        names = ",".join(f'"{name}"' for name in columns)
        untouched = f"file:{self.pristine / DATABASE}?immutable=1"  # no journal of its own beside what is copied
        with closing(sqlite3.connect(untouched, uri=True)) as connection:
            before = connection.execute(f"SELECT {names} FROM {table}").fetchall()
        return sorted(map(repr, before)) == sorted(map(repr, self.sql(f"SELECT {names} FROM {table}")))

    def columns(self, table: str, *, file: str = DATABASE) -> list[str]:
        return [row[1] for row in self.sql(f"PRAGMA table_info({table})", file=file)]

    def keys(self, table: str, *, file: str = DATABASE) -> list[str]:
        return [row[1] for row in self.sql(f"PRAGMA table_info({table})", file=file) if row[5]]

    def rows(self, table: str, *, file: str = DATABASE) -> list[tuple[Any, ...]]:
        """The primary keys of a table."""
        keys = ",".join(self.keys(table, file=file))
        return self.sql(f"SELECT {keys} FROM {table} ORDER BY {keys}", file=file)

    def which(self, table: str, *, file: str = DATABASE) -> str:
        return " AND ".join(f"{key} = ?" for key in self.keys(table, file=file))

    def objects(self) -> list[Path]:
        return sorted(path for path in (self.folder / "objects").rglob("*") if path.is_file())

    # --- values and rows ---

    def update(self, chance: random.Random, columns: Sequence[str], *, file: str = DATABASE) -> Tampered | None:
        """Another value in one place: a bit, a letter, a step, nothing, or the value of another row."""
        table, column = chance.choice(columns).split(".")
        rows, which = self.rows(table, file=file), self.which(table, file=file)
        if not rows:
            return None
        row = chance.choice(rows)
        ((was,),) = self.sql(f'SELECT "{column}" FROM {table} WHERE {which}', *row, file=file)
        kind = chance.choice(["near", "near", "other", "none", "swap"])
        if kind in ("other", "swap"):
            other = chance.choice(rows)
            ((value,),) = self.sql(f'SELECT "{column}" FROM {table} WHERE {which}', *other, file=file)
        else:
            value = nearby(was, chance) if kind == "near" else None
        if value == was:
            return None
        keys = self.keys(table, file=file)
        replaced = tuple(
            aside(was) if key == column else each
            for key, each in zip(keys, other if kind == "swap" else row, strict=True)
        )
        try:
            if kind == "swap":  # by way of a third value: two rows may not hold a unique one together
                self.sql(f'UPDATE {table} SET "{column}" = ? WHERE {which}', aside(was), *other, file=file)
            self.sql(f'UPDATE {table} SET "{column}" = ? WHERE {which}', value, *row, file=file)
            if kind == "swap":
                self.sql(f'UPDATE {table} SET "{column}" = ? WHERE {which}', was, *replaced, file=file)
        except sqlite3.IntegrityError:
            return None  # the database itself refuses it
        return Tampered(f"{kind} {table}.{column} of row {row}: {was!r:.60} -> {value!r:.60}", kind, table, column, row)

    def delete(self, chance: random.Random, tables: Sequence[str], *, file: str = DATABASE) -> Tampered | None:
        table = chance.choice(tables)
        rows = self.rows(table, file=file)
        if not rows:
            return None
        row = chance.choice(rows)
        self.sql(f"DELETE FROM {table} WHERE {self.which(table, file=file)}", *row, file=file)
        return Tampered(f"deleted row {row} of {table}", "deleted", table, key=row)

    def insert(self, chance: random.Random, tables: Sequence[str], *, file: str = DATABASE) -> Tampered | None:
        """A copy of a row under another key."""
        table = chance.choice(tables)
        rows = self.rows(table, file=file)
        if not rows:
            return None
        columns = self.columns(table, file=file)
        row = chance.choice(rows)
        (values,) = self.sql(f"SELECT * FROM {table} WHERE {self.which(table, file=file)}", *row, file=file)
        copy = dict(zip(columns, values, strict=True))
        key = chance.choice(self.keys(table, file=file))
        copy[key] = nearby(copy[key], chance)
        marks = ",".join("?" for _ in columns)
        for _ in range(20):
            try:
                self.sql(f"INSERT INTO {table} VALUES ({marks})", *copy.values(), file=file)
                return Tampered(f"a copy of row {row} of {table} with another {key}", "copied", table, key=row)
            except sqlite3.IntegrityError as refused:
                unique = re.fullmatch(r"UNIQUE constraint failed: (.+)", str(refused))
                if unique is None:
                    return None
                for name in [each.split(".")[1] for each in unique[1].split(", ")]:
                    copy[name] = nearby(copy[name], chance)
        return None

    # --- files ---

    def bite(self, chance: random.Random, path: Path) -> Tampered | None:
        """Other bytes in a file: a bit, a piece cut off the end, more at its end, a piece moved."""
        data = bytearray(path.read_bytes())
        at = chance.randrange(len(data))
        kind = chance.choice(["bit", "bit", "cut", "longer", "moved", "zeros"])
        if kind == "bit":
            data[at] ^= 1 << chance.randrange(8)
        elif kind == "cut":
            del data[at:]
        elif kind == "longer":
            data += chance.randbytes(chance.randrange(1, 100))
        elif kind == "moved":
            data = data[at:] + data[:at]
        else:
            data[at : at + 64] = bytes(len(data[at : at + 64]))
        if data == path.read_bytes():
            return None
        path.write_bytes(data)
        return Tampered(f"{kind} at {at} of {path.relative_to(self.folder)}", kind)

    def swap_files(self, chance: random.Random) -> Tampered:
        one, other = chance.sample(self.objects(), 2)
        first, second = one.read_bytes(), other.read_bytes()
        one.write_bytes(second)
        other.write_bytes(first)
        return Tampered(f"{one.name} and {other.name} exchanged", "exchanged")


def _stamp(path: Path) -> tuple[int, int]:
    told = path.stat()
    return told.st_mtime_ns, told.st_size


def nearby(value: Any, chance: random.Random) -> Any:
    """A value of the same kind that differs: one bit, one letter, one step."""
    if isinstance(value, bytes):
        at = chance.randrange(len(value)) if value else 0
        return value[:at] + bytes([value[at] ^ (1 << chance.randrange(8))]) + value[at + 1 :] if value else b"\0"
    if isinstance(value, int):
        return value + chance.choice((1, -1, 1000))
    if value is None:
        return chance.choice(("x", 1, b"x"))
    at = chance.randrange(len(value)) if value else 0
    letter = chance.choice([each for each in "0123456789abcdef" if each != value[at : at + 1]])
    return value[:at] + letter + value[at + 1 :]


def aside(value: Any) -> Any:
    return {bytes: b"aside", int: -(10**9), str: "aside"}.get(type(value))
