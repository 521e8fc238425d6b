"""What an acknowledged post promises, and how a retry, a stale audience and a missing one are answered."""

from __future__ import annotations

import pytest

from caseroom.audit.receipts import ReceiptError


def test_a_post_is_acknowledged_with_a_receipt_that_proves_exactly_this_entry(settled, practice, open_page):
    ada = open_page(settled.ada)
    audience = practice.audience(settled.ada, settled.joint)
    first, second = (ada.post(settled.joint, body, audience=audience) for body in ("first", "second"))
    entries = {entry.id: entry for entry in practice.entries(settled.bruno, settled.joint)}
    for said, body in ((first, "first"), (second, "second")):
        entry = entries[said["id"]]
        assert (entry.seq, entry.text) == (said["seq"], body)
        assert practice.check_receipt(said["receipt"], settled.ada, settled.joint, entry) == entry.seq + 1
    assert second["seq"] == first["seq"] + 1
    with pytest.raises(ReceiptError):
        practice.check_receipt(first["receipt"], settled.ada, settled.joint, entries[second["id"]])


def test_the_live_event_arrives_even_at_its_author_and_is_what_a_later_reader_gets(settled, practice, open_page):
    ada, bruno = open_page(settled.ada, locale="fr"), open_page(settled.bruno, locale="en")
    said = ada.post(
        settled.joint, "<b>bold?</b>", audience=practice.audience(settled.ada, settled.joint), client_id="c-1"
    )
    events = [page.until("entry", lambda entry: entry["id"] == said["id"]) for page in (ada, bruno)]
    assert events[0]["client_id"] == "c-1"
    assert "&lt;b&gt;bold?&lt;/b&gt;" in events[0]["html"]
    for page, event, locale in zip((ada, bruno), events, ("fr", "en"), strict=True):
        told = page.ask("since", {"room": settled.joint, "seq": said["seq"] - 1, "locale": locale})
        assert told["items"] == [{**event, "client_id": None}]


def test_a_retry_with_the_same_client_id_is_the_same_entry_and_is_told_to_nobody_again(settled, practice, open_page):
    ada, bruno = open_page(settled.ada), open_page(settled.bruno)
    audience = practice.audience(settled.ada, settled.joint)
    first = ada.post(settled.joint, "once", audience=audience, client_id="retry-1")
    again = ada.post(settled.joint, "once", audience=audience, client_id="retry-1")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert (again["id"], again["seq"], again["receipt"]) == (first["id"], first["seq"], first["receipt"])
    fence = ada.post(settled.joint, "fence", audience=audience, client_id="retry-2")
    assert fence["seq"] == first["seq"] + 1
    bruno.until("entry", lambda entry: entry["id"] == fence["id"])
    assert [entry["id"] for entry in bruno.events("entry")] == [first["id"], fence["id"]]


def test_a_retry_after_the_readers_changed_is_still_the_same_entry(story, practice, open_page):
    ada = open_page(story.ada)
    audience = practice.audience(story.ada, story.joint)
    first = ada.post(story.joint, "once", audience=audience, client_id="r")
    practice.observer(story)
    assert ada.post(story.joint, "once", audience=audience, client_id="r")["id"] == first["id"]
    assert ada.post(story.joint, "twice", audience=audience)["code"] == "audience_changed"


def test_the_same_client_id_with_another_body_is_a_conflict_and_writes_nothing(settled, practice, open_page):
    ada = open_page(settled.ada)
    audience = practice.audience(settled.ada, settled.joint)
    first = ada.post(settled.joint, "one thing", audience=audience, client_id="k")
    told = ada.post(settled.joint, "another thing", audience=audience, client_id="k")
    assert (told["ok"], told["status"], told["code"]) == (False, 422, "idempotency_conflict")
    quoting = ada.post(settled.joint, "one thing", audience=audience, client_id="k", quotes=first["id"])
    assert quoting["code"] == "idempotency_conflict"
    assert practice.size(settled.ada, settled.joint) == first["seq"] + 1


def test_a_client_id_is_its_owners_in_its_room(settled, practice, open_page):
    ada, bruno = open_page(settled.ada), open_page(settled.bruno)
    audience = practice.audience(settled.ada, settled.joint)
    ids = {
        ada.post(settled.joint, "same", audience=audience, client_id="shared")["id"],
        bruno.post(settled.joint, "same", audience=audience, client_id="shared")["id"],
        ada.post(settled.caucus, "same", audience=practice.audience(settled.ada, settled.caucus), client_id="shared")[
            "id"
        ],
    }
    assert len(ids) == 3


def test_a_stale_audience_is_refused_with_the_readers_of_now(story, practice, open_page):
    ada = open_page(story.ada)
    stale = practice.audience(story.ada, story.joint)
    assert ada.post(story.joint, "to those I saw", audience=stale)["ok"]
    practice.observer(story)
    told = ada.post(story.joint, "to those I saw", audience=stale)
    assert (told["ok"], told["status"], told["code"]) == (False, 412, "audience_changed")
    assert "Oriol" in [reader["name"] for reader in told["readers"]]
    assert len(told["readers"]) == 6
    assert all(set(reader) == {"id", "name", "role", "side_id"} for reader in told["readers"])
    assert ada.post(story.joint, "to those I see now", audience=told["audience"])["ok"]


@pytest.mark.parametrize("stated", ["*", "0" * 16, "x"])
def test_an_audience_that_is_not_the_rooms_is_refused(settled, practice, open_page, stated):
    ada = open_page(settled.ada)
    right = practice.audience(settled.ada, settled.joint)
    told = ada.post(settled.joint, "x", audience=stated)
    assert (told["status"], told["code"], told["audience"]) == (412, "audience_changed", right)
    assert ada.post(settled.joint, "x", audience=right)["ok"]


def test_the_audience_of_another_room_does_not_open_this_one(settled, practice, open_page):
    ada = open_page(settled.ada)
    caucus, joint = (practice.audience(settled.ada, room) for room in (settled.caucus, settled.joint))
    assert ada.post(settled.joint, "meant for the caucus", audience=caucus)["code"] == "audience_changed"
    assert ada.post(settled.caucus, "meant for the caucus", audience=caucus)["ok"]
    assert ada.post(settled.joint, "meant for all", audience=joint)["ok"]


@pytest.mark.parametrize("missing", [{}, {"audience": None}, {"audience": ""}])
def test_a_post_that_does_not_say_for_whom_it_was_written_is_refused(settled, open_page, missing):
    told = open_page(settled.ada).ask("post", {"room": settled.joint, "body": "to whom?", **missing})
    assert (told["ok"], told["status"], told["code"]) == (False, 428, "audience_required")


def test_a_quotation_stays_in_its_room(settled, practice, open_page):
    ada = open_page(settled.ada)
    confided = practice.post(settled.neus, settled.caucus, "confided")
    elsewhere = practice.post(settled.otto, settled.elsewhere, "elsewhere")
    said = practice.post(settled.bruno, settled.joint, "said to all")
    audience = practice.audience(settled.ada, settled.joint)
    for foreign in (confided, elsewhere):
        told = ada.post(settled.joint, "x", audience=audience, quotes=foreign.id)
        assert (told["code"], told["errors"][0]["code"]) == ("invalid", "unknown_value")
    quoted = ada.post(settled.joint, "x", audience=audience, quotes=said.id)
    assert quoted["ok"]
    assert "said to all" in ada.until("entry", lambda entry: entry["id"] == quoted["id"])["html"]


def test_what_is_posted_over_http_is_told_live_like_what_is_posted_over_a_socket(settled, practice, api, open_page):
    bruno = open_page(settled.bruno)
    answer = api(
        settled.ada,
        "POST",
        f"/rooms/{settled.joint}/messages",
        json={"body": "by http"},
        headers={"If-Match": f'"{practice.audience(settled.ada, settled.joint)}"', "Idempotency-Key": "http-1"},
    )
    assert answer.status_code == 201, answer.text
    entry = bruno.until("entry")
    assert (entry["id"], entry["seq"]) == (answer.json()["id"], answer.json()["seq"])
    again = open_page(settled.ada).post(settled.joint, "by http", audience="x", client_id="http-1")
    assert (again["id"], again["replayed"]) == (entry["id"], True), "one retry, whichever way it comes"


def test_one_connections_posts_are_written_in_the_order_in_which_they_were_sent(settled, practice, open_wire):
    wire = open_wire(settled.ada)
    audience = practice.audience(settled.ada, settled.joint)
    first = practice.size(settled.ada, settled.joint)
    for number in range(30):
        wire.send(f'42{100 + number}["post",{{"room":"{settled.joint}","body":"{number}","audience":"{audience}"}}]')
    wire.until(lambda frame: frame.startswith("43129["))
    assert [entry.text for entry in practice.entries(settled.bruno, settled.joint)[first:]] == [
        str(n) for n in range(30)
    ]


def test_a_post_states_what_its_page_saw_of_the_case_and_another_history_is_refused(story, practice, open_page):
    ada = open_page(story.ada)
    audience = practice.audience(story.ada, story.joint)
    size, root = practice.case_head(story.case)
    assert ada.post(story.joint, "as seen", audience=audience, seen={"n": size, "root": root})["ok"]
    for seen in ({"n": size, "root": "0" * 64}, {"n": size + 1, "root": root}):
        refused = ada.post(story.joint, "of another history", audience=audience, seen=seen)
        assert (refused["ok"], refused["code"]) == (False, "history_differs")
    for malformed in ({"n": size}, {"n": True, "root": root}, [size, root], {"n": size, "root": root, "more": 1}):
        assert ada.post(story.joint, "malformed", audience=audience, seen=malformed)["code"] == "invalid"
    assert [entry.text for entry in practice.entries(story.ada, story.joint) if entry.text] == ["as seen"]
