"""Saying something: to the readers one saw named, once, and never half."""

from __future__ import annotations

import pytest

from caseroom.access.words import State
from caseroom.rooms.models import Room
from tests.caller import BASE


def test_a_message_is_an_entry_with_its_receipt(standing, ada, bruno, given):
    room = standing["joint"]
    entry = given(ada.say(room, "One line\nand another"), 201)
    assert entry["body"] == "One line\nand another"
    assert entry["receipt"].startswith("c2sp.org/tlog-proof@v1\n")
    assert entry["author"]["id"] == standing.participants["ada"]
    assert entry["at"].endswith("Z")
    read = given(bruno.get(f"/rooms/{room}/entries?after={entry['seq'] - 1}"))["items"]
    assert read == [{name: value for name, value in entry.items() if name != "receipt"}]


def test_a_message_quotes_an_entry_of_its_room_and_of_no_other(house, standing, ada, given, refused):
    room, path = standing["joint"], f"/rooms/{standing['joint']}/messages"
    first = given(ada.say(room, "First"), 201)
    audience = ada.audience(room)
    second = given(ada.post(path, {"body": "Second", "quotes": first["id"]}, If_Match=audience), 201)
    assert second["quotes"] == first["id"]
    elsewhere = house.say("ada", standing["team:0"], "Between us")
    for quoted in (elsewhere.id, "0" * 32, "x"):
        answer = ada.post(path, {"body": "Third", "quotes": quoted}, If_Match=audience)
        refused(answer, 422, "invalid", quotes="unknown_value")


def test_without_the_readers_it_was_written_for_a_message_is_not_sent(standing, ada, refused):
    path = f"/rooms/{standing['joint']}/messages"
    refused(ada.post(path, {"body": "Hello"}), 428, "audience_required")


NOT_THE_PRESENT_ONE = ["*", 'W/"{}"', "{}", '"{}", "{}"', '"{}"x', '""', "", '"old"', '"\xe9"', '"{}', '"*"']


@pytest.mark.parametrize("stated", NOT_THE_PRESENT_ONE)
def test_any_other_audience_than_the_present_one_is_answered_with_the_readers(standing, ada, given, refused, stated):
    room = given(ada.get(f"/rooms/{standing['joint']}"))
    path = f"/rooms/{room['id']}/messages"
    problem = refused(
        ada.post(path, {"body": "Hello"}, If_Match=stated.replace("{}", room["audience"])), 412, "audience_changed"
    )
    assert problem["audience"] == room["audience"]
    assert problem["readers"] == room["readers"]
    assert given(ada.get(f"/rooms/{room['id']}"))["head"] == room["head"], "nothing was written"
    assert ada.post(path, {"body": "Hello"}, If_Match=f'"{problem["audience"]}"').status_code == 201


def test_a_message_to_readers_of_whom_one_has_left_is_not_sent(house, mediation, ada, refused):
    room = mediation["joint"]
    seen = ada.audience(room)
    house.remove(mediation, "bruno", by="neus")
    problem = refused(ada.post(f"/rooms/{room}/messages", {"body": "Hello"}, If_Match=seen), 412, "audience_changed")
    assert mediation.participants["bruno"] not in {reader["id"] for reader in problem["readers"]}


@pytest.mark.parametrize("stated", ['"x"', None])
def test_who_does_not_read_the_room_does_not_learn_its_readers(standing, bruno, refused, stated):
    headers = {"If_Match": stated} if stated else {}
    answers = [
        bruno.post(f"/rooms/{room}/messages", {"body": "Hello"}, **headers)
        for room in (standing["caucus:0"], standing["team:0"], "0" * 32, "x")
    ]
    refused(answers[0], 404, "not_found")
    assert {answer.data for answer in answers} == {answers[0].data}


def test_the_same_key_and_body_get_the_first_answer_again(standing, ada, given):
    room = standing["joint"]
    first = ada.say(room, "Once", Idempotency_Key="key-1")
    again = ada.say(room, "Once", Idempotency_Key="key-1")
    assert given(again, 201) == given(first, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_is_answered_again_although_the_readers_have_changed(house, mediation, ada, given):
    room = mediation["joint"]
    seen = ada.audience(room)
    first = given(ada.say(room, "Once", Idempotency_Key="key-2"), 201)
    house.remove(mediation, "bruno", by="neus")
    again = ada.post(f"/rooms/{room}/messages", {"body": "Once"}, If_Match=seen, Idempotency_Key="key-2")
    assert given(again, 201)["id"] == first["id"]


def test_the_same_key_with_another_body_is_refused(standing, ada, given, refused):
    room = standing["joint"]
    first = given(ada.say(room, "Once", Idempotency_Key="key-3"), 201)
    refused(ada.say(room, "Twice", Idempotency_Key="key-3"), 422, "idempotency_conflict")
    assert given(ada.get(f"/rooms/{room}"))["head"]["size"] == first["seq"] + 1


def test_a_key_belongs_to_one_person_and_one_room(standing, ada, bruno, given):
    ids = {
        given(person.say(standing[word], "Once", Idempotency_Key="key-4"), 201)["id"]
        for person, word in ((ada, "joint"), (bruno, "joint"), (ada, "team:0"))
    }
    assert len(ids) == 3


@pytest.mark.parametrize("key", ["", " ", "x" * 101, "a b", "a/b", "\xe9", "key,key"])
def test_a_key_out_of_shape_is_malformed(standing, ada, refused, key):
    refused(ada.say(standing["joint"], "Hello", Idempotency_Key=key), 400, "malformed_client_id")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"body": "missing"}),
        ({"body": None}, {"body": "wrong_type"}),
        ({"body": 1}, {"body": "wrong_type"}),
        ({"body": ["Hello"]}, {"body": "wrong_type"}),
        ({"body": ""}, {"body": "empty"}),
        ({"body": " \n\t\r\n "}, {"body": "empty"}),
        ({"body": "x" * 20_001}, {"body": "too_long"}),
        ({"body": "a\0b"}, {"body": "control_characters"}),
        ({"body": "a\x1bb"}, {"body": "control_characters"}),
        ({"body": "\udc00"}, {"body": "bad_unicode"}),
        ({"body": "Hello", "hold": 30}, {"hold": "unknown_field"}),
        ({"body": "Hello", "hold": None}, {"hold": "unknown_field"}),
        ({"body": "Hello", "override": {"reason": "x"}}, {"override": "unknown_field"}),
        ({"body": "Hello", "author": "Bruno"}, {"author": "unknown_field"}),
        ({"body": "Hello", "quotes": 1}, {"quotes": "wrong_type"}),
    ],
)
def test_what_cannot_be_sent_is_refused_by_field_and_nothing_is_written(standing, ada, given, refused, body, fields):
    room = standing["joint"]
    before = given(ada.get(f"/rooms/{room}"))["head"]
    answer = ada.post(f"/rooms/{room}/messages", body, If_Match=ada.audience(room))
    refused(answer, 422, "invalid", **fields)
    assert given(ada.get(f"/rooms/{room}"))["head"] == before


@pytest.mark.parametrize("text", ["x" * 20_000, "\u00e9\U0001f4dc", "a\tb\nc", "<script>alert(1)</script>"])
def test_what_can_be_sent_comes_back_as_written(standing, ada, given, text):
    assert given(ada.say(standing["joint"], text), 201)["body"] == text


def test_line_ends_become_one_kind(standing, ada, given):
    assert given(ada.say(standing["joint"], "a\r\nb\rc"), 201)["body"] == "a\nb\nc"


def test_what_is_not_json_is_malformed_and_another_kind_not_taken(standing, ada, refused):
    path, headers = f"/rooms/{standing['joint']}/messages", {"If-Match": ada.audience(standing["joint"])}
    refused(ada.ask("POST", path, data=b"{", content_type="application/json", headers=headers), 400, "malformed_json")
    refused(ada.ask("POST", path, data={"body": "Hello"}, headers=headers), 415, "json_expected")
    refused(ada.post(path, ["Hello"], If_Match=headers["If-Match"]), 422, "invalid")
    refused(ada.post(path, {"body": "x" * 1_100_000}, If_Match=headers["If-Match"]), 413, "too_large")


def test_a_closed_room_is_read_and_not_written(house, mediation, ada, given, refused):
    room = mediation["joint"]
    audience = ada.audience(room)
    with house.database.unit_of_work() as work:
        work.session.get_one(Room, room).state = State.CLOSED
    refused(ada.post(f"/rooms/{room}/messages", {"body": "Hello"}, If_Match=audience), 403, "room_closed")
    given(ada.get(f"/rooms/{room}/entries"))


def test_a_removed_person_posts_nothing(house, mediation, ada, refused):
    room = mediation["joint"]
    audience = ada.audience(room)
    house.remove(mediation, "ada", by="neus")
    refused(ada.post(f"/rooms/{room}/messages", {"body": "Hello"}, If_Match=audience), 404, "not_found")


def test_the_caucus_leaves_no_shadow_in_what_others_are_given(house, mediation, ada, bruno, given):
    """Whatever Bruno may ask is answered with the same bytes before and after Ada and the mediator confer."""
    urls = ["/me", "/cases?limit=200", f"/cases/{mediation.id}", f"/cases/{mediation.id}/participants"]
    for word in ("joint", "caucus:1", "team:1"):
        urls += [f"/rooms/{mediation[word]}{part}" for part in ("", "/entries", "/exhibits")]
    before = [bruno.client.get(BASE + url, headers=bruno.headers).data for url in urls]
    given(ada.say(mediation["caucus:0"], "He will take 4,000"), 201)
    house.file("ada", mediation["caucus:0"], "offer.txt", b"4,000")
    after = [bruno.client.get(BASE + url, headers=bruno.headers).data for url in urls]
    assert after == before
    assert b"4,000" in ada.get(f"/rooms/{mediation['caucus:0']}/entries").data
