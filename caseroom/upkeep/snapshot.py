"""A consistent copy of a running instance's database and of the signer's file, with the wrapped keys taken out.

Keys go into a file of their own because erasing is real only once the last copy of a key is gone
(docs/evidence.md §11): content may then be kept for years and keys for a month. With them go the wrapped signing keys
of the cases, so that a key destroyed at closing (§4) does not live on in a backup either.

The pair is that of *one* instant, the one of the database's snapshot. The signer is copied after it, so it knows every
case in it; what it signed in between is taken back in the copy to the newest checkpoint that the snapshot holds.
Without that, restoring would halt every log that was written to while the backup ran."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from caseroom.audit.notes import NoteError, parse_checkpoint
from caseroom.audit.signer_file import FILE_NAME as SIGNER_FILE
from caseroom.audit.signer_file import open_signer_file
from caseroom.config import Settings
from caseroom.upkeep.signer_heads import read_signer_of
from caseroom.upkeep.sqlite_files import NoSnapshot, copy_database, rewrite

DATABASE, KEYS, SIGNER = "caseroom.db", "keys.sqlite3", f"signer/{SIGNER_FILE}"

_TAKE_OUT = """
CREATE TABLE kept.space_key_wrap AS SELECT * FROM main.space_key_wrap;
CREATE TABLE kept.event_key AS SELECT room_id, seq, event_key FROM main.event WHERE event_key IS NOT NULL;
CREATE TABLE kept.blind_key AS SELECT case_id, slot, blind_key FROM main.slot WHERE blind_key IS NOT NULL;
CREATE TABLE kept.signing_key AS SELECT origin, wrapped FROM signer.case_key WHERE length(wrapped) > 0;
DELETE FROM main.space_key_wrap;
UPDATE main.event SET event_key = NULL;
UPDATE main.slot SET blind_key = NULL;
UPDATE signer.case_key SET wrapped = x'';
"""
_PUT_BACK = """
INSERT INTO main.space_key_wrap SELECT * FROM kept.space_key_wrap;
CREATE UNIQUE INDEX kept.of_event ON event_key (room_id, seq);
UPDATE main.event SET event_key =
    (SELECT event_key FROM kept.event_key AS k WHERE k.room_id = event.room_id AND k.seq = event.seq)
    WHERE "values" IS NOT NULL;
UPDATE main.slot SET blind_key =
    (SELECT blind_key FROM kept.blind_key AS k WHERE k.case_id = slot.case_id AND k.slot = slot.slot);
UPDATE signer.case_key SET wrapped =
    coalesce((SELECT wrapped FROM kept.signing_key AS k WHERE k.origin = case_key.origin), x'')
    WHERE destroyed_at IS NULL;
"""
_OBJECTS = """
SELECT exhibit.object_id FROM exhibit JOIN event ON event.id = exhibit.id WHERE event.event_key IS NOT NULL ORDER BY 1
"""
_HEADS = """
SELECT origin, size, note FROM
    (SELECT l.origin || '/s/' || r.slot AS origin, c.size AS size, c.note AS note FROM checkpoint AS c
        JOIN room_log AS r ON r.room_id = c.room_id JOIN case_log AS l ON l.case_id = r.case_id
        WHERE c.size = (SELECT max(size) FROM checkpoint AS newest WHERE newest.room_id = c.room_id)
    UNION ALL
    SELECT l.origin, e.n + 1, e.note FROM epoch AS e JOIN case_log AS l ON l.case_id = e.case_id
        WHERE e.n = (SELECT max(n) FROM epoch AS newest WHERE newest.case_id = e.case_id AND newest.note IS NOT NULL))
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``folder`` holds the three files. ``objects``: ids of the sealed exhibits that the database
    names and that were not erased. ``moved_on``:
    how many logs the signer signed again between the two copies."""

    folder: Path
    objects: tuple[str, ...]
    moved_on: int


def take_snapshot(settings: Settings, *, database: Path, folder: Path) -> Snapshot:
    """Copy database and signer into ``folder``, which must be private: for a moment the copies hold everything. The
    instance may be serving. Raises NoSnapshot."""
    copy_database(database, folder / DATABASE)
    _copy_signer(settings, folder)
    open_signer_file(folder / "signer").close()  # one of an earlier version gets the columns it lacks
    with _together(folder) as connection:
        moved_on = _as_of_the_database(connection)
        objects = tuple(row[0] for row in connection.execute(_OBJECTS))
        _run(connection, _TAKE_OUT)
    for name in (DATABASE, SIGNER, KEYS):
        rewrite(folder / name)
    return Snapshot(folder=folder, objects=objects, moved_on=moved_on)


def merge_keys(folder: Path) -> None:
    """Put the keys of ``folder/keys.sqlite3`` back into database and signer, and remove that file.

    Erased entries stay erased: a key comes back only to an entry whose values are still there."""
    with _together(folder) as connection:
        _run(connection, _PUT_BACK)
        for name in ("main", "signer"):
            connection.execute(f"PRAGMA {name}.journal_mode=WAL")  # as a server leaves its files
    (folder / KEYS).unlink()


def _copy_signer(settings: Settings, folder: Path) -> None:
    """Of a signer that is a process of its own only what it tells: its private keys are out of reach on purpose, and
    whoever keeps it makes its backup."""
    if settings.signer_socket is None:
        copy_database(settings.signer_folder / SIGNER_FILE, folder / SIGNER)
        return
    try:
        heads = read_signer_of(settings)
    except OSError as error:
        raise NoSnapshot(f"the signer does not answer: {error}") from error
    with contextlib.closing(open_signer_file((folder / SIGNER).parent)) as connection:
        connection.executemany(
            "INSERT INTO case_key (origin, public, wrapped, created_at) VALUES (?, ?, x'', 0)",
            [(origin, case.public) for origin, case in heads.cases.items()],
        )
        connection.executemany(
            "INSERT INTO signed_head (origin, size, root) VALUES (?, ?, ?)",
            [(origin, size, root) for origin, (size, root) in heads.heads.items()],
        )


@contextlib.contextmanager
def _together(folder: Path) -> Iterator[sqlite3.Connection]:
    """Database, signer (``signer``) and keys (``kept``) in one connection."""
    keys = folder / KEYS
    os.close(os.open(keys, os.O_RDWR | os.O_CREAT, 0o600))
    with contextlib.closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("ATTACH ? AS signer", (str(folder / SIGNER),))
        connection.execute("ATTACH ? AS kept", (str(keys),))
        yield connection


def _run(connection: sqlite3.Connection, script: str) -> None:
    connection.executescript(f"BEGIN IMMEDIATE;{script}COMMIT;")


def _as_of_the_database(connection: sqlite3.Connection) -> int:
    """Take the copied signer back to the instant of the database: each log at the newest checkpoint that the database
    holds, a case opened later not at all."""
    heads = {origin: (size, note) for origin, size, note in connection.execute(_HEADS)}
    moved_on = 0
    connection.execute("BEGIN IMMEDIATE")
    for origin, size in connection.execute("SELECT origin, size FROM signer.signed_head").fetchall():
        known = heads.get(origin)
        if known is None:
            connection.execute("DELETE FROM signer.signed_head WHERE origin = ?", (origin,))
        elif size > known[0]:
            connection.execute(
                "UPDATE signer.signed_head SET size = ?, root = ? WHERE origin = ?", (known[0], _root(known[1]), origin)
            )
        moved_on += known is None or size > known[0]
    connection.execute("DELETE FROM signer.case_key WHERE origin NOT IN (SELECT origin FROM main.case_log)")
    connection.execute("COMMIT")
    return moved_on


def _root(note: str) -> bytes:
    """The root that a checkpoint names; that its signature holds is for the doctor to say."""
    text, _, _ = note.partition("\n\n")
    try:
        return parse_checkpoint(f"{text}\n").root
    except NoteError as error:
        raise NoSnapshot("a stored checkpoint cannot be read: run the doctor first") from error
