"""The unit of work: together or not at all, and what follows only after."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import String, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from caseroom import clock
from caseroom.db import Database, Instant, Step


class Own(DeclarativeBase):
    """Tables of this test alone."""


class Note(Own):
    __tablename__ = "note"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    at: Mapped[datetime | None] = mapped_column(Instant)


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'x.db'}")
    Own.metadata.create_all(made.engine)
    yield made
    made.engine.dispose()


def ids(database):
    with database.reading() as work:
        return [row.id for row in work.session.query(Note).order_by(Note.id)]


def test_what_is_written_in_one_unit_is_there_together(database):
    with database.unit_of_work() as work:
        work.session.add_all([Note(id="a"), Note(id="b")])
    assert ids(database) == ["a", "b"]


def test_an_exception_anywhere_takes_everything_back_and_nothing_follows(database):
    followed = []

    def fails_late():
        with database.unit_of_work() as work:
            work.session.add(Note(id="a"))
            work.session.flush()
            work.after_commit(Step.PUBLISH, lambda: followed.append("published"))
            raise RuntimeError("late")

    with pytest.raises(RuntimeError, match="late"):
        fails_late()
    assert ids(database) == followed == []
    with database.unit_of_work() as work:
        work.session.add(Note(id="b"))
    assert ids(database) == ["b"], "the writer must be free again"


def test_even_an_interrupt_takes_everything_back(database):
    def is_interrupted():
        with database.unit_of_work() as work:
            work.session.add(Note(id="a"))
            work.session.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        is_interrupted()
    assert ids(database) == []


def test_seals_come_before_events_in_whatever_order_they_were_asked_for(database):
    order = []
    with database.unit_of_work() as work:
        work.after_commit(Step.PUBLISH, lambda: order.append("publish 1"))
        work.after_commit(Step.SEAL, lambda: order.append("seal 1"))
        work.after_commit(Step.PUBLISH, lambda: order.append("publish 2"))
        work.after_commit(Step.SEAL, lambda: order.append("seal 2"))
        work.after_commit(Step.CUT, lambda: order.append("cut"))
        assert order == []
    assert order == ["cut", "seal 1", "seal 2", "publish 1", "publish 2"]


def test_what_takes_its_time_comes_last_and_lets_others_write_meanwhile(database):
    def others_write():
        with database.unit_of_work() as work:
            work.session.add(Note(id="b"))

    def take_time():
        order.append("afterwards")
        other = threading.Thread(target=others_write, daemon=True)
        other.start()
        other.join(timeout=10)
        waited.append(other.is_alive())

    order, waited = [], []
    with database.unit_of_work() as work:
        work.after_commit(Step.AFTERWARDS, take_time)
        work.after_commit(Step.PUBLISH, lambda: order.append("publish"))
        work.session.add(Note(id="a"))
    assert (order, waited, ids(database)) == (["publish", "afterwards"], [False], ["a", "b"])


def test_what_follows_sees_what_was_committed(database):
    found = []
    with database.unit_of_work() as work:
        work.session.add(Note(id="a"))
        work.after_commit(Step.SEAL, lambda: found.extend(ids(database)))
    assert found == ["a"]


def test_a_seal_that_fails_keeps_the_commit_and_lets_no_event_leave(database):
    published = []

    def fail():
        raise OSError("the signer is away")

    def commits_unsigned():
        with database.unit_of_work() as work:
            work.session.add(Note(id="a"))
            work.after_commit(Step.PUBLISH, lambda: published.append("event"))
            work.after_commit(Step.AFTERWARDS, lambda: published.append("more"))
            work.after_commit(Step.SEAL, fail)

    with pytest.raises(OSError, match="away"):
        commits_unsigned()
    assert (ids(database), published) == (["a"], [])


def test_what_is_written_in_a_reading_is_never_kept(database):
    with database.reading() as work:
        work.session.add(Note(id="a"))
        work.session.flush()
    assert ids(database) == []


def test_a_reading_is_one_snapshot_while_others_write(database):
    with database.reading() as work:
        assert work.session.query(Note).count() == 0
        with database.unit_of_work() as other:
            other.session.add(Note(id="a"))
        assert work.session.query(Note).count() == 0
    assert ids(database) == ["a"]


def test_writers_wait_for_each_other_and_none_is_lost(database):
    def write(number):
        with database.unit_of_work() as work:
            count = work.session.query(Note).count()
            work.session.add(Note(id=f"{count:03d}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids(database) == [f"{number:03d}" for number in range(20)]


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(database):
    with database.unit_of_work() as work:
        found = {
            name: work.session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_each_part_is_made_once_for_a_unit_of_work_and_anew_for_the_next(database):
    class Part:
        def __init__(self, work):
            self.work = work

    with database.unit_of_work() as work:
        first = work.part(Part)
        assert work.part(Part) is first
        assert first.work is work
    with database.unit_of_work() as work:
        assert work.part(Part) is not first


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-7)), timezone(timedelta(hours=5, minutes=45))])
def test_a_time_comes_back_as_the_same_instant_in_utc_to_the_millisecond(database, zone):
    now = clock.now()
    with database.unit_of_work() as work:
        work.session.add(Note(id="a", at=now.astimezone(zone)))
    with database.reading() as work:
        kept = work.session.get_one(Note, "a").at
    assert kept == now
    assert kept.tzinfo is UTC


def test_a_time_before_1970_comes_back_too(database):
    early = datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    with database.unit_of_work() as work:
        work.session.add(Note(id="a", at=early))
    with database.reading() as work:
        assert work.session.get_one(Note, "a").at == early


def test_a_time_without_a_zone_is_refused(database):
    with pytest.raises(Exception, match="without a zone"), database.unit_of_work() as work:
        work.session.add(Note(id="a", at=clock.now().replace(tzinfo=None)))
    assert ids(database) == []


def test_the_present_is_aware_utc_in_whole_milliseconds():
    now = clock.now()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


def test_an_error_of_the_database_does_not_repeat_what_was_being_written(database):
    with database.unit_of_work() as work:
        work.session.add(Note(id="ada@example.org"))
    with pytest.raises(IntegrityError) as refused, database.unit_of_work() as work:
        work.session.add(Note(id="ada@example.org"))
    assert "INSERT INTO note" in str(refused.value)
    assert "ada@example.org" not in str(refused.value)
