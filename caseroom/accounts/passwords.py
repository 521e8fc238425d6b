"""Passwords: what is accepted, and how they are kept (Argon2id, RFC 9106 section 4, second recommended option).

Hashing takes tens of milliseconds and 64 MiB: it runs in the worker pool, a few at once, and never inside a unit of
work, where it would hold the one writer's lock while other green threads wait for it."""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from base64 import b64encode
from functools import cache
from importlib import resources

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from caseroom import workers
from caseroom.errors import invalid_field

SHORTEST, LONGEST = 12, 256  # characters after NFC: one accented letter counts once, however it was typed
LEAST_WORD = 4  # shorter parts of a name occur in honest passwords by chance
AT_ONCE = 4
_HEAD, _TAIL = re.compile(r"^\d{1,8}"), re.compile(r"\d{1,8}$")


def check_password(password: str, *, name: str, email: str, practice: str = "", field: str = "password") -> None:
    """Refuse what would be guessed first. Codes: ``bad_unicode``, ``too_short``, ``too_long``,
    ``common_password``, ``password_has_name`` (the address and the practice included)."""
    text = unicodedata.normalize("NFC", password)
    if any(unicodedata.category(sign) == "Cs" for sign in text):  # half a character: it has no bytes to hash
        raise invalid_field(field, "bad_unicode")
    if len(text) < SHORTEST:
        raise invalid_field(field, "too_short", shortest=SHORTEST)
    if len(text) > LONGEST:
        raise invalid_field(field, "too_long", longest=LONGEST)
    plain = _plain(text)
    if _is_common(plain) or _is_repeated(plain):
        raise invalid_field(field, "common_password")
    bare = _bare(plain)
    if any(word in plain or word in bare for word in _personal_words(name=name, email=email, practice=practice)):
        raise invalid_field(field, "password_has_name")


class Passwords:
    """Hashes and verifies. One per application. ``parameters`` may be light in tests only."""

    def __init__(self, parameters: Parameters = RFC_9106_LOW_MEMORY, *, at_once: int = AT_ONCE) -> None:
        self._hasher = PasswordHasher.from_parameters(parameters)
        # A flood of sign-ins must not take 64 MiB for each thread of the pool.
        self._turn = threading.BoundedSemaphore(at_once)
        self._nobody = _unmatched_hash(parameters)

    def hash(self, password: str) -> str:
        """Return the encoded Argon2id hash of a password that ``check_password`` accepted."""
        with self._turn:
            return workers.run(self._hasher.hash, unicodedata.normalize("NFC", password))

    def verify(self, encoded: str | None, password: str) -> bool:
        """True where ``password`` is the one hashed. None (nobody has this address) costs the same and is False."""
        text = unicodedata.normalize("NFC", password)[: LONGEST + 1]
        with self._turn:
            matches = workers.run(self._matches, encoded or self._nobody, text)
        return matches and encoded is not None

    def is_dated(self, encoded: str) -> bool:
        """True where the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)

    def _matches(self, encoded: str, text: str) -> bool:
        try:
            return self._hasher.verify(encoded, text.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False


@cache
def common_passwords() -> frozenset[str]:
    """The bundled list, as written there and without signs."""
    text = resources.files("caseroom.accounts").joinpath("common_passwords.txt").read_text("utf-8")
    lines = {_plain(line) for line in text.splitlines() if line and not line.startswith("# ")}
    return frozenset(lines | {_bare(line) for line in lines}) - {""}


def _is_common(plain: str) -> bool:
    """True for a listed password, alone or with a few digits or signs around it, and for two listed ones together."""
    listed, bare = common_passwords(), _bare(plain)
    stems = {plain, bare, _TAIL.sub("", bare), _HEAD.sub("", bare), _HEAD.sub("", _TAIL.sub("", bare))}
    return any(
        stem in listed or any(stem[:cut] in listed and stem[cut:] in listed for cut in range(1, len(stem)))
        for stem in stems
    )


def _bare(plain: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[\W_]+", "", plain)


def _plain(text: str) -> str:
    """Without case or accents: an accent more makes nobody's name a secret."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in spread if not unicodedata.combining(sign))


def _is_repeated(text: str) -> bool:
    """True for one piece written again and again: ``abcabcabcabc``, ``motdepassemotdepasse``."""
    return text in (text + text)[1:-1]


def _personal_words(*, name: str, email: str, practice: str) -> set[str]:
    local = _plain(email.rpartition("@")[0])
    words = {local, *_words(local), *_words(_plain(name)), *_words(_plain(practice))}
    words |= {_plain(email), _bare(_plain(name)), _bare(_plain(practice))}  # "Ann Lee" as annlee: no word of it is long
    return {word for word in words if len(word) >= LEAST_WORD}


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def _unmatched_hash(parameters: Parameters) -> str:
    """A hash in today's parameters that no known password has: checking against it takes the usual time."""
    salt, drawn = (
        b64encode(secrets.token_bytes(size)).rstrip(b"=").decode("ascii")
        for size in (parameters.salt_len, parameters.hash_len)
    )
    cost = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
    return f"$argon2id$v={parameters.version}${cost}${salt}${drawn}"
