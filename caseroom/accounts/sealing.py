"""The key of the accounts domain. It seals what we must be able to use again (TOTP secrets), bound to its person."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class Unreadable(Exception):
    """Sealed bytes of another person, of another purpose, under another key, or altered."""


@dataclass(frozen=True, slots=True)
class AccountKey:
    """32 bytes derived from the key-encryption key. Never shown: ``repr`` would put it into a log."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != 32:
            raise ValueError("the key of the accounts is 32 bytes")

    def __repr__(self) -> str:
        return "AccountKey(...)"

    def seal(self, plain: bytes, *, purpose: str, person_id: str) -> bytes:
        """AES-256-GCM: nonce (12 bytes), ciphertext, tag (16 bytes). Opens for the same purpose and person only."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + AESGCM(self._subkey("seal")).encrypt(nonce, plain, _bound(purpose, person_id))

    def open(self, sealed: bytes, *, purpose: str, person_id: str) -> bytes:
        """Raises Unreadable."""
        try:
            return AESGCM(self._subkey("seal")).decrypt(sealed[:NONCE], sealed[NONCE:], _bound(purpose, person_id))
        except (InvalidTag, ValueError) as error:
            raise Unreadable from error

    def recovery_key(self) -> bytes:
        """The key of recovery digests: another use, hence another key."""
        return self._subkey("recovery")

    def _subkey(self, use: str) -> bytes:
        return hmac.digest(self.secret, f"caseroom/v1/accounts/{use}".encode("ascii"), "sha256")


def _bound(purpose: str, person_id: str) -> bytes:
    return f"caseroom/v1/accounts/{purpose}\0{person_id}".encode("ascii")
