"""A program that calls the API, for tests of its edge."""

from __future__ import annotations

from flask import Flask

BASE = "/api/v1"
BOUNDARY = "caseroom-test-boundary"


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

    def send(self, room: str, body: bytes, **headers: str):
        """Send bytes as a form, whole or not."""
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        given = {"Content-Type": kind, "If-Match": self.audience(room), **named(headers)}
        return self.ask("POST", f"/rooms/{room}/exhibits", data=body, headers=given)


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
