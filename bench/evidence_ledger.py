"""What the ledger costs: an event recorded and signed, an epoch of 32 slots sealed, beside bare loops that hash, seal,
sign and commit the same and check nothing. Run by ``evidence.py`` as a process of its own: ``evidence_ledger.py FOLDER
EVENTS EPOCHS`` with CASEROOM_DATA set to a folder beside it; prints JSON.

What runs in a folder in memory shows the work without the disk: there an fsync costs nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from setup import NobodyIsThere, build_case, make_people  # isort: skip - puts the product on the path

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.app import open_database
from caseroom.audit.case_log import head_of
from caseroom.audit.event_bytes import Kind
from caseroom.audit.scheduler import seal_if_due
from caseroom.audit.services import record
from caseroom.config import load_settings
from caseroom.db import Database
from caseroom.realtime.outbox import Publisher
from caseroom.rooms.access import access_room
from caseroom.rooms.announce import EntryRenderer

PEOPLE = 5
SLOTS = 32
BLOCK = 10  # of one side before it is the other's turn, so that whatever else the machine does falls on both
TEXT = "Bonjour, voici notre proposition pour la réunion de jeudi."
FIELDS = ("body", "meta", "who")
TABLES = "CREATE TABLE row (line BLOB, sealed BLOB, note TEXT)"


class Bare:
    """The same bytes hashed, sealed, signed and kept, in two SQLite files: the application's and the signer's."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._kept, self._signed = (_open(folder / name) for name in ("kept.db", "signed.db"))
        self._key, self._cipher, self._count = Ed25519PrivateKey.generate(), AESGCM(os.urandom(32)), 0
        self._previous = bytes(32)

    def append(self) -> None:
        key, values = os.urandom(32), {name: json.dumps({"text": TEXT}).encode() for name in FIELDS}
        commitments = {}
        for name, value in values.items():
            salt = hmac.digest(key, name.encode(), "sha256")
            commitments[name] = hashlib.sha256(name.encode() + salt + value).hexdigest()
        line = json.dumps({"f": commitments, "prev": self._previous.hex(), "seq": self._count}, sort_keys=True).encode()
        self._previous = hashlib.sha256(b"\0" + line).digest()
        sealed = [self._seal(part) for part in (key, line, b"".join(values.values()))]
        self._keep(sealed[1], b"".join(sealed), self._previous)

    def seal_epoch(self) -> None:
        nodes = []
        for slot in range(SLOTS):
            salt = hmac.digest(os.urandom(32), slot.to_bytes(4, "big"), "sha256")
            nodes.append(hashlib.sha256(b"\0" + hashlib.sha256(salt + self._previous).digest()).digest())
        slots = b"".join(nodes)
        while len(nodes) > 1:
            pairs = zip(nodes[::2], nodes[1::2], strict=True)
            nodes = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs]
        line = json.dumps({"prev": self._previous.hex(), "sroot": nodes[0].hex()}, sort_keys=True).encode()
        self._previous = hashlib.sha256(b"\0" + line).digest()
        self._keep(line, slots, self._previous)

    def _keep(self, line: bytes, sealed: bytes, root: bytes) -> None:
        """Three commits, as the product's: what happened, what the signer signs, the signature."""
        place = self._kept.execute("INSERT INTO row VALUES (?, ?, NULL)", (line, sealed)).lastrowid
        self._signed.execute("INSERT INTO row VALUES (?, NULL, NULL)", (root,))
        signature = self._key.sign(root).hex()
        self._kept.execute("UPDATE row SET note = ? WHERE rowid = ?", (signature, place))
        self._count += 1

    def _seal(self, data: bytes) -> bytes:
        return self._cipher.encrypt(self._count.to_bytes(12, "big"), data, None)


class Product:
    """A mediation through the product's own services."""

    def __init__(self) -> None:
        self.database: Database = open_database(load_settings())
        self.database.provide(Publisher, NobodyIsThere())  # type: ignore[type-abstract]
        self.database.provide(EntryRenderer, NobodyIsThere())  # type: ignore[type-abstract]
        people = make_people(self.database, PEOPLE)
        case = build_case(self.database, people)
        self._actor: Actor = people[0][1]
        self._case, self._room = str(case["case"]), str(case["room"])
        with self.database.reading() as work:
            opened = access_room(work, self._actor, self._room, Permission.ROOM_READ)
            self._stream, self._me = opened.stream, opened.me.id

    def append(self) -> None:
        """The ledger alone: no door, no fan-out."""
        with self.database.unit_of_work() as work:
            record(
                work,
                self._stream,
                kind=Kind.MESSAGE_POSTED,
                actor=self._me,
                body={"text": TEXT},
                who={"auth": "AL1"},
            )

    def seal_epoch(self) -> None:
        with self.database.unit_of_work() as work:
            due = head_of(work, self._case).next_due
            if due is None or not seal_if_due(work, self._case, now=due):
                sys.exit("bench: there is no epoch to seal")


def in_turns(product: Callable[[], None], bare: Callable[[], None], count: int) -> dict[str, float]:
    """Milliseconds per call, the median block of each side, and their ratio."""
    blocks: dict[str, list[float]] = {"caseroom": [], "bare": []}
    for _ in range(max(count // BLOCK, 3)):
        for name, call in (("caseroom", product), ("bare", bare)):
            begin = time.perf_counter()
            for _ in range(BLOCK):
                call()
            blocks[name].append((time.perf_counter() - begin) / BLOCK * 1000)
    found = {f"{name}_ms": sorted(times)[len(times) // 2] for name, times in blocks.items()}
    return {
        **{name: round(value, 2) for name, value in found.items()},
        "ratio": round(found["caseroom_ms"] / found["bare_ms"], 2),
    }


def measure(folder: Path, *, events: int, epochs: int) -> dict[str, Any]:
    product, bare = Product(), Bare(folder)
    for side in (product, bare):
        side.append()
        side.seal_epoch()
    return {
        "append": in_turns(product.append, bare.append, events),
        "seal": in_turns(product.seal_epoch, bare.seal_epoch, epochs),
    }


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(TABLES)
    return connection


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), events=int(sys.argv[2]), epochs=int(sys.argv[3]))))
