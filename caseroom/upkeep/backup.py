"""A backup of a stopped or serving instance: two files, the content and the keys, each an age file over a tar.

    caseroom-20261122T120000Z.tar.age     database without wrapped keys, the signer's heads, the sealed exhibits
    caseroom-20261122T120000Z.keys.age    the wrapped keys, and the key-encryption key only where it was asked for

Neither opens anything without ``DATA/keys/kek``, which belongs in another place. Whatever happens half-way leaves
nothing under a final name: files are written beside it, brought to the disk, and renamed; the keys first, so that
where the content is, its keys are."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from caseroom import clock
from caseroom.config import Settings
from caseroom.marks import FILE as MARKS
from caseroom.upkeep.age import draw_identity, encrypt, seal_identity
from caseroom.upkeep.archive import Member, packed
from caseroom.upkeep.snapshot import DATABASE, KEYS, SIGNER, Snapshot, take_snapshot
from caseroom.upkeep.sqlite_files import flush, read_only

FORMAT = "caseroom/v1/backup"
KEEP_KEYS_DAYS = 30

_STAGING = "backup"
_PARTIAL = re.compile(r"\.caseroom-.*\.partial")
_KEYS_FILE = re.compile(r"caseroom-[0-9]{8}T[0-9]{6}Z(-[0-9]+)?\.keys(\.identity)?\.(age|tar)")
_ABANDONED = timedelta(days=1)


class BackupFailed(Exception):
    """No backup was made. The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to make. ``recipients`` (``age1…``) or ``passphrase``, or neither, which is for a medium that is encrypted
    itself. ``keys_to``: where the keys go, by default beside the content."""

    to: Path
    keys_to: Path
    recipients: tuple[str, ...] = ()
    passphrase: str = ""
    with_kek: bool = False
    keep_keys_days: int = KEEP_KEYS_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """``missing``: objects that the database names and the store does not have, though nobody erased them."""

    content: Path
    keys: Path
    at: datetime
    objects: int
    moved_on: int
    missing: tuple[str, ...]
    removed_keys: tuple[Path, ...]


def make_backup(settings: Settings, order: Order) -> Made:
    """Back up one data folder. Raises BackupFailed, NoSnapshot, OSError; then nothing stands under a final name."""
    for folder in (order.to, order.keys_to):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear_partial(folder)
    with _staging(settings) as staging:
        at = clock.now()
        taken = take_snapshot(settings, database=settings.data / DATABASE, folder=staging)
        return _write_parts(settings, order, taken, at=at)


def _write_parts(settings: Settings, order: Order, taken: Snapshot, *, at: datetime) -> Made:
    name = _free_name(order, at)
    facts: dict[str, Any] = {"v": FORMAT, "id": secrets.token_hex(16), "at": at.isoformat(), "origin": settings.origin}
    lost: list[str] = []
    recipients = _Recipients(order)
    keys = _write(
        recipients,
        order.keys_to / f"{name}.keys",
        lambda: packed(_key_members(settings, taken, order), {**facts, "part": "keys"}),
        identity=f"{name}.keys.identity.age",
    )
    content_facts = {**facts, "part": "content", "moved_on": taken.moved_on, "missing": lost}
    content = _write(
        recipients,
        order.to / name,
        lambda: packed(_content_members(settings, taken, lost), content_facts),
        identity=f"{name}.identity.age",
    )
    return Made(
        content=content,
        keys=keys,
        at=at,
        objects=len(taken.objects) - len(lost),
        moved_on=taken.moved_on,
        missing=tuple(each for each in lost if not _was_erased(settings, each)),
        removed_keys=tuple(_remove_old_keys(order, at, keep=keys)),
    )


def _key_members(settings: Settings, taken: Snapshot, order: Order) -> Iterator[Member]:
    yield Member(KEYS, taken.folder / KEYS)
    if order.with_kek:
        yield Member("kek", settings.keys_folder / "kek")


def _content_members(settings: Settings, taken: Snapshot, lost: list[str]) -> Iterator[Member]:
    yield Member(DATABASE, taken.folder / DATABASE)
    yield Member(SIGNER, taken.folder / SIGNER)
    if (settings.data / MARKS).exists():
        yield Member(MARKS, settings.data / MARKS)
    for object_id in taken.objects:
        path = settings.objects_folder / object_id[:2] / object_id
        if path.is_file():
            yield Member(f"objects/{object_id[:2]}/{object_id}", path)
        else:
            lost.append(object_id)


def _was_erased(settings: Settings, object_id: str) -> bool:
    """Whether a missing object was erased since the snapshot was taken: then it is not missing."""
    with closing(read_only(settings.data / DATABASE)) as connection:
        query = "SELECT e.event_key FROM exhibit AS x JOIN event AS e ON e.id = x.id WHERE x.object_id = ?"
        row = connection.execute(query, (object_id,)).fetchone()
    return row is None or row[0] is None


class _Recipients:
    """For whom the parts are encrypted; with a passphrase each part has an identity file of its own beside it."""

    def __init__(self, order: Order) -> None:
        self._order = order

    def seal(self, blocks: Iterator[bytes], target: BinaryIO, identity_file: Path) -> None:
        recipients: Sequence[str] = self._order.recipients
        if self._order.passphrase:
            identity, recipient = draw_identity()
            recipients = (recipient,)
            _write_file(identity_file, lambda file: file.write(seal_identity(identity, self._order.passphrase)))
        if recipients:
            encrypt(blocks, target, recipients=recipients)
        else:
            target.writelines(blocks)

    def ending(self, path: Path) -> str:
        encrypted = self._order.recipients or self._order.passphrase
        if path.name.endswith(".keys"):
            return ".age" if encrypted else ".tar"
        return ".tar.age" if encrypted else ".tar"


def _write(recipients: _Recipients, path: Path, blocks: Callable[[], Iterator[bytes]], *, identity: str) -> Path:
    final = path.with_name(path.name + recipients.ending(path))
    _write_file(final, lambda file: recipients.seal(blocks(), file, final.with_name(identity)))
    return final


def _write_file(final: Path, write: Callable[[BinaryIO], object]) -> None:
    partial = final.with_name(f".{final.name}.{secrets.token_hex(4)}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(final)
    finally:
        partial.unlink(missing_ok=True)
    flush(final.parent)


def _free_name(order: Order, at: datetime) -> str:
    """Nothing is ever replaced: a second backup in one second has a number of its own."""
    stem = f"caseroom-{at:%Y%m%dT%H%M%SZ}"
    number = 1
    while True:
        name = stem if number == 1 else f"{stem}-{number}"
        if not any(any(folder.glob(f"{name}.*")) for folder in (order.to, order.keys_to)):
            return name
        number += 1


def _remove_old_keys(order: Order, now: datetime, *, keep: Path) -> Iterator[Path]:
    """Key files older than the order says: from then on what was erased before they were made is out of reach."""
    before = now - timedelta(days=order.keep_keys_days)
    for path in sorted(order.keys_to.iterdir()):
        if path != keep and _KEYS_FILE.fullmatch(path.name) and _made_at(path) < before:
            path.unlink()
            yield path


def _made_at(path: Path) -> datetime:
    """As its name says: copying a file changes its other dates."""
    return datetime.strptime(path.name.split(".")[0].split("-")[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@contextmanager
def _staging(settings: Settings) -> Iterator[Path]:
    """A private folder inside the data folder, where copies with keys in them may lie for a moment: never on the medium
    of the backup. What a killed backup left is removed first; one backup at a time."""
    cache = settings.data / "cache"
    cache.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(cache / "backup.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupFailed("another backup of this data folder is running") from error
        staging = cache / _STAGING
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700)
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    finally:
        os.close(lock)


def _clear_partial(folder: Path) -> None:
    """What a killed backup left half-written; young ones may be those of another instance at work."""
    before = (clock.now() - _ABANDONED).timestamp()
    for path in folder.iterdir():
        if _PARTIAL.fullmatch(path.name) and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
