"""The real server in a process of its own, as ``python -m caseroom serve`` starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds until something that must happen counts as failed; never a promise about speed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LiveServer:
    """``start()`` returns once the port answers. ``environ`` is what the command is started with, for a test that
    opens the same data folder itself. ``period`` in seconds: how long a vanished person stays present, and the time
    between two proofs of an open connection."""

    def __init__(self, data: Path, mode: str, *, period: int) -> None:
        self.mode = mode
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.environ = {
            "CASEROOM_DATA": str(data),
            "CASEROOM_BIND": f"127.0.0.1:{self.port}",
            "CASEROOM_ASYNC": mode,
            "CASEROOM_TESTING": "1",
            "CASEROOM_LIVE_PERIOD": str(period),
        }
        self._log = data.parent / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "caseroom", "serve"],
                cwd=ROOT,
                env={**os.environ, **self.environ},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, f"the server ended: {self.log()}"
            assert time.monotonic() < deadline, f"the server does not answer: {self.log()}"
            time.sleep(0.05)

    def terminate(self) -> int:
        """SIGTERM, as systemd ends it. Returns the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, by: signal.Signals) -> int:
        assert self._process is not None, "it was not started"
        self._process.send_signal(by)
        code = self._process.wait(PATIENCE)
        self._process = None
        return code

    def stop(self) -> None:
        """End it whatever its state is: for the end of a test that may have failed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False
