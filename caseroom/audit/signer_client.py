"""The ledger's side of a signer in a process of its own: the calls of `SigningService`, asked over its Unix socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from caseroom.audit.canonical import CanonicalError, parse_hex
from caseroom.audit.notes import checkpoint_text
from caseroom.audit.signer import Signer, SignerRefused, SignerUnavailable
from caseroom.audit.signer_wire import LONGEST_LINE, Members, NotAQuestion, read_line, write_line
from caseroom.audit.tree import HASH_SIZE
from caseroom.config import Settings

TIMEOUT = 10.0  # seconds that one question may wait for the socket
_PUBLIC_SIZE = 32


def signing_service(settings: Settings, *, key: bytes) -> Signer:
    """The signer that the settings ask for: in this process, wrapped under `key` (32 bytes), or a client of another.

    Both are a `SigningService`; the tool is asked for under the name of the one that is there without any setting."""
    if settings.signer_socket is not None:
        return cast("Signer", SignerClient(settings.signer_socket))
    return Signer(settings.signer_folder, key=key)


class SignerClient:
    """Implements `SigningService`. Connects at the first question and again after the signer was restarted.

    Plain sockets and a plain lock: under green threads they let others work while one waits. Not for real threads of
    the worker pool."""

    def __init__(self, path: Path, *, timeout: float = TIMEOUT) -> None:
        self._path = path
        self._timeout = timeout
        self._connection: socket.socket | None = None
        self._turn = threading.Lock()  # question and answer belong together on the one connection

    def close(self) -> None:
        with self._turn:
            self._hang_up()

    def create(self, case_origin: str) -> bytes:
        # Never asked twice: had the first one been heard, the second would be refused for its own key.
        answer = self._ask({"call": "create", "origin": case_origin}, twice=False)
        return _hex(answer, _PUBLIC_SIZE)

    def vkey(self, origin: str) -> str:
        return _text(self._ask({"call": "vkey", "origin": origin}))

    def last(self, origin: str) -> tuple[int, bytes] | None:
        match self._ask({"call": "last", "origin": origin}):
            case []:
                return None
            case [int(size), str(root)]:
                return size, _hex(root, HASH_SIZE)
            case _:
                raise _misunderstood()

    def sign(self, origin: str, *, old_size: int, new_size: int, root: bytes, proof: Sequence[bytes]) -> str:
        question = {
            "call": "sign",
            "origin": origin,
            "old_size": old_size,
            "new_size": new_size,
            "root": root.hex(),
            "proof": [each.hex() for each in proof],
        }
        note = _text(self._ask(question))
        if not note.startswith(checkpoint_text(origin, new_size, root) + "\n"):
            raise _misunderstood()
        return note

    def destroy(self, case_origin: str) -> None:
        self._ask({"call": "destroy", "origin": case_origin})

    def origins(self, *, after: str = "") -> list[str]:
        answer = self._ask({"call": "origins", "after": after})
        if not isinstance(answer, list):
            raise _misunderstood()
        return [_text(each) for each in answer]

    def forget(self, case_origin: str) -> bool:
        return bool(self._ask({"call": "forget", "origin": case_origin}))

    def _ask(self, question: Members, *, twice: bool = True) -> Any:
        """The answer, or SignerRefused, or SignerUnavailable. `twice`: the question may be asked again where the first
        one got no answer, because the signer, should it have heard it, says the same again."""
        line = write_line(question)
        if len(line) > LONGEST_LINE:
            raise SignerRefused("the question is too long")
        with self._turn:
            try:
                members = read_line(self._exchange(line, twice=twice))
            except (OSError, NotAQuestion) as error:
                raise SignerUnavailable(f"{self._path}: {error}") from error
        match members:
            case {"answer": answer} if len(members) == 1:
                return answer
            case {"refused": str(why)}:
                raise SignerRefused(why)
            case {"unavailable": str(why)}:
                raise SignerUnavailable(why)
            case _:
                raise _misunderstood()

    def _exchange(self, line: bytes, *, twice: bool) -> bytes:
        kept = self._connection is not None
        try:
            self._send(line)
        except (BrokenPipeError, ConnectionResetError):
            # The signer that this connection led to is gone, so it has not heard the question.
            if not kept:
                raise
            self._send(line)
        try:
            return self._receive()
        except ConnectionError:
            if not twice:
                raise
            self._send(line)
            return self._receive()

    def _send(self, line: bytes) -> None:
        try:
            if self._connection is None:
                self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self._connection.settimeout(self._timeout)
                self._connection.connect(str(self._path))
            self._connection.sendall(line)
        except BaseException:
            self._hang_up()
            raise

    def _receive(self) -> bytes:
        """The next line without its newline. Whatever interrupts it ends the connection: a late answer must never be
        taken for that of the next question."""
        received = bytearray()
        try:
            while not received.endswith(b"\n"):
                data = self._connection.recv(LONGEST_LINE) if self._connection else b""
                received += data
                if not data or len(received) > LONGEST_LINE:
                    self._hang_up()
                    break
        except BaseException:
            self._hang_up()
            raise
        if len(received) > LONGEST_LINE:
            raise NotAQuestion("an answer too long to be one")
        if self._connection is None:
            raise ConnectionResetError("the signer ended the connection")
        return bytes(received[:-1])

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _misunderstood() -> SignerUnavailable:
    return SignerUnavailable("the signer gave an answer to something else")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _misunderstood()
    return value


def _hex(value: Any, size: int) -> bytes:
    try:
        return parse_hex(value, size)
    except CanonicalError as error:
        raise _misunderstood() from error
