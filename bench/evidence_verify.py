"""The verifier beside a bare loop over the same pack: ``python bench/evidence_verify.py --entries 100000``.

Prints JSON with both times and their ratio (bar: docs/benchmarks.md). The pack is made here, without a server. The bare
loop parses each line, writes it again, and hashes what there is to hash: leaf, node, three salts, three commitments. It
checks nothing."""

from __future__ import annotations

import argparse
import gc
import hashlib
import hmac
import json
import sys
import tempfile
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from caseroom.audit import verify  # noqa: E402
from tests.evidence.building import PackBuilder  # noqa: E402

SLOT = 11
FIELDS = ("body", "meta", "who")


def build(path: Path, *, entries: int, epochs: int = 100) -> Path:
    """A pack of one room with this many messages, sealed in this many epochs."""
    builder = PackBuilder(seed="bench")
    room = builder.space(SLOT)
    room.event("case.opened", {"rules": "bench@1"}, actor="system", at=builder.opened)
    builder.seal()
    step = timedelta(seconds=builder.interval * epochs / entries)
    for number in range(1, entries):
        if number * epochs // entries >= len(builder.epochs):
            builder.seal()
        text = f"Message {number}: we accept the second offer if it is put in writing before Friday, as we said."
        at = max(builder.now, builder.opened + number * step)
        room.event("message.posted", {"text": text}, who={"auth": "AL1"}, at=at)
    builder.seal()
    return builder.write(path)


def bare_loop(path: Path) -> float:
    """Seconds for parsing, writing again and hashing each line, with nothing compared."""
    start = time.perf_counter()
    write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
    with zipfile.ZipFile(path) as archive:
        running = bytes(32)
        for line in archive.read(f"spaces/{SLOT}/events.jsonl").splitlines():
            again = write(json.loads(line)).encode()
            leaf = hashlib.sha256(b"\x00" + again).digest()
            running = hashlib.sha256(b"\x01" + running + leaf).digest()
        for line in archive.read(f"spaces/{SLOT}/disclosures.jsonl").splitlines():
            value = json.loads(line)
            write(value).encode()
            key = bytes.fromhex(value["ek"])
            for name in FIELDS:
                salt = hmac.digest(key, b"caseroom/v1/salt\x00" + name.encode(), "sha256")
                tag = b"caseroom/v1/commit\x00" + name.encode() + b"\x00"
                hashlib.sha256(tag + salt + value["values"][name].encode()).digest()
    return time.perf_counter() - start


def verifier(path: Path) -> float:
    """Seconds for verifying the pack in full."""
    start = time.perf_counter()
    report = verify.verify_pack(path)
    seconds = time.perf_counter() - start
    if not report.verified:
        sys.exit(f"bench: the pack does not verify: {report.findings[:3]}")
    return seconds


def measure(*, entries: int = 100_000, rounds: int = 3) -> dict[str, Any]:
    """Both in turn, the best of some rounds of each."""
    with tempfile.TemporaryDirectory() as folder:
        path = build(Path(folder) / "pack.zip", entries=entries)
        gc.collect()
        times = [(bare_loop(path), verifier(path)) for _ in range(rounds)]
        size = path.stat().st_size
    bare, full = (min(column) for column in zip(*times, strict=True))
    return {
        "entries": entries,
        "pack_bytes": size,
        "bare_s": round(bare, 3),
        "verify_s": round(full, 3),
        "ratio": round(full / bare, 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="The verifier beside a bare loop over the same lines.")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(json.dumps(measure(entries=arguments.entries, rounds=arguments.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
