"""The schedule is arithmetic: which instants there are, and what an interruption leaves to be sealed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseroom.audit.epoch_bytes import Why
from caseroom.audit.schedule import ON_TIME, due_now, next_instant

START = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
HOUR = 3600

intervals = st.integers(1, 86_400)
passed = st.integers(0, 400 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, 60), (59, 60), (60, 120), (61, 120), (600, 660)],
    ids=["at the opening", "before the first", "on the first", "after the first", "ten hours on"],
)
def test_the_next_instant_is_the_first_one_later(minutes, expected):
    after = START + timedelta(minutes=minutes)
    assert next_instant(start=START, interval=HOUR, after=after) == START + timedelta(minutes=expected)


@given(intervals, passed)
def test_every_instant_stands_on_the_grid_and_none_is_left_out(interval, since):
    after = START + since
    found = next_instant(start=START, interval=interval, after=after)
    assert (found - START) % timedelta(seconds=interval) == timedelta(0)
    assert after < found <= after + timedelta(seconds=interval)


def test_nothing_is_due_before_its_instant():
    instant = START + timedelta(hours=1)
    assert due_now(next_due=instant, interval=HOUR, now=instant - timedelta(milliseconds=1)) is None
    assert due_now(next_due=instant, interval=HOUR, now=instant) is not None


def test_one_instant_sealed_in_time_is_of_the_grid():
    instant = START + timedelta(hours=1)
    for late in (timedelta(0), ON_TIME):
        due = due_now(next_due=instant, interval=HOUR, now=instant + late)
        assert (due.why, due.at) == (Why.GRID, instant)


def test_after_an_interruption_one_catch_up_stands_for_all_that_was_missed_and_says_so():
    missed = START + timedelta(hours=1)
    due = due_now(next_due=missed, interval=HOUR, now=START + timedelta(hours=25, minutes=3))
    assert (due.why, due.at) == (Why.CATCHUP, START + timedelta(hours=25))


def test_one_instant_missed_by_most_of_an_interval_is_a_catch_up_too():
    instant = START + timedelta(hours=1)
    due = due_now(next_due=instant, interval=HOUR, now=instant + timedelta(minutes=45))
    assert (due.why, due.at) == (Why.CATCHUP, instant)


@given(intervals, passed)
def test_what_is_due_is_the_latest_instant_that_has_come(interval, late):
    instant = START + timedelta(seconds=interval)
    now = instant + late
    due = due_now(next_due=instant, interval=interval, now=now)
    assert due.at == next_instant(start=START, interval=interval, after=now) - timedelta(seconds=interval)
    if due.at != instant:
        assert due.why is Why.CATCHUP
