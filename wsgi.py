"""The process: patches the standard library first, then serves the application. Only this file and
``caseroom.workers`` name an event library, so that leaving eventlet is one line (CASEROOM_ASYNC)."""

from __future__ import annotations

import os
import warnings

# The deprecation is known and answered (docs/decisions/0002-eventlet.md); a first start should not open with it.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"eventlet|wsgi")
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

ASYNC = os.environ.get("CASEROOM_ASYNC", "eventlet")
if ASYNC == "eventlet":
    import eventlet

    eventlet.monkey_patch()
elif ASYNC == "gevent":
    from gevent import monkey

    monkey.patch_all()

import signal
import socket
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any

from flask import Flask

from caseroom.app import loops
from caseroom.config import ConfigError, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BACKLOG = 512


def serve(app: Flask, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    app.extensions["caseroom.gateway"].watch()
    for loop in loops(app):
        app.extensions["caseroom.gateway"].socketio.start_background_task(loop)
    told = Told()
    if settings.async_mode == "eventlet":
        import eventlet.wsgi

        green = eventlet.spawn(
            eventlet.wsgi.server,
            _listen(settings),
            _with_chunked_bodies(app),
            log_output=False,
            keepalive=75,
            max_size=4096,
        )
        told.wait(while_true=lambda: not green.dead)
    elif settings.async_mode == "gevent":
        from gevent.pywsgi import WSGIServer

        _send_whole_frames()
        server = WSGIServer(_listen(settings), app, log=None)
        server.start()
        told.wait(while_true=lambda: server.started)
        server.stop(timeout=1)
    else:
        # The signer's file keeps to one thread of the system; a server of many would fail at the first entry.
        raise ConfigError("CASEROOM_ASYNC=threading serves nobody: set it to eventlet or gevent")


class Told:
    """Whether the process was told to end. Its handler only notes it: one that raised would do so in whichever green
    thread happens to run, and what catches everything there would swallow the signal."""

    def __init__(self) -> None:
        self._to_end = False
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._note)

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self._to_end = True

    def wait(self, *, while_true: Callable[[], bool]) -> None:
        while while_true() and not self._to_end:
            time.sleep(0.1)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.bind_host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Without it two small writes meet Nagle and delayed ACK, and every acknowledgement takes 40 ms longer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((settings.bind_host, settings.bind_port))
    listener.listen(BACKLOG)
    return listener


def _with_chunked_bodies(app: Flask) -> WSGIApplication:
    """eventlet ends a body sent in chunks itself, but does not say so, and Werkzeug then reads nothing of it."""

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            environ["wsgi.input_terminated"] = True
        return app(environ, start_response)

    return call


def _send_whole_frames() -> None:
    """Mend the websocket that engineio uses under gevent: it calls ``send`` once per frame, and a gevent socket then
    takes what its buffer holds. The rest of a long answer would be lost, and with it the connection."""
    import simple_websocket  # type: ignore[import-untyped]
    from gevent.lock import RLock

    class WholeFrames:
        def __init__(self, connected: Any) -> None:
            self._socket, self._turn = connected, RLock()
            self.recv, self.close = connected.recv, connected.close

        def send(self, frame: bytes) -> None:
            with self._turn:  # two greenlets write: the messages' and the one that answers pings
                self._socket.sendall(frame)

    class Server(simple_websocket.Server):  # type: ignore[misc]
        sock: Any

        def handshake(self) -> None:
            self.sock = WholeFrames(self.sock)
            super().handshake()

    simple_websocket.Server = Server
