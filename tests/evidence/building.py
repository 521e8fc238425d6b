"""Packs made by hand, without the server: every byte from the functions of ``caseroom.audit`` that define the formats
(docs/evidence.md §1 to §4) and everything random from a seed, so that the same calls give the same pack.

    builder = PackBuilder()
    joint = builder.space(11)
    joint.event("case.opened", {"rules": "test"}, actor="system")
    builder.seal()                      # epoch 0; later ones are due an interval apart
    builder.write(path)

A defect is put in where it would be made: ``event(change=...)`` and ``seal(change=...)`` alter what is then signed, as
an operator with the key could; ``files()`` and ``write_zip`` alter what was signed before, as anybody else could.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from caseroom.audit import tree
from caseroom.audit.canonical import canonical, format_instant, parse_canonical
from caseroom.audit.epoch_bytes import (
    Gen,
    Why,
    build_epoch,
    pin_tokens,
    slot_path,
    slot_root,
    slot_salt,
    slot_value,
)
from caseroom.audit.event_bytes import FIELDS, Kind, Values, build_event, build_intent, event_salt
from caseroom.audit.notes import NoteSigner, checkpoint_text, format_vkey, sign_note
from caseroom.audit.receipts import format_receipt

OPENED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOST = "rooms.example.org"
MANIFEST = "manifest.json"

Change = Callable[[dict[str, Any]], object]


def drawn(*parts: object, size: int = 32) -> bytes:
    """Bytes that only look random."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:size]


def changed(line: bytes, change: Change | None) -> bytes:
    """A canonical line with a change to its members, canonical again."""
    if change is None:
        return line
    members = parse_canonical(line)
    change(members)
    return canonical(members)


@dataclass
class BuiltEvent:
    """One event as it went into the log, with what its pack may disclose of it."""

    line: bytes
    ek: bytes
    values: Values
    disclosed: tuple[str, ...] | None = FIELDS  # None: no line in disclosures.jsonl

    @property
    def leaf(self) -> bytes:
        return tree.leaf_hash(self.line)

    @property
    def members(self) -> dict[str, Any]:
        return dict(parse_canonical(self.line))

    def disclosure(self, seq: int) -> dict[str, Any]:
        texts = {name: getattr(self.values, name).decode() for name in FIELDS}
        if self.disclosed == FIELDS:
            return {"seq": seq, "ek": self.ek.hex(), "values": texts}
        shown = self.disclosed or ()
        salts = {name: event_salt(self.ek, name).hex() for name in shown}
        return {"seq": seq, "salts": salts, "values": {name: texts[name] for name in shown}}


@dataclass
class SpaceBuilder:
    """One room of the case: its events, openings, exhibits and act signatures."""

    case: PackBuilder
    slot: int
    events: list[BuiltEvent] = field(default_factory=list)
    openings: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    acts: dict[str, bytes] = field(default_factory=dict)
    log: tree.MemoryNodes = field(default_factory=tree.MemoryNodes)

    @property
    def origin(self) -> str:
        return f"{self.case.origin}/s/{self.slot}"

    def event(
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        meta: Mapping[str, Any] | None = None,
        who: Mapping[str, Any] | None = None,
        actor: str | None = None,
        at: datetime | None = None,
        act: Callable[[bytes], bytes] | None = None,
        disclosed: tuple[str, ...] | None = FIELDS,
        change: Change | None = None,
    ) -> BuiltEvent:
        """Append an event; ``at`` is otherwise a minute after the last one of the case. ``act`` makes the act-signature
        file from the SHA-256 of the intent."""
        seq = len(self.events)
        self.case.now = at = at or self.case.now + timedelta(minutes=1)
        ek = drawn(self.case.seed, "ek", self.slot, seq)
        values = Values.of(body, meta=meta, who=who)
        seen = self.case.log.size
        intent = build_intent(
            actor=actor or self.case.exporter,
            case=self.case.case_id,
            kind=Kind(kind),
            space=self.slot,
            seen_size=seen,
            seen_root=tree.root(seen, self.case.log),
            t=at,
            x=drawn(self.case.seed, "x", self.slot, seq, size=16),
            commitments=values.commitments(ek),
        )
        signature = act(hashlib.sha256(intent).digest()) if act else None
        sig = hashlib.sha256(signature).digest() if signature else None
        prev = self.events[-1].leaf if self.events else bytes(32)
        line = changed(build_event(intent, at=at, prev=prev, seq=seq, sig=sig), change)
        built = BuiltEvent(line, ek, values, disclosed)
        self.events.append(built)
        self.log.append(built.leaf)
        if signature and sig:
            self.acts[sig.hex()] = signature
        return built

    def exhibit(self, data: bytes, *, kind: str = "exhibit.filed", **more: Any) -> BuiltEvent:
        """File an exhibit with these bytes."""
        digest = hashlib.sha256(data).hexdigest()
        self.files[digest] = data
        body = {"files": [{"sha256": digest, "size": len(data), "type": "application/pdf"}]}
        return self.event(kind, body, meta={"number": "J-1", "title": "Contract"} | more.pop("meta", {}), **more)

    def admit(self, pid: str, *, keys: tuple[str, ...] = (), **more: Any) -> BuiltEvent:
        meta = {"name": f"Person {pid[:4]}", "role": "party", "keys": list(keys)}
        return self.event("participant.admitted", {"pid": pid}, meta=meta, who={"auth": "AL1"}, **more)

    def head(self) -> tuple[int, bytes]:
        return self.log.size, tree.root(self.log.size, self.log)

    def note(self) -> str:
        key = self.case.keys[-1]
        return sign_note(checkpoint_text(self.origin, *self.head()), NoteSigner(self.origin, key))

    def vkey(self) -> str:
        return format_vkey(self.origin, self.case.keys[-1].public_key().public_bytes_raw())

    def receipt(self, seq: int) -> str:
        return format_receipt(seq, tree.inclusion_proof(seq, self.log.size, self.log), self.note())

    def pack_files(self) -> dict[str, bytes]:
        told = [(seq, event) for seq, event in enumerate(self.events) if event.disclosed is not None]
        files = {
            "vkey": f"{self.vkey()}\n".encode(),
            "head.note": self.note().encode(),
            "events.jsonl": b"".join(event.line + b"\n" for event in self.events),
            "disclosures.jsonl": b"".join(canonical(event.disclosure(seq)) + b"\n" for seq, event in told),
            "openings.jsonl": b"".join(canonical(opening) + b"\n" for opening in self.openings),
        }
        files |= {f"acts/{name}": data for name, data in self.acts.items()}
        files |= {f"files/{name}": data for name, data in self.files.items()}
        return {f"spaces/{self.slot}/{name}": data for name, data in files.items()}


class PackBuilder:
    """A case with its epochs, from which one person's pack is written."""

    def __init__(
        self, *, seed: str = "pack", exporter: str | None = None, opened: datetime = OPENED, interval: int = 3600
    ) -> None:
        self.seed, self.opened, self.interval = seed, opened, interval
        self.case_id = drawn(seed, "case", size=16)
        self.origin = f"{HOST}/c/{self.case_id.hex()}"
        self.exporter = exporter or drawn(seed, "exporter", size=16).hex()
        self.now = opened
        self.keys = [self._key(0)]
        self.spaces: dict[int, SpaceBuilder] = {}
        self.epochs: list[bytes] = []
        self.notes: list[str] = []
        self.tokens: dict[int, bytes] = {}
        self.roots: dict[str, bytes] = {}
        self.links: list[dict[str, Any]] = []
        self.log = tree.MemoryNodes()
        self._waiting: list[int] = []  # epochs whose tokens the next epoch pins

    def _key(self, number: int) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(drawn(self.seed, "key", number))

    def person(self, name: str) -> str:
        """The pid of somebody in this case."""
        return drawn(self.seed, "person", name, size=16).hex()

    def space(self, slot: int) -> SpaceBuilder:
        """The room with this slot, made when first asked for."""
        return self.spaces.setdefault(slot, SpaceBuilder(self, slot))

    @property
    def vkey(self) -> str:
        return format_vkey(self.origin, self.keys[0].public_key().public_bytes_raw())

    def due(self, n: int) -> datetime:
        return self.opened + timedelta(seconds=n * self.interval)

    def seal(
        self, *, why: str = "grid", due: datetime | None = None, rekey: bool = False, change: Change | None = None
    ) -> int:
        """Seal the next epoch, due at ``due`` or ``n`` intervals after the opening, and sign its checkpoint."""
        n = len(self.epochs)
        due = due or self.due(n)
        self.now = max(self.now, due)
        signers = [NoteSigner(self.origin, self.keys[-1])]
        if rekey:
            self.keys.append(self._key(len(self.keys)))
            signers.append(NoteSigner(self.origin, self.keys[-1]))
        vkey = format_vkey(self.origin, self.keys[-1].public_key().public_bytes_raw())
        values = self._open_slots(n)
        pinned = [hashlib.sha256(self.tokens[each]).digest() for each in self._waiting]
        line = build_epoch(
            case=self.case_id,
            due=due,
            n=n,
            prev=tree.leaf_hash(self.epochs[-1]) if n else bytes(32),
            slots=32,
            sroot=slot_root(values),
            why=Why(why) if n else Why.OPEN,
            gen=Gen(self.interval, vkey) if rekey or not n else None,
            tst=pin_tokens(pinned) if pinned else None,
            stamps=self._waiting,
        )
        self._waiting = []
        line = changed(line, change)
        self.epochs.append(line)
        self.log.append(tree.leaf_hash(line))
        self.notes.append(sign_note(checkpoint_text(self.origin, n + 1, tree.root(n + 1, self.log)), *signers))
        return n

    def _open_slots(self, n: int) -> list[bytes]:
        heads = {slot: space.head() for slot, space in self.spaces.items()}
        salts = [slot_salt(drawn(self.seed, "bk", slot), n) for slot in range(32)]
        values = []
        for slot, salt in enumerate(salts):
            size, root = heads.get(slot, (0, tree.EMPTY_ROOT))
            values.append(slot_value(salt, case=self.case_id, slot=slot, n=n, size=size, root=root))
        for slot, space in self.spaces.items():
            size, root = heads[slot]
            path = [each.hex() for each in slot_path(values, slot)]
            opening = {"n": n, "salt": salts[slot].hex(), "size": size, "root": root.hex(), "path": path}
            space.openings.append(opening)
        return values

    def stamp(self, n: int, token: Callable[[bytes], bytes]) -> None:
        """Add a token, made from the note of epoch ``n``; the next epoch sealed pins it."""
        self.tokens[n] = token(self.notes[n].encode())
        self._waiting = sorted([*self._waiting, n])

    def case_files(self) -> dict[str, bytes]:
        """What is the same in everybody's pack."""
        files = {"case/vkey": f"{self.vkey}\n".encode(), "case/epochs.jsonl": b"".join(e + b"\n" for e in self.epochs)}
        files |= {f"case/checkpoints/{n:06d}.note": note.encode() for n, note in enumerate(self.notes)}
        files |= {f"case/checkpoints/{n:06d}.tsr": token for n, token in self.tokens.items()}
        return files | {f"tsa/{name}.pem": data for name, data in self.roots.items()}

    def files(self) -> dict[str, bytes]:
        """Every file of the pack by path, but the manifest."""
        files = {"README.txt": b"A pack for tests.\n"} | self.case_files()
        for space in self.spaces.values():
            files |= space.pack_files()
        if self.links:
            files["links.jsonl"] = b"".join(canonical(link) + b"\n" for link in self.links)
        return files

    def manifest(self, files: Mapping[str, bytes], *, v: str = "caseroom/v1/pack") -> bytes:
        listed = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
        at = format_instant(self.now + timedelta(minutes=5))
        who = {"v": v, "case": self.case_id.hex(), "exporter": self.exporter, "at": at}
        return canonical({**who, "files": listed}) + b"\n"

    def write(self, path: Path, files: Mapping[str, bytes] | None = None) -> Path:
        """Write the pack, or these files instead, under a fresh manifest."""
        files = self.files() if files is None else files
        return write_zip(path, {**files, MANIFEST: self.manifest(files)})


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            stored = name.startswith("case/")
            archive.writestr(name, data, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
    return path


def small_case(**more: Any) -> PackBuilder:
    """A case of two rooms, the joint one (11) and the exporter's private one (2), over four epochs."""
    builder = PackBuilder(**more)
    joint, private = builder.space(11), builder.space(2)
    joint.event("case.opened", {"rules": "test@1"}, actor="system", at=builder.opened)
    joint.admit(builder.exporter, at=builder.opened)
    private.admit(builder.exporter, at=builder.opened)
    for _ in range(3):
        builder.seal()
        joint.event("message.posted", {"text": "Bonjour à tous \u2028 \U0001f600"}, who={"auth": "AL1"})
        private.exhibit(b"offer %d" % len(builder.epochs))
    builder.seal()
    joint.event("message.posted", {"text": "not sealed yet"}, who={"auth": "AL1"})
    return builder
