"""Evidence packs after an erasure: everybody's still verify, offline, and say what is gone."""

from datetime import timedelta

import pytest

from caseroom.errors import NotFound
from caseroom.evidence.packing import plan_pack, write_pack
from caseroom.retention.finishing import finish_erasures
from caseroom.retention.purge import purge
from tests.services.evidence.packs import Pack, pack_of, report, seal

CANARY = "Nous accepterions 21 000 et pas un euro de moins"


@pytest.fixture
def check(tmp_path):
    """What the verifier in a pack says of it, in a process of its own."""
    (tmp_path / "checks").mkdir()
    return lambda pack: report(pack, tmp_path / "checks")


@pytest.fixture
def story(house, mediation, present):
    """Sealed talk in three rooms, and a pack of Bruno's from before anything was erased."""
    said = house.say("ada", mediation["joint"], CANARY)
    filed = house.file("ada", mediation["joint"], "bilan.txt", b"bilan " * 100)
    house.say("bruno", mediation["joint"], "Pardon ?", quotes=said.id)
    house.say("ada", mediation["caucus:0"], CANARY)
    house.say("bruno", mediation["team:1"], "Ils céderont")
    seal(house, present)
    return said, filed, pack_of(house, "bruno", mediation.id)


def test_after_one_entry_and_one_file_are_erased_every_pack_verifies_and_counts_them(
    house, mediation, present, keepers, story, check
):
    said, filed, before = story
    keepers.erases("ada", said.id)
    keepers.erases("neus", filed.facts.id)
    seal(house, present)
    for person in ("ada", "bruno", "neus", "clara"):
        pack = pack_of(house, person, mediation.id)
        found = check(pack)
        assert (found["findings"], found["verified"]) == ([], True), person
        with house.database.reading() as work:
            slot = house.opened(work, person, mediation["joint"]).room.slot
        states = found["spaces"][str(slot)]["states"]
        assert states.count("erased") == 2
        assert states.count("withheld") == 0
        content = b"".join(pack.under(f"spaces/{slot}/").values())
        assert CANARY.encode() not in content
        assert filed.facts.sha256.encode() not in content
    assert check(before)["verified"], "a copy from before is out of reach, and stays good"


def test_after_a_room_is_destroyed_the_others_packs_verify_and_it_is_in_none(
    house, mediation, present, keepers, story, check
):
    with house.database.reading() as work:
        slot = house.opened(work, "ada", mediation["caucus:0"]).room.slot
    before = pack_of(house, "ada", mediation.id)
    assert before.under(f"spaces/{slot}/") != {}
    keepers.approves("ada", mediation, keepers.asks("neus", mediation, mediation["caucus:0"]))
    seal(house, present)
    assert finish_erasures(house.database) == 1
    seal(house, present, times=2)
    for person in ("ada", "bruno", "neus", "basile"):
        pack = pack_of(house, person, mediation.id)
        found = check(pack)
        assert (found["findings"], found["verified"]) == ([], True), person
        assert pack.under(f"spaces/{slot}/") == {}
    assert check(before)["verified"]


def test_after_the_closing_and_the_end_of_the_key_packs_verify(house, mediation, present, keepers, story, check):
    keepers.closes("neus", mediation)
    present.move(seconds=31 * 86400)
    assert purge(house.database).keys == 1
    for person in ("ada", "bruno", "neus"):
        found = check(pack_of(house, person, mediation.id))
        assert (found["findings"], found["verified"]) == ([], True), person


def test_what_was_erased_after_the_closing_is_not_disclosed_in_any_pack(
    house, mediation, present, keepers, story, check
):
    said, _, _ = story
    keepers.closes("neus", mediation)
    keepers.erases("ada", said.id)
    pack = pack_of(house, "bruno", mediation.id)
    found = check(pack)
    assert (found["findings"], found["verified"]) == ([], True)
    with house.database.reading() as work:
        slot = house.opened(work, "bruno", mediation["joint"]).room.slot
    assert found["spaces"][str(slot)]["states"].count("withheld") == 1


def test_the_other_sides_pack_is_the_same_whichever_entry_of_a_caucus_was_erased(
    house, mediation, present, keepers, story, check
):
    """But for hashes, signatures and times: an erasure in a caucus adds not a byte to what the other side receives."""
    room = mediation["caucus:0"]
    seal(house, present)
    quiet = pack_of(house, "bruno", mediation.id)
    entry = next(entry for entry in house.entries("ada", room) if entry.text)
    keepers.erases("ada", entry.id)
    loud = pack_of(house, "bruno", mediation.id)
    sizes = [
        {path: len(content) for path, content in pack.members.items() if path not in ("manifest.json", "README.txt")}
        for pack in (quiet, loud)
    ]
    assert sizes[0] == sizes[1]
    seal(house, present)
    assert check(pack_of(house, "bruno", mediation.id))["verified"]


def test_after_the_names_are_gone_packs_verify(house, mediation, present, keepers, story, check):
    keepers.closes("neus", mediation)
    keepers.makes_owner("neus")
    keepers.sets_rules("neus", identities=1)
    assert purge(house.database, now=present.now() + timedelta(days=40)).rules == {"identities": 1}
    pack = pack_of(house, "neus", mediation.id)
    found = check(pack)
    assert (found["findings"], found["verified"]) == ([], True)
    assert b"Bruno Marchettino" not in b"".join(pack.under("spaces/").values())
    assert b"Neus Ferrerola" in b"".join(pack.under("spaces/").values())
    with pytest.raises(NotFound):
        pack_of(house, "ada", mediation.id)


def test_somebody_may_leave_out_what_was_said_or_filed_and_the_pack_verifies(
    house, mediation, present, keepers, story, check
):
    """E0: nothing is destroyed, it is not handed over; who came and went cannot be left out."""
    said, filed, _ = story
    admitted = next(e.id for e in house.entries("bruno", mediation["joint"]) if e.kind == "participant.admitted")
    without = frozenset({said.id, filed.facts.id, admitted, "f" * 32})
    with house.database.reading() as work:
        plan = plan_pack(work, house.actors["bruno"], mediation.id, files=True, language="fr", without=without)
        slot = house.opened(work, "bruno", mediation["joint"]).room.slot
    pack = Pack(b"".join(write_pack(house.database, plan)))
    found = check(pack)
    assert (found["findings"], found["verified"]) == ([], True)
    assert found["spaces"][str(slot)]["states"].count("withheld") == 2
    assert CANARY.encode() not in b"".join(pack.members.values())
    assert not any(filed.facts.sha256 in path for path in pack.members)
    whole = pack_of(house, "bruno", mediation.id)
    assert any(filed.facts.sha256 in path for path in whole.members)
    assert "withheld" not in check(whole)["spaces"][str(slot)]["states"]
