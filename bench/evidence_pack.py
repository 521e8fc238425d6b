"""How fast an evidence pack comes: the product's, beside a bare zip of the same files by the standard library. Run by
``evidence.py`` as a process of its own: ``evidence_pack.py FOLDER FILES MIB ROUNDS``, CASEROOM_DATA being set; prints
JSON.

Both are written to nowhere: what is measured is reading, opening, hashing and packing. The bare side has the plain
bytes on the disk, hashes them for a manifest as a pack must, and stores what the pack stores."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from setup import NobodyIsThere, build_case, make_people  # isort: skip - puts the product on the path

from servers import resident_bytes

from caseroom.access.actor import Actor
from caseroom.app import open_database
from caseroom.config import load_settings
from caseroom.db import Database
from caseroom.evidence.packing import plan_pack, write_pack
from caseroom.exhibits.services import NewExhibit, begin_filing, examine, file_exhibit
from caseroom.realtime.outbox import Publisher
from caseroom.rooms.announce import EntryRenderer
from caseroom.rooms.services import NewMessage, post_message

MIB = 1024 * 1024
PEOPLE = 5
MESSAGES = 50
LOOK_EVERY = 4 * MIB  # bytes between two looks at the memory


class Nowhere(io.RawIOBase):
    """Takes bytes and counts them."""

    def __init__(self) -> None:
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.size += len(data)
        return len(data)


def build(database: Database, *, files: int, mib: int) -> tuple[Actor, str]:
    """A mediation whose joint room has messages and exhibits of random bytes."""
    database.provide(Publisher, NobodyIsThere())  # type: ignore[type-abstract]
    database.provide(EntryRenderer, NobodyIsThere())  # type: ignore[type-abstract]
    people = make_people(database, PEOPLE)
    case, mediator = build_case(database, people), people[0][1]
    room, audience = str(case["room"]), str(case["audience"])
    for number in range(MESSAGES):
        with database.unit_of_work() as work:
            post_message(work, mediator, room, NewMessage(body=f"Message {number}", audience=audience))
    for number in range(files):
        with database.reading() as work:
            intake = begin_filing(work, mediator, room, audience=audience)
        for _ in range(mib):
            intake.write(os.urandom(MIB))
        received = intake.keep()
        filename, kind = examine(received, f"exhibit-{number}.bin")
        command = NewExhibit(filename=filename, kind=kind, title="Exhibit", audience=audience)
        with database.unit_of_work() as work:
            file_exhibit(work, mediator, room, command, received)
    return mediator, str(case["case"])


def pieces(database: Database, actor: Actor, case: str) -> Iterator[bytes]:
    with database.reading() as work:
        plan = plan_pack(work, actor, case, files=True, language="en")
    return write_pack(database, plan)


def product(database: Database, actor: Actor, case: str) -> tuple[float, int, int]:
    """Seconds, bytes of the pack, and by how many bytes the memory of this process grew at most."""
    before = peak = resident_bytes(os.getpid())
    begin, size, looked = time.perf_counter(), 0, 0
    for piece in pieces(database, actor, case):
        size += len(piece)
        if size - looked >= LOOK_EVERY:
            looked, peak = size, max(peak, resident_bytes(os.getpid()))
    return time.perf_counter() - begin, size, peak - before


def bare(plain: Path) -> float:
    """Seconds for a zip of the same files."""
    begin, digests = time.perf_counter(), {}
    with zipfile.ZipFile(Nowhere(), "w") as archive:
        for path in sorted(each for each in plain.rglob("*") if each.is_file()):
            name, digest = str(path.relative_to(plain)), hashlib.sha256()
            info = zipfile.ZipInfo(name)
            stored = "/files/" in name or name.startswith("case/")
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                while data := source.read(MIB):
                    digest.update(data)
                    target.write(data)
            digests[name] = digest.hexdigest()
        archive.writestr("manifest.json", json.dumps(digests))
    return time.perf_counter() - begin


def measure(folder: Path, *, files: int, mib: int, rounds: int) -> dict[str, Any]:
    """Million bytes per second, the best of the rounds of each side, in turns; memory in MiB."""
    database = open_database(load_settings())
    actor, case = build(database, files=files, mib=mib)
    with (folder / "pack.zip").open("wb") as target:
        target.writelines(pieces(database, actor, case))
    with zipfile.ZipFile(folder / "pack.zip") as archive:
        archive.extractall(folder / "plain")
    (folder / "pack.zip").unlink()
    times: dict[str, list[float]] = {"caseroom": [], "bare": []}
    growth = size = 0
    for _ in range(rounds):
        seconds, size, grown = product(database, actor, case)
        growth = max(growth, grown)
        times["caseroom"].append(seconds)
        times["bare"].append(bare(folder / "plain"))
    best = {name: min(found) for name, found in times.items()}
    return {
        "bytes": size,
        "rounds": rounds,
        **{f"{name}_mb_per_s": round(size / seconds / 1e6, 1) for name, seconds in best.items()},
        "ratio": round(best["bare"] / best["caseroom"], 2),
        "rss_growth_mib": round(growth / MIB, 1),
    }


if __name__ == "__main__":
    place, *numbers = sys.argv[1:]
    wanted = dict(zip(("files", "mib", "rounds"), map(int, numbers), strict=True))
    print(json.dumps(measure(Path(place), **wanted)))
