"""A data folder made again from a backup. It is put together in a folder beside its place, every file is compared with
the SHA-256 that was saved, and only a whole one gets its name; nothing that is there is ever written over."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from caseroom.audit.signer_file import FILE_NAME as SIGNER_FILE
from caseroom.config import Settings
from caseroom.migrations import upgrade
from caseroom.upkeep.age import AgeFailed, decrypting, open_identity, read_identities
from caseroom.upkeep.archive import ArchiveBroken, unpack
from caseroom.upkeep.backup import FORMAT
from caseroom.upkeep.snapshot import SIGNER, merge_keys
from caseroom.upkeep.sqlite_files import NoSnapshot, copy_database, flush
from caseroom.vault.keys import KEY_SIZE


class RestoreFailed(Exception):
    """Nothing was restored. The message says why."""


class FolderInUse(RestoreFailed):
    """The place of the restored folder is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to restore from what. ``identity``: an age identity file; ``passphrase``: the one the backup was made with;
    neither for an unencrypted one. ``kek``: the key file that was kept elsewhere. ``signer``: the folder of a signer
    that outlived the database and knows more than the backup."""

    content: Path
    keys: Path
    data: Path
    identity: Path | None = None
    passphrase: str = ""
    kek: Path | None = None
    signer: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """``at`` and ``keys_at``: when the two parts were made (ISO 8601, UTC); ``has_kek``: the key file is there."""

    data: Path
    at: str
    keys_at: str
    objects: int
    missing: tuple[str, ...]
    has_kek: bool


def restore(order: Order) -> Restored:
    """Make ``order.data``, which must be absent or empty. Raises FolderInUse, RestoreFailed, OSError."""
    if order.data.exists() and (not order.data.is_dir() or any(order.data.iterdir())):
        raise FolderInUse(f"{order.data} is not empty: restore into a new folder, and put it in its place yourself")
    kek = _read_kek(order.kek) if order.kek else None
    order.data.parent.mkdir(parents=True, exist_ok=True)
    staging = order.data.with_name(f".{order.data.name}.restoring-{secrets.token_hex(4)}")
    staging.mkdir(mode=0o700)
    try:
        restored = _put_together(order, staging, kek)
        if order.data.exists():
            order.data.rmdir()
        staging.rename(order.data)
        flush(order.data.parent)
    except (AgeFailed, ArchiveBroken, NoSnapshot, sqlite3.Error) as error:
        raise RestoreFailed(str(error)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return restored


def bring_up_to_date(settings: Settings) -> None:
    """Bring a restored database to the present schema, as the first start would."""
    upgrade(settings.database_url)


def _put_together(order: Order, staging: Path, kek: bytes | None) -> Restored:
    keys = _unpack(order, order.keys, staging, part="keys")
    if (staging / "kek").exists():
        found = _read_kek(staging / "kek")
        (staging / "kek").unlink()
        kek = kek or found
    content = _unpack(order, order.content, staging, part="content")
    merge_keys(staging)
    if order.signer is not None:
        _take_signer(order.signer, staging)
    for name in ("keys", "objects"):
        (staging / name).mkdir(mode=0o700, exist_ok=True)
    if kek is not None:
        _write_private(staging / "keys" / "kek", kek)
    _check_origin(content, keys)
    return Restored(
        data=order.data,
        at=str(content["at"]),
        keys_at=str(keys["at"]),
        objects=sum(name.startswith("objects/") for name in content["files"]),
        missing=tuple(content.get("missing", ())),
        has_kek=kek is not None,
    )


def _unpack(order: Order, path: Path, staging: Path, *, part: str) -> dict[str, Any]:
    """The files of one part, written and compared; its manifest."""
    try:
        with path.open("rb") as file, _plain(order, path, file) as stream:
            manifest = unpack(stream, staging)
    except (AgeFailed, ArchiveBroken) as error:
        raise RestoreFailed(f"{path.name}: {error}") from error
    if manifest.get("v") != FORMAT or manifest.get("part") != part:
        raise RestoreFailed(f"{path.name} is not the {part} part of a backup")
    return manifest


@contextlib.contextmanager
def _plain(order: Order, path: Path, file: BinaryIO) -> Iterator[BinaryIO]:
    if path.suffix != ".age":
        yield file
        return
    with decrypting(file, identities=_identities(order, path)) as plain:
        yield plain


def _identities(order: Order, path: Path) -> list[str]:
    if order.identity is not None:
        return read_identities(order.identity.read_bytes())
    if not order.passphrase:
        raise AgeFailed("it is encrypted: give --identity FILE or --passphrase-stdin")
    beside = path.with_name(path.name.removesuffix(".age").removesuffix(".tar") + ".identity.age")
    if not beside.exists():
        raise AgeFailed(f"its identity file {beside.name} is not beside it, or it was made for a recipient")
    return open_identity(beside.read_bytes(), order.passphrase)


def _check_origin(content: dict[str, Any], keys: dict[str, Any]) -> None:
    """Keys of another day of the same instance are welcome: erased since then, they stay erased."""
    if content.get("origin") != keys.get("origin"):
        raise RestoreFailed("the two parts are of different instances")


def _take_signer(folder: Path, staging: Path) -> None:
    """A signer that knows more replaces the backup's: it goes on refusing what would contradict receipts given out."""
    file = folder if folder.is_file() else folder / SIGNER_FILE
    (staging / SIGNER).unlink()
    copy_database(file, staging / SIGNER)


def _read_kek(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != KEY_SIZE:
        raise RestoreFailed(f"{path} does not hold a key of {KEY_SIZE} bytes")
    return key


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
