"""What the signer remembers at one moment, read without changing anything: from its file, or asked for where the signer
is a process of its own, whose file and keys are out of reach on purpose."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from caseroom.audit.event_bytes import MAX_SLOTS
from caseroom.audit.notes import format_vkey, parse_vkey
from caseroom.audit.origins import room_origin
from caseroom.audit.signer import SignerRefused, SignerUnavailable, SigningService, unwrapped
from caseroom.audit.signer_client import signing_service
from caseroom.audit.signer_file import FILE_NAME as SIGNER_FILE
from caseroom.config import Settings
from caseroom.upkeep.sqlite_files import read_only


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What the signer's file holds of one case. ``destroyed``: its private key was deleted on purpose."""

    public: bytes
    wrapped: bytes | None = field(repr=False)  # None where another process keeps it
    destroyed: bool


@dataclass(frozen=True, slots=True)
class SignerHeads:
    """What the signer remembered at one moment. Answers ``vkey`` and ``last`` as the signer itself does."""

    cases: Mapping[str, SigningKey]
    heads: Mapping[str, tuple[int, bytes]]

    def vkey(self, origin: str) -> str:
        case = self.cases.get(origin.partition("/s/")[0])
        if case is None:
            raise SignerRefused("no key for this log")
        return format_vkey(origin, case.public)

    def last(self, origin: str) -> tuple[int, bytes] | None:
        return self.heads.get(origin)

    def without(self, origins: Collection[str]) -> SignerHeads:
        """The same, of which some logs' heads are not asked for."""
        return SignerHeads(self.cases, {each: head for each, head in self.heads.items() if each not in origins})

    def opens(self, origin: str, key: bytes) -> bool:
        """Whether the private key of a case opens under the signer's key and is that of its public key."""
        case = self.cases[origin]
        try:
            secret = unwrapped([AESGCM(key)], case.wrapped or b"", origin)
            return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw() == case.public
        except (SignerRefused, ValueError):
            return False


def read_signer(path: Path) -> SignerHeads:
    """Read a signer's file (or that in a folder) without changing it. Raises OSError, sqlite3.Error."""
    file = path / SIGNER_FILE if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(file)
    with contextlib.closing(read_only(file)) as connection:
        connection.execute("BEGIN")
        columns = {row[1] for row in connection.execute("PRAGMA table_info(case_key)")}
        destroyed = "destroyed_at IS NOT NULL" if "destroyed_at" in columns else "0"
        rows = connection.execute(f"SELECT origin, public, wrapped, {destroyed} FROM case_key").fetchall()  # noqa: S608
        heads = connection.execute("SELECT origin, size, root FROM signed_head").fetchall()
    return SignerHeads(
        cases={origin: SigningKey(public, wrapped, bool(gone)) for origin, public, wrapped, gone in rows},
        heads={origin: (size, root) for origin, size, root in heads},
    )


def ask_signer(service: SigningService) -> SignerHeads:
    """The same from a signer that is another process. Raises SignerUnavailable."""
    cases: dict[str, SigningKey] = {}
    heads: dict[str, tuple[int, bytes]] = {}
    after = ""
    while origins := service.origins(after=after):
        after = origins[-1]
        for case in origins:
            cases[case] = SigningKey(parse_vkey(service.vkey(case)).public, None, destroyed=False)
            for origin in (case, *(room_origin(case, slot) for slot in range(MAX_SLOTS))):
                last = service.last(origin)
                if last is not None:
                    heads[origin] = last
    return SignerHeads(cases=cases, heads=heads)


def read_signer_of(settings: Settings) -> SignerHeads:
    """What the signer of an instance remembers: from its file, or asked for where it is a process of its own. Raises
    OSError, sqlite3.Error."""
    if settings.signer_socket is None:
        return read_signer(settings.signer_folder)
    service = signing_service(settings, key=bytes(32))  # of no use to a client
    try:
        return ask_signer(service)
    except SignerUnavailable as error:
        raise OSError(str(error)) from error
    finally:
        service.close()
