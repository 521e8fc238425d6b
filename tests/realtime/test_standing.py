"""What loses its standing without the server being told: it is looked for, and closed."""

from __future__ import annotations

import json

import pytest

from tests.realtime.serving import PATIENCE
from tests.realtime.wire import Page


@pytest.fixture
def shared(lively):
    return lively


def test_a_websocket_that_never_says_who_it_is_is_closed(story, open_wire):
    stranger, refused, ada = open_wire(), open_wire(), open_wire(story.ada)
    refused.join({"token": "wrong"})
    for wire in (stranger, refused):
        assert wire.closed.wait(PATIENCE)
    assert not ada.closed.is_set()
    assert json.loads(ada.ask("since", {"room": story.joint, "seq": -1}))[0]["ok"]


def test_the_real_client_is_disconnected_when_its_token_is_revoked(story, practice, server):
    spare = practice.spare_token(story.ada)
    page = Page(server.origin, auth={"token": spare.token}).open()
    assert page.ask("since", {"room": story.joint, "seq": -1})["ok"]
    practice.revoke(spare)
    assert page.closed.wait(PATIENCE)
    page.drop()


def test_a_session_ended_elsewhere_is_cut_although_it_asks_for_nothing(story, practice, open_page, open_wire):
    wire, neus = open_wire(cookie=story.ada.cookie).join({}), open_page(story.neus)
    practice.end_sessions(story.ada)
    wire.until(lambda frame: frame.startswith("41"))
    neus.post(story.joint, "after", audience=practice.audience(story.neus, story.joint))
    assert json.loads(open_wire(story.ada).ask("since", {"room": story.joint, "seq": -1}))[0]["ok"]
    assert wire.frames[-1] == "41"
