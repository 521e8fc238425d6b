"""The same crowd with python-socketio's own client under eventlet: what most integrations use. It takes longer to
receive a message than the server to send it, so it tells what such clients see, and less of what the server costs."""

from __future__ import annotations

import time
from typing import Any

import eventlet
import socketio
from client import PATIENCE, NoAnswer, Timing


class SocketioCrowd:
    """Has the interface of ``client.Crowd``. The process must be monkey-patched by eventlet."""

    def __init__(self, port: int, auths: list[dict[str, str]]) -> None:
        self._marker, self._waiting, self._last = "", 0, 0.0
        self._all_received = eventlet.event.Event()
        self._clients = [self._join(port, auth) for auth in auths]

    def post(self, data: dict[str, Any]) -> Timing:
        acknowledged = eventlet.event.Event()
        self._marker, self._waiting = data["client_id"], len(self._clients)
        self._all_received = eventlet.event.Event()

        def answered(answer: dict[str, Any]) -> None:
            acknowledged.send((time.perf_counter(), answer))

        begin = time.perf_counter()
        self._clients[0].emit("post", data, callback=answered)
        with eventlet.Timeout(PATIENCE, NoAnswer(f"nothing for {PATIENCE:.0f} seconds")):
            at, answer = acknowledged.wait()
            self._all_received.wait()
        if not answer["ok"]:
            raise NoAnswer(f"message refused: {answer}")
        return Timing(ack=at - begin, all=self._last - begin)

    def settle(self, quiet: float = 0.5) -> None:
        eventlet.sleep(4 * quiet)

    def close(self) -> None:
        for each in self._clients:
            each.disconnect()

    def _join(self, port: int, auth: dict[str, str]) -> socketio.Client:
        each = socketio.Client(reconnection=False)
        each.on("entry", self._received)
        each.connect(f"http://127.0.0.1:{port}", auth=auth, transports=["websocket"], wait_timeout=PATIENCE)
        return each

    def _received(self, data: dict[str, Any]) -> None:
        if data["client_id"] != self._marker:
            return
        self._waiting -= 1
        if not self._waiting:
            self._last = time.perf_counter()
            self._all_received.send()
