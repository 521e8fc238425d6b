"""Reading: pages of entries, unread marks, how far a room is read, drafts."""

import pytest

from caseroom.access.words import Role
from caseroom.errors import Forbidden, Invalid, NotFound
from caseroom.rooms import queries, services


def marks(house, person, room):
    with house.database.reading() as work:
        return queries.reading_marks(work, house.opened(work, person, room))


def save_draft(house, person, room, text):
    with house.database.unit_of_work() as work:
        services.save_draft(work, house.actors[person], room, text)


def draft(house, person, room):
    with house.database.reading() as work:
        kept = queries.draft_of(work, house.opened(work, person, room))
    return kept.text if kept else None


def total(house, person, affair):
    with house.database.reading() as work:
        found = queries.my_cases(work, house.actors[person])
    return next(case.unread for case in found if case.id == affair.id)


def test_entries_come_in_order_page_by_page_without_a_gap_or_a_double(house, mediation):
    for number in range(7):
        house.say("ada", mediation["joint"], f"n° {number}")
    collected, after = [], -1
    while True:
        with house.database.reading() as work:
            page, following = queries.room_entries(
                work, house.opened(work, "bruno", mediation["joint"]), after=after, limit=5
            )
        collected += [entry.seq for entry in page]
        if following is None:
            break
        after = following
    assert collected == list(range(1 + 5 + 7))


def test_the_last_entries_are_the_newest_and_the_ones_before_them_follow_on(house, mediation):
    for number in range(6):
        house.say("ada", mediation["joint"], f"n° {number}")
    with house.database.reading() as work:
        opened = house.opened(work, "ada", mediation["joint"])
        newest = queries.last_entries(work, opened, limit=4)
        older = queries.last_entries(work, opened, before=newest[0].seq, limit=4)
    assert [entry.text for entry in newest] == ["n° 2", "n° 3", "n° 4", "n° 5"]
    assert [entry.seq for entry in older] == [newest[0].seq - offset for offset in (4, 3, 2, 1)]


def test_unread_counts_what_was_said_or_filed_and_not_the_notices(house, mediation):
    house.marks_read("bruno", mediation["joint"], 10_000)
    assert house.unread("bruno", mediation)[mediation["joint"]] == 0
    house.say("ada", mediation["joint"], "un")
    house.file("ada", mediation["joint"], "a.txt", b"deux")
    house.admit(mediation, "otto", Role.OBSERVER)
    assert house.unread("bruno", mediation)[mediation["joint"]] == 2
    assert total(house, "bruno", mediation) == 2


def test_unread_marks_tell_nothing_of_rooms_one_is_not_in(house, mediation):
    before = house.unread("bruno", mediation), total(house, "bruno", mediation)
    for word in ("caucus:0", "team:0"):
        house.say("ada", mediation[word], "entre nous")
    assert (house.unread("bruno", mediation), total(house, "bruno", mediation)) == before


def test_reading_goes_forward_only_and_never_beyond_the_last_entry(house, mediation):
    house.say("ada", mediation["joint"], "un")
    last = house.say("ada", mediation["joint"], "deux").seq
    house.marks_read("bruno", mediation["joint"], last - 1)
    assert house.unread("bruno", mediation)[mediation["joint"]] == 1
    house.marks_read("bruno", mediation["joint"], 2**53 - 1)
    house.marks_read("bruno", mediation["joint"], 0)
    assert house.unread("bruno", mediation)[mediation["joint"]] == 0
    house.say("ada", mediation["joint"], "trois")
    assert house.unread("bruno", mediation)[mediation["joint"]] == 1, "a number beyond the end must not read the future"


def test_a_negative_number_is_refused(house, mediation):
    with pytest.raises(Invalid):
        house.marks_read("bruno", mediation["joint"], -1)


def test_reading_is_told_to_the_readers_of_the_room_as_numbers_without_names(house, mediation):
    house.say("ada", mediation["caucus:0"], "un")
    house.publisher.events.clear()
    house.marks_read("neus", mediation["caucus:0"], 100)
    (event,) = house.publisher.events
    assert event.name == "room"
    assert {person for person in house.actors if house.received_by(person)} == {"ada", "clara", "neus"}
    assert set(event.payload) == {"room", "marks", "readers"}
    assert event.payload["marks"] == sorted(event.payload["marks"]) == marks(house, "ada", mediation["caucus:0"])


def test_reading_what_was_read_already_tells_nobody_anything(house, mediation):
    house.marks_read("neus", mediation["joint"], 3)
    house.publisher.events.clear()
    house.marks_read("neus", mediation["joint"], 3)
    house.marks_read("neus", mediation["joint"], 1)
    assert house.publisher.events == []


def test_writing_an_answer_does_not_count_as_having_read_what_arrived_meanwhile(house, mediation):
    """ "Read by 3 of 5" is said of messages that were shown. Ada never saw Bruno's."""
    house.marks_read("ada", mediation["joint"], 10_000)
    unseen = house.say("bruno", mediation["joint"], "Arrivé entre-temps")
    house.say("ada", mediation["joint"], "Écrit sans l'avoir vu")
    assert house.unread("ada", mediation)[mediation["joint"]] >= 1
    assert all(mark < unseen.seq for mark in marks(house, "neus", mediation["joint"])[:-1])


def test_ones_own_message_is_not_unread_where_everything_before_it_was_read(house, mediation):
    house.marks_read("ada", mediation["joint"], 10_000)
    house.say("ada", mediation["joint"], "un")
    house.file("ada", mediation["joint"], "a.txt", b"deux")
    assert house.unread("ada", mediation)[mediation["joint"]] == 0


def test_a_first_message_is_not_unread_to_its_author_though_notices_stand_before_it(house, mediation):
    house.say("ada", mediation["joint"], "Bonjour")
    assert house.unread("ada", mediation)[mediation["joint"]] == 0


# --- drafts ---


def test_a_draft_belongs_to_one_person_in_one_room(house, mediation):
    save_draft(house, "ada", mediation["caucus:0"], "Je pense tout bas")
    assert draft(house, "ada", mediation["caucus:0"]) == "Je pense tout bas"
    assert draft(house, "ada", mediation["joint"]) is None
    for person in ("clara", "neus"):
        assert draft(house, person, mediation["caucus:0"]) is None


def test_a_draft_never_travels(house, mediation):
    before = {person: house.view(person, mediation.id) for person in mediation.participants}
    house.publisher.events.clear()
    save_draft(house, "ada", mediation["caucus:0"], "Je pense tout bas")
    assert house.publisher.events == []
    assert {person: house.view(person, mediation.id) for person in mediation.participants} == before
    for person in ("clara", "neus", "ada"):
        assert house.texts(person, mediation["caucus:0"]) == []


def test_a_draft_is_replaced_emptied_and_gone_once_the_message_is_posted(house, mediation):
    room = mediation["joint"]
    save_draft(house, "ada", room, "un")
    save_draft(house, "ada", room, "deux")
    assert draft(house, "ada", room) == "deux"
    save_draft(house, "ada", room, "  ")
    assert draft(house, "ada", room) is None
    save_draft(house, "ada", room, "trois")
    house.say("ada", room, "trois")
    assert draft(house, "ada", room) is None


def test_a_post_that_is_refused_keeps_the_draft(house, mediation):
    save_draft(house, "ada", mediation["joint"], "important")
    with pytest.raises(Exception, match="audience_changed"):
        house.say("ada", mediation["joint"], "important", audience="0" * 16)
    assert draft(house, "ada", mediation["joint"]) == "important"


def test_a_draft_is_refused_where_one_may_not_write(house, mediation):
    house.admit(mediation, "otto", Role.OBSERVER)
    with pytest.raises(Forbidden):
        save_draft(house, "otto", mediation["joint"], "x")
    with pytest.raises(NotFound):
        save_draft(house, "bruno", mediation["caucus:0"], "x")
    with pytest.raises(Invalid):
        save_draft(house, "ada", mediation["joint"], "x" * 20_001)
