"""What people type about themselves, checked and brought to one form. Pure; raises ``errors.Invalid``."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email

from caseroom.config import LOCALES
from caseroom.errors import Invalid, invalid_field

MOST_NAME, MOST_PRACTICE, MOST_LABEL = 120, 200, 120
THEMES = ("", "light", "dark")
CIVILITIES = frozenset({"M.", "Mme", "Mlle", "Me", "Maître", "Mr", "Mr.", "Mrs", "Mrs.", "Ms", "Ms.", "Dr", "Pr"})
# Cf holds the marks that turn text around or are not seen: a name must not read as another one. Joiners stay: some
# scripts spell names with them.
_JOINERS = "\u200c\u200d"
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})
_NO_CHARACTER = frozenset({"Cs", "Co", "Cn"})


class Findings:
    """Collects what is wrong with several fields, so that all of it is said at once."""

    def __init__(self) -> None:
        self._errors: list[dict[str, Any]] = []

    @contextmanager
    def gather(self) -> Iterator[None]:
        try:
            yield
        except Invalid as error:
            self._errors.extend(error.data["errors"])

    def raise_any(self) -> None:
        if self._errors:
            raise Invalid(errors=self._errors)


def checked_name(text: str, *, field: str = "name", longest: int = MOST_NAME) -> str:
    """Return a name in NFC with single spaces, 1 to ``longest`` characters.

    Codes: ``empty``, ``too_long``, ``bad_unicode``, ``control_characters`` (marks that are not seen or that turn text
    around included)."""
    name = " ".join(part for part in unicodedata.normalize("NFC", text).split(" ") if part)
    if not name:
        raise invalid_field(field, "empty")
    if len(name) > longest:
        raise invalid_field(field, "too_long", longest=longest)
    kinds = {unicodedata.category(sign) for sign in name if sign not in _JOINERS}
    if kinds & _NO_CHARACTER:
        raise invalid_field(field, "bad_unicode")
    if kinds & _UNSEEN:
        raise invalid_field(field, "control_characters")
    if not any(sign.isalnum() for sign in name):
        raise invalid_field(field, "empty")
    return name


def checked_email(text: str) -> str:
    """Return an address in lower case. Codes: ``empty``, ``invalid_email``. Nothing is asked of the network.

    Names of closed networks (.internal, .test) are taken: an instance may live on one."""
    typed = text.strip()
    if not typed:
        raise invalid_field("email", "empty")
    try:
        address = validate_email(typed, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise invalid_field("email", "invalid_email") from error
    if "." not in address.domain:
        raise invalid_field("email", "invalid_email")
    return address.normalized.lower()


def typed_email(text: str) -> str:
    """The form under which an address is looked up and throttled, whether it is one or not."""
    return unicodedata.normalize("NFC", text.strip()).lower()[:320]


def initials(name: str) -> str:
    """HR for "Mme Hélène Roy": civilities are passed over."""
    words = [word for word in name.split() if word[:1].isalpha() and word not in CIVILITIES]
    return "".join(word[0].upper() for word in (words[:1] + words[-1:] if len(words) > 1 else words))


def checked_locale(text: str) -> str:
    """``fr``, ``en``, or nothing: as the browser asks."""
    if text and text not in LOCALES:
        raise invalid_field("locale", "unknown_value")
    return text


def checked_zone(text: str) -> str:
    """An IANA time zone, or nothing: as the page tells."""
    try:
        return ZoneInfo(text).key if text else ""
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid_field("zone", "unknown_value") from error


def checked_theme(text: str) -> str:
    """``light``, ``dark``, or nothing: as the device asks."""
    if text not in THEMES:
        raise invalid_field("theme", "unknown_value")
    return text
