"""What is said in a room reaches its readers, and nobody else in any form."""

from __future__ import annotations

SAID_TO_ALL = "QUOKKA-1 is what everybody reads."
CONFIDED = "ZORILLE-2 is what only the mediator may know."
ANSWERED = "ZORILLE-3 stays between us."


def test_a_joint_message_reaches_all_three_at_once(neus, ada, bruno, case):
    # Given all three in the joint room
    for person in (neus, ada, bruno):
        person.opens(f"/rooms/{case.rooms['joint']}")
        person.is_in_room("Joint room")

    # When each writes
    for person in (neus, ada, bruno):
        person.writes(f"A word from {person.name}.")

    # Then all see the same, in the same order, without asking for the page again
    said = [f"A word from {person.name}." for person in (neus, ada, bruno)]
    for person in (neus, ada, bruno):
        person.sees(said[-1])
        assert person.thread() == said


def test_a_message_in_caucus_is_seen_by_two_and_leaves_no_trace_with_the_third(neus, ada, bruno, case):
    joint, caucus = case.rooms["joint"], case.rooms["caucus"]
    # Given all three in the joint room, where Bruno stays
    for person in (neus, ada, bruno):
        person.opens(f"/rooms/{joint}")
        person.is_in_room("Joint room")
    neus.writes(SAID_TO_ALL)
    bruno.sees(SAID_TO_ALL)
    bruno.is_read_by_all()
    # and the two others gone into the caucus
    ada.goes_to_room("Caucus")
    neus.goes_to_room("Caucus Claimant")
    heard = len(bruno.browser.live_events())
    presence, unread, title, numbers = bruno.presence(), bruno.unread(), bruno.title(), bruno.numbers()

    # When they speak there, and Ada files a page
    ada.writes(CONFIDED)
    neus.sees(CONFIDED)
    neus.writes(ANSWERED)
    ada.sees(ANSWERED)
    secrets = [CONFIDED, ANSWERED, "ZORILLE", caucus, *ada.entry_ids()]

    # Then nothing at all has been said to Bruno's page meanwhile
    assert [event for event in bruno.browser.live_events()[heard:] if not of_an_earlier_case(event, case)] == []
    assert (bruno.presence(), bruno.unread(), bruno.title(), bruno.numbers()) == (presence, unread, title, numbers)

    # And when the others are back and Bruno has looked everywhere he can
    ada.goes_to_room("Joint room")
    ada.writes("Back at the table.")
    bruno.sees("Back at the table.")
    traces = [bruno.traces()]
    for page in ("/", f"/cases/{case.id}", f"/rooms/{joint}/exhibits", f"/rooms/{joint}/register", f"/rooms/{joint}"):
        bruno.opens(page)
        traces.append(bruno.traces())

    # Then it is in no page, title, storage, answer or frame of his, while what was said to all is in each record
    records = {
        "pages": "\n".join(traces),
        "frames": "\n".join(bruno.browser.frames()),
        "network": bruno.browser.notes(),
        "answers": bruno.browser.cable.received().decode("utf-8", "replace"),
    }
    for name, record in records.items():
        assert SAID_TO_ALL in record, f"the record of {name} is empty: it would prove nothing"
        assert [secret for secret in secrets if secret in record] == [], name
    assert CONFIDED in "\n".join(neus.browser.frames()), "it did travel"


def of_an_earlier_case(event: str, case) -> bool:
    """Presence outlasts a page by some seconds: that of the story told before may end during this one."""
    return event.startswith('42["presence"') and case.id not in event
