"""One client for both servers: many Socket.IO connections in one thread, so lean that it is never what is measured.

The handshake and what is sent go through websocket-client. What is received is read straight from the sockets, as they
become readable: unmasked frames (RFC 6455 §5.2) holding Engine.IO 4 packets, which are searched, not parsed."""

from __future__ import annotations

import json
import selectors
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import websocket

PATIENCE = 20.0  # seconds without an expected answer before the measurement gives up
OPEN, PING, PONG, EVENT, ACK = b"0", b"2", "3", b'42["entry"', b"43"
TEXT = 0x1


class NoAnswer(Exception):
    """The server refused a connection or a message, or an expected answer did not come in time."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds from sending a message until its acknowledgement, and until the last connection received it."""

    ack: float
    all: float


class Connection:
    """One person's live connection."""

    def __init__(self, port: int, auth: dict[str, str]) -> None:
        self._received = bytearray()
        self._websocket = websocket.create_connection(
            f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket", timeout=PATIENCE
        )
        self.socket = self._websocket.sock
        self._send("40" + json.dumps(auth))
        answer = self._await_connected()
        if not answer.startswith(b"40"):
            raise NoAnswer(f"connection refused: {answer[:200]!r}")
        self.socket.settimeout(0)

    def send_event(self, name: str, data: dict[str, Any], *, ack: int) -> None:
        self._send(f"42{ack}{json.dumps([name, data])}")

    def messages(self) -> Iterator[bytes]:
        """What can be read now, without waiting; pings are answered on the way."""
        try:
            data = self.socket.recv(262144)
        except BlockingIOError:
            return
        if not data:
            raise NoAnswer("the server closed a connection")
        self._received += data
        while (message := self._next_message()) is not None:
            if message == PING:
                self._send(PONG)
            else:
                yield message

    def close(self) -> None:
        self.socket.settimeout(PATIENCE)
        self._websocket.close(timeout=1)

    def _send(self, text: str) -> None:
        self._websocket.send(text)

    def _await_connected(self) -> bytes:
        """The answer to our connect packet, past the Engine.IO greeting. Reads blockingly."""
        while True:
            for message in self.messages():
                if not message.startswith(OPEN):
                    return message

    def _next_message(self) -> bytes | None:
        """The payload of the next whole frame, taken off what was received; None where it is not all here yet."""
        data = self._received
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        if len(data) < start + size:
            return None
        if data[0] & 0x0F != TEXT:
            raise NoAnswer("the server closed a connection")
        message = bytes(data[start : start + size])
        del data[: start + size]
        return message


class Crowd:
    """All connections of one room. The first one speaks, all listen."""

    def __init__(self, port: int, auths: list[dict[str, str]]) -> None:
        self._selector = selectors.DefaultSelector()
        self._connections = [self._join(port, auth) for auth in auths]
        self._acks = 0

    def post(self, data: dict[str, Any]) -> Timing:
        """Send ``post`` and wait until it is acknowledged and every connection has received the entry."""
        self._acks += 1
        marker, acknowledged = data["client_id"].encode(), ACK + str(self._acks).encode() + b"["
        waiting, ack, now = len(self._connections), 0.0, 0.0
        begin = time.perf_counter()
        self._connections[0].send_event("post", data, ack=self._acks)
        while waiting or not ack:
            for message in self._ready(begin):
                if message.startswith(EVENT) and marker in message:
                    now = time.perf_counter()
                    waiting -= 1
                elif message.startswith(acknowledged):
                    ack = time.perf_counter()
                    if b'"ok":true' not in message:
                        raise NoAnswer(f"message refused: {message[:300]!r}")
        return Timing(ack=ack - begin, all=now - begin)

    def settle(self, quiet: float = 0.5) -> None:
        """Read away what arrives (presence of those who connect) until nothing has come for ``quiet`` seconds."""
        while self._selector.select(timeout=quiet):
            for _ in self._ready(time.perf_counter()):
                pass

    def close(self) -> None:
        for connection in self._connections:
            self._selector.unregister(connection.socket)
            connection.close()
        self._selector.close()

    def _join(self, port: int, auth: dict[str, str]) -> Connection:
        connection = Connection(port, auth)
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        return connection

    def _ready(self, begin: float) -> Iterator[bytes]:
        ready = self._selector.select(timeout=PATIENCE)
        if not ready or time.perf_counter() - begin > PATIENCE:
            raise NoAnswer(f"nothing for {PATIENCE:.0f} seconds")
        for key, _ in ready:
            yield from key.data.messages()
