"""A network cable that can be pulled: all a browser sends and receives goes through here (SOCKS 5, RFC 1928).

Chromium's own "offline" switch leaves open websockets alone in some versions; a pulled cable leaves nothing. What came
in is kept byte for byte, whatever the page did with it. Nothing but this machine can be reached through it."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

CONNECT, IPV4, NAME = 1, 1, 3
GRANTED, REFUSED = 0, 1
CHUNK = 65536


class Cable:
    """``port`` is where the browser's proxy setting points; ``destinations`` are the ``host:port`` it asked for."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.destinations: set[str] = set()
        self._plugged = True
        self._deaf = False
        self._ended = False
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._received: list[bytearray] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = True
        # A blocked accept() does not notice that its socket was closed: one last caller wakes it.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            pass
        self._listener.close()
        self._close_all()
        for thread in self._threads:
            thread.join(10)

    def pull(self) -> None:
        """Break what is open and let nothing through until ``plug``."""
        self._plugged = False
        self._close_all()

    def plug(self) -> None:
        self._plugged, self._deaf = True, False

    def deafen(self) -> None:
        """Until ``plug``, what is sent goes out, and what comes back is lost: an answer that the network swallowed."""
        self._deaf = True

    def received(self) -> bytes:
        """All that ever came in, connection by connection."""
        with self._lock:
            return b"\n".join(bytes(each) for each in self._received)

    def forget(self) -> None:
        """Begin a new record; connections that are open go on into it."""
        with self._lock:
            for each in self._received:
                each.clear()

    def _close_all(self) -> None:
        with self._lock:
            broken, self._open = self._open, set()
        for each in broken:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                near, _address = self._listener.accept()
                if self._ended:
                    near.close()
                    return
                thread = threading.Thread(target=self._carry, args=(near,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, near: socket.socket) -> None:
        far = None
        try:
            far = self._dial(near)
            if far is not None:
                self._join(near, far)
        except OSError:
            pass  # a pulled cable looks like this from inside
        finally:
            for end in (near, far):
                if end is not None:
                    end.close()

    def _dial(self, near: socket.socket) -> socket.socket | None:
        """The handshake of RFC 1928 sections 3, 4 and 6, without authentication."""
        _version, methods = _exactly(near, 2)
        _exactly(near, methods)
        near.sendall(b"\x05\x00")
        _version, command, _reserved, kind = _exactly(near, 4)
        host = (
            socket.inet_ntoa(_exactly(near, 4))
            if kind == IPV4
            else _exactly(near, _exactly(near, 1)[0]).decode("ascii")
        )
        port = int.from_bytes(_exactly(near, 2), "big")
        self.destinations.add(f"{host}:{port}")
        granted = command == CONNECT and kind in (IPV4, NAME) and self._plugged and host == "127.0.0.1"
        near.sendall(bytes((5, GRANTED if granted else REFUSED, 0, IPV4)) + bytes(6))
        return socket.create_connection((host, port)) if granted else None

    def _join(self, near: socket.socket, far: socket.socket) -> None:
        record = bytearray()
        with self._lock:
            self._received.append(record)
            self._open |= {near, far}
        outward = threading.Thread(target=self._pump, args=(near, far, None), daemon=True)
        outward.start()
        self._pump(far, near, record)
        outward.join()
        with self._lock:
            self._open -= {near, far}

    def _pump(self, source: socket.socket, sink: socket.socket, record: bytearray | None) -> None:
        with contextlib.suppress(OSError):
            while self._plugged and (data := source.recv(CHUNK)):
                if record is not None:
                    if self._deaf:
                        continue
                    with self._lock:
                        record += data
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = source.recv(count - len(data))
        if not more:
            raise ConnectionError("the browser hung up")
        data += more
    return data
