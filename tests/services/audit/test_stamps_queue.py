"""The queue: when it asks, whom, what it keeps; and that nobody ever waits for it. Real OpenSSL, real HTTP."""

import hashlib
import logging
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select, update

from caseroom import clock
from caseroom.access.words import CaseKind
from caseroom.audit.case_log import seal_epoch
from caseroom.audit.epoch_bytes import Why, parse_epoch
from caseroom.audit.models import CaseEpoch, TimeStamp
from caseroom.audit.scheduler import seal_due
from caseroom.audit.stamps.local_tsa import LocalTsa
from caseroom.audit.stamps.queue import due, mark_pinned, overdue, pins, stamp_due
from caseroom.audit.stamps.roots import keep_roots, kept_roots
from caseroom.audit.stamps.tokens import Verdict, check_token
from caseroom.config import Settings
from tests.stamping import Stamping, roots_of

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with LocalTsa(tmp_path_factory.mktemp("queue") / "tsa") as tsa:
        yield tsa


@pytest.fixture
def tsa(served):
    served.behave("good")
    served.set_clock(timedelta(0))
    return served


@pytest.fixture
def stamping(house, tsa):
    return Stamping(house, (tsa,))


@pytest.fixture
def affair(house, stamping):
    """A case opened under the eyes of an authority: its first epoch waits for its stamp."""
    return house.open_case(CaseKind.MEDIATION)


def row(house, affair, n=0):
    with house.database.reading() as work:
        return work.session.get_one(TimeStamp, (affair.id, n))


def note_of(house, affair, n=0):
    with house.database.reading() as work:
        return work.session.get_one(CaseEpoch, (affair.id, n)).note.encode()


def tried_at(stamping, affair, start, *, times):
    """The minutes after ``start`` at which an authority that never answers is tried, looking every half minute."""
    moments, tries, now = [], 0, start
    while len(moments) < times:
        stamping.stamp(now)
        if row(stamping.house, affair).tries > tries:
            tries += 1
            moments.append((now - start) / MINUTE)
        now += MINUTE / 2
    return moments


def test_a_sealed_epoch_waits_for_its_stamp_and_gets_it(house, affair, stamping, tsa):
    assert stamping.states(affair.id) == ["waiting"]
    assert stamping.stamp() == 1
    assert stamping.states(affair.id) == ["kept"]
    kept = row(house, affair)
    assert kept.tsa == tsa.url
    checked = check_token(kept.token, note_of(house, affair), roots=roots_of(tsa))
    assert (checked.state, checked.gen_time) == (Verdict.GOOD, kept.gen_time)
    assert hashlib.sha256(note_of(house, affair)).digest() in kept.request


def test_what_is_kept_is_not_asked_for_again(affair, stamping, tsa):
    stamping.stamp()
    asked = tsa.asked
    assert stamping.stamp(clock.now() + timedelta(days=3)) == 0
    assert tsa.asked == asked


def test_without_an_authority_nothing_waits(house):
    affair = house.open_case(CaseKind.MEDIATION)
    with house.database.reading() as work:
        assert work.session.scalars(select(TimeStamp)).all() == []
        assert overdue(work, clock.now() + timedelta(days=9)).count == 0
        assert pins(work, affair.id) == ([], None)


def test_an_epoch_that_is_not_signed_yet_is_not_asked_for(house, affair, stamping, tsa):
    asked = tsa.asked
    with house.database.unit_of_work() as work:
        epoch = work.session.get_one(CaseEpoch, (affair.id, 0))
        note, epoch.note = epoch.note, None
    assert stamping.stamp() == 0
    with house.database.reading() as work:
        assert overdue(work, clock.now() + timedelta(days=1)).count == 0, (
            "it waits for the signer, not for an authority"
        )
    with house.database.unit_of_work() as work:
        work.session.get_one(CaseEpoch, (affair.id, 0)).note = note
    assert stamping.stamp() == 1
    assert tsa.asked == asked + 1


def test_an_authority_that_does_not_answer_is_tried_after_1_5_15_and_60_minutes_and_then_hourly(affair, stamping, tsa):
    tsa.down()
    try:
        moments = tried_at(stamping, affair, clock.now(), times=7)
    finally:
        tsa.up()
    assert moments == [0, 1, 6, 21, 81, 141, 201]


@pytest.mark.parametrize("mood", ["refuse", "other", "rubbish", "page", "error"])
def test_an_answer_that_is_no_good_stamp_is_not_kept_and_asked_again(house, affair, stamping, tsa, mood):
    start = clock.now()
    tsa.behave(mood)
    assert stamping.stamp(start) == 0
    waiting = row(house, affair)
    assert (waiting.state, waiting.token, waiting.tries) == ("waiting", None, 1)
    assert waiting.next_try == start + MINUTE
    tsa.behave("good")
    assert stamping.stamp(start + MINUTE / 2) == 0
    assert stamping.stamp(start + MINUTE) == 1


def test_a_token_that_the_library_cannot_read_is_kept_when_openssl_finds_it_good(house, affair, stamping, tsa):
    tsa.behave("chain")
    assert stamping.stamp() == 1
    kept = row(house, affair)
    assert check_token(kept.token, note_of(house, affair), roots=roots_of(tsa)).checked_with == "openssl"
    assert kept.gen_time is not None


def test_a_second_authority_takes_over_after_three_failures(house, tsa, tmp_path):
    with LocalTsa(tmp_path / "second") as second:
        stamping = Stamping(house, (tsa, second))
        affair = house.open_case(CaseKind.MEDIATION)
        start = clock.now()
        tsa.down()
        try:
            assert [stamping.stamp(start + minutes * MINUTE) for minutes in (0, 1, 6)] == [0, 0, 0]
            assert second.asked == 0
            assert stamping.stamp(start + 21 * MINUTE) == 1
        finally:
            tsa.up()
        assert row(house, affair).tsa == second.url
        assert second.asked == 1
        assert (
            check_token(row(house, affair).token, note_of(house, affair), roots=roots_of(second)).state is Verdict.GOOD
        )


def test_one_timeout_tells_enough_for_all_that_wait(house, stamping, tsa, caplog):
    affairs = [house.open_case(CaseKind.MEDIATION) for _ in range(5)]
    tsa.behave("error")
    asked = tsa.asked
    assert stamping.stamp() == 0
    assert tsa.asked == asked + 1
    assert {row(house, affair).tries for affair in affairs} == {1}
    assert caplog.text.count("no time stamp from") == 1


def test_an_authority_is_asked_no_more_often_than_its_pause_allows(house, tsa):
    stamping = Stamping(house, (tsa,), pause=15)
    affairs = [house.open_case(CaseKind.MEDIATION) for _ in range(3)]
    start = clock.now()
    seconds = [0, 5, 14, 15, 20, 29, 30, 31]
    assert [stamping.stamp(start + timedelta(seconds=second)) for second in seconds] == [1, 0, 0, 1, 0, 0, 1, 0]
    assert [row(house, affair).state for affair in affairs] == ["kept"] * 3


def test_a_day_without_an_authority_is_made_good_in_order_and_what_is_late_says_so(
    house, present, stamping, tsa, caplog
):
    affair = house.open_case(CaseKind.MEDIATION)
    began = present.instant
    tsa.down()
    try:
        for _ in range(24):
            present.move(hours=1)
            assert seal_due(house.database) == 1, "an authority that is down delays no seal"
            assert house.say("neus", affair["joint"], "Nous continuons"), "nor a message"
            assert stamping.stamp() == 0
    finally:
        tsa.up()
    assert stamping.states(affair.id) == ["waiting"] * 25
    tsa.set_clock(present.instant - clock_of_the_machine())
    present.move(hours=1)
    tsa.set_clock(present.instant - clock_of_the_machine())
    assert stamping.stamp() == 25
    states = stamping.states(affair.id)
    late = [number for number, state in enumerate(states) if state == "late"]
    assert late == list(range(23)), f"all due more than two hours before {present.instant}, begun {began}"
    assert states[23:] == ["kept", "kept"]
    n = stamping.seal(affair.id, present.instant)
    with house.database.reading() as work:
        line = parse_epoch(work.session.get_one(CaseEpoch, (affair.id, n)).line)
    assert line.stamps == tuple(range(25))
    assert "have waited for their time stamp for over 6 hours" in caplog.text


def clock_of_the_machine():
    """The steered present is not what the authority's process sees."""
    return datetime.now(UTC)


def test_a_token_from_before_the_sealing_is_not_kept_but_asked_for_again(house, affair, stamping, tsa, caplog):
    """Kept, it would contradict the times of the entries it covers in every pack, though only a clock is wrong."""
    tsa.set_clock(-MINUTE)
    assert stamping.stamp() == 0
    assert row(house, affair).state == "waiting"
    assert "the server's is 6" in caplog.text
    tsa.set_clock(timedelta(0))
    assert stamping.stamp(clock.now() + MINUTE) == 1


def test_each_token_is_pinned_once_by_the_next_epoch_over_the_hash_of_its_file(house, affair, stamping):
    stamping.stamp()
    first = stamping.seal(affair.id, clock.now() + HOUR)
    with house.database.reading() as work:
        epoch = parse_epoch(work.session.get_one(CaseEpoch, (affair.id, first)).line)
        token = work.session.get_one(TimeStamp, (affair.id, 0)).token
    assert epoch.stamps == (0,)
    assert epoch.tst == hashlib.sha256(hashlib.sha256(token).digest()).digest()
    assert [stamp.pinned_in for stamp in stamping.stamps(affair.id)] == [first, None]
    second = stamping.seal(affair.id, clock.now() + 2 * HOUR)
    with house.database.reading() as work:
        epoch = parse_epoch(work.session.get_one(CaseEpoch, (affair.id, second)).line)
    assert (epoch.stamps, epoch.tst) == ((), None)


def test_tokens_that_came_out_of_order_are_pinned_in_the_order_of_their_epochs(house, affair, stamping):
    for number in (1, 2):
        stamping.seal(affair.id, clock.now() + number * HOUR)
    order = {2: b"c", 0: b"a"}
    for n, token in order.items():
        with house.database.unit_of_work() as work:
            kept = work.session.get_one(TimeStamp, (affair.id, n))
            kept.state, kept.token = "kept", token
    with house.database.unit_of_work() as work:
        stamps, tst = pins(work, affair.id)
        mark_pinned(work, affair.id, stamps, 3)
    digests = [hashlib.sha256(token).digest() for token in (b"a", b"c")]
    assert (stamps, tst) == ([0, 2], hashlib.sha256(b"".join(digests)).digest())
    with house.database.unit_of_work() as work:
        work.session.get_one(TimeStamp, (affair.id, 1)).state = "kept"
        work.session.get_one(TimeStamp, (affair.id, 1)).token = b"b"
    with house.database.reading() as work:
        assert pins(work, affair.id)[0] == [1]


def test_the_stamps_of_one_case_are_not_pinned_by_another(house, affair, stamping):
    other = house.open_case(CaseKind.MEDIATION)
    stamping.stamp()
    with house.database.unit_of_work() as work:
        assert pins(work, affair.id)[0] == pins(work, other.id)[0] == [0]
        mark_pinned(work, affair.id, [0], 1)
        assert pins(work, affair.id)[0] == []
        assert pins(work, other.id)[0] == [0]


def test_a_slow_authority_holds_up_neither_messages_nor_seals_nor_reading(house, affair, stamping, tmp_path):
    with LocalTsa(tmp_path / "slow") as slow:
        waiting = Stamping(house, (slow,))
        slow.behave("slow")
        asking = threading.Thread(target=waiting.stamp)
        asking.start()
        until = time.monotonic() + 30
        while slow.asked == 0 and time.monotonic() < until:
            time.sleep(0.01)
        assert slow.asked == 1, "the question must be on its way"
        house.say("neus", affair["joint"], "pendant ce temps")
        waiting.seal(affair.id, clock.now() + HOUR)
        assert house.texts("neus", affair["joint"]) == ["pendant ce temps"]
        assert asking.is_alive(), "all that while nobody had answered"
    asking.join()
    assert waiting.states(affair.id) == ["waiting", "waiting"]


def test_two_that_read_the_same_queue_ask_once(house, affair, stamping, tsa):
    asked, now = tsa.asked, clock.now()
    with house.database.reading() as work:
        once = due(work, now)
    assert stamping.stamp(now) == 1
    with house.database.unit_of_work() as work:
        work.execute(update(TimeStamp).where(TimeStamp.case_id == affair.id), {"state": "waiting"})
    # As another process that has read the queue before, and comes to its turn now.
    again = Stamping(house, (tsa,))
    assert [each.n for each in once] == [0]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("caseroom.audit.stamps.queue.due", lambda *_: once)
        assert again.stamp(now) == 0
    assert tsa.asked == asked + 1


def test_the_operator_is_told_of_what_waits_for_over_six_hours_once_an_hour(affair, stamping, tsa, house, caplog):
    start = clock.now()
    tsa.behave("error")
    caplog.set_level(logging.ERROR)
    told = []
    for minutes in (0, 359, 361, 400, 420, 422):
        caplog.clear()
        stamping.stamp(start + minutes * MINUTE)
        told.append(len(caplog.records))
    assert told == [0, 0, 1, 0, 0, 1]
    with house.database.reading() as work:
        waiting = overdue(work, start + 361 * MINUTE)
        assert (waiting.count, waiting.since) == (1, row(house, affair).asked_since)
        assert overdue(work, start + 359 * MINUTE).count == 0
    tsa.behave("good")
    stamping.stamp(start + 600 * MINUTE)
    with house.database.reading() as work:
        assert overdue(work, start + 600 * MINUTE).count == 0


def test_the_log_names_the_authority_and_neither_its_credentials_nor_a_case(house, tsa, caplog):
    stamping = Stamping(house, (tsa,))
    settings = replace(
        house.database.tool(Settings), tsa_urls=(f"https://ada:s3cret@{tsa.url.removeprefix('http://')}?key=hidden",)
    )
    house.database.provide(Settings, settings)
    authorities = type(stamping.authorities).of(settings)
    affair = house.open_case(CaseKind.MEDIATION)
    caplog.set_level(logging.DEBUG)
    assert stamp_due(house.database, authorities=authorities, roots=stamping.roots) == 0
    assert f"no time stamp from {tsa.url.replace('http:', 'https:')}" in caplog.text
    told = caplog.text + row(house, affair).tsa
    for secret in ("ada", "s3cret", "hidden", affair.id):
        assert secret not in told


def test_every_root_that_was_ever_configured_is_remembered(house, tsa, tmp_path):
    with LocalTsa(tmp_path / "next") as following:
        pems = [each.public_bytes(Encoding.PEM).decode() for one in (tsa, following) for each in roots_of(one)]
    for given in (pems[:1], pems[:1], pems[1:]):
        with house.database.unit_of_work() as work:
            keep_roots(work, given)
    with house.database.reading() as work:
        assert sorted(kept_roots(work).values()) == sorted(pems)


def test_a_stamp_that_comes_while_an_epoch_is_sealed_is_pinned_by_the_following_one(house, affair, stamping):
    with house.database.unit_of_work() as work:
        seal_epoch(work, affair.id, why=Why.GRID, due=clock.now().replace(microsecond=0))
    assert stamping.stamp() == 2
    n = stamping.seal(affair.id, clock.now())
    assert [stamp.pinned_in for stamp in stamping.stamps(affair.id)] == [n, n, None]
