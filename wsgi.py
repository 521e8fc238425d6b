"""The process: patches the standard library first, then builds the application. Only this file and
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

import contextlib
import signal
import socket
import sys
from types import FrameType

from flask import Flask

from caseroom.app import create_app
from caseroom.config import Settings, load_settings

BACKLOG = 512


def serve(app: Flask, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    signal.signal(signal.SIGTERM, _stop)
    app.extensions["caseroom.gateway"].watch()
    listener = _listen(settings)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        if settings.async_mode == "eventlet":
            import eventlet.wsgi

            eventlet.wsgi.server(listener, app, log_output=False, keepalive=75, max_size=4096)
        elif settings.async_mode == "gevent":
            from gevent.pywsgi import WSGIServer

            WSGIServer(listener, app, log=None).serve_forever()
        else:
            app.extensions["caseroom.gateway"].socketio.run(
                app, host=settings.bind_host, port=settings.bind_port, allow_unsafe_werkzeug=True
            )


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.bind_host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Without it two small writes meet Nagle and delayed ACK, and every acknowledgement takes 40 ms longer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((settings.bind_host, settings.bind_port))
    listener.listen(BACKLOG)
    return listener


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def __getattr__(name: str) -> Flask:
    """``wsgi:app`` for a server that wants an application object; built only when asked for."""
    if name == "app":
        return create_app(load_settings())
    raise AttributeError(name)
