"""Files for the ``age`` tool, encrypted while they stream: age-encryption.org/v1 (C2SP age), to a passphrase or to an
X25519 recipient.

pyrage encrypts to a passphrase only what it is given whole, and a pack may have 20 GB. So header and payload are
written here with the primitives of ``cryptography``; in the tests pyrage decrypts them (docs/decisions/0010-age.md).

    age-encryption.org/v1
    -> X25519 <ephemeral share>      or      -> scrypt <salt> <log2 of the work factor>
    <the file key, wrapped>
    --- <HMAC of all that is above>
    <nonce16><chunks of 64 KiB, each ChaCha20-Poly1305, numbered, the last one marked>
"""

from __future__ import annotations

import base64
import hmac
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from caseroom import workers

CHUNK_SIZE: Final = 64 * 1024
CHUNKS_AT_A_TIME: Final = 16
WORK_FACTOR: Final = 17
"""log2 of scrypt's N: 128 MiB and about half a second for each guess at a passphrase."""

_VERSION = b"age-encryption.org/v1\n"
_FILE_KEY_SIZE = 16
_NO_NONCE = bytes(12)  # every wrapping key is used once
_PREFIX = "age"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_LONGEST_RECIPIENT = 200


class RecipientUnreadable(ValueError):
    """Not an age recipient of the kind ``age1...`` (X25519)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody's public key, 32 bytes: only who has the identity opens the file."""

    public: bytes

    def stanza(self, file_key: bytes) -> bytes:
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        try:
            shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(self.public))
        except ValueError as error:  # a point of low order: anybody could know the secret
            raise RecipientUnreadable("not the key of anybody") from error
        key = _expand(shared, salt=share + self.public, info=b"age-encryption.org/v1/X25519")
        return b"-> X25519 " + _base64(share) + b"\n" + _body(key, file_key)


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A passphrase, stretched by scrypt. The work is heavy: ``Stretching`` has it done in the worker pool."""

    text: str = field(repr=False)
    work_factor: int = WORK_FACTOR

    def stanza(self, file_key: bytes) -> bytes:
        salt = os.urandom(16)
        stretch = Scrypt(salt=b"age-encryption.org/v1/scrypt" + salt, length=32, n=2**self.work_factor, r=8, p=1)
        key = stretch.derive(self.text.encode())
        return b"-> scrypt " + _base64(salt) + f" {self.work_factor}\n".encode() + _body(key, file_key)


def parse_recipient(text: str) -> Recipient:
    """Read ``age1...`` (Bech32 of 32 bytes, BIP 173; one case throughout). Raises RecipientUnreadable."""
    lower = text.lower()
    human, divider, data = lower.rpartition("1")
    if text not in (lower, text.upper()) or not divider or human != _PREFIX or len(text) > _LONGEST_RECIPIENT:
        raise RecipientUnreadable("not an age1 recipient")
    if set(data) - set(_BECH32):
        raise RecipientUnreadable("characters that Bech32 does not have")
    values = [_BECH32.index(char) for char in data]
    if _checksum([*(ord(char) >> 5 for char in human), 0, *(ord(char) & 31 for char in human), *values]) != 1:
        raise RecipientUnreadable("mistyped: the checksum differs")
    public = _regroup(values[:-6])
    if len(public) != 32:
        raise RecipientUnreadable("not a key of 32 bytes")
    recipient = Recipient(public)
    recipient.stanza(bytes(_FILE_KEY_SIZE))
    return recipient


class Stretching:
    """Stretches one passphrase at a time: a few at once would take the memory of everything else."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def stanza(self, to: Recipient | Passphrase, file_key: bytes) -> bytes:
        if isinstance(to, Recipient):
            return to.stanza(file_key)
        with self._turn:
            return workers.run(to.stanza, file_key)


def encrypt(
    pieces: Iterable[bytes], to: Recipient | Passphrase, *, stretching: Stretching | None = None
) -> Iterator[bytes]:
    """The age file of ``pieces`` joined, as it is ready; in memory is one batch of chunks. ``stretching``: that of the
    application, where passphrases may come from several people at once."""
    file_key = os.urandom(_FILE_KEY_SIZE)
    header = _VERSION + (stretching or Stretching()).stanza(to, file_key) + b"---"
    mac = hmac.digest(_expand(file_key, salt=b"", info=b"header"), header, "sha256")
    nonce = os.urandom(16)
    yield header + b" " + _base64(mac) + b"\n" + nonce
    payload = _Payload(_expand(file_key, salt=nonce, info=b"payload"))
    pending = bytearray()
    for piece in pieces:
        pending += piece
        # Strictly more: the last chunk is marked as such, and which one it is shows only at the end.
        if len(pending) > CHUNKS_AT_A_TIME * CHUNK_SIZE:
            whole = (len(pending) - 1) // CHUNK_SIZE * CHUNK_SIZE
            yield workers.run(payload.seal, bytes(pending[:whole]))
            del pending[:whole]
    yield workers.run(payload.seal, bytes(pending), last=True)


class _Payload:
    """The chunks of one file, in order."""

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._number = 0

    def seal(self, plain: bytes, *, last: bool = False) -> bytes:
        """Seal whole chunks; with ``last`` the final one may be short, and is empty only where all is."""
        starts = range(0, max(len(plain), 1), CHUNK_SIZE)
        sealed = []
        for start in starts:
            final = last and start + CHUNK_SIZE >= len(plain)
            nonce = self._number.to_bytes(11, "big") + bytes([final])
            sealed.append(self._cipher.encrypt(nonce, plain[start : start + CHUNK_SIZE], None))
            self._number += 1
        return b"".join(sealed)


def _body(key: bytes, file_key: bytes) -> bytes:
    """The wrapped file key: 32 bytes, so one line shorter than 64 characters, which ends the body."""
    return _base64(ChaCha20Poly1305(key).encrypt(_NO_NONCE, file_key, None)) + b"\n"


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _expand(secret: bytes, *, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def _checksum(values: list[int]) -> int:
    """The remainder of BIP 173: 1 for a text that was not mistyped."""
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATORS):
            remainder ^= generator if top >> bit & 1 else 0
    return remainder


def _regroup(values: list[int]) -> bytes:
    """Groups of 5 bits as bytes; what is left over must be fewer than 5 bits, all zero."""
    number = 0
    for value in values:
        number = number << 5 | value
    spare = len(values) * 5 % 8
    if spare >= 5 or number & ((1 << spare) - 1):
        raise RecipientUnreadable("bits are left over")
    return (number >> spare).to_bytes(len(values) * 5 // 8, "big")
