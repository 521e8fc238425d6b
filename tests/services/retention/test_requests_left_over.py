"""A request that waits for a second person, when what it asks for goes another way, or nobody ever answers it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from caseroom import clock
from caseroom.errors import NotFound
from caseroom.retention.finishing import finish_erasures
from caseroom.retention.models import Erasure
from caseroom.retention.purge import purge
from caseroom.retention.queries import erasures_of, practice_view

MONTH = timedelta(days=31)


@pytest.fixture
def closed(mediation, keepers):
    keepers.makes_owner("basile")
    keepers.makes_owner("neus")
    keepers.closes("neus", mediation)
    return mediation


def waiting_for(house, person):
    with house.database.reading() as work:
        return [each.id for each in practice_view(work, house.actors[person]).waiting]


def states(house, affair):
    with house.database.reading() as work:
        return sorted(
            (row.level, row.state) for row in work.session.scalars(select(Erasure).where(Erasure.case_id == affair.id))
        )


def test_a_request_for_a_room_ends_with_the_room(house, closed, keepers):
    asked = keepers.asks("neus", closed, closed["notes:neus"])
    assert waiting_for(house, "basile") == [asked], "an owner is asked, for nobody else reads the notes"
    keepers.sets_rules("neus", notes=1)
    assert purge(house.database, now=clock.now() + 2 * MONTH).rules == {"notes": 1}
    assert waiting_for(house, "basile") == []
    with pytest.raises(NotFound):
        keepers.approves("basile", closed, asked)
    with house.database.reading() as work:
        [view] = erasures_of(work, house.actors["neus"], closed.id)
    assert (view.state, view.content) == ("done", "notes")


def test_requests_for_rooms_of_a_case_end_with_the_case(house, closed, keepers):
    asked = keepers.asks("neus", closed, closed["notes:neus"])
    case = keepers.asks("neus", closed, closed.id)
    assert set(waiting_for(house, "basile")) == {asked, case}
    keepers.approves("basile", closed, case)
    assert waiting_for(house, "basile") == []
    with pytest.raises(NotFound):
        keepers.approves("basile", closed, asked)
    assert states(house, closed) == [("E3", "done")]


def test_a_request_that_nobody_answers_suspends_no_rule(house, closed, keepers):
    keepers.asks("neus", closed, closed.id)
    keepers.sets_rules("neus", notes=1)
    assert purge(house.database, now=clock.now() + 2 * MONTH).rules == {"notes": 1}
    assert states(house, closed) == [("E2", "done"), ("E3", "asked")]


def test_an_erasure_in_a_room_that_is_gone_has_nothing_left_to_wait_for(house, mediation, keepers, monkeypatch):
    caucus = mediation["caucus:0"]
    said = house.say("ada", caucus, "sous la porte")
    with monkeypatch.context() as patched:
        patched.setattr("caseroom.retention.finishing.destroy_items", lambda *_: 1 / 0)
        erasure = keepers.erases("ada", said.id)
        keepers.approves("ada", mediation, keepers.asks("neus", mediation, caucus))
        keepers.closes("neus", mediation)
        assert finish_erasures(house.database) == 1, "the room goes, whatever keeps the entry"
    assert keepers.row(erasure).state == "recorded"
    assert finish_erasures(house.database) == 1
    assert keepers.row(erasure).state == "done"
