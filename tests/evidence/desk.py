"""The folder in which a reader of the page works: its commands run there one after the other, as they stand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.evidence.page import Block, blocks


@dataclass(frozen=True)
class Ran:
    ok: bool
    output: str  # of both streams


@dataclass(frozen=True)
class Desk:
    """``names`` are the variables that the reader has set; ``caches`` is where the compiler keeps what it made."""

    folder: Path
    names: dict[str, str]
    caches: Path
    _copies: Iterator[int] = field(default_factory=count)

    def run(self, block: Block, **other_names: object) -> Ran:
        """``-e``: the first command that fails ends it; in a terminal the reader sees its words and stops."""
        return self.command("sh", "-eu", "-c", block.text, **other_names)

    def command(self, *words: str, **other_names: object) -> Ran:
        ended = subprocess.run(
            words,
            cwd=self.folder,
            env=self._surroundings() | {name: str(value) for name, value in other_names.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Ran(ended.returncode == 0, ended.stdout)

    @contextmanager
    def copied(self) -> Iterator[Desk]:
        """The same folder once more, to change something in it."""
        folder = self.folder.with_name(f"{self.folder.name}-{next(self._copies)}")
        shutil.copytree(self.folder, folder, symlinks=True)
        yield Desk(folder, self.names, self.caches)
        shutil.rmtree(folder)

    @property
    def entry(self) -> int:
        """The number of the entry for which the receipt was given, as the reader has it from there."""
        return int((self.folder / "seq").read_text())

    def _surroundings(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "GOPATH") if name in os.environ}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        # Whatever would be fetched by the compiler is refused.
        return {"PATH": path, "LC_ALL": "C.UTF-8", "GOCACHE": str(self.caches), "GOPROXY": "off", **kept, **self.names}

    # --- an adversary's hand ---

    def change(self, path: str, old: bytes, new: bytes) -> None:
        """Put ``new`` in the place of the first ``old``."""
        file = self.folder / path
        content = file.read_bytes()
        assert old in content, "there is something to change"
        assert old != new
        file.write_bytes(content.replace(old, new, 1))

    def alter(self, path: str, place: int) -> None:
        """Put another digit at ``place``, where one of hex or base64 stands."""
        file = self.folder / path
        content = bytearray(file.read_bytes())
        content[place : place + 1 or None] = other_digit(chr(content[place])).encode()
        file.write_bytes(content)

    def flip(self, path: str, place: int) -> None:
        """Change one bit of the byte at ``place``."""
        file = self.folder / path
        content = bytearray(file.read_bytes())
        content[place] ^= 1
        file.write_bytes(content)


@dataclass(frozen=True)
class Walk:
    """The page from the first command to the last: the folder as it then is, and what each command said."""

    desk: Desk
    said: list[tuple[Block, Ran]]

    def of(self, section: str) -> list[Ran]:
        return [ran for block, ran in self.said if block.section.startswith(f"{section}.")]

    def block(self, part: str) -> Block:
        """The one block of commands that ``part`` stands in. It ran without a complaint."""
        ((block, ran),) = [(block, ran) for block, ran in self.said if part in block.text]
        assert ran.ok, ran.output
        return block

    def refusal(self, desk: Desk, part: str, **other_names: object) -> str:
        """What that block says of a changed desk. It found nothing to say of the unchanged one."""
        ran = desk.run(self.block(part), **other_names)
        assert not ran.ok, ran.output
        return ran.output


def other_digit(text: str) -> str:
    """``text``, in hex or base64, with another first digit."""
    return ("1" if text[0] == "0" else "0") + text[1:]


def walk_through(desk: Desk) -> Walk:
    page = blocks()
    for program in page:
        if program.language == "go":
            (desk.folder / program.filename).write_text(program.text, encoding="utf-8")
    return Walk(desk, [(block, desk.run(block)) for block in page if block.language == "sh"])
