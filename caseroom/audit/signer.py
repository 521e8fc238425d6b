"""The signing service (docs/evidence.md §5): it signs checkpoints and never two histories of one log.

For each origin it keeps the last size and root it signed in a file of its own, on disk before the signature
leaves, and signs only what is proven to extend them. Whoever can write the database or run code in the web
process can therefore append, but not rewrite.

A caller commits its own tree first and asks for the signature after: a size signed here and then rolled back
there could never be replaced. After a crash between the two, `last()` says what the next proof starts from.
"""

import os
import re
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from caseroom.audit.event_bytes import MAX_SLOTS
from caseroom.audit.notes import NoteSigner, checkpoint_text, format_vkey, sign_note
from caseroom.audit.tree import EMPTY_ROOT, ProofError, verify_consistency

_FILE_NAME = "signer.sqlite3"
_WRAPPING_SIZE = 32
_NONCE_SIZE = 12
_CACHED_KEYS = 256
_BUSY_SECONDS = 30.0

_ORIGIN = re.compile(r"([^\s+/]+/c/[0-9a-f]{32})(?:/s/(0|[1-9][0-9]{0,2}))?")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS case_key (
    origin TEXT PRIMARY KEY, public BLOB NOT NULL, wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signed_head (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""


class SignerRefused(Exception):
    """The signer does not know this log, or was asked for what does not extend what it signed before."""


class Signer:
    """One Ed25519 key per case, over one SQLite file in `folder`.

    Used from one OS thread (sqlite3 refuses others) and any number of green threads: nothing in a transaction
    yields. Several processes may open the same folder; SQLite's write lock puts their calls in order.
    """

    def __init__(self, folder: Path, *, key: bytes) -> None:
        """`key`, 32 bytes, wraps the private keys; the folder is made if it is not there."""
        self._wrapping = AESGCM(_checked_key(key))
        self._loaded: OrderedDict[str, NoteSigner] = OrderedDict()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / _FILE_NAME
        # Before SQLite opens it: the file, and the journals that take its mode, are never readable by others.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        self._connection = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone leaves the data in the drive's cache
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file and forget the keys."""
        self._loaded.clear()
        self._connection.close()

    def create(self, case_origin: str) -> bytes:
        """Make the key of a new case and give its 32-byte public key; a case that has one is refused."""
        if _case_origin(case_origin) != case_origin:
            raise SignerRefused("the key of a case belongs to its case log")
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        nonce = os.urandom(_NONCE_SIZE)
        wrapped = nonce + self._wrapping.encrypt(nonce, private.private_bytes_raw(), _key_aad(case_origin))
        try:
            with self._transaction():
                self._connection.execute("INSERT INTO case_key VALUES (?, ?, ?)", (case_origin, public, wrapped))
        except sqlite3.IntegrityError as error:
            raise SignerRefused("this case has a key") from error
        return public

    def vkey(self, origin: str) -> str:
        """The verifier key of a case log or of one of its rooms' logs: one public key, another name."""
        row = self._connection.execute(
            "SELECT public FROM case_key WHERE origin = ?", (_case_origin(origin),)
        ).fetchone()
        if row is None:
            raise SignerRefused("no key for this log")
        return format_vkey(origin, row[0])

    def last(self, origin: str) -> tuple[int, bytes] | None:
        """The size and root last signed for a log, None before the first."""
        row = self._connection.execute("SELECT size, root FROM signed_head WHERE origin = ?", (origin,)).fetchone()
        return None if row is None else (row[0], row[1])

    def sign(self, origin: str, *, old_size: int, new_size: int, root: bytes, proof: Sequence[bytes]) -> str:
        """The signed checkpoint note of a log at `new_size`, or SignerRefused.

        `old_size` is the size last signed (0 before the first) and `proof` the consistency proof from there.
        What was signed last is signed again without a proof, with the same bytes: Ed25519 is deterministic
        (RFC 8032), so a repeated call can never give two different notes for one head.
        """
        signer = self._key(origin)
        text = checkpoint_text(origin, new_size, root)
        with self._transaction():
            last = self.last(origin)
            if last != (new_size, root):
                _check_extension(last, old_size=old_size, new_size=new_size, root=root, proof=proof)
                self._connection.execute(
                    "INSERT INTO signed_head VALUES (?, ?, ?) "
                    "ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root",
                    (origin, new_size, root),
                )
        # Only after the commit: a signature that leaves before its head is on disk could be given twice.
        return sign_note(text, signer)

    def _key(self, origin: str) -> NoteSigner:
        """The private key under the name of this origin, from the cache or unwrapped."""
        loaded = self._loaded.get(origin)
        if loaded is not None:
            self._loaded.move_to_end(origin)
            return loaded
        case_origin = _case_origin(origin)
        row = self._connection.execute(
            "SELECT public, wrapped FROM case_key WHERE origin = ?", (case_origin,)
        ).fetchone()
        if row is None:
            raise SignerRefused("no key for this log")
        public, wrapped = row
        try:
            secret = self._wrapping.decrypt(wrapped[:_NONCE_SIZE], wrapped[_NONCE_SIZE:], _key_aad(case_origin))
            private = Ed25519PrivateKey.from_private_bytes(secret)
        except (InvalidTag, ValueError) as error:
            raise SignerRefused("the key of this log does not open") from error
        if private.public_key().public_bytes_raw() != public:
            raise SignerRefused("the key of this log has another public key")
        self._loaded[origin] = NoteSigner(origin, private)
        if len(self._loaded) > _CACHED_KEYS:
            self._loaded.popitem(last=False)
        return self._loaded[origin]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # IMMEDIATE: the write lock is taken before the last head is read, so no other process signs in between.
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _check_extension(
    last: tuple[int, bytes] | None, *, old_size: int, new_size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    signed_size, signed_root = last or (0, EMPTY_ROOT)
    if old_size != signed_size:
        raise SignerRefused(f"the last signed size is {signed_size}, not {old_size}")
    try:
        verify_consistency(old_size=signed_size, new_size=new_size, old_root=signed_root, new_root=root, proof=proof)
    except ProofError as error:
        raise SignerRefused(f"not a proven extension: {error}") from error


def _case_origin(origin: str) -> str:
    """The case log's origin for itself and for its rooms' logs (docs/evidence.md §1)."""
    match = _ORIGIN.fullmatch(origin)
    if match is None or (match[2] is not None and int(match[2]) >= MAX_SLOTS):
        raise SignerRefused("not the origin of a log")
    return match[1]


def _key_aad(case_origin: str) -> bytes:
    return b"caseroom/v1/signer\x00" + case_origin.encode()


def _checked_key(key: bytes) -> bytes:
    if len(key) != _WRAPPING_SIZE:
        raise ValueError("the wrapping key has 32 bytes")
    return key
