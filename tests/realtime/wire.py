"""The two clients of these tests: ``Page``, the real Socket.IO client, and ``Wire``, a bare websocket that keeps every
frame as it came."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
from collections.abc import Callable
from typing import Any

import socketio
import websocket

from tests.realtime.serving import PATIENCE

Received = tuple[str, Any]


class Page:
    """What a person's page does: connects, asks with an acknowledgement, and keeps each event in its order."""

    def __init__(self, origin: str, *, auth: dict[str, Any] | None = None, cookie: str | None = None) -> None:
        self.received: list[Received] = []
        self.closed = threading.Event()
        self._origin, self._auth = origin, auth
        self._headers = {"Cookie": cookie} if cookie else {}
        self._news = threading.Condition()
        self._client = socketio.Client(reconnection=False)
        self._client.on("*", self._keep)
        self._client.on("disconnect", lambda *_reason: self.closed.set())

    def open(self) -> Page:
        """Raises socketio.exceptions.ConnectionError where the server refuses."""
        self.closed.clear()
        self._client.connect(
            self._origin, transports=["websocket"], auth=self._auth, headers=self._headers, wait_timeout=PATIENCE
        )
        return self

    def drop(self) -> None:
        """Vanish as a phone in a tunnel does: the connection breaks, nobody says goodbye."""
        link = self._client.eio.ws
        _break(link)
        self._client.eio.wait()
        if link is not None:
            link.shutdown()

    def ask(self, event: str, data: Any) -> dict[str, Any]:
        """Emit and wait for the acknowledgement."""
        answer: dict[str, Any] = self._client.call(event, data, timeout=PATIENCE)
        return answer

    def post(self, room: str, body: str, *, audience: str, **more: Any) -> dict[str, Any]:
        return self.ask("post", {"room": room, "body": body, "audience": audience, **more})

    def try_post(self, room: str, body: str, *, audience: str) -> dict[str, Any] | None:
        """As ``post``, on a connection that may end before the answer: then None."""
        answers: queue.Queue[dict[str, Any]] = queue.Queue()
        data = {"room": room, "body": body, "audience": audience}
        with contextlib.suppress(socketio.exceptions.SocketIOError):
            self._client.emit("post", data, callback=answers.put)
        while not self.closed.is_set():
            with contextlib.suppress(queue.Empty):
                return answers.get(timeout=0.05)
        return None if answers.empty() else answers.get()

    def events(self, name: str) -> list[Any]:
        with self._news:
            return [data for each, data in self.received if each == name]

    def until(self, name: str, wanted: Callable[[Any], bool] = bool, *, count: int = 1) -> Any:
        """Wait for the ``count``-th event of this name that is wanted; return it."""

        def found() -> list[Any]:
            return [data for each, data in self.received if each == name and wanted(data)]

        with self._news:
            arrived = self._news.wait_for(lambda: len(found()) >= count, PATIENCE)
            assert arrived, f"{count} x {name} did not arrive; came: {[each for each, _ in self.received]}"
            return found()[count - 1]

    def _keep(self, name: str, *data: Any) -> None:
        with self._news:
            self.received.append((name, data[0] if len(data) == 1 else data))
            self._news.notify_all()


class Wire:
    """Engine.IO 4 over a websocket, by hand: sends what a well-behaved client would not, and keeps raw frames.

    Pings are answered and not kept: they come by the clock alone. ``buffer`` in bytes: how much the system may receive
    before it is read."""

    def __init__(
        self, origin: str, *, cookie: str | None = None, page_origin: str | None = None, buffer: int | None = None
    ) -> None:
        self.frames: list[str] = []
        self.closed = threading.Event()
        self._news = threading.Condition()
        self._may_read = threading.Event()
        self._may_read.set()
        self._asked = 0
        address = origin.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        self._socket = websocket.create_connection(
            address,
            timeout=PATIENCE,
            cookie=cookie,
            origin=page_origin,
            suppress_origin=page_origin is None,
            sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)] if buffer else [],
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.until(lambda frame: frame.startswith("0"))

    def join(self, auth: object = None) -> Wire:
        """Ask for the namespace and wait for the answer, whichever it is."""
        before = len(self.frames)
        self.send("40" + ("" if auth is None else json.dumps(auth)))
        self.until(lambda frame: frame.startswith(("40", "44")), after=before)
        return self

    @property
    def refused(self) -> bool:
        return any(frame.startswith("44") for frame in self.frames)

    @property
    def joined(self) -> bool:
        return any(frame.startswith("40") for frame in self.frames)

    def send(self, frame: str) -> None:
        self._socket.send(frame)

    def send_bytes(self, data: bytes) -> None:
        self._socket.send_binary(data)

    def ask(self, *event: Any) -> str:
        """Emit an event with arguments; return the acknowledgement's bytes, without its number."""
        self._asked += 1
        start = f"43{self._asked}["
        self.send(f"42{self._asked}{json.dumps(event)}")
        return self.until(lambda frame: frame.startswith(start))[len(start) - 1 :]

    def until(self, wanted: Callable[[str], bool], *, after: int = 0) -> str:
        """Wait for the first wanted frame that is not among the ``after`` first ones; return it."""
        with self._news:
            arrived = self._news.wait_for(lambda: any(map(wanted, self.frames[after:])), PATIENCE)
            assert arrived, f"no such frame; came: {self.frames}"
            return next(filter(wanted, self.frames[after:]))

    def events(self) -> list[Received]:
        """The events among the frames, in the order in which they came."""
        with self._news:
            return [tuple(json.loads(frame[2:])) for frame in self.frames if frame.startswith("42")]

    def leave(self) -> None:
        """Say goodbye, as a page that is closed does."""
        self.send("41")

    def pause(self) -> None:
        """Stop reading: what the server sends piles up, as on a slow line."""
        self._may_read.clear()

    def go_on(self) -> None:
        self._may_read.set()

    def drop(self) -> None:
        """Break the connection without a goodbye."""
        self._may_read.set()
        _break(self._socket)
        self._reader.join(PATIENCE)
        self._socket.shutdown()

    def _read(self) -> None:
        try:
            while frame := self._socket.recv():
                self._may_read.wait()
                if frame == "2":
                    self._socket.send("3")
                    continue
                with self._news:
                    self.frames.append(frame)
                    self._news.notify_all()
        except (OSError, websocket.WebSocketException):
            pass
        self.closed.set()


def _break(link: websocket.WebSocket | None) -> None:
    """Shutting down wakes the reader; closing alone would leave it waiting on a descriptor that is gone."""
    if link is not None and link.sock is not None:
        with contextlib.suppress(OSError):
            link.sock.shutdown(socket.SHUT_RDWR)
