"""Secrets people and machines present to us: session and link secrets, tokens, recovery codes. Pure.

What is presented is kept as a hash only. Secrets of 256 random bits need no slow hash; recovery codes are short enough
to be typed, so their digest is keyed: a copied database alone gives nothing to guess against."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

RECOVERY_CODES = 10
RECOVERY_GROUPS, RECOVERY_GROUP = 3, 4  # 12 signs of 5 bits each: 60 bits
# Crockford's base 32: no I, L, O or U, which are misread on paper.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("ILO", "110")


def new_secret() -> str:
    """Return 32 random bytes as 43 characters of base64url without padding."""
    return urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode("ascii")


def digest(secret: str) -> bytes:
    """Return the SHA-256 (32 bytes) under which a secret is kept. Any text is taken, lone surrogates included."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def equal(one: bytes | str, other: bytes | str) -> bool:
    """Compare in a time that does not depend on where two values differ."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def new_recovery_codes() -> list[str]:
    """Return ten codes such as ``7QZM-0KXW-93TD``."""
    return [_recovery_code() for _ in range(RECOVERY_CODES)]


def read_recovery_code(typed: str) -> str | None:
    """Return the 12 signs of a typed recovery code: spaces, hyphens, case and misread letters are forgiven.

    None for what cannot be one."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum()).translate(_MISREAD)
    if len(signs) != RECOVERY_GROUPS * RECOVERY_GROUP or any(sign not in ALPHABET for sign in signs):
        return None
    return signs


def recovery_digest(key: bytes, person_id: str, code: str) -> bytes:
    """HMAC-SHA-256 of a recovery code as ``read_recovery_code`` returns it, bound to its person."""
    return hmac.digest(key, f"{person_id}:{code}".encode("ascii"), "sha256")


def _recovery_code() -> str:
    signs = "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_GROUPS * RECOVERY_GROUP))
    return "-".join(signs[start : start + RECOVERY_GROUP] for start in range(0, len(signs), RECOVERY_GROUP))


def _bytes(value: bytes | str) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
