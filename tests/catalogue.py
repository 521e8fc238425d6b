"""The French catalogue as it is kept, and the messages that the code asks for today."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po
from babel.util import pathmatch

ROOT = Path(__file__).resolve().parents[1]
FRENCH = ROOT / "caseroom" / "translations" / "fr" / "LC_MESSAGES" / "messages.po"

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
"""What the server fills, and what the script of the page fills."""


def french() -> Catalog:
    with FRENCH.open("rb") as file:
        return read_po(file)


def french_messages() -> list[Message]:
    return [message for message in french() if message.id]


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """One form, or one per grammatical number."""
    return (text,) if isinstance(text, str) else tuple(text)


def key(message: str | tuple[str, ...] | list[str], context: str | None) -> str:
    """What tells one message from the others."""
    return " | ".join((*([f"({context})"] if context else []), *forms(message)))


def asked_by_the_code() -> set[str]:
    """The keys of all messages, read from code and templates as ``make translations`` reads them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: set[str] = set()
    for mapping in settings["tool"]["babel"]["mappings"]:
        patterns = forms(mapping["pattern"])
        for file in _sources():
            if any(pathmatch(pattern, file.relative_to(ROOT).as_posix()) for pattern in patterns):
                messages = extract_from_file(mapping["method"], file, {**DEFAULT_KEYWORDS, "lazy_gettext": None})
                found |= {key(message, context) for _line, message, _comments, context in messages}
    return found


def _sources() -> Iterator[Path]:
    for folder in ("caseroom", "templates"):
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if path.is_file())
