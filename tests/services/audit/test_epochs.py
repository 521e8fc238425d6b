"""A case's checkpoints as one room is told of them: found by halving, and the same as found by looking at each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from caseroom import clock
from caseroom.audit import epochs
from caseroom.audit.case_log import head_of, seal_epoch
from caseroom.audit.epoch_bytes import Why
from caseroom.audit.epochs import SealedSizes
from caseroom.audit.models import CaseEpoch, Opening, RoomLog, TimeStamp
from caseroom.audit.notes import parse_vkey
from caseroom.audit.origins import room_vkey
from caseroom.audit.queries import head

LONG = 3000  # epochs: four months of hours
GROWTH = 7  # entries that the room of the long history gains in every tenth epoch


def seal(house, case_id, *, why=Why.GRID):
    with house.database.unit_of_work() as work:
        due = (clock.now() + timedelta(hours=head_of(work, case_id).size)).replace(microsecond=0)
        return seal_epoch(work, case_id, why=why, due=due).n


@pytest.fixture
def affair(house):
    return house.mediation()


@pytest.fixture
def long_history(house, affair):
    """The room's stream after thousands of epochs. Only what the queries read is there: rows, not a log."""
    with house.database.unit_of_work() as work:
        stream = house.opened(work, "ada", affair["joint"]).stream
        first = work.session.get_one(CaseEpoch, (affair.id, 0))
        start = head(work, stream).size
        for n in range(1, LONG):
            copied = {"why": Why.GRID, "due": first.due, "line": first.line, "note": first.note}
            work.session.add(CaseEpoch(case_id=affair.id, n=n, **copied))
            size = start + GROWTH * (n // 10)
            work.session.add(Opening(case_id=affair.id, n=n, slot=stream.slot, size=size, root=bytes(32)))
        head_of(work, affair.id).size = LONG
    return stream, start


def test_every_point_covers_what_came_between_it_and_the_one_before(house, affair):
    room, written = affair["joint"], []
    for number in (3, 0, 1, 0, 0, 2):
        for _ in range(number):
            house.say("ada", room, "a word")
        written.append((seal(house, affair.id), number))
    with house.database.reading() as work:
        stream = house.opened(work, "ada", room).stream
        sizes = SealedSizes(work, stream)
        last = head(work, stream).size - 1
        points = epochs.points_covering(work, stream, sizes, low=0, high=last)
    new = {point.n: point.last - point.first + 1 for point in points}
    before = sum(new.values()) - sum(number for _, number in written)
    first = {written[0][0]: before - 1 + 3, 0: 1}  # the opening saw one entry, the first hour all who came in and three
    assert new == {n: number for n, number in written if number} | first
    assert [point.n for point in points] == sorted(new, reverse=True)
    assert [point.first for point in points] == [point.last + 1 for point in points[1:]] + [0]


def test_an_entry_is_first_covered_by_the_first_epoch_that_is_larger(house, long_history):
    stream, start = long_history
    with house.database.reading() as work:
        sizes = SealedSizes(work, stream)
        assert sizes.epochs == LONG
        for seq in (start, start + 1, start + GROWTH, start + GROWTH * 100, sizes.newest - 1):
            slow = next(n for n in range(LONG) if sizes.at(n) > seq)
            assert SealedSizes(work, stream).first_covering(seq) == slow
        assert sizes.first_covering(sizes.newest) is None


def test_a_page_of_a_long_history_costs_a_look_for_each_halving_and_not_for_each_epoch(house, long_history):
    stream, _ = long_history
    asked = []
    with house.database.reading() as work:
        sizes = SealedSizes(work, stream)
        high = sizes.newest - 1
        event.listen(work.connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        points = epochs.points_covering(work, stream, sizes, low=high - 49, high=high, newest=True)
    assert len([point for point in points if point.last is not None]) == 50 // GROWTH + 1
    assert 0 < len(asked) < 60


def test_a_stamp_counts_for_everything_before_it(house, affair):
    numbers = [seal(house, affair.id) for _ in range(4)]
    now = clock.now()
    with house.database.unit_of_work() as work:
        for n, came in ((numbers[0], False), (numbers[2], True)):
            stamp = TimeStamp(
                case_id=affair.id,
                n=n,
                state="kept" if came else "waiting",
                asked_since=now,
                next_try=now,
                tsa="https://user.example.net:8443/tsr?key=secret",
                gen_time=now if came else None,
            )
            work.session.add(stamp)
    with house.database.reading() as work:
        covering = epochs.stamp_from(work, affair.id, numbers[0])
        assert covering is not None
        assert (covering[0], covering[1].host, covering[1].gen_time) == (numbers[2], "user.example.net:8443", now)
        assert epochs.stamp_from(work, affair.id, numbers[3]) is None
        assert epochs.last_stamped(work, affair.id) == numbers[2]
        count = epochs.count_stamps(work, affair.id)
    assert (count.points, count.kept, count.waiting, count.first_waiting) == (5, 1, 1, numbers[0])


def test_the_key_of_a_rooms_log_is_the_cases_key_under_the_rooms_name(house, affair):
    with house.database.reading() as work:
        stream = house.opened(work, "ada", affair["caucus:0"]).stream
        vkey = head_of(work, affair.id).vkey
        room_key, case_key = room_vkey(vkey, stream.slot), parse_vkey(vkey)
        slot = work.session.get_one(RoomLog, stream.room_id).slot
    assert room_key == house.signer.vkey(f"{case_key.name}/s/{slot}")
    assert parse_vkey(room_key).public == case_key.public
