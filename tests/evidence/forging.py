"""What an operator can do who holds the signing key: write history again from some entry on, every hash, path and
signature in order. And what a forger can who does not: lines of a log made to follow each other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from caseroom.audit import tree
from caseroom.audit.canonical import canonical
from caseroom.audit.epoch_bytes import pin_tokens, slot_path, slot_root, slot_value
from caseroom.audit.event_bytes import Values
from caseroom.audit.notes import NoteSigner, checkpoint_text, parse_vkey, sign_note
from tests.evidence.mutating import Members, renewed

Stamper = Callable[[int, bytes], bytes]


def chained(lines: Sequence[bytes], *, start: int) -> Iterator[bytes]:
    """Events or epochs, numbered from 0 and each naming the hash of the one before, from place ``start`` on."""
    previous = bytes(32).hex()
    for number, given in enumerate(lines):
        line = given
        if number >= start:
            value = json.loads(given)
            value["prev"] = previous
            value["seq" if "in" in value else "n"] = number
            line = canonical(value)
        yield line
        previous = tree.leaf_hash(line).hex()


def lines_of(members: Mapping[str, bytes], path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in members[path].split(b"\n")[:-1]]


def written(lines: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(canonical(line) + b"\n" for line in lines)


@dataclass
class _Room:
    """A room of the pack while it is written again."""

    slot: int
    events: list[dict[str, Any]]
    openings: list[dict[str, Any]]
    log: tree.MemoryNodes = field(default_factory=tree.MemoryNodes)
    done: list[bytes] = field(default_factory=list)
    at: int = 0  # the next opening


@dataclass
class Operator:
    """``values`` are those of all slots, by epoch: the operator has them, and nobody else. ``honest``: entries keep
    what their authors' pages said they had seen. ``stamper`` makes new tokens; else those of changed epochs go."""

    members: Members
    key: Ed25519PrivateKey
    values: dict[int, list[bytes]]
    honest: bool = False
    stamper: Stamper | None = None
    keep_tokens: bool = False

    def __post_init__(self) -> None:
        self.origin = parse_vkey(self.members["case/vkey"].decode().strip()).name
        self.case_id = bytes.fromhex(self.origin.rpartition("/")[2])
        self.after = dict(self.members)
        self.log, self.roots = tree.MemoryNodes(), [tree.EMPTY_ROOT]
        self.changed_at: int | None = None  # the first epoch that differs
        self.rooms: dict[int, _Room] = {}

    def change(self, slot: int, seq: int, text: str) -> None:
        """Somebody said something else."""
        folder = f"spaces/{slot}"
        told = lines_of(self.after, f"{folder}/disclosures.jsonl")
        values = Values.of({"text": text}, meta={}, who=json.loads(told[seq]["values"]["who"]))
        told[seq]["values"] = {name: getattr(values, name).decode() for name in ("body", "meta", "who")}
        events = lines_of(self.after, f"{folder}/events.jsonl")
        commitments = values.commitments(bytes.fromhex(told[seq]["ek"]))
        events[seq]["in"]["f"] = {name: each.hex() for name, each in commitments.items()}
        self.after[f"{folder}/events.jsonl"] = written(events)
        self.after[f"{folder}/disclosures.jsonl"] = written(told)

    def rewrite(self) -> Members:
        """The pack of the other history, in order by itself as far as that can be done."""
        slots = sorted({int(path.split("/")[1]) for path in self.after if path.startswith("spaces/")})
        for slot in slots:
            folder = f"spaces/{slot}"
            openings = lines_of(self.after, f"{folder}/openings.jsonl")
            self.rooms[slot] = _Room(slot, lines_of(self.after, f"{folder}/events.jsonl"), openings)
        epochs = lines_of(self.after, "case/epochs.jsonl")
        for n, epoch in enumerate(epochs):
            self._epoch(n, epoch)
        self.after["case/epochs.jsonl"] = written(epochs)
        for room in self.rooms.values():
            self._extend(room, len(room.events))
            self._write(room)
        return renewed(self.after, json.loads(self.members["manifest.json"]))

    def _extend(self, room: _Room, size: int) -> None:
        for event in room.events[len(room.done) : size]:
            seen = event["in"]["seen"]
            if not self.honest and seen["n"] < len(self.roots):
                seen["root"] = self.roots[seen["n"]].hex()
            event["seq"] = len(room.done)
            event["prev"] = tree.leaf_hash(room.done[-1]).hex() if room.done else bytes(32).hex()
            room.done.append(canonical(event))
            room.log.append(tree.leaf_hash(room.done[-1]))

    def _epoch(self, n: int, epoch: dict[str, Any]) -> None:
        values = list(self.values[n])
        opened = [
            room for room in self.rooms.values() if room.at < len(room.openings) and room.openings[room.at]["n"] == n
        ]
        for room in opened:
            opening = room.openings[room.at]
            self._extend(room, opening["size"])
            root = tree.root(opening["size"], room.log)
            opening["root"] = root.hex()
            values[room.slot] = slot_value(
                bytes.fromhex(opening["salt"]), case=self.case_id, slot=room.slot, n=n, size=opening["size"], root=root
            )
        for room in opened:
            room.openings[room.at]["path"] = [each.hex() for each in slot_path(values, room.slot)]
            room.at += 1
        if self.changed_at is None and values != self.values[n]:
            self.changed_at = n
        epoch["sroot"] = slot_root(values).hex()
        if n:
            epoch["prev"] = self.last.hex()
        self._pin(epoch)
        self.last = tree.leaf_hash(canonical(epoch))
        self.log.append(self.last)
        self.roots.append(tree.root(n + 1, self.log))
        note = sign_note(
            checkpoint_text(self.origin, n + 1, self.roots[-1]), NoteSigner(self.origin, self.key)
        ).encode()
        self.after[f"case/checkpoints/{n:06d}.note"] = note
        if self.changed_at is not None and not self.keep_tokens:
            self._stamp(n, note)

    def _pin(self, epoch: dict[str, Any]) -> None:
        """The tokens that this epoch is to name, as they are now; those that are gone are not named."""
        paths = {n: f"case/checkpoints/{n:06d}.tsr" for n in epoch.pop("stamps", [])}
        tokens = {n: self.after[path] for n, path in paths.items() if path in self.after}
        if tokens:
            epoch["stamps"] = sorted(tokens)
        pinned = pin_tokens([hashlib.sha256(tokens[n]).digest() for n in sorted(tokens)]) if tokens else b""
        epoch["tst"] = pinned.hex()

    def _stamp(self, n: int, note: bytes) -> None:
        path = f"case/checkpoints/{n:06d}.tsr"
        had = self.after.pop(path, None)
        if self.stamper is not None and had is not None:
            self.after[path] = self.stamper(n, note)

    def _write(self, room: _Room) -> None:
        folder = f"spaces/{room.slot}"
        self.after[f"{folder}/events.jsonl"] = b"".join(line + b"\n" for line in room.done)
        self.after[f"{folder}/openings.jsonl"] = written(room.openings)
        name = f"{self.origin}/s/{room.slot}"
        text = checkpoint_text(name, len(room.done), tree.root(len(room.done), room.log))
        self.after[f"{folder}/head.note"] = sign_note(text, NoteSigner(name, self.key)).encode()
