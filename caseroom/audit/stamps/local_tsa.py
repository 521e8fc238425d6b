"""A local authority as a process of its own, for the demo and for tests: real HTTP, real OpenSSL, a free port.

``python -m caseroom.audit.stamps.local_tsa FOLDER`` serves on 127.0.0.1 and prints ``ready PORT``. It takes orders on
its standard input, one per line, and ends where that ends: so it never outlives who started it, a kill -9 included.

    behave NAME     one of BEHAVIOURS, from the next request on
    clock SECONDS   stamps with a clock ahead of (negative: behind) the machine's
    down, up        lets go of the port; listens on it again
    asked           how many requests came in
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from caseroom import clock
from caseroom.audit.stamps.local_authority import LocalAuthority, OpensslMissing
from caseroom.audit.stamps.openssl import openssl_path

BEHAVIOURS = (
    "good",
    "chain",  # the token holds the root as well: the library cannot read it, OpenSSL can
    "unstated",  # without an accuracy
    "refuse",  # a response that says no
    "other",  # a good token, for other bytes
    "rubbish",
    "page",  # HTML
    "redirect",
    "huge",
    "error",  # HTTP 500
    "slow",  # holds the line for as long as a client may wait, and longer
)
_REPLY = "application/timestamp-reply"
_SLOW = 30
_START_SECONDS = 30


class LocalTsa:
    """A context manager: the authority in ``folder``, serving from ``__enter__`` to ``__exit__``.

    ``url`` is where it answers, ``roots_file`` the PEM file to trust it by. Raises OpensslMissing where there is no
    openssl command. Under green threads, others go on while it starts."""

    def __init__(self, folder: Path) -> None:
        self._authority = LocalAuthority(folder.resolve())
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    @property
    def roots_file(self) -> Path:
        return self._authority.roots_file

    def start(self) -> Self:
        if openssl_path() is None:
            raise OpensslMissing("there is no openssl command here")
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this module
            [sys.executable, "-m", __spec__.name, str(self._authority.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=Path(__file__).parents[3],
            start_new_session=True,  # Ctrl+C is for whoever started us, who then ends us
        )
        word, _, port = self._answer().partition(" ")
        if word != "ready":
            self.stop()
            raise OpensslMissing("the local authority did not start")
        self.url = f"http://127.0.0.1:{port}/"
        return self

    def stop(self) -> None:
        """End it and wait for its end. Nothing where it was not started."""
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.stdout is None:
            return
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def behave(self, name: str) -> None:
        """One of BEHAVIOURS from now on."""
        if name not in BEHAVIOURS:
            raise ValueError(name)
        self._order(f"behave {name}")

    def set_clock(self, ahead: timedelta) -> None:
        """Stamp with a clock that is ``ahead`` of the machine's, or behind it."""
        self._order(f"clock {ahead.total_seconds()}")

    def down(self) -> None:
        """Nobody listens any more: connections are refused."""
        self._order("down")

    def up(self) -> None:
        self._order("up")

    @property
    def asked(self) -> int:
        """How many requests reached it."""
        return int(self._order("asked"))

    def _order(self, line: str) -> str:
        if self._process is None or self._process.stdin is None:
            raise ValueError("it is not running")
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        stdout = self._process.stdout if self._process else None
        return stdout.readline().decode().strip() if stdout else ""


class _Server:
    """The child's side: what it is told, and what it answers."""

    def __init__(self, authority: LocalAuthority) -> None:
        self._authority = authority
        self._one = threading.Lock()  # the serial number is a file
        self._behaviour, self._ahead, self._asked = "good", timedelta(0), 0
        self._http = self._listen(0)
        self.port = self._http.server_address[1]

    def obey(self, line: str) -> str:
        word, _, value = line.partition(" ")
        match word:
            case "behave":
                self._behaviour = value
            case "clock":
                self._ahead = timedelta(seconds=float(value))
            case "down":
                self._http.shutdown()
                self._http.server_close()
            case "up":
                self._http = self._listen(self.port)
            case "asked":
                return str(self._asked)
            case _:
                return "not understood"
        return "done"

    def answer(self, query: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body for one request."""
        self._asked += 1
        match self._behaviour:
            case "slow":
                time.sleep(_SLOW)
            case "rubbish":
                return 200, _REPLY, b"\x30\x82\x01\x00 this is no time stamp"
            case "page":
                return 200, "text/html", b"<p>Welcome.</p>"
            case "huge":
                return 200, _REPLY, bytes(70_000)
            case "redirect":
                return 302, _REPLY, b""
            case "error":
                return 500, _REPLY, b""
            case _:
                pass
        with self._one:
            return 200, _REPLY, self._stamp(query)

    def _stamp(self, query: bytes) -> bytes:
        if self._behaviour == "refuse":
            return self._authority.reply(query, section="without_sha256")
        if self._behaviour == "other":
            # Another hash, the same nonce.
            place = query.index(b"\x04\x20") + 2
            query = query[:place] + bytes(byte ^ 1 for byte in query[place : place + 32]) + query[place + 32 :]
        if self._behaviour == "unstated":
            return self._authority.reply_at(query, clock.now() + self._ahead, accuracy=None)
        if self._ahead:
            return self._authority.reply_at(query, clock.now() + self._ahead)
        return self._authority.reply(query, chain=self._behaviour == "chain")

    def _listen(self, port: int) -> ThreadingHTTPServer:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), 64 * 1024))
                status, kind, body = server.answer(query)
                with suppress(OSError):  # who asked may have left
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    if status == 302:
                        self.send_header("Location", "/elsewhere")
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Requests are not told: the demo's terminal shows its links."""

        made = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        made.daemon_threads = True
        threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return made


def main(folder: str) -> int:
    authority = LocalAuthority(Path(folder))
    authority.set_up()
    server = _Server(authority)
    _say(f"ready {server.port}")
    for line in sys.stdin:
        _say(server.obey(line.strip()))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
