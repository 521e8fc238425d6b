"""For how long what closed cases hold is kept, and that it goes when its time is over: the whole case too."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from caseroom import clock
from caseroom.access.words import Role
from caseroom.accounts.models import OneTimeLink, Practice
from caseroom.audit.case_log import head_of
from caseroom.audit.checking import check_chain
from caseroom.audit.models import CaseEpoch, CaseLog, LedgerEvent
from caseroom.cases.models import Case, Participant
from caseroom.errors import Conflict, Forbidden, Invalid, NotFound
from caseroom.exhibits.services import record_download
from caseroom.retention.due import months_later
from caseroom.retention.models import Erasure, RetentionRule
from caseroom.retention.purge import purge
from caseroom.vault.models import SpaceKeyWrap
from tests.services.test_at_rest import everything_on_disk, forms

CANARY = "La verrière avait été montée sans permis, disons-le entre nous"
MONTH = timedelta(days=31)


@pytest.fixture
def rules(house, keepers):
    """Neus owns the practice and sets its rules."""
    keepers.makes_owner("neus")
    return partial(keepers.sets_rules, "neus")


@pytest.fixture
def closed(house, mediation, keepers):
    for person, word in (("ada", "joint"), ("ada", "caucus:0"), ("bruno", "team:1"), ("neus", "notes:neus")):
        house.say(person, mediation[word], f"{CANARY} ({word})")
    filed = house.file("ada", mediation["joint"], "plan.txt", b"plan " * 100)
    with house.database.unit_of_work() as work:
        record_download(work, house.actors["bruno"], filed.facts.id)
    keepers.closes("neus", mediation)
    return mediation


def intact(house, person, room):
    with house.database.reading() as work:
        return check_chain(work, house.opened(work, person, room).stream).intact


def test_without_a_rule_everything_is_kept(house, closed):
    report = purge(house.database, now=clock.now() + 900 * MONTH)
    assert (report.rules, report.finished) == ({}, 0)
    assert house.texts("ada", closed["joint"]) == [f"{CANARY} (joint)"]


def test_messages_go_in_every_room_when_their_months_are_over_and_exhibits_stay(house, closed, rules):
    rules(messages=6)
    assert purge(house.database, now=clock.now() + 5 * MONTH).rules == {}
    assert purge(house.database, now=clock.now() + 7 * MONTH, dry_run=True).rules == {"messages": 1}
    assert house.texts("ada", closed["joint"]) != []
    report = purge(house.database, now=clock.now() + 7 * MONTH)
    assert (report.rules, report.finished, report.failed) == ({"messages": 1}, 1, 0)
    for person, word in (("ada", "joint"), ("ada", "caucus:0"), ("bruno", "team:1"), ("neus", "notes:neus")):
        assert house.texts(person, closed[word]) == []
        assert intact(house, person, closed[word])
    assert len(house.files_in_store()) == 1
    assert purge(house.database, now=clock.now() + 8 * MONTH).rules == {}, "once is enough"


def test_exhibits_go_with_the_downloads_that_repeat_their_digest(house, closed, rules):
    rules(exhibits=1)
    purge(house.database, now=clock.now() + 2 * MONTH)
    assert house.files_in_store() == []
    erased = [entry.kind for entry in house.entries("ada", closed["joint"]) if entry.erased]
    assert erased == ["exhibit.filed", "exhibit.downloaded"]
    assert house.texts("ada", closed["joint"]) == [f"{CANARY} (joint)"]
    assert intact(house, "ada", closed["joint"])


def test_notes_and_private_rooms_go_as_rooms(house, closed, rules):
    rules(notes=1, private=2)
    assert purge(house.database, now=clock.now() + 1 * MONTH).rules == {"notes": 1}
    assert sorted(closed.rooms) == ["caucus:0", "caucus:1", "counsel", "joint", "team:0", "team:1"]
    assert purge(house.database, now=clock.now() + 3 * MONTH).finished == 5
    assert sorted(closed.rooms) == ["joint"]
    assert house.texts("bruno", closed["joint"]) == [f"{CANARY} (joint)"]


def test_identities_of_people_from_outside_go_and_what_they_wrote_stays(house, closed, rules):
    rules(identities=1)
    assert "Bruno Marchettino" in repr(house.entries("neus", closed["joint"]))
    purge(house.database, now=clock.now() + 2 * MONTH)
    entries = house.entries("neus", closed["joint"])
    assert "Bruno Marchettino" not in repr(entries)
    assert {entry.author.name for entry in entries if entry.text} == {"Identité effacée"}
    assert house.view("neus", closed.id).me.name == "Neus Ferrerola", "the practice knows its own"
    assert intact(house, "neus", closed["joint"])
    with pytest.raises(NotFound):
        house.view("ada", closed.id)


def test_of_a_whole_case_only_checkpoints_and_their_stamps_stay(house, closed, rules):
    rules(case=12, messages=6)
    report = purge(house.database, now=clock.now() + 13 * MONTH)
    assert report.rules == {"case": 1}, "what goes with the case needs no rule of its own"
    with house.database.reading() as work:
        for table in (Case, Participant, SpaceKeyWrap):
            column = Case.id if table is Case else table.case_id
            assert work.session.scalars(select(func.count()).select_from(table).where(column == closed.id)).one() == 0
        assert work.session.scalars(select(func.count()).select_from(LedgerEvent)).one() == 0
        log = work.session.get_one(CaseLog, closed.id)
        notes = work.session.scalars(select(CaseEpoch.note).where(CaseEpoch.case_id == closed.id)).all()
        assert (len(notes), None in notes) == (log.size, False)
        (row,) = work.session.scalars(select(Erasure)).all()
        assert (row.level, row.state, row.reason, row.facts, row.files) == ("E3", "done", None, None, 1)
        assert row.practice_id == house.actors["neus"].practice
    with pytest.raises(NotFound):
        house.view("neus", closed.id)
    assert house.files_in_store() == []
    assert [path for path, each in everything_on_disk(house).items() for form in forms(CANARY) if form in each] == []
    other = house.mediation()
    house.say("ada", other["joint"], "la vie continue")


def test_a_whole_case_is_destroyed_by_two_people_once_it_is_closed(house, mediation, keepers):
    with pytest.raises(Forbidden) as refused:
        keepers.asks("neus", mediation, mediation.id)
    assert refused.value.code == "case_open"
    keepers.closes("neus", mediation)
    with pytest.raises(Forbidden):
        keepers.asks("ada", mediation, mediation.id)
    with pytest.raises(Conflict) as alone:
        keepers.asks("neus", mediation, mediation.id)
    assert alone.value.code == "no_second_person"
    keepers.makes_owner("basile")
    erasure = keepers.asks("neus", mediation, mediation.id)
    with pytest.raises(Forbidden):
        keepers.approves("ada", mediation, erasure)
    keepers.approves("basile", mediation, erasure)
    assert keepers.row(erasure).state == "done"
    with pytest.raises(NotFound):
        house.view("ada", mediation.id)


def test_a_crash_while_a_case_is_destroyed_is_made_good(house, closed, rules, monkeypatch):
    rules(case=1)
    with monkeypatch.context() as patched:
        patched.setattr("caseroom.retention.destroying._forget_case", lambda *_: 1 / 0)
        assert purge(house.database, now=clock.now() + 2 * MONTH).finished == 0
    assert purge(house.database, now=clock.now() + 2 * MONTH).finished == 1
    with house.database.reading() as work:
        assert work.session.get(Case, closed.id) is None


def test_only_the_owner_sets_rules_within_reason_and_with_the_second_factor(house, keepers):
    for person, code in (("clara", "owner_required"), ("ada", "practice_required")):
        with pytest.raises(Forbidden) as refused:
            keepers.sets_rules(person, notes=1)
        assert refused.value.code == code
    keepers.makes_owner("neus")
    for wrong in ({"notes": 0}, {"notes": 601}, {"notes": 1, "right": False}):
        with pytest.raises(Invalid):
            keepers.sets_rules("neus", **wrong)
    with house.database.reading() as work:
        assert work.session.scalars(select(RetentionRule)).all() == []


def test_a_rule_taken_away_keeps_for_ever_again(house, closed, rules):
    rules(messages=1)
    rules(messages=None)
    assert purge(house.database, now=clock.now() + 90 * MONTH).rules == {}


def test_another_practices_rules_are_no_concern_of_ours(house, closed, rules):
    rules(messages=1)
    assert purge(house.database, now=clock.now() + 90 * MONTH, dry_run=True).rules == {"messages": 1}
    with house.database.unit_of_work() as work:
        case = work.session.get_one(Case, closed.id)
        work.session.add(Practice(id="e" * 32, name="Autre", created_at=clock.now()))
        work.session.flush()
        case.practice_id = "e" * 32
    assert purge(house.database, now=clock.now() + 90 * MONTH).rules == {}


def test_links_that_ran_out_long_ago_go(house, mediation):
    house.invite(mediation, "otto", Role.OBSERVER)
    with house.database.reading() as work:
        before = work.session.scalars(select(func.count()).select_from(OneTimeLink)).one()
    assert purge(house.database, now=clock.now() + timedelta(days=36)).links == 0
    assert purge(house.database, now=clock.now() + timedelta(days=38)).links == before
    with house.database.reading() as work:
        assert work.session.scalars(select(OneTimeLink)).all() == []


def test_what_is_printed_names_nobody_and_nothing(house, closed, rules):
    rules(messages=1, notes=1)
    report = purge(house.database, now=clock.now() + 2 * MONTH)
    printed = report.as_text() + report.as_json()
    assert "messages: 1" in report.as_text()
    assert not any(word in printed for word in ("Quilliam", "Verrière", closed.id, *closed.rooms.values()))


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [((2026, 1, 31), 1, (2026, 2, 28)), ((2026, 11, 30), 3, (2027, 2, 28)), ((2026, 12, 5), 12, (2027, 12, 5))],
)
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_month(start, months, end):
    assert months_later(datetime(*start, tzinfo=UTC), months) == datetime(*end, tzinfo=UTC)


def test_the_rules_of_a_case_begin_with_its_closing(house, mediation, rules):
    rules(messages=1)
    house.say("ada", mediation["joint"], CANARY)
    assert purge(house.database, now=clock.now() + 90 * MONTH).rules == {}
    with house.database.reading() as work:
        assert head_of(work, mediation.id).closed_at is None
