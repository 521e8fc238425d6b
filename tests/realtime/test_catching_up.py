"""Events are hints, rows are the truth: whatever a connection missed, `since` gives exactly that."""

from __future__ import annotations

import json
import random
import threading

MESSAGES = 200


def catch_up(page, room: str, after: int) -> list[dict]:
    """As the page does: ask again from ``next`` until there is no more."""
    items: list[dict] = []
    following: int | None = after
    while following is not None:
        told = page.ask("since", {"room": room, "seq": following})
        assert told["ok"], told
        items += told["items"]
        following = told["next"]
    return items


def test_since_gives_what_follows_a_number_and_says_where_to_ask_next(story, practice, open_page):
    ada = open_page(story.ada)
    practice.post(story.neus, story.joint, *(f"message {number}" for number in range(205)))
    size = practice.size(story.ada, story.joint)
    first = ada.ask("since", {"room": story.joint, "seq": -1})
    assert [item["seq"] for item in first["items"]] == list(range(200)), "a page holds 200"
    assert first["next"] == 199
    rest = ada.ask("since", {"room": story.joint, "seq": first["next"]})
    assert [item["seq"] for item in rest["items"]] == list(range(200, size))
    assert rest["next"] is None
    assert rest["audience"] == practice.audience(story.ada, story.joint)
    for beyond in (size - 1, size, 2**53 - 1):
        assert ada.ask("since", {"room": story.joint, "seq": beyond})["items"] == []


def test_a_long_answer_arrives_whole_at_a_slow_reader_and_keeps_nobody_waiting(story, practice, open_page, open_wire):
    practice.post(story.neus, story.joint, *["é" * 15_000] * 80)
    slow, neus = open_wire(story.ada, buffer=32 * 1024), open_page(story.neus)
    slow.pause()
    slow.send(f'421["typing",{{"room":"{story.team}","on":true}}]')  # at its answer the reading stops
    slow.send(f'422["since",{{"room":"{story.joint}","seq":-1}}]')
    audience = practice.audience(story.neus, story.joint)
    said = [neus.post(story.joint, f"meanwhile {number}", audience=audience) for number in range(3)]
    assert all(each["ok"] for each in said)
    slow.go_on()
    told = json.loads(slow.until(lambda frame: frame.startswith("432[")).removeprefix("432"))[0]
    assert sum("é" * 15_000 in item["html"] for item in told["items"]) == 80
    slow.until(lambda frame: said[-1]["id"] in frame)


def test_nothing_is_lost_or_doubled_over_random_disconnections_while_others_write(story, practice, open_page):
    audience = practice.audience(story.neus, story.joint)
    start = practice.size(story.neus, story.joint)
    writers = [open_page(someone) for someone in (story.neus, story.bruno)]
    failures: list[object] = []

    def write(writer: int) -> None:
        for number in range(MESSAGES // 2):
            said = writers[writer].post(story.joint, f"{writer}:{number}", audience=audience)
            if not said["ok"]:
                failures.append(said)

    threads = [threading.Thread(target=write, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    dice, seen, kills = random.Random(7), {}, 0
    newest = start - 1
    while newest < start + MESSAGES - 1:
        page = open_page(story.ada)
        missed = catch_up(page, story.joint, newest)
        assert [item["seq"] for item in missed] == list(range(newest + 1, newest + 1 + len(missed)))
        seen.update({item["seq"]: item["id"] for item in missed})
        newest += len(missed)
        if newest < start + MESSAGES - 1:
            stay = min(newest + dice.randrange(1, 40), start + MESSAGES - 1)
            page.until("entry", lambda entry, stay=stay: entry["seq"] >= stay)
        page.drop()
        kills += 1
        live = {entry["seq"]: entry["id"] for entry in page.events("entry")}
        for seq, entry in live.items():
            assert seen.setdefault(seq, entry) == entry, "a live event and a caught-up one are the same entry"
        while newest + 1 in live:
            newest += 1
    for thread in threads:
        thread.join()
    assert failures == []
    assert kills > 3, "it was disconnected while they wrote"
    written = practice.entries(story.neus, story.joint)[start:]
    assert seen == {entry.seq: entry.id for entry in written}
    assert len(written) == MESSAGES
