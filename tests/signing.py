"""A signer in a process of its own, as ``python -m caseroom signer`` starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0  # seconds until something that must happen counts as failed; never a promise about speed
COMMAND = ("-m", "caseroom", "signer")


class SignerProcess:
    """``start()`` returns once the socket answers. ``environ`` is what the server is to be started with as well."""

    def __init__(self, folder: Path, *, path: Path | None = None, data: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data = data or folder / "signer"
        self.path = path or folder / "socket"
        self.environ = {"CASEROOM_SIGNER": f"unix:{self.path}", "CASEROOM_SIGNER_DATA": str(self.data)}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str, command: Sequence[str] = COMMAND) -> None:
        self._process = self._open(command, arguments)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, f"the signer ended: {self.log()}"
            assert time.monotonic() < deadline, f"the signer does not answer: {self.log()}"
            time.sleep(0.02)

    def run(self, *arguments: str) -> int:
        """Start it where it is expected to end by itself; return the exit code."""
        return self._open(COMMAND, arguments).wait(PATIENCE)

    def ended(self) -> int:
        """Wait until it has ended by itself, and return its exit code."""
        assert self._process is not None, "it was not started"
        code = self._process.wait(PATIENCE)
        self._process = None
        return code

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        self.send(by)
        return self.ended()

    def send(self, which: signal.Signals) -> None:
        assert self._process is not None, "it was not started"
        self._process.send_signal(which)

    def stop(self) -> None:
        """End it whatever its state is: for the end of a test that may have failed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def log(self) -> str:
        file = self._folder / "signer.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def _open(self, command: Sequence[str], arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        environ = {**os.environ, "CASEROOM_DATA": str(self._folder / "closed-to-the-signer"), **self.environ}
        with (self._folder / "signer.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *command, *arguments], cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT
            )

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1)
                probe.connect(str(self.path))
                return True
        except OSError:
            return False
