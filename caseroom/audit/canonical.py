"""Canonical JSON and the two forms of time used in the ledger (RFC 8785 restricted by docs/evidence.md §1)."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn

import rfc8785

MAX_INTEGER = 2**53 - 1

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_DUE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class CanonicalError(ValueError):
    """A value that canonical JSON may not hold, or bytes that are not the canonical form of their value."""


def canonical(value: Any) -> bytes:
    """Serialise objects, arrays, strings, booleans and integers from 0 to 2^53-1 as RFC 8785 says.

    `None`, floats, other integers, keys that are not strings, lone surrogates and nesting beyond the
    interpreter's limit raise CanonicalError.
    """
    try:
        _check(value)
        return rfc8785.dumps(value)
    except RecursionError as error:
        raise CanonicalError("nested too deeply") from error
    except CanonicalError:
        raise
    except ValueError as error:  # rfc8785's own errors, and UnicodeEncodeError for a lone surrogate in a key
        raise CanonicalError(str(error)) from error


def parse_canonical(data: bytes) -> Any:
    """Parse bytes that must be the canonical form of their value; anything else raises CanonicalError.

    A member that stands twice is refused while parsing: two readers could keep different ones of the two.
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_int=_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except RecursionError as error:
        raise CanonicalError("nested too deeply") from error
    except CanonicalError:
        raise
    except ValueError as error:
        raise CanonicalError(f"not JSON: {error}") from error
    if canonical(value) != data:
        raise CanonicalError("not in canonical form")
    return value


def parse_hex(text: Any, size: int) -> bytes:
    """Decode `size` bytes of lower-case hex; anything else raises CanonicalError (docs/evidence.md §1: strict)."""
    if isinstance(text, str) and len(text) == 2 * size:
        try:
            data = bytes.fromhex(text)
        except ValueError:
            data = b""
        if data.hex() == text:
            return data
    raise CanonicalError(f"not {size} bytes of lower-case hex")


def format_instant(at: datetime) -> str:
    """An aware datetime as `YYYY-MM-DDTHH:MM:SS.mmmZ`, UTC; what is below the millisecond is cut, never rounded up."""
    return _utc(at).isoformat(timespec="milliseconds") + "Z"


def format_due(due: datetime) -> str:
    """An aware datetime as `YYYY-MM-DDTHH:MM:SSZ`, UTC; what is below the second is cut."""
    return _utc(due).isoformat(timespec="seconds") + "Z"


def parse_instant(text: Any) -> datetime:
    """The aware UTC datetime written by `format_instant`; anything else raises CanonicalError."""
    return _parse_time(text, _INSTANT, format_instant)


def parse_due(text: Any) -> datetime:
    """The aware UTC datetime written by `format_due`; anything else raises CanonicalError."""
    return _parse_time(text, _DUE, format_due)


def _check(value: Any) -> None:
    match value:
        case str() | bool():
            return
        case int():
            if not 0 <= value <= MAX_INTEGER:
                raise CanonicalError("integer outside 0..2^53-1")
        case dict():
            for key, member in value.items():
                if not isinstance(key, str):
                    raise CanonicalError("object keys must be strings")
                _check(member)
        case list() | tuple():
            for element in value:
                _check(element)
        case None:
            raise CanonicalError("null is not allowed: leave the member out")
        case _:
            raise CanonicalError(f"{type(value).__name__} is not allowed")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise CanonicalError("a member stands twice")
    return members


def _integer(text: str) -> int:
    if len(text) > len(str(MAX_INTEGER)):  # before int(), whose cost grows with the square of the length
        raise CanonicalError("integer outside 0..2^53-1")
    return int(text)


def _refuse_number(text: str) -> NoReturn:
    raise CanonicalError(f"number {text[:40]} is not an integer")


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an aware datetime is required")
    return at.astimezone(UTC).replace(tzinfo=None)


def _parse_time(text: Any, form: re.Pattern[str], format_again: Callable[[datetime], str]) -> datetime:
    if not isinstance(text, str) or form.fullmatch(text) is None:
        raise CanonicalError("not a time in the form of the ledger")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CanonicalError(f"no such time: {text}") from error
    if format_again(at) != text:  # newer Pythons read 24:00:00 as the next midnight: one instant has one form
        raise CanonicalError(f"no such time: {text}")
    return at
