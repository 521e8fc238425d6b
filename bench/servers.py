"""The two servers as processes of their own, on free ports of 127.0.0.1, and what the system says of them."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
START = 60.0  # seconds a server may take to answer for the first time


class NotStarted(Exception):
    """A server ended, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int


@contextmanager
def bare_server(folder: Path) -> Iterator[Server]:
    port = free_port()
    with _running([str(HERE / "bare_server.py"), str(port), str(folder)], folder / "bare.log", port) as server:
        yield server


@contextmanager
def caseroom_server(data: Path, folder: Path) -> Iterator[Server]:
    port = free_port()
    environ = {"CASEROOM_BIND": f"127.0.0.1:{port}", **caseroom_environ(data)}
    with _running(["-m", "caseroom", "serve"], folder / "caseroom.log", port, environ) as server:
        yield server


def caseroom_environ(data: Path) -> dict[str, str]:
    return {"CASEROOM_DATA": str(data), "CASEROOM_ASYNC": "eventlet"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident_bytes(pid: int) -> int:
    """The memory that a process holds now."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(each for each in status.read_text().splitlines() if each.startswith("VmRSS"))
        return int(line.split()[1]) * 1024
    found = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)  # noqa: S607
    return int(found.stdout) * 1024


def cpu_seconds(pid: int) -> float | None:
    """Time on a processor so far, all threads, in nanosecond resolution; None where the system does not tell."""
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():
        return None
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9


@contextmanager
def _running(arguments: list[str], log: Path, port: int, environ: dict[str, str] | None = None) -> Iterator[Server]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", *arguments],
            cwd=HERE.parent,
            env={**os.environ, **(environ or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _await_answer(process, port, log)
            yield Server(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _await_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise NotStarted(f"{log.name}: {log.read_text(errors='replace')[-2000:]}")
