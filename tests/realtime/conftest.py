"""One server per event library serves the whole folder; each test has people and a case of its own, and the server's
log must stay without a traceback whatever the test did to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from caseroom.realtime.gateway import FRAMES
from tests.realtime.people import Practice, Someone, Story
from tests.realtime.serving import PATIENCE, LiveServer
from tests.realtime.wire import Page, Wire

EVENT_LIBRARIES = ("eventlet", "gevent")


@dataclass(frozen=True, slots=True)
class Instance:
    server: LiveServer
    practice: Practice


def instance(folder, mode: str, *, period: int) -> Iterator[Instance]:
    server = LiveServer(folder / "data", mode, period=period)
    practice = Practice(server.environ)
    try:
        server.start()
        yield Instance(server, practice)
    finally:
        server.stop()
        practice.close()


@pytest.fixture(scope="session", params=EVENT_LIBRARIES)
def shared(request, tmp_path_factory) -> Iterator[Instance]:
    """Its period never ends: what is seen here is caused by what a test did."""
    yield from instance(tmp_path_factory.mktemp(request.param), request.param, period=3600)


@pytest.fixture(scope="session", params=EVENT_LIBRARIES)
def lively(request, tmp_path_factory) -> Iterator[Instance]:
    """For the tests of what happens by itself, each second."""
    yield from instance(tmp_path_factory.mktemp(f"lively-{request.param}"), request.param, period=1)


@pytest.fixture(scope="session", params=EVENT_LIBRARIES)
def spare(request, tmp_path_factory) -> Iterator[Instance]:
    """One that a test may end, as long as it starts it again. Its period gives a busy machine the time to connect anew
    before anybody is called absent."""
    yield from instance(tmp_path_factory.mktemp(f"spare-{request.param}"), request.param, period=3)


@pytest.fixture
def server(shared) -> Iterator[LiveServer]:
    before = len(shared.server.log())
    yield shared.server
    said = shared.server.log()[before:]
    assert "Traceback" not in said, said
    # One line, without a trace, for a frame that is no packet; no other error may be the server's own.
    assert [line for line in said.splitlines() if line.startswith("ERROR") and FRAMES.name not in line] == []


@pytest.fixture
def practice(shared) -> Practice:
    return shared.practice


@pytest.fixture(scope="session")
def settled(shared) -> Story:
    """A story that nobody changes: for the tests in which everything is refused."""
    return shared.practice.story()


@pytest.fixture
def story(practice) -> Story:
    return practice.story()


@pytest.fixture
def api(server) -> Callable[..., requests.Response]:
    """Call the HTTP API as somebody."""

    def call(someone: Someone, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {someone.token}", **options.pop("headers", {})}
        return requests.request(method, f"{server.origin}/api/v1{path}", headers=headers, timeout=PATIENCE, **options)

    return call


@pytest.fixture
def open_page(server) -> Iterator[Callable[..., Page]]:
    """Connect as somebody, with their token unless told otherwise; closed when the test ends."""
    pages: list[Page] = []

    def open_as(someone: Someone, *, by_cookie: bool = False, **auth: object) -> Page:
        given = dict(auth) if by_cookie else {"token": someone.token, **auth}
        page = Page(server.origin, auth=given or None, cookie=someone.cookie if by_cookie else None)
        pages.append(page)
        return page.open()

    yield open_as
    for page in pages:
        page.drop()


@pytest.fixture
def open_wire(server) -> Iterator[Callable[..., Wire]]:
    """A bare websocket; joined as somebody where one is given."""
    wires: list[Wire] = []

    def open_as(someone: Someone | None = None, **more: Any) -> Wire:
        wire = Wire(server.origin, **more)
        wires.append(wire)
        return wire.join({"token": someone.token}) if someone else wire

    yield open_as
    for wire in wires:
        wire.drop()
