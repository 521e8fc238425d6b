"""A browser without scripts for tests of pages: keeps cookies, sends the forms a page holds, goes nowhere unasked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flask import Flask

ORIGIN = "https://rooms.example.org"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Browser:
    """One person's browser. After each request: ``status``, ``page``, ``location``, ``headers``, ``cookies`` set."""

    app: Flask
    address: str = "192.0.2.1"
    language: str = "en"
    page: str = ""
    token: str = ""
    status: int = 0
    location: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.client = self.app.test_client()

    def open(self, path: str):
        return self._ask("GET", path)

    def send(self, path: str, **fields: str):
        """Post a form of the last page that held one, token included."""
        return self._ask("POST", path, data={"csrf_token": self.token, **fields})

    def follow(self):
        assert self.status == 302, f"{self.status} where a redirect was expected: {self.words()[:300]}"
        return self.open(self.location)

    def words(self) -> str:
        """What one reads on the page."""
        text = re.sub(r"<(script|style|svg|head)\b.*?</\1>", " ", self.page, flags=re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", text).split())

    def is_signed_in(self) -> bool:
        return self.client.get("/cases", base_url=ORIGIN).status_code == 200

    def _ask(self, method: str, path: str, **given):
        answer = self.client.open(
            path,
            method=method,
            base_url=ORIGIN,
            headers={
                "Accept": "text/html",
                "Accept-Language": self.language,
                "Referer": f"{ORIGIN}/",
                "User-Agent": FIREFOX,
            },
            environ_base={"REMOTE_ADDR": self.address},
            **given,
        )
        self.status, self.page, self.location = answer.status_code, answer.text, answer.headers.get("Location", "")
        self.headers, self.cookies = dict(answer.headers), answer.headers.getlist("Set-Cookie")
        answer.close()
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page)
        self.token = found[1] if found else self.token
        return self
