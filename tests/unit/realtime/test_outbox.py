"""Events wait for the commit, in order, and their delivery never undoes it."""

import pytest

from caseroom.db import Database
from caseroom.ids import PersonId
from caseroom.realtime.audience import Audience
from caseroom.realtime.outbox import Event, Outbox, Publisher
from tests.doubles import RecordingPublisher

ADA = Audience.of([PersonId("ada")])


def event(name):
    return Event(name=name, audience=ADA, payload={})


class Failing(RecordingPublisher):
    """Fails at the first event, as a message queue that has just gone away."""

    def publish(self, event):
        super().publish(event)
        if len(self.events) == 1:
            raise ConnectionError("the queue is away")


@pytest.fixture(params=[RecordingPublisher, Failing])
def publisher(request):
    return request.param()


@pytest.fixture
def database(publisher):
    made = Database("sqlite://")
    made.provide(Publisher, publisher)
    yield made
    made.engine.dispose()


def test_events_and_cuts_leave_after_the_commit_in_order_and_one_that_fails_stops_no_other(database, publisher):
    with database.unit_of_work() as work:
        for name in ("entry", "audience", "gone"):
            work.part(Outbox).add(event(name))
        work.part(Outbox).cut_session("s-1")
        assert publisher.events == []
    assert [each.name for each in publisher.events] == ["entry", "audience", "gone"]
    assert publisher.cut == ["s-1"]


def test_a_unit_of_work_that_is_rolled_back_sends_nothing(database, publisher):
    def fails_late():
        with database.unit_of_work() as work:
            work.part(Outbox).add(event("entry"))
            work.part(Outbox).cut_session("s-1")
            raise RuntimeError("late")

    with pytest.raises(RuntimeError, match="late"):
        fails_late()
    assert publisher.events == publisher.cut == []


def test_what_a_failed_delivery_logs_has_nothing_of_the_event(database, publisher, caplog):
    with database.unit_of_work() as work:
        work.part(Outbox).add(Event(name="entry", audience=ADA, payload={"html": "<p>confidentiel</p>"}))
    assert "confidentiel" not in caplog.text
    assert (len(caplog.records) == 1) == isinstance(publisher, Failing)


def test_an_event_cannot_be_made_without_an_audience():
    with pytest.raises(TypeError, match="audience"):
        Event(name="entry", payload={})
