"""Keys at rest (docs/evidence.md §13): the key-encryption key, the wraps, the space keys and the sealing of fields.

``KEK`` (a file outside database and backups) wraps space keys; a space key wraps event keys and, by derivation,
seals the fields of its room's rows. A sealed field is

    0x01 || u32 version || nonce12 || AES-256-GCM ciphertext and tag

under a key derived from the space key by the field's name, its AAD naming case, slot, version, field and row:
bytes moved to another room, field or row do not open.
"""

import hmac
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

KEY_SIZE = 32
ID_SIZE = 16
CASE_SLOT = 0xFFFFFFFF
"""The pseudo slot of what belongs to the whole case (its title, its people): no room has this number."""

ACCOUNTS = "accounts"
COOKIES = "cookies"
SIGNER = "signer"
BLIND_KEYS = "blind-keys"

_NONCE_SIZE = 12
_TAG_SIZE = 16
_SEAL_FORMAT = b"\x01"
_HEADER_SIZE = 5


class KeyFileUnsafe(Exception):
    """The key file may be read by others, or does not hold a key."""


class SealBroken(Exception):
    """Bytes that do not open under this key at this place: altered, moved, of another key, or not sealed at all."""


@dataclass(frozen=True, slots=True)
class SpaceKey:
    """One version of the 32-byte key of a space. The secret is never part of its repr."""

    case_id: bytes
    slot: int
    version: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        wrap_aad(self.case_id, self.slot, self.version)
        _check_key(self.secret)

    def wrap_event_key(self, ek: bytes, seq: int) -> bytes:
        """Wrap the 32-byte event key of the event `seq` of this space."""
        _check_key(ek)
        return wrap(self.secret, ek, wrap_aad(self.case_id, self.slot, self.version, seq))

    def unwrap_event_key(self, wrapped: bytes, seq: int) -> bytes:
        """The event key wrapped for this `seq`; anything else raises SealBroken."""
        return unwrap(self.secret, wrapped, wrap_aad(self.case_id, self.slot, self.version, seq))

    def seal(self, name: str, row: bytes, plain: bytes) -> bytes:
        """Seal one field: `name` says which (`message.body`), `row` identifies the row it stands in."""
        header = _SEAL_FORMAT + self.version.to_bytes(4, "big")
        return header + wrap(self._field_key(name), plain, self._field_aad(name, row))

    def open(self, name: str, row: bytes, sealed: bytes) -> bytes:
        """The plain bytes sealed under this version for this field and row; anything else raises SealBroken."""
        if sealed_version(sealed) != self.version:
            raise SealBroken("sealed under another version of the key")
        return unwrap(self._field_key(name), sealed[_HEADER_SIZE:], self._field_aad(name, row))

    def digest(self, name: str, data: bytes) -> bytes:
        """HMAC-SHA-256 (32 bytes) of `data` under a key for `name`: tells whether two contents are the same, and
        nothing to whoever lacks the key. A plain hash would confirm a guess at a short text."""
        return hmac.digest(_expand(self.secret, b"caseroom/v1/digest\x00" + name.encode()), data, "sha256")

    def _field_key(self, name: str) -> bytes:
        return _expand(self.secret, b"caseroom/v1/seal\x00" + name.encode())

    def _field_aad(self, name: str, row: bytes) -> bytes:
        # The name has its length before it and the row comes last: no two places have the same AAD.
        encoded = name.encode()
        place = self.case_id + self.slot.to_bytes(4, "big") + self.version.to_bytes(4, "big")
        return b"caseroom/v1/seal\x00" + place + len(encoded).to_bytes(2, "big") + encoded + row


def load_or_create_kek(path: Path) -> bytes:
    """The 32-byte key-encryption key of this installation; the first call makes the file.

    Raises KeyFileUnsafe where group or others may use the file, or where it is not a file of 32 bytes. A new
    key is complete on disk before it has its name, so a crash leaves no half key, and of two processes that
    start together one makes the key and both use it.
    """
    try:
        return _load_kek(path)
    except FileNotFoundError:
        _create_kek(path)
        return _load_kek(path)


def derive(kek: bytes, label: str) -> bytes:
    """The 32-byte key for one purpose (`ACCOUNTS`, `SIGNER`, `BLIND_KEYS`...), by HKDF-Expand (RFC 5869)."""
    _check_key(kek)
    if not label:
        raise ValueError("a derived key has a label")
    return _expand(kek, b"caseroom/v1/kek\x00" + label.encode())


def wrap_aad(case_id: bytes, slot: int, version: int, seq: int | None = None) -> bytes:
    """What a wrap is bound to: a space key's (no `seq`) or an event key's (docs/evidence.md §13)."""
    if len(case_id) != ID_SIZE:
        raise ValueError("a case id has 16 bytes")
    aad = b"caseroom/v1/wrap\x00" + case_id + slot.to_bytes(4, "big") + version.to_bytes(4, "big")
    return aad if seq is None else aad + seq.to_bytes(8, "big")


def wrap(kek: bytes, secret: bytes, aad: bytes) -> bytes:
    """AES-256-GCM: a random 12-byte nonce, the ciphertext, the 16-byte tag."""
    nonce = os.urandom(_NONCE_SIZE)
    return nonce + AESGCM(_check_key(kek)).encrypt(nonce, secret, aad)


def unwrap(kek: bytes, wrapped: bytes, aad: bytes) -> bytes:
    """The secret wrapped under this key and AAD; anything else raises SealBroken."""
    if len(wrapped) < _NONCE_SIZE + _TAG_SIZE:
        raise SealBroken("too short to be sealed")
    try:
        return AESGCM(_check_key(kek)).decrypt(wrapped[:_NONCE_SIZE], wrapped[_NONCE_SIZE:], aad)
    except InvalidTag as error:
        raise SealBroken("does not open under this key at this place") from error


def sealed_version(sealed: bytes) -> int:
    """The version of the space key that a sealed field needs; SealBroken where there is no such header."""
    if len(sealed) < _HEADER_SIZE or sealed[:1] != _SEAL_FORMAT:
        raise SealBroken("not a sealed field")
    return int.from_bytes(sealed[1:_HEADER_SIZE], "big")


def _expand(key: bytes, info: bytes) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=KEY_SIZE, info=info).derive(key)


def _check_key(key: bytes) -> bytes:
    if len(key) != KEY_SIZE:
        raise ValueError("a key has 32 bytes")
    return key


def _load_kek(path: Path) -> bytes:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise KeyFileUnsafe(f"{path} is not a file")
        if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyFileUnsafe(f"{path} may be used by others: its mode must be 0600 or 0400")
        key = file.read(KEY_SIZE + 1)
    if len(key) != KEY_SIZE:
        raise KeyFileUnsafe(f"{path} does not hold a key of 32 bytes")
    return key


def _create_kek(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A name of its own, because the one a crashed start left behind must not stop the next.
    fresh = path.with_name(f"{path.name}.{os.urandom(8).hex()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_SIZE))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(fresh)  # never replaces: the key that is there stays, whoever came first
        except FileExistsError:
            return
    finally:
        fresh.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
