"""The plain form of both parts of a backup: a tar (POSIX.1-2001) of members that any tool unpacks, the last of them
``manifest.json`` with the SHA-256 of every other. It is written and read as a stream: an exhibit of 5 GB never stands
in memory, and what was read is believed only once the manifest agrees with all of it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

MANIFEST = "manifest.json"
BLOCK = 1024 * 1024
_TAR_BLOCK = 512
_MOST_MANIFEST = 512 * 1024 * 1024

# What may stand in a backup. A path from anywhere else could name a file outside the folder.
_NAMES = re.compile(
    r"caseroom\.db|folder\.json|manifest\.json|keys\.sqlite3|kek|signer/signer\.sqlite3|objects/[0-9a-f]{2}/[0-9a-f]{32}"
)


class ArchiveBroken(Exception):
    """An archive that is cut, holds what no backup holds, or whose bytes are not those that were saved."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive and where its bytes are. ``name`` is its path in the data folder."""

    name: str
    path: Path


def packed(members: Iterable[Member], facts: dict[str, Any]) -> Iterator[bytes]:
    """The bytes of the archive. ``facts`` become the manifest, with ``files``; it may be added to until the last member
    was taken. A file that shrinks while it is read raises ArchiveBroken: sealed objects never change."""
    files: dict[str, str] = {}
    for member in members:
        digest = hashlib.sha256()
        with member.path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            yield _header(member.name, size)
            yield from _content(file, size, digest)
        yield bytes(-size % _TAR_BLOCK)
        files[member.name] = digest.hexdigest()
    manifest = json.dumps({**facts, "files": files}, sort_keys=True, indent=1).encode() + b"\n"
    yield _header(MANIFEST, len(manifest)) + manifest + bytes(-len(manifest) % _TAR_BLOCK)
    yield bytes(2 * _TAR_BLOCK)


def unpack(stream: BinaryIO, folder: Path) -> dict[str, Any]:
    """Write the files of an archive into ``folder`` and return its manifest. Raises ArchiveBroken for anything but a
    whole archive whose files have the SHA-256 that the manifest names; what was written by then is not to be used."""
    found: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isreg() else None
                if content is None or _NAMES.fullmatch(entry.name) is None or entry.name in found or manifest:
                    raise ArchiveBroken(f"holds what no backup holds: {entry.name[:80]!r}")
                if entry.name == MANIFEST:
                    manifest = _manifest(content.read(_MOST_MANIFEST))
                else:
                    found[entry.name] = _write(content, folder / entry.name)
    except (tarfile.TarError, ValueError) as error:
        raise ArchiveBroken("is no archive, or is cut") from error
    except FileExistsError as error:
        raise ArchiveBroken("holds what is there already: is it the other part?") from error
    if manifest is None:
        raise ArchiveBroken("is cut: its manifest is missing")
    differing = sorted(
        name for name in found.keys() | manifest["files"].keys() if found.get(name) != manifest["files"].get(name)
    )
    if differing:
        raise ArchiveBroken(f"{len(differing)} of its files are not those that were saved, first {differing[0]}")
    return manifest


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry.tobuf(tarfile.PAX_FORMAT)


def _content(file: BinaryIO, size: int, digest: Any) -> Iterator[bytes]:
    left = size
    while left:
        block = file.read(min(BLOCK, left))
        if not block:
            raise ArchiveBroken("a file became shorter while it was read")
        left -= len(block)
        digest.update(block)
        yield block


def _manifest(data: bytes) -> dict[str, Any]:
    manifest = json.loads(data)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ArchiveBroken("its manifest cannot be read")
    return manifest


def _write(content: Any, path: Path) -> str:
    digest = hashlib.sha256()
    for folder in reversed(path.parents):
        folder.mkdir(mode=0o700, exist_ok=True)  # `parents=True` would make those above with another mode
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := content.read(BLOCK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()
