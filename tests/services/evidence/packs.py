"""A pack as the tests read it, and the verifier as an outsider runs it: another process, over the file alone."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caseroom.audit import verify
from caseroom.audit.scheduler import seal_due
from caseroom.evidence.disclosing import plan_disclosure, write_disclosure
from caseroom.evidence.packing import plan_pack, write_pack
from tests.house import House

HOUR = 3600


@dataclass(frozen=True)
class Pack:
    """A zip in memory: ``members`` by path, in the order in which they lie in it."""

    data: bytes

    @property
    def members(self) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads(self.members["manifest.json"])

    def under(self, folder: str) -> dict[str, bytes]:
        return {path: content for path, content in self.members.items() if path.startswith(folder)}

    def lines(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.members[path].split(b"\n")[:-1]]

    def openings(self, slot: int) -> list[int]:
        """The epochs of which the pack opens this slot."""
        return [line["n"] for line in self.lines(f"spaces/{slot}/openings.jsonl")]


def seal(house: House, present, times: int = 1) -> None:
    """Let an hour pass and the epoch that is due be sealed, as often as asked."""
    for _ in range(times):
        present.move(seconds=HOUR)
        assert seal_due(house.database, now=present.now()) > 0


def planned(house: House, person: str, case: str, *, files=True, language="fr"):
    with house.database.reading() as work:
        return plan_pack(work, house.actors[person], case, files=files, language=language)


def pack_of(house: House, person: str, case: str, *, files=True, language="fr") -> Pack:
    return Pack(b"".join(write_pack(house.database, planned(house, person, case, files=files, language=language))))


def disclosure_plan(house: House, person: str, exhibit: str, *, language="fr"):
    with house.database.reading() as work:
        return plan_disclosure(work, house.actors[person], exhibit, language=language)


def disclosure_of(house: House, person: str, exhibit: str, *, language="fr") -> Pack:
    return Pack(b"".join(write_disclosure(house.database, disclosure_plan(house, person, exhibit, language=language))))


def report(pack: Pack, folder: Path) -> dict[str, Any]:
    """What the verifier that lies in the pack says of it, run by itself in an empty folder."""
    place = folder / f"check-{len(list(folder.iterdir()))}"
    place.mkdir()
    (place / "pack.zip").write_bytes(pack.data)
    (place / "verify.py").write_bytes(pack.members["verify.py"])
    assert (place / "verify.py").read_bytes() == Path(verify.__file__).read_bytes()
    asked = [sys.executable, "-I", "verify.py", "pack.zip", "--json"]
    ended = subprocess.run(asked, cwd=place, capture_output=True, text=True, check=False)
    found = json.loads(ended.stdout)
    assert ended.returncode == (0 if found["verified"] else 1), ended.stderr
    return found


def verified(pack: Pack, folder: Path) -> dict[str, Any]:
    found = report(pack, folder)
    assert found["findings"] == []
    assert found["verified"] is True
    return found


def slot_of(house: House, person: str, room: str) -> int:
    with house.database.reading() as work:
        return house.opened(work, person, room).room.slot
