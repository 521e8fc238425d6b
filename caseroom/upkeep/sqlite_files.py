"""SQLite files that may be in use: opened for reading alone, copied at one instant, rewritten without what is gone."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote


class NoSnapshot(Exception):
    """The database or the signer's file cannot be copied. The message says which, and why."""


def read_only(path: Path) -> sqlite3.Connection:
    """Open an SQLite file for reading alone."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy of an SQLite file that may be in use, in one file of mode 0600 that is on the disk when this
    returns. Raises NoSnapshot."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if not os.access(source, os.R_OK):
        raise NoSnapshot(f"{source} is not there, or not for this user to read")
    try:
        with contextlib.closing(read_only(source)) as reading, contextlib.closing(sqlite3.connect(target)) as writing:
            # One step: the copy is a read transaction, and in WAL mode nobody who writes waits for it.
            reading.backup(writing, pages=-1)
            writing.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise NoSnapshot(f"{source} cannot be copied: {error}") from error
    flush(target)


def rewrite(path: Path) -> None:
    """Write a file anew: deleting leaves the old bytes in free pages, this leaves nothing."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("VACUUM")
    flush(path)


def flush(path: Path) -> None:
    """Bring a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
