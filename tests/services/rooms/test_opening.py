"""Opening a case: which rooms each kind has, who is in them, and what a kind refuses."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from caseroom.access.policy import DECIDED_KINDS
from caseroom.access.words import CaseKind, Role, RoomKind
from caseroom.audit import queries as ledger
from caseroom.audit.event_bytes import Kind
from caseroom.audit.models import LedgerEvent, RoomLog, Slot
from caseroom.cases.models import Case, Participant, Side
from caseroom.cases.services import NewCase
from caseroom.errors import Conflict, Forbidden, Invalid
from caseroom.rooms import opening
from caseroom.rooms.models import Room
from caseroom.vault.models import SpaceKeyWrap
from tests.house import OPENER, email_of

ROOMS = {
    CaseKind.MEDIATION: {"joint", "caucus:0", "caucus:1", "team:0", "team:1", "counsel", "notes:neus"},
    CaseKind.ARBITRATION: {"joint", "team:0", "team:1", "deliberation", "notes:neus"},
    CaseKind.COLLABORATIVE: {"joint", "team:0", "team:1", "counsel"},
    CaseKind.INSTRUCTION: {"joint", "team:0", "team:1", "counsel"},
    CaseKind.SMALL_CLAIM: {"joint", "team:0", "team:1", "notes:neus"},
}
# Who of the full cast reads what, by person.
READS = {
    CaseKind.MEDIATION: {
        "neus": {"joint", "caucus:0", "caucus:1", "notes:neus"},
        "ada": {"joint", "caucus:0", "team:0"},
        "clara": {"joint", "caucus:0", "team:0", "counsel"},
        "bruno": {"joint", "caucus:1", "team:1"},
        "basile": {"joint", "caucus:1", "team:1", "counsel"},
    },
    CaseKind.ARBITRATION: {
        "neus": {"joint", "deliberation", "notes:neus"},
        "ada": {"joint", "team:0"},
        "clara": {"joint", "team:0"},
        "bruno": {"joint", "team:1"},
        "basile": {"joint", "team:1"},
    },
    CaseKind.SMALL_CLAIM: {
        "neus": {"joint", "notes:neus"},
        "ada": {"joint", "team:0"},
        "clara": {"joint", "team:0"},
        "bruno": {"joint", "team:1"},
        "basile": {"joint", "team:1"},
    },
} | {
    kind: {
        "ada": {"joint", "team:0"},
        "clara": {"joint", "team:0", "counsel"},
        "bruno": {"joint", "team:1"},
        "basile": {"joint", "team:1", "counsel"},
    }
    for kind in (CaseKind.COLLABORATIVE, CaseKind.INSTRUCTION)
}
MEDIATION = NewCase(kind=CaseKind.MEDIATION, title="Verrière", language="fr", sides=("Ada", "Bruno"))


def opens(house, command, *, person="neus"):
    with house.database.unit_of_work() as work:
        return opening.open_case(work, house.actors[person], command, email=email_of(person))


def rows(house):
    with house.database.reading() as work:
        models = (Case, Side, Participant, Room, RoomLog, LedgerEvent, Slot, SpaceKeyWrap)
        return [work.session.scalar(select(func.count()).select_from(model)) for model in models]


def errors_of(refused):
    return [(error["field"], error["code"]) for error in refused.value.data["errors"]]


@pytest.mark.parametrize("kind", CaseKind)
def test_each_kind_of_case_opens_with_the_rooms_of_its_template(house, kind):
    affair = house.open_case(kind)
    assert set(affair.rooms) == ROOMS[kind]


@pytest.mark.parametrize("kind", CaseKind)
def test_each_person_reads_exactly_the_rooms_that_role_and_side_give(house, kind):
    affair = house.case_of(kind)
    rooms = affair.rooms
    words = {room: word for word, room in rooms.items()}
    for person, expected in READS[kind].items():
        assert {words[room.id] for room in house.view(person, affair.id).rooms} == expected, person


@pytest.mark.parametrize("kind", CaseKind)
def test_the_readers_named_to_one_member_are_all_those_who_may_read(house, kind):
    affair = house.case_of(kind)
    words = {room: word for word, room in affair.rooms.items()}
    people = {participant: person for person, participant in affair.participants.items()}
    for person in READS[kind]:
        for room in house.view(person, affair.id).rooms:
            named = {people[reader.id] for reader in room.readers}
            assert named == {other for other, reads in READS[kind].items() if words[room.id] in reads}


@pytest.mark.parametrize("kind", sorted(DECIDED_KINDS))
def test_where_a_neutral_decides_no_room_joins_the_neutral_and_one_side_alone(house, kind):
    affair = house.case_of(kind)
    house.admit(affair, "otto", Role.EXPERT, 1)
    sides_beside_a_neutral = [
        {reader.side.id for reader in room.readers if reader.side}
        for person in affair.participants
        for room in house.view(person, affair.id).rooms
        if any(reader.role is Role.NEUTRAL for reader in room.readers)
    ]
    assert sides_beside_a_neutral, "the neutral must be in some room for this test to mean anything"
    assert all(sides in (set(), set(affair.sides)) for sides in sides_beside_a_neutral)


@pytest.mark.parametrize("kind", sorted(DECIDED_KINDS))
def test_where_a_neutral_decides_a_caucus_cannot_even_be_made(house, kind):
    affair = house.open_case(kind)
    with pytest.raises(Forbidden) as refused, house.database.unit_of_work() as work:
        opening.create_room(work, work.session.get_one(Case, affair.id), RoomKind.CAUCUS, side_id=affair.sides[0])
    assert refused.value.code == "one_sided_communication"
    assert set(affair.rooms) == ROOMS[kind]


def test_a_caucus_is_made_where_the_neutral_does_not_decide(house):
    affair = house.open_case(CaseKind.MEDIATION)
    with house.database.unit_of_work() as work:
        case = work.session.get_one(Case, affair.id)
        room, _ = opening.create_room(work, case, RoomKind.CAUCUS, side_id=affair.sides[0])
    assert room.kind == RoomKind.CAUCUS


def test_each_neutral_has_notes_that_no_other_neutral_reads(house):
    affair = house.open_case(CaseKind.ARBITRATION)
    house.admit(affair, "otto", Role.NEUTRAL)
    assert {"notes:neus", "notes:otto"} <= set(affair.rooms)
    for person, other in (("neus", "otto"), ("otto", "neus")):
        mine = {room.id for room in house.view(person, affair.id).rooms}
        assert affair[f"notes:{person}"] in mine
        assert affair[f"notes:{other}"] not in mine


def test_the_opening_is_the_first_entry_of_the_joint_room_and_states_the_rules(house):
    affair = house.open_case(CaseKind.MEDIATION)
    with house.database.reading() as work:
        opened = house.opened(work, "neus", affair["joint"])
        first, second = ledger.entries(work, opened.stream)
    assert (first.kind, first.actor, first.body) == (Kind.CASE_OPENED, "system", {"rules": "mediation@1"})
    assert (second.kind, second.body) == (Kind.PARTICIPANT_ADMITTED, {"pid": affair.participants["neus"]})
    assert second.meta["role"] == "neutral"


def test_every_private_room_begins_with_its_own_opening_and_says_nothing_in_the_joint_room(mediation, house):
    for person, word in (("ada", "caucus:0"), ("bruno", "team:1"), ("clara", "counsel"), ("neus", "notes:neus")):
        assert house.kinds(person, mediation[word])[0] == "room.opened"
    joint = house.kinds("neus", mediation["joint"])
    assert joint == ["case.opened"] + ["participant.admitted"] * 5


def test_a_case_with_the_most_sides_has_all_its_rooms_and_the_slots_run_out_with_a_reason(house):
    sides = tuple(f"Partie {number}" for number in range(10))
    affair = house.open_case(CaseKind.MEDIATION, sides=sides)
    assert len(affair.rooms) == 1 + 10 + 10 + 1 + 1
    with house.database.unit_of_work() as work:
        for _ in range(32 - 23):
            opening.create_room(work, work.session.get_one(Case, affair.id), RoomKind.NOTES)
    invited = house.invite(affair, "otto", Role.NEUTRAL)
    with pytest.raises(Conflict) as refused:
        house.accept(affair, "otto", invited.code)
    assert refused.value.code == "no_room_left"
    assert house.kinds("neus", affair["joint"]) == ["case.opened", "participant.admitted"]


def test_only_members_of_a_practice_open_cases(house):
    before = rows(house)
    with pytest.raises(Forbidden) as refused:
        opens(house, MEDIATION, person="otto")
    assert refused.value.code == "practice_required"
    assert rows(house) == before
    assert opens(house, MEDIATION, person="neus").case_id


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": " "}, ("title", "empty")),
        ({"title": "\u200b\u2060"}, ("title", "empty")),
        ({"title": "x" * 201}, ("title", "too_long")),
        ({"title": "a\u202eb"}, ("title", "control_characters")),
        ({"title": "a\nb"}, ("title", "control_characters")),
        ({"title": "a\u2028b"}, ("title", "control_characters")),
        ({"title": "\ud800"}, ("title", "bad_unicode")),
        ({"title": 7}, ("title", "wrong_type")),
        ({"language": "de"}, ("language", "unknown_value")),
        ({"sides": ("Ada",)}, ("sides", "number_of_sides")),
        ({"sides": tuple(f"{number}" for number in range(11))}, ("sides", "number_of_sides")),
        ({"sides": ("Ada", " ")}, ("sides.1.label", "empty")),
        ({"sides": ("Straße", "STRASSE")}, ("sides.1.label", "same_label_twice")),
        ({"my_role": Role.PARTY, "my_side": 0}, ("me.role", "role_cannot_open")),
        ({"my_role": Role.COUNSEL, "my_side": 0}, ("me.role", "role_cannot_open")),
        ({"my_side": 0}, ("me.side", "side_not_for_role")),
        ({"kind": CaseKind.COLLABORATIVE, "my_role": Role.COUNSEL}, ("me.side", "side_required")),
        ({"kind": CaseKind.COLLABORATIVE, "my_role": Role.COUNSEL, "my_side": 2}, ("me.side", "unknown_value")),
        ({"kind": CaseKind.COLLABORATIVE, "my_role": Role.COUNSEL, "my_side": -1}, ("me.side", "unknown_value")),
    ],
)
def test_a_case_that_cannot_be_is_refused_by_field_and_leaves_no_row(house, change, expected):
    before = rows(house)
    with pytest.raises(Invalid) as refused:
        opens(house, replace(MEDIATION, **change))
    assert errors_of(refused) == [expected]
    assert rows(house) == before
    assert opens(house, MEDIATION).case_id, "the same command without the change must be accepted"


@pytest.mark.parametrize("kind", CaseKind)
def test_the_opener_holds_the_role_that_was_stated(house, kind):
    person, role, side = OPENER[kind]
    me = house.view(person, house.open_case(kind).id).me
    assert (me.role, me.state) == (role, "admitted")
    assert (me.side is None) == (side is None)
