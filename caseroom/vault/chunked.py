"""The sealed form of an exhibit: C2SP chunked-encryption@v1 with AES-256-GCM (docs/evidence.md §14).

    salt24 || commitment32 || chunk_0 || chunk_1 ...

A chunk is 16 KiB of plaintext and a 16-byte tag; the final one is always shorter, perhaps empty, so an object
that was cut at a chunk border is seen to be. Chunk k starts at ``56 + k * 16400`` and opens alone: any range of
a large object is read without the rest.
"""

import hmac
import os
from collections.abc import Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

CHUNK_SIZE: Final = 16 * 1024
SALT_SIZE: Final = 24

_KEY_SIZE = 32
_ID_SIZE = 16
_NONCE_SIZE = 12
_COMMITMENT_SIZE = 32
_TAG_SIZE = 16
_HEADER_SIZE = SALT_SIZE + _COMMITMENT_SIZE
_SEALED_CHUNK_SIZE = CHUNK_SIZE + _TAG_SIZE
_MAX_CHUNKS = 2**38
_SUITE = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"


class ObjectBroken(Exception):
    """A sealed object that is cut, altered, lengthened, or not of this key and context."""


def object_key(ek: bytes, file_index: int) -> bytes:
    """The 32-byte key of the file `file_index` of an event (docs/evidence.md §2)."""
    _check_key(ek)
    info = b"caseroom/v1/object\x00" + file_index.to_bytes(4, "big")
    return HKDFExpand(algorithm=SHA256(), length=_KEY_SIZE, info=info).derive(ek)


def object_context(case_id: bytes, slot: int, object_id: bytes) -> bytes:
    """What a sealed object is bound to: case and object ids of 16 bytes each, and the slot of its room."""
    if len(case_id) != _ID_SIZE or len(object_id) != _ID_SIZE:
        raise ValueError("case and object ids have 16 bytes")
    return b"caseroom/v1/object\x00" + case_id + slot.to_bytes(4, "big") + object_id


class ChunkSealer:
    """Seals one object as its bytes arrive; never holds more than one chunk and what is being written."""

    def __init__(self, key: bytes, context: bytes, salt: bytes | None = None) -> None:
        """`key` is used for this object only; `salt` (24 bytes) is drawn where it is not given."""
        salt = os.urandom(SALT_SIZE) if salt is None else salt
        if len(salt) != SALT_SIZE:
            raise ValueError("a salt has 24 bytes")
        self._cipher, self._base_nonce, commitment = _derive(key, salt, context)
        self._header = salt + commitment
        self._pending = bytearray()
        self._chunk = 0
        self._finished = False

    def update(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take plaintext, give what of the sealed object is complete by now (the header first)."""
        self._check_open()
        self._pending += data
        whole = len(self._pending) // CHUNK_SIZE * CHUNK_SIZE
        parts = [self._take_header()]
        with memoryview(self._pending) as pending:
            parts += [self._seal(pending[start : start + CHUNK_SIZE]) for start in range(0, whole, CHUNK_SIZE)]
        del self._pending[:whole]
        return b"".join(parts)

    def finish(self) -> bytes:
        """The rest of the sealed object with its final short chunk; nothing can be added afterwards."""
        self._check_open()
        self._finished = True
        return self._take_header() + self._seal(self._pending)

    def _take_header(self) -> bytes:
        header, self._header = self._header, b""
        return header

    def _seal(self, plain: bytearray | memoryview) -> bytes:
        if self._chunk >= _MAX_CHUNKS:
            raise ValueError("an object has at most 4 PiB")
        sealed = self._cipher.encrypt(_nonce(self._base_nonce, self._chunk), plain, None)
        self._chunk += 1
        return sealed

    def _check_open(self) -> None:
        if self._finished:
            raise ValueError("the object is finished")


class ChunkOpener:
    """Random access to one sealed object.

    Opening authenticates the length: it checks the commitment and opens the final chunk, so `size` is the size
    of what was sealed and not of what is left of it. Every other chunk is authenticated before a byte of it is
    given. All failures raise ObjectBroken.
    """

    def __init__(self, file: BinaryIO, sealed_size: int, key: bytes, context: bytes) -> None:
        """`file` can seek and holds `sealed_size` bytes from its beginning."""
        self._file = file
        header = self._read_exactly(0, _HEADER_SIZE)
        self._cipher, self._base_nonce, commitment = _derive(key, header[:SALT_SIZE], context)
        if not hmac.compare_digest(commitment, header[SALT_SIZE:]):
            raise ObjectBroken("of another key or context")
        self._full_chunks, final = divmod(sealed_size - _HEADER_SIZE, _SEALED_CHUNK_SIZE)
        if final < _TAG_SIZE or not 0 <= self._full_chunks < _MAX_CHUNKS:
            raise ObjectBroken("cut: there is no final chunk")
        self._sealed_size = sealed_size
        self.size = self._full_chunks * CHUNK_SIZE + final - _TAG_SIZE
        self._open_chunks(self._full_chunks, self._full_chunks)

    def read(self, start: int, length: int) -> bytes:
        """The plaintext from `start`, `length` bytes or fewer where the object ends before."""
        if start < 0 or length < 0:
            raise ValueError("a range has no negative part")
        end = min(start + length, self.size)
        if start >= end:
            return b""
        first = start // CHUNK_SIZE
        plain = self._open_chunks(first, (end - 1) // CHUNK_SIZE)
        offset = start - first * CHUNK_SIZE
        return plain[offset : offset + end - start]

    def iter(self, start: int, end: int, step: int) -> Iterator[bytes]:
        """The plaintext from `start` up to `end` (or the object's end) in pieces of at most `step` bytes.

        Pieces end at chunk borders where `step` lets them, so that no chunk is opened twice.
        """
        if step <= 0:
            raise ValueError("a step is at least one byte")
        end = min(end, self.size)
        while start < end:
            border = (start + step) // CHUNK_SIZE * CHUNK_SIZE
            stop = min(end, border if border > start else start + step)
            yield self.read(start, stop - start)
            start = stop

    def _open_chunks(self, first: int, last: int) -> bytes:
        """The plaintext of the chunks from `first` to `last`, both included, with one read of the file."""
        begin = _HEADER_SIZE + first * _SEALED_CHUNK_SIZE
        end = min(self._sealed_size, _HEADER_SIZE + (last + 1) * _SEALED_CHUNK_SIZE)
        sealed = memoryview(self._read_exactly(begin, end - begin))
        parts = []
        try:
            for chunk in range(first, last + 1):
                offset = (chunk - first) * _SEALED_CHUNK_SIZE
                nonce = _nonce(self._base_nonce, chunk)
                parts.append(self._cipher.decrypt(nonce, sealed[offset : offset + _SEALED_CHUNK_SIZE], None))
        except InvalidTag as error:
            raise ObjectBroken(f"chunk {first + len(parts)} does not open") from error
        return b"".join(parts)

    def _read_exactly(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        data = b""
        while len(data) < length:  # an unbuffered file or a network stream may give less than asked
            more = self._file.read(length - len(data))
            if not more:
                raise ObjectBroken("cut: shorter than its size")
            data = data + more if data else more
        return data


def sealed_size(plain_size: int) -> int:
    """The number of bytes that an object of `plain_size` bytes has when sealed."""
    return _HEADER_SIZE + plain_size + (plain_size // CHUNK_SIZE + 1) * _TAG_SIZE


def _derive(key: bytes, salt: bytes, context: bytes) -> tuple[AESGCM, int, bytes]:
    """The cipher, the base nonce as a number, and the key commitment of one object."""
    _check_key(key)
    length = _KEY_SIZE + _NONCE_SIZE + _COMMITMENT_SIZE
    derived = HKDFExpand(algorithm=SHA256(), length=length, info=_SUITE + salt + context).derive(key)
    nonce = derived[_KEY_SIZE : _KEY_SIZE + _NONCE_SIZE]
    return AESGCM(derived[:_KEY_SIZE]), int.from_bytes(nonce, "big"), derived[_KEY_SIZE + _NONCE_SIZE :]


def _nonce(base: int, chunk: int) -> bytes:
    return (base ^ chunk).to_bytes(_NONCE_SIZE, "big")


def _check_key(key: bytes) -> None:
    if len(key) != _KEY_SIZE:
        raise ValueError("a key has 32 bytes")
