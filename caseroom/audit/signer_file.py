"""The signer's own SQLite file: its tables, how an older one is brought up to date, how a secret leaves it for good."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caseroom import clock

FILE_NAME = "signer.sqlite3"
BUSY_SECONDS = 30.0

# `created_at`, `destroyed_at`: seconds since 1970. A key that was destroyed keeps its row, with nothing in `wrapped`.
_KEYS = """
CREATE TABLE IF NOT EXISTS case_key (
    origin TEXT PRIMARY KEY, public BLOB NOT NULL, wrapped BLOB NOT NULL,
    created_at INTEGER NOT NULL, destroyed_at INTEGER
) STRICT, WITHOUT ROWID
"""
_HEADS = """
CREATE TABLE IF NOT EXISTS signed_head (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL
) STRICT, WITHOUT ROWID
"""
_COLUMNS = frozenset({"origin", "public", "wrapped", "created_at", "destroyed_at"})


def open_signer_file(folder: Path) -> sqlite3.Connection:
    """Open the file in `folder`, made where it is not there; one written by an earlier version gets what it lacks."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / FILE_NAME
    # Before SQLite opens it: the file, and the journals that take its mode, are never readable by others.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone leaves the data in the drive's cache
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA temp_store=MEMORY")  # VACUUM would write every wrapped key into a file of its own
    _bring_up_to_date(connection)
    return connection


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction. The write lock is taken before anything is read, so no other process writes in between."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def now() -> int:
    """Seconds since 1970."""
    return int(clock.now().timestamp())


def scrub(connection: sqlite3.Connection) -> bool:
    """Rewrite the file without anything that was deleted, and empty its write-ahead log. False where another process
    was reading all the while: then the log still holds the old bytes, and scrubbing has to be asked for again.

    What the file system or the disk keeps of overwritten blocks is out of reach: the bytes are wrapped for that."""
    connection.execute("VACUUM")
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    if _columns(connection) >= _COLUMNS:
        return
    with writing(connection):
        connection.execute(_KEYS)
        connection.execute(_HEADS)
        columns = _columns(connection)  # again: another process may have done it while this one waited
        if "created_at" not in columns:
            # From now on, not from 1970: a case may be opening at this moment.
            connection.execute("ALTER TABLE case_key ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0")
            connection.execute("UPDATE case_key SET created_at = ?", (now(),))
        if "destroyed_at" not in columns:
            connection.execute("ALTER TABLE case_key ADD COLUMN destroyed_at INTEGER")


def _columns(connection: sqlite3.Connection) -> set[str]:
    return {row[1] for row in connection.execute("PRAGMA table_info(case_key)")}
