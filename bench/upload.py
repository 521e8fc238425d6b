"""How fast a large exhibit is received: Caseroom beside the bare loop that reads, hashes, seals, writes and fsyncs; and
what happens meanwhile to memory and to messages."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from client import Crowd
from latency import TEXT, percentile
from sender import PATIENCE
from servers import HERE, Server, resident_bytes

WARM_UP = 8 * 1024 * 1024  # bytes: loads what the first upload loads, so that memory growth is the file's alone
PAUSE = 0.005  # seconds between two messages while a file arrives
CREATED = 201


class UploadRefused(Exception):
    """A server answered something else than 201."""


class Uploader:
    """One server as a place to upload to."""

    def __init__(self, server: Server, path: str, headers: dict[str, str] | None = None) -> None:
        self.server = server
        self._path = path
        self._headers = headers or {}

    @contextmanager
    def sending(self, size: int) -> Iterator[subprocess.Popen[str]]:
        """A sender at work; ``outcome`` waits for it."""
        task = {"port": self.server.port, "path": self._path, "size": size, "headers": self._request_headers()}
        process = subprocess.Popen(
            [sys.executable, str(HERE / "sender.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdin is not None  # noqa: S101
            process.stdin.write(json.dumps(task))
            process.stdin.close()
            yield process
        finally:
            process.kill()
            process.wait()

    def send(self, size: int) -> float:
        """Upload once; return the seconds it took."""
        with self.sending(size) as process:
            return outcome(process)

    def _request_headers(self) -> dict[str, str]:
        return {**self._headers, "Idempotency-Key": uuid.uuid4().hex}


def outcome(process: subprocess.Popen[str]) -> float:
    assert process.stdout is not None  # noqa: S101
    found = json.loads(process.stdout.read() or '{"status": 0, "answer": "the sender failed"}')
    if found["status"] != CREATED:
        raise UploadRefused(f"{found['status']}: {found['answer']}")
    return float(found["seconds"])


def measure(bare: Server, caseroom: Server, case: dict[str, Any], *, size: int, rounds: int) -> dict[str, Any]:
    """Rates in MB/s (10^6 bytes), the best of ``rounds`` for each side, in turns; memory in MiB; times in ms."""
    token = case["tokens"][0]
    sides = {
        "bare": Uploader(bare, "/upload"),
        "caseroom": Uploader(
            caseroom,
            f"/api/v1/rooms/{case['room']}/exhibits",
            {"Authorization": f"Bearer {token}", "If-Match": f'"{case["audience"]}"'},
        ),
    }
    for side in sides.values():
        side.send(WARM_UP)
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(rounds):
        for name, side in sides.items():
            best[name] = min(best[name], side.send(size))
    rates = {name: round(size / seconds / 1e6, 1) for name, seconds in best.items()}
    return {
        "bytes": size,
        "rounds": rounds,
        **{f"{name}_mb_per_s": rate for name, rate in rates.items()},
        "ratio": round(best["bare"] / best["caseroom"], 2),
        "meanwhile": watch_meanwhile(sides["caseroom"], case, size=size),
    }


def watch_meanwhile(uploader: Uploader, case: dict[str, Any], *, size: int) -> dict[str, Any]:
    """Upload once more while the room talks: growth of memory, and how long messages take."""
    auths = [{"token": token, "case": case["case"]} for token in case["tokens"]]
    crowd = Crowd(uploader.server.port, auths)
    crowd.settle()
    before, timings = resident_bytes(uploader.server.pid), []
    with _peak_memory(uploader.server.pid) as peak, uploader.sending(size) as process:
        begin = time.perf_counter()
        while process.poll() is None and time.perf_counter() - begin < PATIENCE:
            message = {"client_id": uuid.uuid4().hex, "body": TEXT, "room": case["room"]}
            timings.append(crowd.post({**message, "audience": case["audience"]}))
            time.sleep(PAUSE)
        outcome(process)
    crowd.close()
    received = [each.all for each in timings]
    return {
        "rss_growth_mib": round((peak[0] - before) / 2**20, 1),
        "members": len(auths),
        "messages": len(timings),
        "all_p50": round(percentile(received, 50) * 1000, 1),
        "all_p99": round(percentile(received, 99) * 1000, 1),
    }


@contextmanager
def _peak_memory(pid: int) -> Iterator[list[int]]:
    """The most memory a process held while the block ran, asked twenty times a second."""
    peak, done = [resident_bytes(pid)], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            peak[0] = max(peak[0], resident_bytes(pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
