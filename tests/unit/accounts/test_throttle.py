import pytest

from caseroom.accounts.throttle import Guess, Throttle
from caseroom.errors import Throttled


@pytest.fixture
def storage_time(monkeypatch):
    """The storage's own clock, moved by hand."""

    class Moved:
        now = 1_800_000_000.0

        def time(self):
            return self.now

    moved = Moved()
    monkeypatch.setattr("limits.storage.memory.time", moved)
    monkeypatch.setattr("caseroom.accounts.throttle.time", moved)
    return moved


def fail(throttle, *, guess=Guess.PASSWORD, account="ada@example.org", address="192.0.2.1", times=1):
    for _ in range(times):
        throttle.attempt(guess, account=account, address=address)


def test_after_five_wrong_guesses_an_account_waits_for_the_end_of_the_window(storage_time):
    throttle = Throttle()
    fail(throttle, times=5)
    storage_time.now += 100
    with pytest.raises(Throttled) as refused:
        fail(throttle)
    assert refused.value.data == {"retry_after": 200}
    # Knocking on in the meantime does not make it longer.
    storage_time.now += 199
    with pytest.raises(Throttled):
        fail(throttle)
    storage_time.now += 2
    fail(throttle)


def test_only_failures_count():
    throttle = Throttle()
    for _ in range(50):
        throttle.attempt(Guess.PASSWORD, account="ada@example.org", address="192.0.2.1").succeeded()
    fail(throttle, times=5)
    with pytest.raises(Throttled):
        fail(throttle)


def test_guesses_sent_at_once_are_counted_before_any_is_checked():
    throttle = Throttle()
    waiting = [throttle.attempt(Guess.PASSWORD, account="ada@example.org", address="192.0.2.1") for _ in range(5)]
    with pytest.raises(Throttled):
        fail(throttle)
    assert len(waiting) == 5


def test_one_account_guessed_does_not_close_another_or_another_way_in():
    throttle = Throttle()
    fail(throttle, times=5)
    with pytest.raises(Throttled):
        fail(throttle)
    fail(throttle, account="bruno@example.org")
    fail(throttle, guess=Guess.RECOVERY)


def test_a_known_device_is_counted_apart_and_no_more_lightly():
    throttle = Throttle()
    fail(throttle, times=5)
    with pytest.raises(Throttled):
        fail(throttle)
    for number in range(5):
        throttle.attempt(Guess.PASSWORD, account="ada@example.org", address=f"192.0.2.{number}", device="her own")
    with pytest.raises(Throttled):
        throttle.attempt(Guess.PASSWORD, account="ada@example.org", address="192.0.2.9", device="her own")


def test_one_address_has_thirty_failures_whatever_accounts_it_names():
    throttle = Throttle()
    for number in range(30):
        fail(throttle, account=f"guess{number}@example.org")
    with pytest.raises(Throttled):
        fail(throttle, account="ada@example.org")
    fail(throttle, account="ada@example.org", address="192.0.2.2")


def test_one_subscriber_is_one_address_of_the_old_kind_or_a_64_of_the_new():
    throttle = Throttle()
    for number in range(30):
        fail(throttle, account="", address=f"2001:db8::{number:x}")
    with pytest.raises(Throttled):
        fail(throttle, account="", address="2001:db8::ffff")
    fail(throttle, account="", address="2001:db8:0:1::1")
    for number in range(30):
        fail(throttle, account="", address=("192.0.2.9", "::ffff:192.0.2.9")[number % 2])
    with pytest.raises(Throttled):
        fail(throttle, account="", address="192.0.2.9")


def test_links_count_by_address_alone():
    throttle = Throttle()
    fail(throttle, guess=Guess.LINK, account="same", times=30)
    with pytest.raises(Throttled):
        fail(throttle, guess=Guess.LINK, account="other")


def test_codes_have_a_second_longer_window(storage_time):
    throttle = Throttle()
    for _ in range(4):
        fail(throttle, guess=Guess.CODE, times=5)
        storage_time.now += 301
    with pytest.raises(Throttled) as refused:
        fail(throttle, guess=Guess.CODE)
    assert 300 < refused.value.data["retry_after"] < 3600
    storage_time.now += 3600
    fail(throttle, guess=Guess.CODE)


def test_what_was_typed_is_not_kept_in_the_storage():
    throttle = Throttle()
    fail(throttle, account="ada@example.org")
    assert throttle.storage.storage
    assert not [key for key in throttle.storage.storage if "ada" in key]
