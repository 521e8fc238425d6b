"""A program that calls the API, for tests of its edge."""

from __future__ import annotations

import io

from flask import Flask

BASE = "/api/v1"
BOUNDARY = "caseroom-test-boundary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


class Caller:
    """One person's program. Paths below ``/api/v1``; headers as keywords: ``If_Match``."""

    def __init__(self, app: Flask, *, token: str = "", **headers: str) -> None:
        self.client = app.test_client()
        self.headers = {"Accept-Language": "en", **headers}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, *, headers=None, **given):
        return self.client.open(BASE + path, method=method, headers={**self.headers, **(headers or {})}, **given)

    def get(self, path: str, **headers: str):
        return self.ask("GET", path, headers=named(headers))

    def post(self, path: str, body=None, **headers: str):
        return self.ask("POST", path, json=body, headers=named(headers))

    def delete(self, path: str, **headers: str):
        return self.ask("DELETE", path, headers=named(headers))

    def audience(self, room: str) -> str:
        """The version as ``If-Match`` wants it, read a moment ago."""
        return self.get(f"/rooms/{room}").headers["ETag"]

    def say(self, room: str, text: str, **headers: str):
        return self.post(f"/rooms/{room}/messages", {"body": text}, **{"If_Match": self.audience(room), **headers})

    def file(self, room: str, *parts: bytes, **headers: str):
        """File a document to the readers of a moment ago; ``parts`` from ``part``."""
        return self.send(room, form(*parts), **headers)

    def send(self, room: str, body: bytes, *, kind: str = FORM, length: int | None = None, **headers: str):
        """Send bytes as a form, whole or not; ``length``: what is announced, where that is not so."""
        size = len(body) if length is None else length
        given = {"If-Match": self.audience(room), **named(headers)}
        return self._send_raw(room, io.BytesIO(body), kind=kind, length=size, headers=given)

    def announce(self, room: str, size: int, **headers: str):
        """Announce a form of ``size`` bytes to somebody who must not begin to read it."""
        return self._send_raw(room, Unreadable(), kind=FORM, length=size, headers=named(headers))

    def _send_raw(self, room, stream, *, kind, length, headers):
        # The test client would mend what is broken here on purpose.
        environ = {"wsgi.input": stream, "CONTENT_LENGTH": str(length), "CONTENT_TYPE": kind}
        return self.ask("POST", f"/rooms/{room}/exhibits", headers=headers, environ_overrides=environ)


class Unreadable:
    """A body that must not be read."""

    def read(self, size=-1):
        raise AssertionError("the body was read")

    readline = readlines = __iter__ = read


def part(name: str, content: bytes | str, filename: str | None = None, *lines: str) -> bytes:
    """One part of a form; ``lines`` are further headers of it."""
    naming = "" if filename is None else f'; filename="{filename}"'
    head = "\r\n".join([f'Content-Disposition: form-data; name="{name}"{naming}', *lines])
    return head.encode() + b"\r\n\r\n" + (content.encode() if isinstance(content, str) else content)


def form(*parts: bytes) -> bytes:
    delimiter = f"--{BOUNDARY}".encode()
    return b"".join(delimiter + b"\r\n" + each + b"\r\n" for each in parts) + delimiter + b"--\r\n"


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
