"""A case is closed: by whom, what it ends, and when its signing key goes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from caseroom import clock
from caseroom.access.words import CaseKind, Role
from caseroom.audit.case_log import head_of
from caseroom.audit.checking import check_chain
from caseroom.audit.event_bytes import Kind
from caseroom.audit.models import CaseEpoch, LedgerEvent, RoomLog, TimeStamp
from caseroom.audit.services import record
from caseroom.config import Settings
from caseroom.errors import Conflict, Forbidden, Invalid, NotFound, SecondFactorRequired
from caseroom.exhibits.models import ExhibitCopy
from caseroom.exhibits.services import record_download
from caseroom.retention.due import keys_due
from caseroom.retention.purge import purge
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.services.closing import withdraw_consent
from caseroom.rooms.models import Draft, Room
from caseroom.rooms.services import save_draft

DAYS = timedelta(days=1)


def case_log(house, affair):
    with house.database.reading() as work:
        return head_of(work, affair.id)


def last_events(house, affair):
    """Kind and time of the last event of each room, by the room's word."""
    with house.database.reading() as work:
        found = {}
        for word, room_id in affair.rooms.items():
            row = work.session.scalars(
                select(LedgerEvent).where(LedgerEvent.room_id == room_id).order_by(LedgerEvent.seq.desc()).limit(1)
            ).one()
            found[word] = row.at
        return found


def test_every_room_is_closed_the_joint_one_last_and_the_last_epoch_covers_them(house, mediation, keepers):
    closed = keepers.closes("neus", mediation)
    assert (closed.step, closed.missing) == ("closed", ())
    for person, word in (("bruno", "team:1"), ("ada", "team:0"), ("neus", "notes:neus"), ("neus", "joint")):
        assert house.kinds(person, mediation[word])[-1] == "room.closed"
    times = last_events(house, mediation)
    assert times["joint"] == max(times.values())
    log = case_log(house, mediation)
    with house.database.reading() as work:
        last = work.session.get_one(CaseEpoch, (mediation.id, log.size - 1))
        assert (last.why, last.note is not None) == ("close", True)
        assert {room.state for room in work.session.scalars(select(Room).where(Room.case_id == mediation.id))} == {
            "closed"
        }
        unsigned = select(RoomLog).where(RoomLog.case_id == mediation.id, RoomLog.signed_size < RoomLog.size)
        assert work.session.scalars(unsigned).first() is None
    assert (log.next_due, log.closed_at) == (None, last.sealed_at)
    assert house.view("ada", mediation.id).state == "closed"


def test_after_that_nobody_writes_invites_or_comes_in(house, mediation, keepers):
    invited = house.invite(mediation, "otto", Role.OBSERVER)
    with house.database.unit_of_work() as work:
        save_draft(work, house.actors["ada"], mediation["joint"], "presque fini")
    keepers.closes("neus", mediation)
    with pytest.raises(Forbidden) as refused:
        house.say("ada", mediation["joint"], "encore")
    assert refused.value.code == "room_closed"
    with pytest.raises(Forbidden) as refused:
        house.invite(mediation, "otto", Role.OBSERVER)
    assert refused.value.code == "case_closed"
    with pytest.raises(NotFound):
        house.accept(mediation, "otto", invited.code)
    with pytest.raises(Forbidden):
        keepers.closes("neus", mediation)
    with house.database.reading() as work:
        assert work.session.scalars(select(Draft)).all() == []
    assert house.texts("ada", mediation["joint"]) == []


def test_only_who_steers_closes_and_proves_the_second_factor(house, mediation, keepers):
    for person, code in (("ada", "not_a_steward"), ("clara", "not_a_steward")):
        with pytest.raises(Forbidden) as refused:
            keepers.closes(person, mediation)
        assert refused.value.code == code
    with pytest.raises(NotFound):
        keepers.closes("otto", mediation)
    with pytest.raises(SecondFactorRequired):
        keepers.closes("neus", mediation, proof=SecondFactor(code="", address=""))
    with pytest.raises(Invalid):
        keepers.closes("neus", mediation, proof=keepers.proof("neus", right=False))
    assert house.view("neus", mediation.id).state == "open"


@pytest.mark.parametrize("kind", [CaseKind.COLLABORATIVE, CaseKind.INSTRUCTION])
def test_where_counsel_steer_each_side_has_to_want_it(house, keepers, kind):
    affair = house.case_of(kind)
    asked = keepers.closes("clara", affair)
    assert (asked.step, asked.missing) == ("asked", (affair.sides[1],))
    assert house.view("basile", affair.id).state == "open"
    with pytest.raises(Conflict):
        keepers.closes("clara", affair)
    assert keepers.closes("basile", affair).step == "closed"
    assert house.view("clara", affair.id).state == "closed"


def test_a_word_taken_back_or_given_by_somebody_who_left_does_not_count(house, keepers):
    affair = house.collaborative()
    keepers.closes("clara", affair)
    with house.database.unit_of_work() as work:
        withdraw_consent(work, house.actors["clara"], affair.id)
    assert keepers.closes("basile", affair).missing == (affair.sides[0],)
    house.admit(affair, "otto", Role.COUNSEL, 1, by="basile")
    house.remove(affair, "basile", by="otto")
    assert keepers.closes("clara", affair).missing == (affair.sides[1],)
    assert keepers.closes("otto", affair).step == "closed"


def test_a_facilitator_does_not_close_over_the_heads_of_counsel(house, keepers):
    affair = house.collaborative()
    house.admit(affair, "neus", Role.NEUTRAL, by="clara")
    with pytest.raises(Forbidden) as refused:
        keepers.closes("neus", affair)
    assert refused.value.code == "counsel_close_together"


def test_the_key_is_destroyed_when_its_days_are_over_and_not_before(house, mediation, keepers):
    keepers.closes("neus", mediation)
    log = case_log(house, mediation)
    assert purge(house.database, now=log.closed_at + 29 * DAYS).keys == 0
    assert house.signer.vkey(log.origin) == log.vkey
    tried = purge(house.database, now=log.closed_at + 30 * DAYS, dry_run=True)
    assert (tried.keys, case_log(house, mediation).key_destroyed_at) == (1, None)
    assert purge(house.database, now=log.closed_at + 30 * DAYS).keys == 1
    assert case_log(house, mediation).key_destroyed_at is not None
    assert purge(house.database, now=log.closed_at + 31 * DAYS).keys == 0
    with house.database.reading() as work:
        for word in ("joint", "caucus:0", "notes:neus"):
            assert check_chain(work, house.opened(work, "neus", mediation[word]).stream).intact, word


def test_a_crash_between_the_signer_and_our_own_note_of_it_is_made_good(house, mediation, keepers):
    keepers.closes("neus", mediation)
    house.signer.destroy(case_log(house, mediation).origin)
    assert purge(house.database, now=clock.now() + 31 * DAYS).keys == 1
    assert case_log(house, mediation).key_destroyed_at is not None


def take_a_copy(house, person, exhibit_id):
    with house.database.unit_of_work() as work:
        record_download(work, house.actors[person], exhibit_id)


def test_who_takes_a_copy_after_the_closing_gets_it_and_the_closed_register_stays_as_it_is(house, mediation, keepers):
    joint = mediation["joint"]
    filed = house.file("ada", joint, "plan.txt", b"plan").entry.id
    take_a_copy(house, "bruno", filed)
    assert house.kinds("ada", joint)[-1] == "exhibit.downloaded"
    keepers.closes("neus", mediation)
    before = house.kinds("ada", joint)
    take_a_copy(house, "basile", filed)
    purge(house.database, now=clock.now() + 31 * DAYS)
    assert case_log(house, mediation).key_destroyed_at is not None
    take_a_copy(house, "basile", filed)  # without a key nothing could be written, and for ever
    take_a_copy(house, "neus", filed)
    assert house.kinds("ada", joint) == before
    with house.database.reading() as work:
        assert work.session.get(ExhibitCopy, (filed, mediation.participants["basile"])) is None


def test_the_register_of_a_closed_case_takes_no_entry_whoever_asks(house, mediation, keepers):
    with house.database.unit_of_work() as work:
        stream = house.opened(work, "neus", mediation["joint"]).stream
        record(work, stream, kind=Kind.NOTICE, actor="system", body={"text": "avant"})
    keepers.closes("neus", mediation)
    with pytest.raises(Forbidden) as refused, house.database.unit_of_work() as work:
        record(work, stream, kind=Kind.NOTICE, actor="system", body={"text": "après"})
    assert refused.value.code == "case_closed"
    assert house.kinds("neus", mediation["joint"])[-1] == "room.closed"


def test_an_open_case_keeps_its_key(house, mediation):
    assert purge(house.database, now=clock.now() + 4000 * DAYS).keys == 0


def test_the_key_waits_for_the_last_signature(house, mediation, keepers):
    keepers.closes("neus", mediation)
    with house.database.unit_of_work() as work:
        log = head_of(work, mediation.id)
        work.session.get_one(CaseEpoch, (mediation.id, log.size - 1)).note = None
    with house.database.reading() as work:
        assert keys_due(work, clock.now() + 300 * DAYS) == []


def test_the_key_waits_for_the_last_time_stamp_but_not_for_ever(house, mediation, keepers):
    keepers.closes("neus", mediation)
    log, settings = case_log(house, mediation), house.database.tool(Settings)
    house.database.provide(Settings, replace(settings, tsa_urls=("https://tsa.example.org",)))
    now = clock.now()
    with house.database.unit_of_work() as work:
        work.session.merge(
            TimeStamp(case_id=mediation.id, n=log.size - 1, state="waiting", tries=3, asked_since=now, next_try=now)
        )
    with house.database.unit_of_work() as work:
        assert keys_due(work, log.closed_at + 36 * DAYS) == []
        assert keys_due(work, log.closed_at + 37 * DAYS) == [mediation.id]
        work.session.get_one(TimeStamp, (mediation.id, log.size - 1)).state = "kept"
        work.session.flush()
        assert keys_due(work, log.closed_at + 30 * DAYS) == [mediation.id]


def test_an_erasure_after_the_closing_is_on_record_beside_the_closed_register(house, mediation, keepers):
    """The last epoch is sealed and nothing follows it: the erasure itself says what the log no longer can."""
    said = house.say("ada", mediation["joint"], "à oublier")
    kept = house.say("ada", mediation["joint"], "à garder")
    keepers.closes("neus", mediation)
    before = len(house.entries("ada", mediation["joint"]))
    row = keepers.row(keepers.erases("ada", said.id))
    assert (row.state, row.in_ledger, row.leaf, row.seq) == ("done", False, None, None)
    assert len(house.entries("ada", mediation["joint"])) == before
    assert house.texts("bruno", mediation["joint"]) == [kept.text]
    with house.database.reading() as work:
        assert check_chain(work, house.opened(work, "neus", mediation["joint"]).stream).intact


def test_a_room_may_still_be_destroyed_after_the_closing_and_at_once(house, mediation, keepers):
    caucus = mediation["caucus:0"]
    keepers.closes("neus", mediation)
    erasure = keepers.asks("neus", mediation, caucus)
    keepers.approves("ada", mediation, erasure)
    assert keepers.row(erasure).state == "done"
    with pytest.raises(NotFound):
        house.entries("ada", caucus)
    with house.database.reading() as work:
        assert check_chain(work, house.opened(work, "neus", mediation["joint"]).stream).intact


def test_a_room_agreed_to_go_is_sealed_by_the_closing_and_then_goes(house, mediation, keepers):
    erasure = keepers.asks("neus", mediation, mediation["caucus:0"])
    keepers.approves("ada", mediation, erasure)
    keepers.closes("neus", mediation)
    assert purge(house.database).finished == 1
    row = keepers.row(erasure)
    assert (row.state, row.sealed_in) == ("done", case_log(house, mediation).size - 1)
