"""A whole room is destroyed: two people agree, the register says so first, and to the others it looks like a room that
never was used."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from caseroom.access.words import Role
from caseroom.audit.case_log import head_of, slot_values_of
from caseroom.audit.checking import check_chain
from caseroom.audit.models import CaseEpoch, LedgerEvent, LogNode, Opening, RoomCheckpoint, RoomLog, Slot
from caseroom.errors import Conflict, Forbidden, Invalid, NotFound, SecondFactorRequired
from caseroom.retention.destroying import destroy_room
from caseroom.retention.finishing import finish_erasures
from caseroom.retention.models import Erasure
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.services import refuse_erasure
from caseroom.rooms.models import Room
from caseroom.rooms.services import save_draft
from caseroom.vault.models import SpaceKeyWrap
from tests.services.test_at_rest import everything_on_disk, forms

CANARY = "Nous accepterions 21 000 euros, pas un de moins, avant le 30"
HOURS = timedelta(hours=1)


def slot_of(house, room_id):
    with house.database.reading() as work:
        return work.session.get_one(Room, room_id).slot


def epochs(house, affair):
    with house.database.reading() as work:
        rows = work.session.scalars(select(CaseEpoch).where(CaseEpoch.case_id == affair.id).order_by(CaseEpoch.n))
        return [(row.n, row.line, row.note, tuple(slot_values_of(work, row))) for row in rows]


@pytest.fixture
def caucus(house, mediation):
    """A caucus in which something was said and filed, sealed in an epoch."""
    room = mediation["caucus:0"]
    house.say("ada", room, CANARY)
    house.file("clara", room, "offre.txt", b"offre " * 400)
    with house.database.unit_of_work() as work:
        save_draft(work, house.actors["ada"], room, CANARY)
    return room


@pytest.fixture
def later(house, mediation):
    """Instants of the case's schedule: the first, the second..."""
    with house.database.reading() as work:
        first = head_of(work, mediation.id).next_due
    return lambda number: first + (number - 1) * HOURS


def test_one_person_alone_destroys_nothing(house, mediation, keepers, caucus):
    erasure = keepers.asks("neus", mediation, caucus)
    assert keepers.row(erasure).state == "asked"
    with pytest.raises(Forbidden) as refused:
        keepers.approves("neus", mediation, erasure)
    assert refused.value.code == "second_person_needed"
    finish_erasures(house.database)
    assert house.texts("ada", caucus) == [CANARY]
    assert keepers.row(erasure).state == "asked"


def test_who_has_to_agree_is_told_how_much_would_go(house, mediation, keepers, caucus):
    other = house.file("clara", caucus, "brouillon.txt", b"brouillon")
    keepers.erases("clara", other.entry.id)
    row = keepers.row(keepers.asks("neus", mediation, caucus))
    assert (row.files, row.entries) == (1, len(house.entries("neus", caucus))), "what was erased before is gone"


def test_who_does_not_read_the_room_neither_asks_nor_agrees_nor_learns_that_it_was_asked(
    house, mediation, keepers, caucus
):
    for person in ("bruno", "basile", "otto"):
        with pytest.raises(NotFound):
            keepers.asks(person, mediation, caucus)
    erasure = keepers.asks("neus", mediation, caucus)
    for person, wanted in (("bruno", erasure), ("basile", erasure), ("otto", erasure), ("ada", "f" * 32)):
        with pytest.raises(NotFound):
            keepers.approves(person, mediation, wanted)


def test_an_owner_from_outside_agrees_only_where_nobody_within_could(house, mediation, keepers, caucus):
    keepers.makes_owner("basile")
    erasure = keepers.asks("neus", mediation, caucus)
    with pytest.raises(NotFound):
        keepers.approves("basile", mediation, erasure)
    notes = keepers.asks("neus", mediation, mediation["notes:neus"])
    with pytest.raises(NotFound):
        keepers.approves("clara", mediation, notes)
    keepers.approves("basile", mediation, notes)
    row = keepers.row(notes)
    assert (row.state, row.approved_by, row.approved_person) == ("recorded", None, house.actors["basile"].person)


def test_what_nobody_could_ever_agree_to_is_refused_at_once(house, mediation, keepers):
    keepers.makes_owner("neus")
    with pytest.raises(Conflict) as refused:
        keepers.asks("neus", mediation, mediation["notes:neus"])
    assert refused.value.code == "no_second_person"
    keepers.makes_owner("basile")
    assert keepers.row(keepers.asks("neus", mediation, mediation["notes:neus"])).state == "asked"


def test_an_owner_does_not_agree_to_what_the_same_person_asked(house, mediation, keepers):
    keepers.makes_owner("neus")
    keepers.makes_owner("basile")
    notes = keepers.asks("neus", mediation, mediation["notes:neus"])
    with pytest.raises(Forbidden):
        keepers.approves("neus", mediation, notes)
    assert keepers.row(notes).state == "asked"


def test_a_team_room_is_for_two_people_of_its_side(house, mediation, keepers):
    erasure = keepers.asks("ada", mediation, mediation["team:0"])
    with pytest.raises(NotFound):
        keepers.approves("neus", mediation, erasure)
    keepers.approves("clara", mediation, erasure)
    assert keepers.row(erasure).state == "recorded"


def test_the_counsels_room_needs_counsel_of_another_side(house, mediation, keepers):
    house.admit(mediation, "otto", Role.COUNSEL, 0)
    erasure = keepers.asks("clara", mediation, mediation["counsel"])
    with pytest.raises(Forbidden):
        keepers.approves("otto", mediation, erasure)
    keepers.approves("basile", mediation, erasure)


def test_the_joint_room_stays_and_an_expert_may_not_ask(house, mediation, keepers, caucus):
    house.admit(mediation, "otto", Role.EXPERT, 0)
    for person, room, code in (("neus", "joint", "joint_room_stays"), ("otto", "caucus:0", "cannot_destroy_room")):
        with pytest.raises(Forbidden) as refused:
            keepers.asks(person, mediation, mediation[room])
        assert refused.value.code == code


def test_both_prove_their_second_factor(house, mediation, keepers, caucus):
    with pytest.raises(SecondFactorRequired):
        keepers.asks("neus", mediation, caucus, proof=SecondFactor(code=None, address=""))
    erasure = keepers.asks("neus", mediation, caucus)
    with pytest.raises(Invalid):
        keepers.approves("ada", mediation, erasure, proof=keepers.proof("ada", right=False))
    assert keepers.row(erasure).state == "asked"
    keepers.approves("ada", mediation, erasure)


def test_one_request_at_a_time_and_after_a_refusal_another(house, mediation, keepers, caucus):
    erasure = keepers.asks("neus", mediation, caucus)
    with pytest.raises(Conflict):
        keepers.asks("clara", mediation, caucus)
    with house.database.unit_of_work() as work:
        refuse_erasure(work, house.actors["ada"], mediation.id, erasure)
    assert keepers.row(erasure).state == "refused"
    with pytest.raises(NotFound):
        keepers.approves("clara", mediation, erasure)
    keepers.asks("clara", mediation, caucus)


def test_nothing_is_destroyed_before_an_epoch_holds_the_rooms_last_word(house, mediation, keepers, caucus, later):
    erasure = keepers.asks("neus", mediation, caucus)
    keepers.approves("ada", mediation, erasure)
    assert house.kinds("ada", caucus)[-1] == "space.shredded"
    assert finish_erasures(house.database) == 0
    assert house.texts("ada", caucus) == [CANARY]
    with pytest.raises(Forbidden) as refused:
        house.say("ada", caucus, "encore un mot")
    assert refused.value.code == "room_closed"
    assert keepers.seals(later(1)) == 1
    assert finish_erasures(house.database) == 1
    row = keepers.row(erasure)
    assert (row.state, row.sealed_in, row.slot is not None) == ("done", 1, True)
    for person in ("ada", "clara", "neus"):
        with pytest.raises(NotFound):
            house.entries(person, caucus)
        assert caucus not in [room.id for room in house.view(person, mediation.id).rooms]


def test_the_last_word_names_who_asked_and_who_agreed(house, mediation, keepers, caucus):
    keepers.approves("ada", mediation, keepers.asks("neus", mediation, caucus))
    last = house.entries("clara", caucus)[-1]
    assert last.author.id == mediation.participants["neus"]
    assert last.facts["basis"] == "request"


def shredded(house, mediation, keepers, room, later):
    erasure = keepers.asks("neus", mediation, room)
    keepers.approves("ada", mediation, erasure)
    keepers.seals(later(1))
    assert finish_erasures(house.database) == 1
    return erasure


def test_nothing_of_the_room_is_left_in_any_table_or_file(house, mediation, keepers, caucus, later):
    slot = slot_of(house, caucus)
    with house.database.reading() as work:
        sealed = [
            (row.event_key, row.line, row.values)
            for row in work.session.scalars(select(LedgerEvent).where(LedgerEvent.room_id == caucus))
        ]
    pieces = [piece for row in sealed for piece in row]
    assert all(piece in b"".join(everything_on_disk(house).values()) for piece in pieces)
    shredded(house, mediation, keepers, caucus, later)
    with house.database.reading() as work:
        for table, key in (
            (LedgerEvent, LedgerEvent.room_id),
            (RoomLog, RoomLog.room_id),
            (RoomCheckpoint, RoomCheckpoint.room_id),
            (LogNode, LogNode.log_id),
            (Room, Room.id),
        ):
            assert work.session.scalars(select(func.count()).select_from(table).where(key == caucus)).one() == 0, table
        for table in (Opening, SpaceKeyWrap):
            found = select(func.count()).select_from(table).where(table.case_id == mediation.id, table.slot == slot)
            assert work.session.scalars(found).one() == 0, table
        assert work.session.get_one(Slot, (mediation.id, slot)).blind_key is None
    assert house.files_in_store() == []
    disk = everything_on_disk(house)
    assert [path for path, content in disk.items() for form in forms(CANARY) if form in content] == []
    assert [path for path, content in disk.items() for piece in pieces if piece in content] == []


def test_the_slot_is_not_given_to_another_room(house, mediation, keepers, caucus, later):
    slot = slot_of(house, caucus)
    shredded(house, mediation, keepers, caucus, later)
    house.admit(mediation, "otto", Role.NEUTRAL)
    with house.database.reading() as work:
        taken = [room.slot for room in work.session.scalars(select(Room).where(Room.case_id == mediation.id))]
    assert slot not in taken
    assert len(taken) == 7, "Otto has notes of his own; the caucus is gone"


def test_epochs_before_stay_as_they_were_and_later_ones_hold_random_values_there(
    house, mediation, keepers, caucus, later
):
    with house.database.unit_of_work() as work:  # an epoch from before values were kept
        work.session.get_one(CaseEpoch, (mediation.id, 0)).slot_values = None
    slot = slot_of(house, caucus)
    before = epochs(house, mediation)
    shredded(house, mediation, keepers, caucus, later)
    assert epochs(house, mediation)[: len(before)] == before
    keepers.seals(later(2))
    keepers.seals(later(3))
    values = [each[3] for each in epochs(house, mediation)]
    assert len({each[slot] for each in values}) == len(values) == 4
    assert all(len(each[slot]) == 32 for each in values)


def test_everybody_is_told_that_some_room_goes_and_nobody_which(house, mediation, keepers, caucus):
    keepers.approves("ada", mediation, keepers.asks("neus", mediation, caucus))
    notice = house.entries("bruno", mediation["joint"])[-1]
    assert (notice.kind, notice.author, dict(notice.facts)) == ("notice", None, {"code": "room_destroyed"})
    with house.database.reading() as work:
        for word in ("joint", "team:1", "caucus:1", "counsel"):
            reader = "basile" if word in ("team:1", "counsel") else "neus"
            assert check_chain(work, house.opened(work, reader, mediation[word]).stream).intact, word


def test_the_other_side_learns_the_same_whichever_room_goes(house, keepers):
    """Two cases alike, but that a caucus of the other side goes in one and its team room in the other."""

    def bruno_learns(word, asks, approves):
        affair = house.mediation()
        house.publisher.events.clear()
        keepers.approves(approves, affair, keepers.asks(asks, affair, affair[word]))
        heard = [(event.name, sorted(event.payload)) for event in house.received_by("bruno")]
        seen = [
            (
                room.kind,
                [(entry.kind, entry.author, dict(entry.facts)) for entry in house.entries("bruno", room.id)][-1:],
            )
            for room in house.view("bruno", affair.id).rooms
            if room.kind == "joint"
        ]
        return heard, seen

    assert bruno_learns("caucus:0", "neus", "ada") == bruno_learns("team:0", "clara", "ada")


def test_a_crash_in_the_middle_is_made_good(house, mediation, keepers, caucus, later, monkeypatch):
    erasure = keepers.asks("neus", mediation, caucus)
    keepers.approves("ada", mediation, erasure)
    keepers.seals(later(1))
    for broken in ("_keep_paths_of_others", "_delete_log"):
        with monkeypatch.context() as patched:
            patched.setattr(f"caseroom.retention.destroying.{broken}", lambda *_: 1 / 0)
            assert finish_erasures(house.database) == 0
        assert keepers.row(erasure).state == "recorded"
    assert house.files_in_store() == []
    keepers.seals(later(2))
    assert finish_erasures(house.database) == 1
    assert (keepers.row(erasure).state, keepers.row(erasure).sealed_in) == ("done", 1)
    destroy_room(house.database, mediation.id, caucus)  # once more changes nothing
    with house.database.reading() as work:
        assert work.session.scalars(select(LedgerEvent).where(LedgerEvent.room_id == caucus)).first() is None


def test_pages_of_the_destroyed_room_close(house, mediation, keepers, caucus, later):
    keepers.approves("ada", mediation, keepers.asks("neus", mediation, caucus))
    keepers.seals(later(1))
    house.publisher.events.clear()
    finish_erasures(house.database)
    (event,) = house.publisher.events
    assert (event.name, dict(event.payload)) == ("gone", {"room": caucus})
    assert event.audience.people == {house.actors[person].person for person in ("ada", "clara", "neus")}


def test_people_still_come_and_go_after_a_room_was_destroyed(house, mediation, keepers, caucus, later):
    shredded(house, mediation, keepers, caucus, later)
    house.remove(mediation, "ada", by="neus")
    house.admit(mediation, "otto", Role.PARTY, 0)
    house.say("otto", mediation["team:0"], "Bonjour")
    assert house.texts("clara", mediation["team:0"]) == ["Bonjour"]


def test_the_row_of_the_erasure_stays_with_numbers_alone_in_clear(house, mediation, keepers, caucus, later):
    erasure = shredded(house, mediation, keepers, caucus, later)
    with house.database.reading() as work:
        (row,) = work.session.scalars(select(Erasure).where(Erasure.case_id == mediation.id)).all()
    assert (row.id, row.files, row.entries > 4) == (erasure, 1, True)
    assert b"caucus" not in row.facts
    assert b"concern" not in row.reason
