"""Every event against everybody who may not, and against everything that is no request: one shape of answer, the same
bytes whether the thing is hidden or absent, and a server that goes on."""

from __future__ import annotations

import json

import pytest

from caseroom.ids import new_id
from tests.realtime.events import EVENTS, PAYLOADS, payload


def answer(wire, event: str, data: object) -> dict:
    return json.loads(wire.ask(event, data))[0]


@pytest.mark.parametrize("event", EVENTS)
def test_a_room_hidden_from_somebody_answers_with_the_bytes_of_a_room_that_never_was(
    settled, practice, open_wire, event
):
    for someone, hidden, reader in (
        (settled.otto, settled.joint, settled.ada),
        (settled.otto, settled.caucus, settled.ada),
        (settled.bruno, settled.caucus, settled.ada),
        (settled.basile, settled.team, settled.ada),
        (settled.neus, settled.team, settled.ada),
        (settled.ada, settled.elsewhere, settled.otto),
    ):
        wire = open_wire(someone)
        assert answer(open_wire(reader), event, payload(practice, event, hidden, reader=reader))["ok"]
        forbidden = wire.ask(event, payload(practice, event, hidden, reader=reader))
        absent = wire.ask(event, payload(practice, event, new_id()))
        assert forbidden == absent
        for never in (
            "",
            "x",
            settled.case,
            settled.participants["Ada"],
            new_id().upper(),
            hidden + "\n",
            hidden[:-1],
            "../" + hidden,
        ):
            assert wire.ask(event, payload(practice, event, never)) == absent, never
        told = json.loads(absent)[0]
        assert (told["ok"], told["code"], told["status"]) == (False, "not_found", 404)
        assert told["title"]
        wire.drop()


@pytest.mark.parametrize("event", EVENTS)
def test_a_hidden_room_is_as_absent_to_a_wrong_request_as_to_a_right_one(settled, practice, open_wire, event):
    """A refusal must not come from having looked: what is wrong with a request is told alike for every room."""
    wrongs = (
        {"body": ""}, {"body": "x" * 20_001}, {"body": "a\x00b"}, {"audience": None}, {"audience": "*"},
        {"seq": 2**53 - 1}, {"quotes": new_id()}, {"client_id": "used-before"},
    )  # fmt: skip
    otto = open_wire(settled.otto)
    practice.post(settled.neus, settled.joint, "first", client_id="used-before")
    for wrong in wrongs:
        if set(wrong) - set(PAYLOADS[event]) - ({"quotes", "client_id"} if event == "post" else set()):
            continue
        hidden = otto.ask(event, {**payload(practice, event, settled.joint, reader=settled.ada), **wrong})
        absent = otto.ask(event, {**payload(practice, event, new_id()), **wrong})
        assert hidden == absent, wrong


@pytest.mark.parametrize("event", EVENTS)
def test_a_payload_that_is_no_object_is_malformed(settled, open_wire, event):
    wire = open_wire(settled.ada)
    for data in (None, 1, "x", [], ["room"], True):
        told = answer(wire, event, data)
        assert (told["ok"], told["code"], told["status"]) == (False, "malformed_event", 400)
        assert told["title"]


def test_a_refusal_speaks_the_language_of_its_connection(settled, open_wire):
    for locale, sentence in (("en", "There is nothing here"), ("fr", "Il n’y a rien ici")):
        wire = open_wire().join({"token": settled.otto.token, "locale": locale})
        assert answer(wire, "since", {"room": settled.joint, "seq": -1})["title"].startswith(sentence)


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_with_no_argument_or_with_several_is_malformed(settled, practice, open_wire, event):
    wire = open_wire(settled.ada)
    right = payload(practice, event, settled.joint, reader=settled.ada)
    for arguments in ((), (right, right), (right, "x")):
        told = json.loads(wire.ask(event, *arguments))[0]
        assert (told["ok"], told["code"]) == (False, "malformed_event")
    assert answer(wire, event, right)["ok"]


WRONG_VALUES = (None, 1, 1.5, True, [], {}, ["x"], {"a": 1}, "\ud800", "a\x00b", "\x1b[31m", "x" * 100_000, 2**53, -2)
OPTIONAL_NULL = {("post", "audience"), ("post", "client_id"), ("post", "quotes")}


@pytest.mark.parametrize("event", EVENTS)
def test_each_field_of_a_wrong_kind_is_refused_by_its_name_and_nothing_is_written(settled, practice, open_wire, event):
    wire = open_wire(settled.ada)
    right = payload(practice, event, settled.joint, reader=settled.ada)
    size = practice.size(settled.ada, settled.joint)
    fields = [*right, *(("client_id", "quotes") if event == "post" else ())]
    refused = 0
    for field in fields:
        for value in WRONG_VALUES:
            if type(value) is type(right.get(field)) and not isinstance(value, str) and value not in (2**53, -2):
                continue  # right for this field
            if value is None and (event, field) in OPTIONAL_NULL - {("post", "audience")}:
                continue
            told = answer(wire, event, {**right, field: value})
            assert told["ok"] is False, (field, value)
            assert told["status"] in (404, 412, 422, 428), (field, value, told)
            assert told["title"]
            assert told["code"] != "internal"
            refused += 1
    assert refused > len(WRONG_VALUES), "they were tried"
    assert practice.size(settled.ada, settled.joint) == size
    assert answer(wire, event, right)["ok"], "the request itself was right"


@pytest.mark.parametrize("event", EVENTS)
def test_a_missing_field_is_refused_and_so_is_one_that_nobody_knows(settled, practice, open_wire, event):
    wire = open_wire(settled.ada)
    right = payload(practice, event, settled.joint, reader=settled.ada)
    for field in right:
        told = answer(wire, event, {key: value for key, value in right.items() if key != field})
        assert told["ok"] is False
        assert told["status"] in (422, 428), told
    for stranger in ("person", "actor", "author", "at", "id", "kind", "__proto__", "\ud800", "x" * 1000):
        told = answer(wire, event, {**right, stranger: settled.participants["Bruno"]})
        assert told["code"] == "invalid"
        assert told["errors"] == [
            {"field": stranger[:40], "code": "unknown_field", "title": told["errors"][0]["title"]}
        ]
    assert answer(wire, event, right)["ok"]


def test_binary_attachments_are_no_text(settled, practice, open_wire):
    wire = open_wire(settled.ada)
    holder = {"_placeholder": True, "num": 0}
    wire.send(f'451-1["post",{json.dumps({"room": holder, "body": "x"})}]')
    wire.send_bytes(b"\x00\xff")
    told = json.loads(wire.until(lambda frame: frame.startswith("431[")).removeprefix("431"))[0]
    assert (told["ok"], told["code"], told["errors"][0]["field"]) == (False, "invalid", "room")


def test_somebody_who_may_read_a_room_and_not_write_in_it_is_told_why(story, practice, open_wire):
    watcher = practice.observer(story)
    wire = open_wire(watcher)
    assert answer(wire, "since", {"room": story.joint, "seq": -1})["ok"]
    assert answer(wire, "read", {"room": story.joint, "seq": 0})["ok"]
    for event in ("post", "typing"):
        told = answer(wire, event, payload(practice, event, story.joint, reader=watcher))
        assert (told["status"], told["code"]) == (403, "observers_read_only")
