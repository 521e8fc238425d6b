"""The undertaking of confidentiality that a person accepts before entering a case.

The ledger keeps the SHA-256 of the exact text accepted (docs/evidence.md §3, ``participant.admitted``): the digest of
the file in ``undertakings/``, as ``sha256sum`` prints it. A text that was ever accepted is never edited: a change is a
new version beside it, so that every hash of every ledger can be explained. One line of a file is one paragraph."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

VERSION = "1"
LOCALES = ("fr", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Undertaking:
    """One version in one language. ``clauses`` without their numbers; ``sha256``: 64 hex digits."""

    version: str
    locale: str
    title: str
    opening: str
    clauses: tuple[str, ...]
    closing: str
    sha256: str


@cache
def undertaking(locale: str, version: str = VERSION) -> Undertaking:
    """A text in a language; in French where the language is not one of ours."""
    known = locale if locale in LOCALES else LOCALES[0]
    content = resources.files("caseroom.rooms").joinpath("undertakings", f"{version}.{known}.txt").read_bytes()
    title, opening, *numbered, closing = content.decode("utf-8").splitlines()
    return Undertaking(
        version=version,
        locale=known,
        title=title,
        opening=opening,
        clauses=tuple(clause.partition(". ")[2] for clause in numbered),
        closing=closing,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def undertaking_hash(locale: str) -> str:
    """SHA-256 (64 hex digits) of the current text in a language."""
    return undertaking(locale).sha256
