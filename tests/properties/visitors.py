"""A person at the real server, by cookie and by token, with each answer as it came: the lines of its head in their
order, and its bytes."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from caseroom.web.security import COOKIE
from tests.realtime.people import Someone
from tests.realtime.serving import PATIENCE

BOUNDARY = "caseroom-twin-worlds"
PIECE = 1024 * 1024
FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came for one request. ``asked`` names it for the reader of a failure, and to find it again."""

    asked: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def media(self) -> str:
        return dict(self.headers).get("Content-Type", "")


class Visitor:
    """One person's programs and browser."""

    def __init__(self, port: int, someone: Someone) -> None:
        self.someone = someone
        self._port = port
        self._cookie = someone.cookie.removeprefix(f"{COOKIE}=")
        self._form_token = ""

    def call(self, method: str, path: str, *, body: Any = None, **headers: str) -> Answer:
        """Ask the API; ``path`` below ``/api/v1``. Header names with underscores."""
        given = {"Authorization": f"Bearer {self.someone.token}", **_named(headers)}
        return self._ask(method, f"/api/v1{path}", given, body)

    def open(self, path: str, method: str = "GET", *, body: Any = None, **headers: str) -> Answer:
        """Ask for a page as the browser that is signed in does; whatever changes something, with the form's token."""
        token = {} if method in ("GET", "HEAD") else {"X-CSRFToken": self._token()}
        given = {"Cookie": f"{COOKIE}={self._cookie}", **token, **_named(headers)}
        return self._ask(method, path, given, body)

    def ask(self, method: str, address: str, *, name: str, body: Any = None) -> Answer:
        """A page or the API, whichever it is; the answer goes by this name."""
        if address.startswith("/api/v1/"):
            found = self.call(method, address.removeprefix("/api/v1"), body=body)
        else:
            found = self.open(address, method, body=body)
        return Answer(f"{method} {name}", found.status, found.headers, found.body)

    def _token(self) -> str:
        if not self._form_token:
            found = FORM_TOKEN.search(self.open("/account").body.decode())
            assert found, "the account page has a form, and the form its token"
            self._form_token = found[1]
        return self._form_token

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> Answer:
        kind, length, data = _encoded(body)
        if kind:
            headers = {**headers, "Content-Type": kind, "Content-Length": str(length)}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            connection.request(method, path, body=data, headers={"Accept-Language": "en", **headers})
            response = connection.getresponse()
            answer = Answer(f"{method} {path}", response.status, response.getheaders(), response.read())
        finally:
            connection.close()
        for name, value in answer.headers:
            if name == "Set-Cookie" and COOKIE in (cookies := SimpleCookie(value)):
                self._cookie = cookies[COOKIE].value
        return answer


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of ``size`` bytes, all the same, sent piece by piece."""

    filename: str
    size: int
    byte: bytes = b"s"

    def form(self) -> tuple[int, Iterable[bytes]]:
        disposition = f'Content-Disposition: form-data; name="file"; filename="{self.filename}"'
        head = f"--{BOUNDARY}\r\n{disposition}\r\nContent-Type: text/plain\r\n\r\n".encode()
        tail = f"\r\n--{BOUNDARY}--\r\n".encode()
        return len(head) + self.size + len(tail), self._pieces(head, tail)

    def _pieces(self, head: bytes, tail: bytes) -> Iterable[bytes]:
        yield head
        whole, rest = divmod(self.size, PIECE)
        piece = self.byte * PIECE
        for _ in range(whole):
            yield piece
        yield self.byte * rest + tail


def _encoded(body: Any) -> tuple[str, int, Any]:
    """The media type, the length and the bytes of a body: an Upload, a form (tuple of pairs), or JSON."""
    if body is None:
        return "", 0, None
    if isinstance(body, Upload):
        length, pieces = body.form()
        return f"multipart/form-data; boundary={BOUNDARY}", length, pieces
    if isinstance(body, tuple):
        data = urlencode(body).encode()
        return "application/x-www-form-urlencoded", len(data), data
    data = json.dumps(body).encode()
    return "application/json", len(data), data


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
