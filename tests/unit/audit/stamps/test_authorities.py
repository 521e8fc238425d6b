"""Who is asked, at what pace, and under what name; and that no name carries a credential."""

from datetime import UTC, datetime, timedelta

import pytest

from caseroom.audit.stamps.asking import Authority
from caseroom.audit.stamps.authorities import Authorities, trusted_roots
from caseroom.config import load_settings

NOON = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)


def two():
    return Authorities([Authority("http://first.example/tsa"), Authority("http://second.example/tsa")])


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("http://timestamp.example.org/qualified", "http://timestamp.example.org/qualified"),
        ("https://ada:s3cret@tsa.example.org:8443/ts?key=hidden", "https://tsa.example.org:8443/ts"),
        ("https://ada:p%40ss@tsa.example.org", "https://tsa.example.org"),
        (f"https://tsa.example.org/{'x' * 500}", f"https://tsa.example.org/{'x' * 176}"),
    ],
)
def test_an_authority_is_named_without_credentials_and_without_what_a_key_may_stand_in(url, label):
    authority = Authority(url)
    assert (authority.label, repr(authority)) == (label, f"Authority({label})")


@pytest.mark.parametrize("url", ["ftp://tsa.example", "http://", "tsa.example", "http://ada:pw@tsa.example/"])
def test_what_is_no_url_of_an_authority_is_refused_without_being_repeated(url):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the next line says what it may not hold
        Authority(url)
    assert "example" not in str(refused.value)


def test_the_second_authority_is_asked_after_three_failures_and_then_both_in_turn():
    authorities = two()
    asked = [authorities.for_try(tries).label.split(".")[0].removeprefix("http://") for tries in range(8)]
    assert asked == ["first", "first", "first", "second", "first", "second", "first", "second"]
    alone = Authorities([Authority("http://only.example/")])
    assert {alone.for_try(tries).label for tries in range(8)} == {"http://only.example/"}


def test_an_authority_has_one_request_at_a_time():
    authority = Authority("http://tsa.example/")
    assert authority.take_turn(NOON)
    assert not authority.take_turn(NOON + timedelta(minutes=5))
    authority.end_turn()
    assert authority.take_turn(NOON)


def test_an_authority_is_left_alone_for_its_pause():
    authority = Authority("http://tsa.example/", pause=15)
    assert authority.take_turn(NOON)
    authority.end_turn()
    assert not authority.take_turn(NOON + timedelta(seconds=14.9))
    assert authority.take_turn(NOON + timedelta(seconds=15))
    authority.end_turn()


def test_a_clock_that_was_set_back_does_not_silence_an_authority():
    authority = Authority("http://tsa.example/", pause=15)
    assert authority.take_turn(NOON)
    authority.end_turn()
    assert authority.take_turn(NOON - timedelta(days=3))


def test_the_operator_is_told_once_an_hour():
    authorities = two()
    times = [NOON + timedelta(minutes=minutes) for minutes in (0, 1, 59, 60, 61)]
    assert [authorities.may_alarm(time) for time in times] == [True, False, False, True, False]


def test_without_settings_there_is_no_authority_and_no_root():
    settings = load_settings({})
    assert not Authorities.of(settings)
    assert trusted_roots(settings) == []
