"""Two worlds, alike but for what was said in Ada's caucus: to Bruno they are the same world."""

import pytest

from caseroom.access.words import CaseKind, Role
from caseroom.exhibits.services import record_download
from caseroom.rooms.services import save_draft
from tests.house import House
from tests.properties.shown import everything, masked, overview


def world(folder, schema, *, secrets, kind=CaseKind.MEDIATION):
    """The same story; in ``secrets`` of its five pauses, things happen in the rooms that Bruno is not in."""
    house = House(folder, schema=schema)
    affair = house.case_of(kind)
    for chapter in range(4):
        house.say("ada", affair["joint"], f"Chapitre {chapter}")
        if chapter < secrets:
            in_private(house, affair, kind)
        house.file("bruno", affair["joint"], f"piece-{chapter}.txt", b"piece de Bruno")
        if kind is CaseKind.MEDIATION:
            house.say("bruno", affair["caucus:1"], f"Entre nous {chapter}")
        house.marks_read("basile", affair["joint"], 8 + chapter)
    house.admit(affair, "otto", Role.OBSERVER)
    if secrets > 4:
        in_private(house, affair, kind)
    return house, affair


def in_private(house, affair, kind):
    """Four entries in the room that Ada's side has of its own, and all that a person does besides."""
    room = affair["caucus:0"] if kind is CaseKind.MEDIATION else affair["team:0"]
    reader = "neus" if kind is CaseKind.MEDIATION else "clara"
    said = house.say("ada", room, "Secret")
    house.say("clara", room, "Secret entendu", quotes=said.id)
    filed = house.file("ada", room, "secret.txt", b"secret")
    with house.database.unit_of_work() as work:
        record_download(work, house.actors[reader], filed.entry.id)
    with house.database.unit_of_work() as work:
        save_draft(work, house.actors["ada"], room, "Secret à dire")
    house.marks_read(reader, room, 10_000)
    house.say("clara", affair["team:0"], "Secret d'équipe")


@pytest.fixture(scope="module", params=[CaseKind.MEDIATION, CaseKind.ARBITRATION, CaseKind.COLLABORATIVE])
def twins(request, tmp_path_factory, schema):
    """A world in which Ada's own room stayed empty, and one in which it had twenty entries."""
    folder = tmp_path_factory.mktemp("twins")
    quiet, _ = world(folder / "quiet", schema, secrets=0, kind=request.param)
    busy, affair = world(folder / "busy", schema, secrets=5, kind=request.param)
    own = affair["caucus:0"] if request.param is CaseKind.MEDIATION else affair["team:0"]
    assert len(busy.entries("ada", own)) >= 20, "the worlds must differ for these tests to mean anything"
    yield quiet, busy
    quiet.close()
    busy.close()


@pytest.mark.parametrize("person", ["bruno", "basile", "otto"])
def test_whatever_happened_in_adas_own_room_the_others_read_the_same(twins, person):
    quiet, busy = (everything(house, person) for house in twins)
    assert masked(quiet) == masked(busy)
    assert len(masked(quiet)) > 5000
    assert "Secret" not in busy
    assert "Chapitre 3" in busy


@pytest.mark.parametrize("person", ["ada", "clara"])
def test_to_adas_side_the_two_worlds_differ(twins, person):
    """The comparison itself: it must be able to see a difference where there is one to see."""
    quiet, busy = (everything(house, person) for house in twins)
    assert masked(quiet) != masked(busy)
    assert "Secret" in busy


def test_another_case_and_another_side_change_no_byte_of_what_one_sees(tmp_path, schema):
    house, affair = world(tmp_path / "house", schema, secrets=0)
    other = house.open_case(CaseKind.MEDIATION, title="Une autre affaire")
    cases = [affair.id, other.id]
    before = {person: overview(house, person, cases) for person in ("bruno", "basile", "otto")}
    in_private(house, affair, CaseKind.MEDIATION)
    house.admit(other, "ada", Role.PARTY, 0)
    house.say("ada", other["joint"], "Ailleurs")
    house.say("neus", affair["notes:neus"], "Pour moi")
    house.invite(other, "clara", Role.COUNSEL, 0)
    house.remove(other, "ada", by="neus")
    assert {person: overview(house, person, cases) for person in before} == before
    house.close()
