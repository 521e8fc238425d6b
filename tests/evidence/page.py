"""docs/verifying-a-pack.md as its reader uses it: commands in their order, and the program to be saved as a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "verifying-a-pack.md"
_HEADING = re.compile(r"## (?P<title>.*)")
_FENCE = re.compile(r"```(?P<language>\w*)")
_FILE = re.compile(r"// (?P<name>\w+\.go)")


@dataclass(frozen=True)
class Block:
    """What stands between two fences. ``section`` is the heading above it."""

    section: str
    language: str
    text: str

    @property
    def filename(self) -> str:
        """Under which a program is to be saved: its first line says so."""
        first = _FILE.match(self.text)
        assert first, "a program says in its first line what file it is"
        return first["name"]


def blocks() -> list[Block]:
    found, section, inside = [], "", None
    for line in PAGE.read_text(encoding="utf-8").splitlines(keepends=True):
        fence = _FENCE.match(line)
        if inside is None and fence:
            language, inside = fence["language"], []
        elif fence:
            found.append(Block(section, language, "".join(inside)))
            inside = None
        elif inside is not None:
            inside.append(line)
        elif heading := _HEADING.match(line):
            section = heading["title"].strip()
    assert inside is None, "every fence is closed"
    return found
