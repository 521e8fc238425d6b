"""The database as a file: whole, of the present schema, its references kept, each value of its column's type."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Column, LargeBinary, String, Table

from caseroom.db import Base
from caseroom.migrations import alembic_config
from caseroom.upkeep.doctor.findings import Diagnosis
from caseroom.upkeep.sqlite_files import read_only

MOST_NAMED = 20  # of one kind in one table


def check_storage(diagnosis: Diagnosis, file: Path) -> bool:
    """Check one SQLite file. False where it cannot be examined any further: damaged, or of another schema."""
    if not file.is_file():
        diagnosis.find("database", str(file), "There is no database")
        return False
    try:
        with contextlib.closing(read_only(file)) as connection:
            return _check(diagnosis, connection)
    except sqlite3.Error as error:
        diagnosis.find("database", str(file), f"It cannot be read ({error})")
        return False


def _check(diagnosis: Diagnosis, connection: sqlite3.Connection) -> bool:
    for (problem,) in connection.execute(f"PRAGMA integrity_check({MOST_NAMED})"):
        if problem != "ok":
            diagnosis.find("database", "integrity_check", str(problem))
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(MOST_NAMED):
        diagnosis.find("references", f"{table} row {row}", f"It refers to a row of {parent} that is not there")
    ((mode,),) = connection.execute("PRAGMA journal_mode").fetchall()
    if mode != "wal":
        diagnosis.find("migrations", "journal_mode", f"The file is in the mode {mode}, which no server leaves it in")
        return False
    head = ScriptDirectory.from_config(alembic_config("sqlite://")).get_current_head()
    found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    if found != [(head,)]:
        diagnosis.find(
            "migrations", "alembic_version", f"The schema is {found[0][0] if found else 'unknown'}, not {head}"
        )
        return False
    for each in Base.metadata.sorted_tables:
        _check_values(diagnosis, connection, each)
    return True


def _check_values(diagnosis: Diagnosis, connection: sqlite3.Connection, table: Table) -> None:
    """SQLite keeps what it is given, whatever the column says; what reads it would stumble."""
    for column in table.columns:
        keys = ", ".join(f'"{each.name}"' for each in table.primary_key)
        query = f'SELECT {keys} FROM "{table.name}" WHERE NOT ({_holds(column)})'  # noqa: S608 - names of our own tables
        for row in connection.execute(query).fetchmany(MOST_NAMED):
            place = " ".join(str(each) for each in row)
            diagnosis.find("values", f"{table.name} {place}", f"Its {column.name} is nothing that the column holds")


def _holds(column: Column[object]) -> str:
    name = f'"{column.name}"'
    kind: Any = column.type
    match kind:
        case LargeBinary(length=32):
            rule = f"typeof({name}) = 'blob' AND length({name}) = 32"
        case LargeBinary():
            rule = f"typeof({name}) = 'blob'"
        case Boolean():
            rule = f"typeof({name}) = 'integer' AND {name} IN (0, 1)"
        case String():
            rule = f"typeof({name}) = 'text'"
        case _:
            rule = f"typeof({name}) = 'integer'"
    return f"({rule}) OR {name} IS NULL" if column.nullable else rule
