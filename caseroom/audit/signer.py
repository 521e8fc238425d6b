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
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from caseroom.audit.event_bytes import MAX_SLOTS
from caseroom.audit.notes import NoteSigner, checkpoint_text, format_vkey, sign_note
from caseroom.audit.signer_file import now, open_signer_file, scrub, writing
from caseroom.audit.tree import EMPTY_ROOT, ProofError, verify_consistency

DESTROYED = "destroyed"
ORIGINS_AT_ONCE = 100
FORGET_AFTER = 3600  # seconds; a case that another process is opening has its key before it has its row

_WRAPPING_SIZE = 32
_NONCE_SIZE = 12
_CACHED_KEYS = 256
_LONGEST_ORIGIN = 310

_ORIGIN = re.compile(r"([^\s+/]+/c/[0-9a-f]{32})(?:/s/(0|[1-9][0-9]{0,2}))?")


class SignerRefused(Exception):
    """The signer does not know this log, or was asked for what does not extend what it signed before."""


class SignerUnavailable(Exception):
    """The signer could not answer: it is not there, its disk is full, its file is in use. Asking again may help."""


class SigningService(Protocol):
    """What the ledger asks of a signer: `Signer` in this process, or `SignerClient` for one in a process of its own.

    Every call raises SignerRefused where the signer says no, for good reason and for ever, and SignerUnavailable where
    it cannot answer. None gives a private key, takes back a size, or signs anything but a checkpoint."""

    def create(self, case_origin: str) -> bytes:
        """Make the key of a new case and give its 32-byte public key; a case that has or had one is refused."""
        ...

    def vkey(self, origin: str) -> str:
        """The verifier key of a case log or of one of its rooms' logs: one public key, another name."""
        ...

    def last(self, origin: str) -> tuple[int, bytes] | None:
        """The size and root last signed for a log, None before the first."""
        ...

    def sign(self, origin: str, *, old_size: int, new_size: int, root: bytes, proof: Sequence[bytes]) -> str:
        """The signed checkpoint note of a log at `new_size`; `proof` shows that it extends what was signed last."""
        ...

    def destroy(self, case_origin: str) -> None:
        """Delete the private key of a case for ever (docs/evidence.md §4, close). Asked again, it changes nothing.

        The public key and the signed heads stay; every later `sign` and `create` is refused (`destroyed`)."""
        ...

    def origins(self, *, after: str = "") -> list[str]:
        """The case origins that have or had a key, in order, at most ORIGINS_AT_ONCE after the given one."""
        ...

    def forget(self, case_origin: str) -> bool:
        """Drop a key that never signed anything and is older than FORGET_AFTER; False, and nothing, otherwise."""
        ...

    def close(self) -> None:
        """Let go of files, keys and connections."""
        ...


class Signer:
    """The SigningService in this process: one Ed25519 key per case, over one SQLite file in `folder`.

    Used from one OS thread (sqlite3 refuses others) and any number of green threads: nothing in a transaction
    yields. Several processes may open the same folder; SQLite's write lock puts their calls in order.
    """

    def __init__(self, folder: Path, *, key: bytes) -> None:
        """`key`, 32 bytes, wraps the private keys; the folder is made if it is not there."""
        self._wrapping = AESGCM(_checked_key(key))
        self._loaded: OrderedDict[str, NoteSigner] = OrderedDict()
        self._connection = open_signer_file(folder)

    def close(self) -> None:
        """Close the file and forget the keys."""
        self._loaded.clear()
        self._connection.close()

    def create(self, case_origin: str) -> bytes:
        """Make the key of a new case and give its 32-byte public key; a case that has or had one is refused."""
        _check_case_log(case_origin)
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        wrapped = _wrapped(self._wrapping, private.private_bytes_raw(), case_origin)
        with self._transaction():
            known = self._row("SELECT destroyed_at FROM case_key WHERE origin = ?", case_origin)
            if known is not None:
                raise SignerRefused("this case has a key" if known[0] is None else DESTROYED)
            self._connection.execute(
                "INSERT INTO case_key (origin, public, wrapped, created_at) VALUES (?, ?, ?, ?)",
                (case_origin, public, wrapped, now()),
            )
        return public

    def vkey(self, origin: str) -> str:
        """The verifier key of a case log or of one of its rooms' logs: one public key, another name."""
        row = self._row("SELECT public FROM case_key WHERE origin = ?", _case_origin(origin))
        if row is None:
            raise SignerRefused("no key for this log")
        return format_vkey(origin, row[0])

    def last(self, origin: str) -> tuple[int, bytes] | None:
        """The size and root last signed for a log, None before the first."""
        row = self._row("SELECT size, root FROM signed_head WHERE origin = ?", origin)
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
            self._check_standing(_case_origin(origin))
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

    def destroy(self, case_origin: str) -> None:
        """Delete the private key of a case for ever; the public key and the signed heads stay.

        The wrapped bytes are gone from the file and from its write-ahead log when this returns. Asked again, it only
        makes sure of that. Raises SignerUnavailable where another process kept the file busy: ask again."""
        _check_case_log(case_origin)
        with self._transaction():
            if self._row("SELECT 1 FROM case_key WHERE origin = ?", case_origin) is None:
                raise SignerRefused("no key for this log")
            self._connection.execute(
                "UPDATE case_key SET wrapped = x'', destroyed_at = ? WHERE origin = ? AND destroyed_at IS NULL",
                (now(), case_origin),
            )
        self._drop_loaded(case_origin)
        self._scrub()

    def origins(self, *, after: str = "") -> list[str]:
        """The case origins that have or had a key, in order, at most ORIGINS_AT_ONCE after the given one."""
        with _available():
            rows = self._connection.execute(
                "SELECT origin FROM case_key WHERE origin > ? ORDER BY origin LIMIT ?", (after, ORIGINS_AT_ONCE)
            ).fetchall()
        return [origin for (origin,) in rows]

    def forget(self, case_origin: str) -> bool:
        """Drop a key that never signed anything and is older than FORGET_AFTER; False, and nothing, otherwise.

        Without a signature nobody holds anything that the key vouches for, so nothing can be contradicted."""
        _check_case_log(case_origin)
        with self._transaction():
            dropped = self._connection.execute(
                "DELETE FROM case_key WHERE origin = :origin AND destroyed_at IS NULL AND created_at <= :before "
                "AND NOT EXISTS (SELECT 1 FROM signed_head WHERE signed_head.origin = :origin "
                "OR (signed_head.origin > :origin || '/s/' AND signed_head.origin < :origin || '/s0'))",
                {"origin": case_origin, "before": now() - FORGET_AFTER},
            ).rowcount
        if dropped:
            self._drop_loaded(case_origin)
        return bool(dropped)

    def rewrap(self, key: bytes) -> int:
        """Wrap every private key under `key`, 32 bytes, instead, and leave nothing wrapped as before in the file.

        Returns how many keys there are. What stands under `key` already is left; a key that opens under neither is
        refused, and then nothing was changed."""
        wrapping = AESGCM(_checked_key(key))
        with self._transaction():
            rows = self._connection.execute(
                "SELECT origin, wrapped FROM case_key WHERE destroyed_at IS NULL"
            ).fetchall()
            for origin, wrapped in rows:
                secret = unwrapped((self._wrapping, wrapping), wrapped, origin)
                again = _wrapped(wrapping, secret, origin)
                self._connection.execute("UPDATE case_key SET wrapped = ? WHERE origin = ?", (again, origin))
        self._wrapping = wrapping
        self._scrub()
        return len(rows)

    def _key(self, origin: str) -> NoteSigner:
        """The private key under the name of this origin, from the cache or unwrapped."""
        loaded = self._loaded.get(origin)
        if loaded is not None:
            self._loaded.move_to_end(origin)
            return loaded
        case_origin = _case_origin(origin)
        row = self._row("SELECT public, wrapped, destroyed_at FROM case_key WHERE origin = ?", case_origin)
        if row is None:
            raise SignerRefused("no key for this log")
        public, wrapped, destroyed_at = row
        if destroyed_at is not None:
            raise SignerRefused(DESTROYED)
        try:
            private = Ed25519PrivateKey.from_private_bytes(unwrapped((self._wrapping,), wrapped, case_origin))
        except ValueError as error:
            raise SignerRefused("the key of this log does not open") from error
        if private.public_key().public_bytes_raw() != public:
            raise SignerRefused("the key of this log has another public key")
        self._loaded[origin] = NoteSigner(origin, private)
        if len(self._loaded) > _CACHED_KEYS:
            self._loaded.popitem(last=False)
        return self._loaded[origin]

    def _check_standing(self, case_origin: str) -> None:
        """Another process may have destroyed the key that this one still holds in memory."""
        row = self._row("SELECT destroyed_at FROM case_key WHERE origin = ?", case_origin)
        if row is None or row[0] is not None:
            self._drop_loaded(case_origin)
            raise SignerRefused(DESTROYED if row else "no key for this log")

    def _drop_loaded(self, case_origin: str) -> None:
        for origin in [each for each in self._loaded if _case_origin(each) == case_origin]:
            del self._loaded[origin]

    def _row(self, query: str, origin: str) -> tuple[Any, ...] | None:
        with _available():
            row: tuple[Any, ...] | None = self._connection.execute(query, (origin,)).fetchone()
        return row

    def _scrub(self) -> None:
        with _available():
            done = scrub(self._connection)
        if not done:
            raise SignerUnavailable("another process is using the signer's file; ask again")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _available(), writing(self._connection):
            yield


@contextmanager
def _available() -> Iterator[None]:
    """A full disk, a lock that is not let go, a file that went away: no refusal, and no reason to forget anything."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise SignerUnavailable(str(error)) from error


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
    match = _ORIGIN.fullmatch(origin) if len(origin) <= _LONGEST_ORIGIN else None
    if match is None or (match[2] is not None and int(match[2]) >= MAX_SLOTS):
        raise SignerRefused("not the origin of a log")
    return match[1]


def _check_case_log(origin: str) -> None:
    if _case_origin(origin) != origin:
        raise SignerRefused("the key of a case belongs to its case log")


def _wrapped(wrapping: AESGCM, secret: bytes, case_origin: str) -> bytes:
    nonce = os.urandom(_NONCE_SIZE)
    return nonce + wrapping.encrypt(nonce, secret, _key_aad(case_origin))


def unwrapped(wrappings: Sequence[AESGCM], wrapped: bytes, case_origin: str) -> bytes:
    """The secret of a case's key, under whichever of these it was wrapped. Raises SignerRefused."""
    for wrapping in wrappings:
        try:
            return wrapping.decrypt(wrapped[:_NONCE_SIZE], wrapped[_NONCE_SIZE:], _key_aad(case_origin))
        except (InvalidTag, ValueError):
            continue
    raise SignerRefused("the key of this log does not open")


def _key_aad(case_origin: str) -> bytes:
    return b"caseroom/v1/signer\x00" + case_origin.encode()


def _checked_key(key: bytes) -> bytes:
    if len(key) != _WRAPPING_SIZE:
        raise ValueError("the wrapping key has 32 bytes")
    return key
