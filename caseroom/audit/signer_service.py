"""The signer in a process of its own, on a Unix socket (docs/evidence.md §5): under another user of the system its file
and its keys are out of reach of the process that people's requests run in.

One thread answers one line after another; see `signer_wire` for the lines. Who may open the socket is decided by its
file mode alone: its owner, or with a group the members of that group as well."""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import selectors
import shutil
import signal
import socket
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from caseroom.audit.signer import Signer, SignerRefused, SigningService
from caseroom.audit.signer_wire import LONGEST_LINE, answer
from caseroom.config import ConfigError, Settings, load_settings
from caseroom.vault.keys import SIGNER, KeyFileUnsafe, derive, load_or_create_kek

log = logging.getLogger("caseroom.signer")

KEY_FILE = "wrapping.key"
LOCK_FILE = "lock"
MOST_CLIENTS = 32
BACKLOG = 128
LINE_SECONDS = 10.0  # from the first byte of a line to its last


def main(argv: Sequence[str]) -> int:
    """``python -m caseroom signer``. Returns 0 at the end, 1 for a refusal, 2 where it cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m caseroom signer",
        description="Sign checkpoints for the server from a process of its own, until SIGTERM.",
    )
    parser.add_argument("--group", default="", help="group of the system whose members may ask, besides its own user")
    parser.add_argument(
        "--adopt", action="store_true", help="take over, once, the keys of a server that signed in its own process"
    )
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    try:
        settings = load_settings()
        if arguments.adopt:
            number = adopt_keys(settings.signer_folder, key=_key_of_the_server(settings))
            log.info("%d keys are under the signer's own key", number)
        else:
            serve_signer(_socket_of(settings), settings.signer_folder, group=arguments.group)
    except SignerRefused as error:
        log.error("%s", error)  # noqa: TRY400 - a sentence for the operator, not a trace
        return 1
    except (ConfigError, KeyFileUnsafe, SignerNotStarted) as error:
        log.error("%s", error)  # noqa: TRY400
        return 2
    return 0


def _socket_of(settings: Settings) -> Path:
    if settings.signer_socket is None:
        raise ConfigError("CASEROOM_SIGNER says where to listen, such as unix:/run/caseroom-signer/socket")
    return settings.signer_socket


def _key_of_the_server(settings: Settings) -> bytes:
    kek = settings.keys_folder / "kek"
    if not kek.exists():
        raise ConfigError(f"{kek} is not there: CASEROOM_DATA must be the folder of the server")
    return derive(load_or_create_kek(kek), SIGNER)


class SignerNotStarted(Exception):
    """Another signer is at work there, or the place cannot be used. The message says which and how to mend it."""


@dataclass(slots=True)
class _Client:
    """One connection: what has come of its next line, and when the last byte of it came and the first one was read."""

    connection: socket.socket
    heard_at: float
    line_since: float = 0.0
    waiting: bytearray = field(default_factory=bytearray)


class SignerServer:
    """Answers on a listening socket until told to stop. Single-threaded: a slow or hostile client is cut off, never
    waited for."""

    def __init__(self, signer: SigningService, listener: socket.socket) -> None:
        self._signer = signer
        self._listener = listener
        self._clients: dict[int, _Client] = {}
        self._selector = selectors.DefaultSelector()

    def serve(self, stop: socket.socket) -> None:
        """Answer until `stop` can be read."""
        self._listener.settimeout(0)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(stop, selectors.EVENT_READ)
        try:
            while True:
                ready = [key.fileobj for key, _ in self._selector.select(self._pause())]
                if stop in ready:
                    return
                for each in ready:
                    if each is self._listener:
                        self._accept()
                    elif isinstance(each, socket.socket) and each.fileno() in self._clients:
                        self._hear(self._clients[each.fileno()])
                self._cut_the_slow()
        finally:
            for client in list(self._clients.values()):
                self._cut(client)
            self._selector.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it went away again, or the process is out of descriptors
            return
        connection.settimeout(0)
        if len(self._clients) >= MOST_CLIENTS:
            self._cut(min(self._clients.values(), key=lambda client: client.heard_at))
        self._clients[connection.fileno()] = _Client(connection, heard_at=time.monotonic())
        self._selector.register(connection, selectors.EVENT_READ)

    def _hear(self, client: _Client) -> None:
        try:
            data = client.connection.recv(LONGEST_LINE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        client.heard_at = time.monotonic()
        if not client.waiting:
            client.line_since = client.heard_at
        client.waiting += data
        line, newline, rest = client.waiting.partition(b"\n")
        # A client waits for its answer before it asks again: more than one line at a time is none of ours.
        if not data or len(client.waiting) > LONGEST_LINE or rest:
            self._cut(client)
        elif newline:
            client.waiting = bytearray()
            self._answer(client, bytes(line))

    def _answer(self, client: _Client, line: bytes) -> None:
        reply, goes_on = answer(self._signer, line)
        try:
            whole = client.connection.send(reply) == len(reply)
        except OSError:  # also where it does not read its answers, and the buffer is full
            whole = False
        if not (whole and goes_on):
            self._cut(client)

    def _cut_the_slow(self) -> None:
        for client in list(self._clients.values()):
            if client.waiting and time.monotonic() - client.line_since > LINE_SECONDS:
                self._cut(client)

    def _pause(self) -> float | None:
        """Seconds until a line that has begun is too old; None where none has."""
        begun = [client.line_since for client in self._clients.values() if client.waiting]
        return max(0.0, min(begun) + LINE_SECONDS - time.monotonic()) + 0.01 if begun else None

    def _cut(self, client: _Client) -> None:
        del self._clients[client.connection.fileno()]
        self._selector.unregister(client.connection)
        client.connection.close()


def serve_signer(path: Path, folder: Path, *, group: str = "") -> None:
    """Serve the signer of `folder` on the Unix socket `path` until SIGTERM or SIGINT; then remove the socket.

    `group`: the name of a group whose members may ask as well. Raises SignerNotStarted, KeyFileUnsafe."""
    with _alone_in(folder), _told_to_end() as stop:
        signer = Signer(folder, key=load_or_create_kek(folder / KEY_FILE))
        listener = listen(path, group=group)
        try:
            log.info("the signer answers on %s", path)
            SignerServer(signer, listener).serve(stop)
        finally:
            listener.close()
            path.unlink(missing_ok=True)
            signer.close()


def adopt_keys(folder: Path, *, key: bytes) -> int:
    """Take over a folder that the web process signed from: wrap its keys, until now under `key` (32 bytes, derived from
    the key-encryption key), under a key of the signer's own. Returns how many keys there are; may be repeated.

    Raises SignerNotStarted where a signer is at work in the folder, SignerRefused where a key opens under neither."""
    with _alone_in(folder):
        own = load_or_create_kek(folder / KEY_FILE)
        signer = Signer(folder, key=key)
        try:
            return signer.rewrap(own)
        finally:
            signer.close()


def listen(path: Path, *, group: str = "") -> socket.socket:
    """A listening Unix socket that its owner may open, and the members of `group` where one is given.

    A socket file that nobody listens on any more is replaced. Raises SignerNotStarted."""
    _clear_the_place(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The umask, and not a chmod after it: between bind and chmod anybody could open it.
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise SignerNotStarted(f"{path} cannot be made: {error.strerror or error}") from error
    finally:
        os.umask(before)
    if group:
        try:
            shutil.chown(path, group=group)
        except (LookupError, OSError) as error:
            listener.close()
            path.unlink(missing_ok=True)
            raise SignerNotStarted(f"{path} cannot be given to the group {group}: {error}") from error
        path.chmod(0o660)
    listener.listen(BACKLOG)
    return listener


def _clear_the_place(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise SignerNotStarted(f"{path} is there and is no socket: move it away, or choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)  # of a signer that was killed
            return
        except OSError as error:
            raise SignerNotStarted(f"{path} is in use: {error.strerror or error}") from error
    raise SignerNotStarted(f"a signer answers on {path} already")


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two signers with different sockets over one folder are a mistake in the settings."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("a") as lock:
        os.fchmod(lock.fileno(), 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SignerNotStarted(f"another signer is at work in {folder}") from error
        yield


@contextmanager
def _told_to_end() -> Iterator[socket.socket]:
    """A socket that can be read once SIGTERM or SIGINT has come, so that no answer is broken off half-way."""
    reading, writing = socket.socketpair()
    with reading, writing:
        writing.settimeout(0)
        previous = signal.set_wakeup_fd(writing.fileno())
        handlers = {each: signal.signal(each, lambda *_: None) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield reading
        finally:
            signal.set_wakeup_fd(previous)
            for each, handler in handlers.items():
                with suppress(TypeError):  # one that was not set from Python cannot be set back
                    signal.signal(each, handler)
