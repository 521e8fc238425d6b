"""Epochs of a real case: made on their instants, caught up after an interruption, never because of a caucus."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from caseroom import clock
from caseroom.access.words import CaseKind
from caseroom.audit import case_log, epoch_bytes, tree
from caseroom.audit.epoch_bytes import Why, parse_epoch
from caseroom.audit.event_bytes import Kind
from caseroom.audit.models import CaseEpoch, CaseLog, Opening, Slot, TimeStamp
from caseroom.audit.notes import open_note, parse_checkpoint, parse_vkey
from caseroom.audit.scheduler import Scheduler, close_case_log, seal_due, seal_joint
from caseroom.audit.signer import Signer
from caseroom.config import Settings
from tests.house import CLAIMANT

HOUR = timedelta(hours=1)


@pytest.fixture
def affair(house, present):
    """A mediation opened now, by the steered clock."""
    return house.mediation()


def epochs(house, affair):
    with house.database.reading() as work:
        rows = work.session.scalars(select(CaseEpoch).where(CaseEpoch.case_id == affair.id).order_by(CaseEpoch.n)).all()
        return [(row, parse_epoch(row.line)) for row in rows]


def whys(house, affair):
    return [epoch.why for _, epoch in epochs(house, affair)]


def case_log_of(house, affair):
    with house.database.reading() as work:
        return work.session.get_one(CaseLog, affair.id)


def test_an_epoch_is_sealed_on_each_instant_whether_anything_happened_or_not(house, affair, present):
    opened = epochs(house, affair)[0][1].due
    for _ in range(3):
        present.move(hours=1)
        assert seal_due(house.database) == 1
        assert seal_due(house.database) == 0, "an instant is sealed once"
    found = [(epoch.why, epoch.due - opened) for _, epoch in epochs(house, affair)]
    assert found == [(Why.OPEN, 0 * HOUR), (Why.GRID, HOUR), (Why.GRID, 2 * HOUR), (Why.GRID, 3 * HOUR)]


def test_what_a_day_of_silence_missed_is_one_catch_up_and_the_schedule_goes_on(house, affair, present):
    opened = epochs(house, affair)[0][1].due
    present.move(hours=24, minutes=5)
    assert seal_due(house.database) == 1
    present.move(hours=1)
    assert seal_due(house.database) == 1
    found = [(epoch.why, epoch.due - opened) for _, epoch in epochs(house, affair)][1:]
    assert found == [(Why.CATCHUP, 24 * HOUR), (Why.GRID, 25 * HOUR)]


def test_every_epoch_is_chained_signed_and_commits_to_every_slot(house, affair, present):
    room = affair["joint"]
    house.say("neus", room, "Bonjour à tous.")
    present.move(hours=1)
    seal_due(house.database)
    nodes, previous = tree.MemoryNodes(), bytes(32)
    verifier = parse_vkey(case_log_of(house, affair).vkey)
    for row, epoch in epochs(house, affair):
        assert epoch.prev == previous
        nodes.append(epoch.leaf)
        previous = epoch.leaf
        signed = parse_checkpoint(open_note(row.note.encode(), [verifier]).text)
        assert (signed.size, signed.root) == (epoch.n + 1, tree.root(epoch.n + 1, nodes))
        with house.database.reading() as work:
            values = case_log.slot_values_of(work, row)
        assert len(values) == epoch.slots
        assert epoch_bytes.slot_root(values) == epoch.sroot


def test_the_values_of_an_epoch_older_than_their_column_are_computed_again(house, affair, present):
    present.move(hours=1)
    seal_due(house.database)
    with house.database.unit_of_work() as work:
        row = work.session.get_one(CaseEpoch, (affair.id, 1))
        kept = case_log.slot_values_of(work, row)
        row.slot_values = None
        assert case_log.slot_values_of(work, row) == kept


def test_all_slots_change_in_every_epoch_though_nothing_moved(house, affair, present):
    """Or else whoever sees two of them would know which rooms were idle."""
    for _ in range(2):
        present.move(hours=1)
        seal_due(house.database)
    with house.database.reading() as work:
        first, second = (case_log.slot_values_of(work, work.session.get_one(CaseEpoch, (affair.id, n))) for n in (1, 2))
    assert all(before != after for before, after in zip(first, second, strict=True))


def test_a_caucus_makes_no_epoch_and_a_joint_event_may(house, affair, present):
    caucus = affair["caucus:0"]
    present.move(minutes=5)
    house.say("ada", caucus, "Jusqu'à 40 000.")
    assert seal_due(house.database) == 0
    assert whys(house, affair) == [Why.OPEN]
    with house.database.unit_of_work() as work:
        seal_joint(work, affair.id)
    assert whys(house, affair) == [Why.OPEN, Why.JOINT]
    assert case_log_of(house, affair).next_due == epochs(house, affair)[0][1].due + HOUR, "the grid stays as it was"


def test_a_joint_epoch_after_a_missed_instant_does_not_stand_in_for_it(house, affair, present):
    opened = epochs(house, affair)[0][1].due
    present.move(hours=2, minutes=10)
    with house.database.unit_of_work() as work:
        seal_joint(work, affair.id)
    found = [(epoch.why, epoch.due) for _, epoch in epochs(house, affair)][1:]
    assert found[0] == (Why.CATCHUP, opened + 2 * HOUR)
    assert found[1][0] is Why.JOINT
    assert found[1][1] >= found[0][1]


def test_nothing_is_sealed_after_the_closing(house, affair, present):
    present.move(minutes=30)
    with house.database.unit_of_work() as work:
        close_case_log(work, affair.id)
    log = case_log_of(house, affair)
    assert (log.next_due, log.closed_at) == (None, clock.now())
    present.move(hours=48)
    assert seal_due(house.database) == 0
    assert whys(house, affair) == [Why.OPEN, Why.CLOSE]


def test_an_epoch_and_its_joint_event_are_committed_together_or_not_at_all(house, affair, present):
    with pytest.raises(RuntimeError, match="dies"):
        _seal_and_die(house, affair)
    assert whys(house, affair) == [Why.OPEN]
    assert case_log_of(house, affair).size == 1


def _seal_and_die(house, affair):
    with house.database.unit_of_work() as work:
        seal_joint(work, affair.id)
        raise RuntimeError("the server dies on this line")


def test_one_case_that_the_signer_refuses_does_not_keep_the_others_waiting(house, affair, present):
    other = house.mediation()
    _fork_in_the_signer(house, affair)
    present.move(hours=1)
    seal_due(house.database)
    assert epochs(house, affair)[-1][0].note is None
    assert epochs(house, other)[-1][1].why is Why.GRID
    assert epochs(house, other)[-1][0].note is not None


def _fork_in_the_signer(house, affair):
    """Have the signer sign another second epoch than the database will have."""
    first, other = epochs(house, affair)[0][1].leaf, tree.leaf_hash(b"another epoch")
    origin = case_log_of(house, affair).origin
    root = tree.node_hash(first, other)
    house.database.tool(Signer).sign(origin, old_size=1, new_size=2, root=root, proof=[other])


def test_a_shredded_slot_has_random_values_that_cannot_be_told_from_the_others(house, affair, present):
    caucus = affair["caucus:0"]
    with house.database.unit_of_work() as work:
        slot = work.session.scalars(select(Slot).where(Slot.room_id == caucus)).one()
        number, slot.blind_key, slot.room_id = slot.slot, None, None
    present.move(hours=1)
    assert seal_due(house.database) == 1
    row, epoch = epochs(house, affair)[-1]
    with house.database.reading() as work:
        values = case_log.slot_values_of(work, row)
        openings = work.session.scalars(select(Opening.slot).where(Opening.n == epoch.n)).all()
    assert epoch_bytes.slot_root(values) == epoch.sroot
    assert number not in openings
    assert len(set(values)) == epoch.slots


@pytest.fixture
def stamping(house):
    """An authority is configured; nobody asks it here."""
    settings = replace(house.database.tool(Settings), tsa_urls=("http://127.0.0.1:9/",))
    house.database.provide(Settings, settings)


def test_each_epoch_waits_for_its_time_stamp_from_the_moment_it_is_sealed(house, stamping, affair, present):
    present.move(hours=1)
    seal_due(house.database)
    with house.database.reading() as work:
        waiting = work.session.scalars(select(TimeStamp.n).where(TimeStamp.case_id == affair.id)).all()
    assert sorted(waiting) == [0, 1]


def test_tokens_that_came_are_named_by_the_next_epoch_once(house, stamping, affair, present):
    with house.database.unit_of_work() as work:
        row = work.session.get_one(TimeStamp, (affair.id, 0))
        row.state, row.token = "kept", b"a token"
    present.move(hours=1)
    seal_due(house.database)
    present.move(hours=1)
    seal_due(house.database)
    pinned = [(epoch.stamps, epoch.tst) for _, epoch in epochs(house, affair)]
    assert pinned[1] == ((0,), epoch_bytes.pin_tokens([hashlib.sha256(b"a token").digest()]))
    assert pinned[2] == ((), None)


def test_the_loop_sleeps_until_the_next_instant_and_not_longer_than_it_is_told(house, affair, present):
    scheduler = Scheduler(house.database, sleep=lambda _: None, longest=20.0)
    assert scheduler.pause(after=clock.now()) == 20.0
    present.move(minutes=59, seconds=50)
    begun = clock.now()
    assert 0 < scheduler.pause(after=begun) <= 10.0
    present.move(hours=1)
    assert scheduler.pause(after=begun) == 0.05, "what came due while others were sealed is sealed at once"


def test_a_log_that_the_signer_refuses_is_not_tried_again_and_again_without_a_breath(house, affair, present):
    slept = []

    class Enough(BaseException):
        pass

    def sleep(seconds):
        slept.append(seconds)
        raise Enough

    _fork_in_the_signer(house, affair)
    present.move(hours=1)
    seal_due(house.database)
    present.move(hours=1)
    with pytest.raises(Enough):
        Scheduler(house.database, sleep=sleep, longest=20.0).seal_for_ever()
    assert case_log_of(house, affair).next_due <= clock.now(), "it still waits"
    assert slept == [20.0]


def test_a_chore_that_fails_is_told_to_the_operator_and_the_next_is_done(house, caplog):
    done = []

    class Enough(BaseException):
        pass

    def stop(_seconds):
        raise Enough

    def fail():
        raise OSError("no space left")

    scheduler = Scheduler(house.database, sleep=stop, chores=(fail, lambda: done.append(1)))
    with pytest.raises(Enough):
        scheduler.do_chores_for_ever()
    assert done == [1]
    assert "is tried again" in caplog.text


def test_epochs_of_every_kind_of_case_are_made(house, present):
    for kind in (CaseKind.ARBITRATION, CaseKind.COLLABORATIVE):
        affair = house.case_of(kind)
        present.move(hours=1)
        seal_due(house.database)
        assert whys(house, affair)[:2] == [Why.OPEN, Why.GRID]


def test_the_opening_of_a_room_says_how_large_its_log_was(house, affair, present):
    room = affair["joint"]
    size = len(house.entries("neus", room))
    present.move(hours=1)
    seal_due(house.database)
    house.say("neus", room, f"{CLAIMANT} a la parole.")
    with house.database.reading() as work:
        slot = work.session.scalars(select(Slot.slot).where(Slot.room_id == room)).one()
        assert work.session.get_one(Opening, (affair.id, 1, slot)).size == size
    assert house.kinds("neus", room)[-1] == Kind.MESSAGE_POSTED


def test_while_the_signer_refuses_no_row_of_unsigned_epochs_grows(house, affair, present):
    _fork_in_the_signer(house, affair)
    for _ in range(3):
        present.move(hours=1)
        seal_due(house.database)
    assert [row.note is None for row, _ in epochs(house, affair)] == [False, True]
