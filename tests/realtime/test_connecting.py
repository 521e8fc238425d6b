"""Who gets a connection, and what one without standing is served: nothing."""

from __future__ import annotations

import json
import threading

import pytest
import requests
import websocket
from flask import Flask
from socketio.exceptions import ConnectionError as Refused

from caseroom.access.actor import Actor, Resolvers
from caseroom.access.words import AuthLevel
from caseroom.config import load_settings
from caseroom.db import Database
from caseroom.ids import PersonId
from caseroom.realtime.gateway import Gateway
from tests.realtime.serving import PATIENCE
from tests.realtime.wire import Page, Wire

LONE_SURROGATE = "\ud800"


def fence(page: Page, room: str, audience: str) -> None:
    """A message that went round: whatever the server sent before it has left."""
    said = page.post(room, "fence", audience=audience)
    page.until("entry", lambda entry: entry["id"] == said["id"])


def test_a_token_and_a_browsers_session_both_open_a_connection(settled, open_page):
    for by_cookie in (False, True):
        assert open_page(settled.ada, by_cookie=by_cookie).ask("since", {"room": settled.joint, "seq": -1})["ok"]


def test_the_real_client_is_told_that_a_wrong_token_is_refused(server):
    page = Page(server.origin, auth={"token": "caseroom_" + "x" * 43})
    with pytest.raises(Refused):
        page.open()
    page.drop()


def test_nothing_but_a_token_or_a_session_opens_a_connection(settled, open_wire):
    for auth in (
        None,
        {},
        {"token": ""},
        {"token": 7},
        {"token": None},
        {"secret": settled.ada.token},
        {"token": settled.ada.actor.person},
    ):
        assert open_wire().join(auth).refused, auth
    assert open_wire().join({"token": settled.ada.token}).joined


def test_a_wrong_token_is_not_helped_by_a_good_cookie(settled, server, open_wire):
    assert open_wire(cookie=settled.ada.cookie).join({}).joined
    assert open_wire(cookie=settled.ada.cookie).join({"token": "wrong"}).refused


@pytest.mark.parametrize("auth", [None, {"token": "wrong"}, {"token": LONE_SURROGATE}, ["token"]])
def test_a_refused_connection_is_served_nothing_and_receives_nothing(settled, practice, open_page, open_wire, auth):
    neus, stranger = open_page(settled.neus), open_wire()
    stranger.join(auth)
    assert stranger.refused
    assert not stranger.joined
    before = len(stranger.frames)
    for event in ("since", "post", "typing", "read"):
        stranger.send(f'421["{event}",{{"room":"{settled.joint}","seq":-1}}]')
    fence(neus, settled.joint, practice.audience(settled.neus, settled.joint))
    assert stranger.join(auth).refused, "the answer to this second try comes after all that was sent before"
    assert [frame[:2] for frame in stranger.frames[before:]] == ["44"]


def test_a_connection_that_never_asked_for_the_namespace_is_served_nothing(settled, practice, open_page, open_wire):
    neus, stranger = open_page(settled.neus), open_wire(cookie=settled.ada.cookie)
    for namespace in ("", "/admin,"):
        stranger.send(f'42{namespace}1["since",{{"room":"{settled.joint}","seq":-1}}]')
    fence(neus, settled.joint, practice.audience(settled.neus, settled.joint))
    stranger.join({})
    assert stranger.joined, "with this cookie it would have been served, had it asked"
    assert [frame[:2] for frame in stranger.frames[1:]] == ["40"]


def test_an_exception_while_connecting_refuses_the_connection(practice, open_wire):
    # A session cookie of our own signature whose value no query can take: the resolver raises.
    cookie = practice.cookie(_user_id=LONE_SURROGATE)
    wire = open_wire(cookie=cookie)
    wire.join({})
    assert wire.refused
    assert not wire.joined
    assert open_wire().join({"token": LONE_SURROGATE}).refused


def test_a_session_cookie_of_another_shape_opens_nothing(settled, practice, open_wire):
    for value in (None, 7, "", "unknown", ["x"], {"a": 1}):
        assert open_wire(cookie=practice.cookie(_user_id=value)).join({}).refused
    assert open_wire(cookie=settled.ada.cookie).join({}).joined


def test_a_tampered_session_cookie_opens_nothing(settled, open_wire):
    assert open_wire(cookie=settled.ada.cookie).join({}).joined
    forged = settled.ada.cookie[:-2] + ("AA" if not settled.ada.cookie.endswith("AA") else "BB")
    assert open_wire(cookie=forged).join({}).refused


def test_a_page_of_another_site_cannot_connect_with_the_visitors_cookie(settled, server, open_wire):
    own = open_wire(cookie=settled.ada.cookie, page_origin=server.origin)
    assert own.join({}).joined
    for origin in ("https://evil.example", "null", server.origin + ".evil.example"):
        with pytest.raises(websocket.WebSocketBadStatusException):
            Wire(server.origin, cookie=settled.ada.cookie, page_origin=origin)


def test_only_the_websocket_transport_is_served(server):
    for query in ("EIO=4&transport=polling", "EIO=4", "EIO=3&transport=websocket"):
        assert requests.get(f"{server.origin}/socket.io/?{query}", timeout=PATIENCE).status_code == 400


@pytest.mark.parametrize("event", ["disconnect", "connect"])
def test_a_connection_cannot_hide_from_its_sign_out_by_sending_an_event_named_like_the_protocols_own(
    settled, practice, open_wire, event
):
    stolen = practice.spare_token(settled.ada)
    wire = open_wire(stolen)
    # With a second identity: if the event were served, the first would no longer be the one on record.
    wire.ask(event, None, {"token": settled.bruno.token})
    since = {"room": settled.caucus, "seq": -1}
    assert json.loads(wire.ask("since", since))[0]["ok"], "it is still Ada’s"
    practice.revoke(stolen)
    assert json.loads(wire.ask("since", since))[0]["code"] == "unauthenticated"
    assert "41" in wire.frames


def test_a_session_that_ends_while_it_is_being_looked_up_opens_nothing(tmp_path):
    environ = {"CASEROOM_DATA": str(tmp_path), "CASEROOM_ASYNC": "threading", "CASEROOM_TESTING": "1"}
    settings = load_settings(environ)
    actor = Actor(person=PersonId("p"), name="Ada", session="s", level=AuthLevel.AL0, locale="en", zone="")
    for answers, opened in (([actor, actor], True), ([actor, None], False)):
        looked_up = iter(answers)
        resolvers = Resolvers(session=lambda *_: None, token=lambda *_, found=looked_up: next(found))
        app, database = Flask("ending"), Database("sqlite://")
        app.secret_key = "unsafe"
        gateway = Gateway(app, settings, database=database, resolvers=resolvers, describe=lambda *_: {})
        client = gateway.socketio.test_client(app, auth={"token": "t"})
        assert client.is_connected() is opened
        database.engine.dispose()


def test_a_second_request_for_the_namespace_on_one_connection_changes_nothing(settled, open_wire):
    wire = open_wire(settled.ada)
    wire.join({"token": settled.bruno.token})
    assert wire.refused
    assert json.loads(wire.ask("since", {"room": settled.caucus, "seq": -1}))[0]["ok"]


GARBAGE = (
    "42", "42[]", "42null", '42{"a":1}', '42[{"a":1},{}]', '42[["post"],{}]', '42["post"', "43", '431["a"]', "44{}",
    "45",
    '4599999999999-["post",{}]', '4251-["post",{"_placeholder":true,"num":0}]', "49", "4", '40{"token":', "6", "0x",
    "42" + "9" * 500 + '["post",{}]', '42["since",' + "[" * 50_000 + "]" * 50_000 + "]", '42["\\ud800",{}]',
    '42["nobody_listens",{}]', '421["read",{"seq":' + "9" * 5000 + "}]", '42/other,["post",{}]', "41/other,",
)  # fmt: skip


@pytest.mark.parametrize("joined", [True, False])
def test_frames_that_are_no_packets_end_at_most_their_own_connection(settled, practice, open_page, open_wire, joined):
    neus = open_page(settled.neus)
    for garbage in GARBAGE:
        wire = open_wire(settled.bruno if joined else None)
        wire.send(garbage)
        wire.drop()
    # Nobody is waiting for these to be read; one more connection is served after them, and so is everybody else.
    assert open_wire(settled.bruno).joined
    fence(neus, settled.joint, practice.audience(settled.neus, settled.joint))


def test_a_message_above_the_limit_closes_its_connection_and_no_other(settled, practice, open_page, open_wire):
    neus, bruno = open_page(settled.neus), open_wire(settled.bruno)
    room = {"room": settled.joint, "seq": -1}
    fits = json.loads(bruno.ask("since", {**room, "locale": "x" * 200_000}))[0]
    assert fits["ok"], "a frame below the limit is read"
    bruno.send('421["since",' + json.dumps({**room, "locale": "x" * 300_000}) + "]")
    assert bruno.closed.wait(PATIENCE)
    fence(neus, settled.joint, practice.audience(settled.neus, settled.joint))


def test_many_connections_at_once_are_each_told_their_own_identity(settled, open_wire):
    people = [settled.ada, settled.bruno, settled.clara, settled.basile] * 4
    start, answers, lock = threading.Barrier(len(people)), [], threading.Lock()

    def connect(index: int) -> None:
        start.wait(PATIENCE)
        wire = open_wire(people[index])
        seen = json.loads(wire.ask("since", {"room": settled.team, "seq": -1}))[0]
        with lock:
            answers.append((people[index].name, seen["ok"]))

    threads = [threading.Thread(target=connect, args=(index,)) for index in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(answers) == sorted((someone.name, someone.name in ("Ada", "Clara")) for someone in people)
