"""A session or token that ends takes its connections with it, and no other connection of the same person."""

from __future__ import annotations

import json
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pyotp
import pytest

from tests.realtime.people import PASSWORD
from tests.realtime.serving import PATIENCE


class Browser:
    """Signs in as a person does, through the pages, and keeps the cookie that the server sets."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        # Browsers treat 127.0.0.1 as trustworthy and return Secure cookies to it.
        self._cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self._opener = build_opener(HTTPCookieProcessor(self._cookies))

    @property
    def cookie(self) -> str:
        return "; ".join(f"{each.name}={each.value}" for each in self._cookies)

    def sign_in(self, someone) -> None:
        self.submit("/sign-in", email=someone.email, password=PASSWORD)
        secret = parse_qs(urlsplit(someone.totp_uri).query)["secret"][0]
        arrived_at = self.submit("/sign-in/code", code=pyotp.TOTP(secret).now())
        assert "sign-in" not in arrived_at

    def submit(self, path: str, *, shown_at: str | None = None, **fields: str) -> str:
        """Send the form that stands on a page, with that page's token; return where it led."""
        with self._open(shown_at or path) as page:
            token = page.read().decode().split('name="csrf_token" value="')[1].split('"')[0]
        with self._open(path, urlencode({"csrf_token": token, **fields}).encode()) as answer:
            assert answer.status == 200, answer.read()
            return answer.url

    def _open(self, path: str, data: bytes | None = None):
        request = Request(self._origin + path, data, {"Origin": self._origin})  # noqa: S310 - our own server
        return self._opener.open(request, timeout=PATIENCE)


@pytest.fixture
def browser(server):
    def open_browser(someone) -> Browser:
        browser = Browser(server.origin)
        browser.sign_in(someone)
        return browser

    return open_browser


def test_signing_out_closes_this_browsers_connections_and_no_other(story, practice, open_page, open_wire, browser):
    clara = practice.with_totp(story.clara)
    signed_in = browser(clara)
    here, there = (open_wire(cookie=signed_in.cookie).join({}) for _ in range(2))
    with_token = open_wire(clara)
    assert json.loads(here.ask("since", {"room": story.joint, "seq": -1}))[0]["ok"]
    neus = open_page(story.neus)
    audience = practice.audience(story.neus, story.joint)

    signed_in.submit("/sign-out", shown_at="/")
    # The form's answer came after the connections were closed: the fence proves that nothing more reached them.
    for wire in (here, there):
        wire.until(lambda frame: frame.startswith("41"))
    said = neus.post(story.joint, "after", audience=audience)
    with_token.until(lambda frame: said["id"] in frame)
    for wire in (here, there):
        assert wire.frames[-1] == "41"
        assert not any(said["id"] in frame for frame in wire.frames)
    assert open_wire(cookie=signed_in.cookie).join({}).refused


def test_signing_out_everywhere_closes_every_browsers_connections(story, practice, open_wire, browser):
    clara = practice.with_totp(story.clara)
    other = open_wire(cookie=clara.cookie).join({})
    assert other.joined, "a session on another device"
    browser(clara).submit("/sign-out-everywhere", shown_at="/account")
    other.until(lambda frame: frame.startswith("41"))
    assert open_wire(cookie=clara.cookie).join({}).refused


def test_revoking_a_token_on_the_account_page_closes_its_connections(story, practice, open_wire, browser):
    clara = practice.with_totp(story.clara)
    spare = practice.spare_token(clara)
    kept, cut = open_wire(clara), open_wire(spare)
    browser(clara).submit(f"/account/tokens/{practice.token_id(spare)}/revoke", shown_at="/account")
    cut.until(lambda frame: frame.startswith("41"))
    assert open_wire(spare).refused
    assert json.loads(kept.ask("since", {"room": story.joint, "seq": -1}))[0]["ok"]


@pytest.mark.parametrize("event", ["post", "since", "typing", "read"])
def test_an_event_on_a_token_revoked_elsewhere_is_refused_at_once(story, practice, open_wire, event):
    spare = practice.spare_token(story.ada)
    wire = open_wire(spare)
    right = {"room": story.joint, "seq": 0}
    assert json.loads(wire.ask("since", right))[0]["ok"]
    size = practice.size(story.ada, story.joint)
    data = {
        "post": {"room": story.joint, "body": "x", "audience": practice.audience(story.ada, story.joint)},
        "typing": {"room": story.joint, "on": True},
    }.get(event, right)
    practice.revoke(spare)
    told = json.loads(wire.ask(event, data))[0]
    assert (told["ok"], told["status"], told["code"]) == (False, 401, "unauthenticated")
    assert "41" in wire.frames
    assert practice.size(story.ada, story.joint) == size
