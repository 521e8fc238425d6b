"""Reading a room: who reads it, its entries in order, and the proof of each."""

from __future__ import annotations

import pytest

from caseroom.access.words import Role
from caseroom.audit.models import CaseLog
from caseroom.audit.notes import format_vkey, parse_vkey
from caseroom.audit.receipts import verify_receipt
from caseroom.rooms.models import Room


@pytest.fixture
def verifier(house):
    """The public key of a room's log, as its origin names it."""

    def find(room_id: str):
        with house.database.reading() as work:
            room = work.session.get_one(Room, room_id)
            log = work.session.get_one(CaseLog, room.case_id)
            return parse_vkey(format_vkey(f"{log.origin}/s/{room.slot}", parse_vkey(log.vkey).public))

    return find


def test_a_room_names_its_readers_and_the_version_that_stands_for_them(standing, ada, given):
    answer = ada.get(f"/rooms/{standing['caucus:0']}")
    room = given(answer)
    assert (room["kind"], room["side_id"], room["case_id"]) == ("caucus", standing.sides[0], standing.id)
    names = ["Neus Ferrerola", "Clara Vasseroux", "Ada Quilliam"]
    assert [reader["name"] for reader in room["readers"]] == names
    assert room["readers"][0] == {
        "id": standing.participants["neus"],
        "name": "Neus Ferrerola",
        "role": "neutral",
        "side_id": None,
    }
    assert answer.headers["ETag"] == f'"{room["audience"]}"'


def test_the_version_changes_with_the_readers_and_with_nothing_else(house, mediation, ada, given):
    room = mediation["joint"]
    before = ada.audience(room)
    given(ada.say(room, "Hello"), 201)
    assert ada.audience(room) == before
    house.remove(mediation, "bruno", by="neus")
    assert ada.audience(room) != before


def test_the_head_is_the_signed_size_and_root_of_the_rooms_log(mediation, ada, given, verifier):
    room = mediation["joint"]
    entry = given(ada.say(room, "Hello"), 201)
    head = given(ada.get(f"/rooms/{room}"))["head"]
    checkpoint = verify_receipt(entry["receipt"], bytes.fromhex(entry["leaf"]), verifier(room))
    assert (head["size"], head["root"]) == (checkpoint.size, checkpoint.root.hex())
    assert head["size"] == entry["seq"] + 1


@pytest.mark.parametrize("call", ["", "/entries", "/exhibits"])
def test_a_room_one_does_not_belong_to_is_absent(standing, bruno, otto, ada, refused, call):
    absent = otto.get(f"/rooms/{'0' * 32}{call}")
    refused(absent, 404, "not_found")
    for person, words in ((otto, ["joint"]), (bruno, ["caucus:0", "team:0"]), (ada, ["counsel", "notes:neus"])):
        for word in words:
            hidden = person.get(f"/rooms/{standing[word]}{call}")
            assert (hidden.status_code, hidden.data) == (404, absent.data), word
    assert ada.get(f"/rooms/{standing['team:0']}{call}").status_code == 200


@pytest.mark.parametrize("room", ["x", "0" * 31, "0" * 33, "F" * 32, "%00", "%ff", "'", "joint"])
def test_what_is_no_id_is_absent(ada, refused, room):
    refused(ada.get(f"/rooms/{room}"), 404, "not_found")


def test_every_event_of_the_room_is_an_entry_and_none_is_left_out(house, mediation, ada, given):
    room = mediation["joint"]
    given(ada.say(room, "Hello"), 201)
    house.remove(mediation, "bruno", by="neus")
    page = given(ada.get(f"/rooms/{room}/entries"))
    assert [entry["seq"] for entry in page["items"]] == list(range(given(ada.get(f"/rooms/{room}"))["head"]["size"]))
    assert [entry["kind"] for entry in page["items"]] == [
        "case.opened",
        *["participant.admitted"] * 5,
        "message.posted",
        "participant.removed",
    ]
    assert page["next"] is None
    opened, *_, said, removed = page["items"]
    assert (opened["author"], opened["facts"]["title"]) == (None, "Verrière de la rue Sainte-Perpétue")
    assert (said["body"], said["author"]["name"]) == ("Hello", "Ada Quilliam")
    assert "facts" not in said
    assert removed["facts"]["subject"] == "Bruno Marchettino"


def test_entries_come_in_pages_that_join_without_gap_or_double(mediation, ada, given):
    room = mediation["joint"]
    whole = given(ada.get(f"/rooms/{room}/entries"))["items"]
    pieces, after = [], -1
    while after is not None:
        page = given(ada.get(f"/rooms/{room}/entries?after={after}&limit=2"))
        assert len(page["items"]) <= 2
        pieces += page["items"]
        after = page["next"]
    assert pieces == whole
    assert given(ada.get(f"/rooms/{room}/entries?after={whole[-1]['seq']}")) == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("after=-2", {"after": "out_of_range"}),
        ("after=9007199254740992", {"after": "out_of_range"}),
        ("after=99999999999999999999", {"after": "wrong_type"}),
        ("after=", {"after": "wrong_type"}),
        ("after=x", {"after": "wrong_type"}),
        ("after=1.0", {"after": "wrong_type"}),
        ("after=%D9%A3", {"after": "wrong_type"}),
        ("after=1&after=2", {"after": "wrong_type"}),
        ("limit=0", {"limit": "out_of_range"}),
        ("limit=201", {"limit": "out_of_range"}),
        ("limit=-", {"limit": "wrong_type"}),
    ],
)
def test_a_page_out_of_range_is_refused(standing, ada, refused, query, fields):
    refused(ada.get(f"/rooms/{standing['joint']}/entries?{query}"), 422, "invalid", **fields)


@pytest.mark.parametrize("query", ["after=-1", "after=0", "after=9007199254740991", "limit=1", "limit=200"])
def test_a_page_at_the_border_is_given(standing, ada, given, query):
    given(ada.get(f"/rooms/{standing['joint']}/entries?{query}"))


def test_a_receipt_proves_its_entry_as_given_at_filing_and_against_the_present_head(mediation, ada, given, verifier):
    room = mediation["joint"]
    entry = given(ada.say(room, "First"), 201)
    given(ada.say(room, "Second"), 201)
    leaf, key = bytes.fromhex(entry["leaf"]), verifier(room)
    filed, head = (ada.get(f"/entries/{entry['id']}/receipt{query}") for query in ("", "?head=1"))
    assert filed.mimetype == head.mimetype == "text/plain"
    assert filed.text == entry["receipt"] == ada.get(f"/entries/{entry['id']}/receipt?head=0").text
    first, second = (verify_receipt(answer.text, leaf, key) for answer in (filed, head))
    assert (first.size, second.size) == (entry["seq"] + 1, entry["seq"] + 2)


def test_receipts_are_for_readers_of_the_room(house, mediation, bruno, ada, refused):
    entry = house.say("ada", mediation["team:0"], "Between us")
    path = f"/entries/{entry.id}/receipt"
    assert ada.get(path).status_code == 200
    hidden = bruno.get(path)
    refused(hidden, 404, "not_found")
    assert hidden.data == bruno.get(f"/entries/{'0' * 32}/receipt").data == bruno.get("/entries/x/receipt").data


@pytest.mark.parametrize(("query", "code"), [("2", "out_of_range"), ("true", "wrong_type"), ("", "wrong_type")])
def test_another_head_than_yes_or_no_is_refused(house, standing, ada, refused, query, code):
    entry = house.say("ada", standing["joint"], "Hello")
    refused(ada.get(f"/entries/{entry.id}/receipt?head={query}"), 422, "invalid", head=code)


def test_an_observer_reads_and_does_not_write(house, mediation, otto, given, refused):
    house.admit(mediation, "otto", Role.OBSERVER)
    room = mediation["joint"]
    given(otto.get(f"/rooms/{room}/entries"))
    refused(otto.say(room, "Hello"), 403, "observers_read_only")
