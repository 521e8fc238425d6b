"""A zip written while it is sent: nothing is kept but what zipfile has just made and the digests for the manifest.

Every member has the same date (the earliest a zip can tell): when somebody exported must not show in the parts that are
the same for everybody, and the same content gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from caseroom import workers

READY = 64 * 1024  # bytes after which what zipfile has made is handed on
HEAVY = 16 * 1024  # bytes from which hashing and deflating go to the worker pool

_NO_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX, _READABLE = 3, 0o644 << 16


class Archive:
    """The zip being written. ``digests``: path -> SHA-256 (hex) of every member so far, in the order of writing.

    ``add`` and ``finish`` yield the zip's bytes as they are ready; whoever iterates them sends these on, in order, and
    may stop at any time: nothing is open but the iterables that were given."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}
        self._sink = _Sink()
        # What zipfile asks of a stream that cannot seek is write and flush (it then counts by itself).
        self._zip = ZipFile(cast("IO[bytes]", self._sink), "w", allowZip64=True)

    def add(self, path: str, content: Iterable[bytes], *, stored: bool = False, largest: int = 0) -> Iterator[bytes]:
        """Write one member from ``content``. ``largest``: a bound of its size in bytes where that may pass 2 GiB, for
        the sizes in its header must be made wide enough before the first byte. Raises ValueError for a path that is
        there already: a path twice is a finding of the verifier."""
        if path in self.digests:
            raise ValueError("a path twice")
        digest = hashlib.sha256()
        with self._zip.open(_member(path, stored=stored, largest=largest), "w") as member:
            for piece in content:
                if len(piece) >= HEAVY:
                    workers.run(_take, digest, member, piece)
                else:
                    _take(digest, member, piece)
                yield from self._ready()
        self.digests[path] = digest.hexdigest()
        yield from self._ready()

    def finish(self) -> Iterator[bytes]:
        """Write the directory, and yield the rest."""
        self._zip.close()
        yield self._sink.drain()

    def _ready(self) -> Iterator[bytes]:
        if self._sink.size >= READY:
            yield self._sink.drain()


class _Sink:
    """Takes what zipfile writes, until it is drained. It cannot seek: zipfile then puts sizes behind each member."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def drain(self) -> bytes:
        parts, self._parts, self.size = self._parts, [], 0
        return b"".join(parts)


def _member(path: str, *, stored: bool, largest: int) -> ZipInfo:
    member = ZipInfo(path, date_time=_NO_DATE)
    member.compress_type = ZIP_STORED if stored else ZIP_DEFLATED
    member.create_system, member.external_attr = _UNIX, _READABLE
    member.file_size = largest
    return member


def _take(digest: hashlib._Hash, member: IO[bytes], piece: bytes) -> None:
    digest.update(piece)
    member.write(piece)
