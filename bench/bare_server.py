"""The yardstick: the same eventlet server and settings as Caseroom's, with nothing of Caseroom in it.

``post`` is answered by a Flask-SocketIO broadcast to everybody connected; ``POST /upload`` reads, hashes, seals in
16 KiB chunks, writes and fsyncs, with no framework in between. Started by the bench as a process of its own:
``bare_server.py PORT FOLDER``."""

from __future__ import annotations

# ruff: noqa: E402 - nothing may be imported before the patching
import eventlet

eventlet.monkey_patch()

import hashlib
import os
import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import eventlet.wsgi
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from flask_socketio import SocketIO, emit

READ = 1024 * 1024  # bytes asked of the socket at a time: the fastest of 64 KiB, 256 KiB, 1 MiB
CHUNK = 16 * 1024  # bytes sealed at a time, as the object format does


def make_app() -> Flask:
    app = Flask("bare")
    socketio = SocketIO(app, async_mode="eventlet", transports=["websocket"], logger=False, engineio_logger=False)

    @socketio.on("post")
    def post(data: dict[str, Any]) -> dict[str, Any]:
        emit("entry", {"client_id": data["client_id"], "body": data["body"]}, broadcast=True)
        return {"ok": True}

    return app


def receive(environ: dict[str, Any], path: Path) -> str:
    """Take one body: read, hash, seal, write, fsync. Returns the SHA-256 in hex."""
    digest, cipher, nonce = hashlib.sha256(), AESGCM(os.urandom(32)), 0
    stream, left = environ["wsgi.input"], int(environ["CONTENT_LENGTH"])
    with path.open("wb") as file:
        while left and (block := stream.read(min(READ, left))):
            left -= len(block)
            digest.update(block)
            view = memoryview(block)
            for start in range(0, len(block), CHUNK):
                file.write(cipher.encrypt(nonce.to_bytes(12, "big"), view[start : start + CHUNK], None))
                nonce += 1
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def serve(port: int, folder: Path) -> None:
    app = make_app()

    def either(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/upload":
            path = folder / "received"
            found = receive(environ, path)
            path.unlink()
            start_response("201 Created", [("Content-Type", "text/plain")])
            return [found.encode()]
        if environ["PATH_INFO"] == "/healthz":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok"]
        return app(environ, start_response)

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(512)
    eventlet.wsgi.server(listener, either, log_output=False, keepalive=75, max_size=4096)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
