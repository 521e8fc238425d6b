"""Receiving a file: one pass that counts, hashes, seals and writes, never the whole file in memory.

The work on each block runs in the worker pool, so that messages flow while a gigabyte arrives, and meanwhile the next
block is received. There are two in memory at most, as the pieces they came in: joining costs as much as sealing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from caseroom import workers
from caseroom.errors import Invalid, TooLarge
from caseroom.vault.chunked import ChunkSealer, object_context, object_key
from caseroom.vault.objects import Incoming, ObjectStore

BLOCK = 1024 * 1024  # bytes given to the pool at a time
HEAD = 64 * 1024  # bytes kept for finding out the type


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file received whole and sealed, not yet filed. ``size`` (bytes) and ``sha256`` (hex) are of the plain file."""

    object_id: str
    event_key: bytes
    size: int
    sealed_size: int
    sha256: str
    head: bytes


class Intake:
    """The destination of one uploaded file: a writable stream that leaves nothing behind unless it is kept.

    Raises TooLarge from ``write`` as soon as ``largest`` bytes are passed. ``keep`` makes the sealed file durable;
    ``discard`` removes every trace, and is safe to call at any time before the filing is committed."""

    def __init__(self, store: ObjectStore, *, case_id: str, slot: int, largest: int) -> None:
        self.object_id = secrets.token_hex(16)
        self.event_key = secrets.token_bytes(32)
        self._store = store
        self._largest = largest
        self._hash = hashlib.sha256()
        context = object_context(bytes.fromhex(case_id), slot, bytes.fromhex(self.object_id))
        self._sealer = ChunkSealer(object_key(self.event_key, 0), context)
        self._incoming: Incoming | None = store.begin(self.object_id)
        self._waiting: list[bytes] = []
        self._waiting_size = 0
        self._finish_block: Callable[[], None] = lambda: None
        self._head = b""
        self._size = 0
        self._sealed = 0
        self._kept = False

    def write(self, data: bytes) -> int:
        self._size += len(data)
        if self._size > self._largest:
            self.discard()
            raise TooLarge(largest=self._largest)
        self._waiting.append(data)
        self._waiting_size += len(data)
        if self._waiting_size >= BLOCK:
            self._pass_on()
        return len(data)

    def keep(self) -> Received:
        """Seal the last block and make the file durable. Raises Invalid (``empty_file``)."""
        if self._size == 0:
            self.discard()
            raise Invalid("empty_file")
        self._pass_on()
        self._finish_block()
        workers.run(self._finish)
        self._kept = True
        return Received(
            object_id=self.object_id,
            event_key=self.event_key,
            size=self._size,
            sealed_size=self._sealed,
            sha256=self._hash.hexdigest(),
            head=self._head,
        )

    def discard(self) -> None:
        with suppress(Exception):  # nobody asks any more how the block ended, but its thread must be out of the file
            self._finish_block()
        if self._incoming is not None:
            self._incoming.abort()
            self._incoming = None
        if self._kept:
            self._store.delete(self.object_id)
            self._kept = False

    # What the multipart parser asks of a stream besides write.
    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def close(self) -> None:
        """The parser closes its streams; ours ends with keep or discard."""

    def _pass_on(self) -> None:
        """Give a block to the pool, once the one before it is done."""
        self._finish_block()
        block, self._waiting, self._waiting_size = self._waiting, [], 0
        self._finish_block = workers.start(self._seal, block)

    def _seal(self, block: list[bytes]) -> None:
        for piece in block:
            if len(self._head) < HEAD:
                self._head += piece[: HEAD - len(self._head)]
            self._hash.update(piece)
            self._write(self._sealer.update(piece))

    def _finish(self) -> None:
        self._write(self._sealer.finish())
        assert self._incoming is not None  # noqa: S101 - discard and keep exclude each other
        self._incoming.commit()
        self._incoming = None

    def _write(self, sealed: bytes) -> None:
        assert self._incoming is not None  # noqa: S101
        self._incoming.write(sealed)
        self._sealed += len(sealed)
