"""Presence says that somebody is connected to a case, the same in each of its rooms; never where, and to no others."""

from __future__ import annotations

import pytest

from tests.realtime.wire import Page, Wire


@pytest.fixture
def shared(lively):
    return lively


def told(page, story, name: str) -> list[bool]:
    pid = story.participants[name]
    return [data["on"] for data in page.events("presence") if data["person"] == pid]


def until(page, story, name: str, on: bool, *, count: int = 1) -> dict:
    pid = story.participants[name]
    return page.until("presence", lambda data: (data["person"], data["on"]) == (pid, on), count=count)


def test_presence_begins_with_the_first_connection_and_ends_with_the_last(story, open_page):
    neus = open_page(story.neus, case=story.case)
    first = open_page(story.ada, case=story.case)
    assert until(neus, story, "Ada", on=True) == {"case": story.case, "person": story.participants["Ada"], "on": True}
    second = open_page(story.ada, case=story.case)
    first.drop()
    # Bruno comes and goes after Ada's first page went: once his going is told, hers would have been.
    open_page(story.bruno, case=story.case).drop()
    until(neus, story, "Bruno", on=False)
    assert told(neus, story, "Ada") == [True], "a second page is open"
    second.drop()
    until(neus, story, "Ada", on=False)
    assert told(neus, story, "Ada") == [True, False]


def test_walking_from_room_to_room_is_told_to_nobody(spare):
    story, origin, pages = spare.practice.story(), spare.server.origin, []

    def open_page(someone) -> Page:
        pages.append(Page(origin, auth={"token": someone.token, "case": story.case}).open())
        return pages[-1]

    neus, page = open_page(story.neus), open_page(story.ada)
    until(neus, story, "Ada", on=True)
    for _ in range(3):
        page.drop()
        page = open_page(story.ada)
    polite = Wire(origin).join({"token": story.clara.token, "case": story.case})
    polite.leave()
    open_page(story.clara)
    # Bruno goes after all of them came back: once his going is told, theirs would have been.
    open_page(story.bruno).drop()
    until(neus, story, "Bruno", on=False)
    assert told(neus, story, "Ada") == [True]
    assert told(neus, story, "Clara") == [True]
    for each in (*pages, polite):
        each.drop()


def test_presence_reaches_those_who_share_the_case_and_nobody_else(story, practice, open_page):
    other = practice.story()
    watchers = {someone.name: open_page(someone) for someone in (story.neus, story.clara, story.bruno, story.basile)}
    outsiders = [open_page(someone) for someone in (story.otto, other.neus, other.ada)]
    open_page(story.ada).drop()
    open_page(other.bruno).drop()
    for page in watchers.values():
        until(page, story, "Ada", on=False)
        assert told(page, story, "Ada") == [True, False]
    until(outsiders[1], other, "Bruno", on=False)
    assert all(data["case"] == story.case for page in watchers.values() for data in page.events("presence"))
    heard = {(data["case"], data["person"]) for page in outsiders for data in page.events("presence")}
    assert all(case == other.case for case, _ in heard), "of the other case only what is theirs"


def test_a_connection_that_names_a_case_is_present_there_and_one_that_names_none_in_all(story, practice, open_page):
    second, ada_there = practice.second_case(story.neus, story.ada)
    neus = open_page(story.neus)
    here = open_page(story.ada, case=story.case)
    until(neus, story, "Ada", on=True)
    everywhere = open_page(story.ada)
    neus.until("presence", lambda data: data == {"case": second, "person": ada_there, "on": True})
    cases = [data["case"] for data in neus.events("presence")]
    assert cases.count(second) == 1, "not before the second connection"
    everywhere.drop()
    neus.until("presence", lambda data: data == {"case": second, "person": ada_there, "on": False})
    assert False not in told(neus, story, "Ada"), "the page of this case is still open"
    here.drop()
    until(neus, story, "Ada", on=False)


def test_naming_a_case_of_others_tells_nobody_and_shows_nothing(story, practice, open_page):
    neus = open_page(story.neus, case=story.case)
    otto = open_page(story.otto, case=story.case)
    fence = neus.post(story.joint, "fence", audience=practice.audience(story.neus, story.joint))
    neus.until("entry", lambda entry: entry["id"] == fence["id"])
    assert neus.events("presence") == []
    assert otto.ask("since", {"room": story.joint, "seq": -1})["code"] == "not_found"
    for strange in ({"a": 1}, 7, "x", "\ud800"):
        assert open_page(story.ada, case=strange, locale=strange).ask("since", {"room": story.joint, "seq": -1})["ok"]


def test_a_removed_person_hears_nothing_more_of_who_comes_and_goes(story, practice, api, open_page):
    neus, ada = open_page(story.neus), open_page(story.ada)
    open_page(story.bruno)
    until(ada, story, "Bruno", on=True)
    answer = api(story.neus, "DELETE", f"/cases/{story.case}/participants/{story.participants['Ada']}")
    assert answer.status_code == 204
    ada.until("gone")
    open_page(story.basile)
    until(neus, story, "Basile", on=True)
    assert ada.ask("since", {"room": story.joint, "seq": -1})["code"] == "not_found", "the answer comes after the news"
    assert told(ada, story, "Basile") == []
