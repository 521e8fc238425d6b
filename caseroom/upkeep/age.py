"""Backups are age files (age-encryption.org/v1), so that another tool than this one opens them too.

Streams are encrypted to X25519 recipients, which is the one mode in which the library takes a stream. A passphrase
therefore protects a key of its own, drawn for one backup and kept beside it as ``….identity.age``: the passphrase-
protected identity file that the ``age`` command knows (``age -d -i caseroom-….identity.age caseroom-….tar.age``)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import pyrage

from caseroom.vault.age import Passphrase
from caseroom.vault.age import encrypt as sealed


class AgeFailed(Exception):
    """Not a recipient, not an identity, a wrong passphrase, or a file that is cut or altered."""


def checked_recipient(text: str) -> str:
    """A recipient as ``age-keygen`` prints it (``age1…``). Raises AgeFailed."""
    _recipient(text)
    return text


def draw_identity() -> tuple[str, str]:
    """A fresh identity and its recipient, as text."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def seal_identity(identity: str, passphrase: str) -> bytes:
    """The identity file of a backup under a passphrase. Its work factor is fixed: the library would measure this
    machine, and refuse on a slower or busier one what a fast one has sealed."""
    return b"".join(sealed([f"{identity}\n".encode()], Passphrase(passphrase)))


def open_identity(sealed: bytes, passphrase: str) -> list[str]:
    """The identities in a passphrase-protected identity file. Raises AgeFailed."""
    try:
        plain = pyrage.passphrase.decrypt(sealed, passphrase)
    except pyrage.DecryptError as error:
        raise AgeFailed("the passphrase does not open the identity file") from error
    return read_identities(plain)


def read_identities(plain: bytes) -> list[str]:
    """The identities in an identity file as ``age-keygen`` writes it. Raises AgeFailed."""
    lines = (line.strip() for line in plain.decode("utf-8", "replace").splitlines())
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise AgeFailed("the identity file holds no identity")
    for each in found:
        _identity(each)
    return found


def encrypt(blocks: Iterator[bytes], target: BinaryIO, *, recipients: Sequence[str]) -> None:
    """Write the blocks, encrypted, to ``target``; never holds more than one of them. Errors of the blocks come back."""
    source = _Blocks(blocks)
    try:
        pyrage.encrypt_io(source, target, [_recipient(each) for each in recipients])
    except pyrage.EncryptError as error:
        raise source.failure or AgeFailed(str(error)) from error


@contextmanager
def decrypting(source: BinaryIO, *, identities: Sequence[str]) -> Iterator[BinaryIO]:
    """The plain bytes of an age file as a stream that cannot seek. Raises AgeFailed when the block is left, also where
    the end was cut off: whoever reads must not believe what it read before."""
    reading, writing = os.pipe()
    failures: list[Exception] = []
    worker = threading.Thread(target=_decrypt_into, args=(source, writing, identities, failures), daemon=True)
    with os.fdopen(reading, "rb") as plain:
        worker.start()
        try:
            yield plain
            while plain.read(1 << 20):  # the last block is what says that nothing was cut off
                pass
        except Exception as error:
            plain.close()
            worker.join()
            raise failures[0] if failures else error from error
    worker.join()
    if failures:
        raise failures[0]


def _decrypt_into(source: BinaryIO, descriptor: int, identities: Sequence[str], failures: list[Exception]) -> None:
    with os.fdopen(descriptor, "wb") as target:
        try:
            pyrage.decrypt_io(source, target, [_identity(each) for each in identities])
        except BrokenPipeError:
            return  # the reader gave up, and has its own reason
        except (pyrage.DecryptError, OSError) as error:
            failures.append(AgeFailed(f"the file does not open: {error}"))


class _Blocks:
    """What the library reads from: an object with ``read``, over an iterator of blocks of any length."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.failure: Exception | None = None
        self._blocks = blocks
        self._rest = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._blocks))
        except StopIteration:
            return b""
        except Exception as error:
            self.failure = error
            raise
        length = len(self._rest) if size < 0 else size
        part, self._rest = self._rest[:length], self._rest[length:]
        return bytes(part)


def _recipient(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise AgeFailed("not a recipient of the form age1...") from error


def _identity(text: str) -> Any:
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError as error:
        raise AgeFailed("not an identity of the form AGE-SECRET-KEY-1...") from error
