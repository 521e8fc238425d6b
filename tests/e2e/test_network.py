"""A network that comes and goes loses nothing, doubles nothing and mixes nothing up."""

from __future__ import annotations

import pytest
from selenium.common.exceptions import WebDriverException


def test_what_is_written_without_network_arrives_once_and_in_order_when_it_is_back(neus, ada, bruno, case):
    # Given all three in the joint room
    everybody = (neus, ada, bruno)
    for person in everybody:
        person.opens(f"/rooms/{case.rooms['joint']}")
        person.is_in_room("Joint room")
    ada.writes("Before the tunnel.")
    bruno.sees("Before the tunnel.")

    # When Ada has no network, writes on, and the others write meanwhile
    ada.loses_the_network()
    ada.writes_without_network("First from the tunnel.")
    ada.writes_without_network("Second from the tunnel.")
    bruno.writes("Are you still there?")
    neus.writes("She is on the train.")
    assert ada.waiting() == ["First from the tunnel.", "Second from the tunnel."]
    assert "tunnel." not in " ".join(bruno.thread()[1:]), "nothing of it has left"
    ada.sees("sending waits for the network")

    # Then, back online, everybody has everything, once, in one order
    ada.finds_the_network_again()
    for person in everybody:
        person.sees("Second from the tunnel.")
    ada.has_nothing_waiting()
    expected = [
        "Before the tunnel.",
        "Are you still there?",
        "She is on the train.",
        "First from the tunnel.",
        "Second from the tunnel.",
    ]
    for person in everybody:
        assert person.thread() == expected, person.name
    assert len({tuple(person.numbers()) for person in everybody}) == 1


def test_messages_that_wait_survive_a_reload_in_their_order(ada, bruno, case):
    # Given messages that wait with Ada, who has no network
    room = f"/rooms/{case.rooms['joint']}"
    for person in (ada, bruno):
        person.opens(room)
        person.is_in_room("Joint room")
    ada.loses_the_network()
    written = ["Written in the tunnel.", "Still in the tunnel.", "Then the battery was empty."]
    for text in written:
        ada.writes_without_network(text)

    # When her page is gone
    with pytest.raises(WebDriverException):
        ada.opens(room)
    assert bruno.thread() == []

    # Then they are sent once she opens the room again
    ada.finds_the_network_again()
    ada.opens(room)
    bruno.sees(written[-1])
    ada.has_nothing_waiting()
    assert ada.thread() == bruno.thread() == written


def test_a_message_whose_acknowledgement_was_lost_is_not_there_twice(ada, bruno, case):
    # Given Ada, whose network lets out what she sends and swallows every answer
    for person in (ada, bruno):
        person.opens(f"/rooms/{case.rooms['joint']}")
        person.is_in_room("Joint room")
    ada.hears_no_answer()

    # When she writes, it arrives, but her page cannot know
    ada.writes_without_network("Did this arrive?")
    bruno.sees("Did this arrive?")
    assert ada.waiting() == ["Did this arrive?"]

    # Then, with a network as it should be, her page sends it again and it is there once
    ada.loses_the_network()
    ada.finds_the_network_again()
    ada.has_nothing_waiting()
    ada.writes("Good.")
    bruno.sees("Good.")
    assert ada.thread() == bruno.thread() == ["Did this arrive?", "Good."]
    assert ada.numbers() == bruno.numbers()


def test_a_draft_stays_in_its_room_over_a_reload_and_shows_in_no_other(ada, bruno, case):
    # Given a draft of Ada in her caucus
    draft = "OKAPI-4, not yet for anybody"
    ada.opens(f"/rooms/{case.rooms['caucus']}")
    ada.is_in_room("Caucus")
    ada.types(draft)
    ada.sees("Draft kept.")

    # When she goes to the joint room, then its field is empty
    ada.goes_to_room("Joint room")
    assert ada.draft() == ""

    # And back in the caucus, after a reload as well, hers is as she left it
    ada.goes_to_room("Caucus")
    assert ada.draft() == draft
    ada.opens(f"/rooms/{case.rooms['caucus']}")
    assert ada.draft() == draft

    # And nobody else has it
    bruno.opens(f"/rooms/{case.rooms['joint']}")
    bruno.is_in_room("Joint room")
    assert "OKAPI-4" not in bruno.traces() + bruno.browser.notes()
