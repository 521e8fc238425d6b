"""The check of the walls finds what the rows say, whatever wrote them."""

import pytest
from sqlalchemy import delete

from caseroom import clock
from caseroom.access.words import CaseKind
from caseroom.cases.models import Participant
from caseroom.caucus.walls import check_walls
from caseroom.errors import Forbidden, NotFound
from caseroom.rooms.models import RoomMember


def walls(house, person, affair):
    with house.database.reading() as work:
        return check_walls(work, house.actors[person], affair.id)


def participant(work, house, person, affair):
    actor = house.actors[person].person
    rows = work.session.query(Participant).filter_by(case_id=affair.id, person_id=actor, state="admitted")
    return rows.one().id


def seat(house, person, affair, word):
    """Write a membership that no rule gives, as a bug or a hand in the database would."""
    with house.database.unit_of_work() as work:
        member = participant(work, house, person, affair)
        row = RoomMember(room_id=affair[word], participant_id=member, admitted_at=clock.now(), read_seq=-1)
        work.session.add(row)


@pytest.mark.parametrize("kind", list(CaseKind))
def test_the_walls_of_a_case_that_was_opened_by_the_rule_stand(house, kind):
    affair = house.case_of(kind)
    steward = "clara" if kind in (CaseKind.COLLABORATIVE, CaseKind.INSTRUCTION) else "neus"
    report = walls(house, steward, affair)
    assert report.intact
    assert report.rooms >= 3


def test_a_reader_too_many_is_found_and_named_to_the_log_alone(house, mediation):
    assert walls(house, "neus", mediation).intact
    seat(house, "bruno", mediation, "caucus:0")
    report = walls(house, "neus", mediation)
    assert not report.intact
    assert len(report.breaches) == 1
    assert mediation["caucus:0"] in report.breaches[0]


def test_a_reader_too_few_is_found(house, mediation):
    with house.database.unit_of_work() as work:
        member = participant(work, house, "ada", mediation)
        work.session.execute(
            delete(RoomMember).where(RoomMember.room_id == mediation["team:0"], RoomMember.participant_id == member)
        )
    assert len(walls(house, "neus", mediation).breaches) == 1


def test_an_arbitrator_alone_with_one_side_is_found(house):
    affair = house.arbitration()
    seat(house, "neus", affair, "team:0")
    assert len(walls(house, "neus", affair).breaches) == 2, "not by the rule, and one-sided"


def test_only_a_steward_has_the_walls_checked(house, mediation):
    with pytest.raises(Forbidden):
        walls(house, "ada", mediation)
    with pytest.raises(NotFound):
        walls(house, "otto", mediation)
