"""Who is typing, and how far a room has been read, stay inside it."""

from __future__ import annotations

import pytest


def test_typing_reaches_the_rooms_other_readers_and_says_who_never_what(settled, practice, open_page, open_wire):
    ada, neus, clara = open_page(settled.ada), open_page(settled.neus), open_page(settled.clara)
    bruno, otto = open_wire(settled.bruno), open_wire(settled.otto)
    for on in (True, False):
        assert ada.ask("typing", {"room": settled.caucus, "on": on}) == {"ok": True}
        for page in (neus, clara):
            told = page.until("typing", lambda data, on=on: data["on"] is on)
            assert told == {"room": settled.caucus, "person": settled.participants["Ada"], "on": on}
    fence = neus.post(settled.joint, "fence", audience=practice.audience(settled.neus, settled.joint))
    ada.until("entry", lambda entry: entry["id"] == fence["id"])
    bruno.until(lambda frame: fence["id"] in frame)
    assert ada.events("typing") == [], "one does not hear oneself"
    for outside in (bruno, otto):
        assert "typing" not in [name for name, _ in outside.events()]


def test_ones_own_other_page_is_not_told_that_one_is_typing(settled, practice, open_page):
    here, there, clara = open_page(settled.ada), open_page(settled.ada), open_page(settled.clara)
    assert here.ask("typing", {"room": settled.team, "on": True})["ok"]
    clara.until("typing")
    said = here.post(settled.team, "fence", audience=practice.audience(settled.ada, settled.team))
    there.until("entry", lambda entry: entry["id"] == said["id"])
    assert there.events("typing") == []


def test_how_far_a_room_is_read_is_told_in_numbers_without_names(story, practice, open_page, open_wire):
    ada, neus, bruno = open_page(story.ada), open_page(story.neus), open_wire(story.bruno)
    said = neus.post(story.caucus, "read this", audience=practice.audience(story.neus, story.caucus))
    assert ada.ask("read", {"room": story.caucus, "seq": said["seq"]}) == {"ok": True}
    for page in (ada, neus):
        told = page.until("room")
        assert told == {"room": story.caucus, "marks": sorted(told["marks"]), "readers": 3}
        assert told["marks"] == [-1, said["seq"], said["seq"]], "Neus wrote it, Ada read it, Clara has not come"
    asked = neus.ask("since", {"room": story.caucus, "seq": said["seq"]})
    assert asked["marks"] == told["marks"]
    fence = neus.post(story.joint, "fence", audience=practice.audience(story.neus, story.joint))
    bruno.until(lambda frame: fence["id"] in frame)
    assert not any(story.caucus in frame for frame in bruno.frames)


def test_a_mark_goes_forward_only_and_never_beyond_what_there_is(story, practice, open_page):
    ada, neus = open_page(story.ada), open_page(story.neus)
    said = [neus.post(story.joint, "x", audience=practice.audience(story.neus, story.joint)) for _ in range(3)]
    newest = said[-1]["seq"]
    assert ada.ask("read", {"room": story.joint, "seq": newest - 1})["ok"]
    neus.until("room", lambda data: newest - 1 in data["marks"])
    assert ada.ask("read", {"room": story.joint, "seq": 0})["ok"], "an old page comes late"
    assert ada.ask("read", {"room": story.joint, "seq": 10**9})["ok"]
    told = neus.until("room", lambda data: data["marks"].count(newest) == 2)
    assert max(told["marks"]) == newest
    assert len(neus.events("room")) == 2, "going back is no news"


@pytest.mark.parametrize("on", [None, 0, 1, "true", [], {}])
def test_typing_is_on_or_off(settled, open_page, on):
    told = open_page(settled.ada).ask("typing", {"room": settled.joint, "on": on})
    assert (told["code"], told["errors"][0]["field"]) == ("invalid", "on")
