"""The pack of one person: whole, theirs alone, and found in order by the program that lies in it."""

import io
import zipfile

import pytest

from caseroom.access.words import Role
from caseroom.audit.canonical import canonical
from caseroom.audit.verify import compare_packs
from caseroom.errors import NotFound
from caseroom.evidence.packing import write_pack
from tests.house import CLAIMANT, RESPONDENT, TITLE, sha256
from tests.services.evidence.conftest import PLAN
from tests.services.evidence.packs import Pack, pack_of, planned, seal, slot_of, verified

EVERYBODY = ("neus", "ada", "clara", "bruno", "basile")


@pytest.mark.parametrize("person", EVERYBODY)
def test_everybodys_pack_holds_their_rooms_whole_and_is_found_in_order(house, busy, tmp_path, person):
    rooms = house.view(person, busy.id).rooms
    sizes = {str(slot_of(house, person, room.id)): len(house.entries(person, room.id)) for room in rooms}
    found = verified(pack_of(house, person, busy.id), tmp_path)
    assert {slot: space["events"] for slot, space in found["spaces"].items()} == sizes
    assert all(set(space["states"]) == {"ok"} for space in found["spaces"].values())
    assert all(space["files_absent"] == 0 for space in found["spaces"].values())
    assert found["epochs"] == 3


def test_a_pack_holds_the_files_that_the_format_names_and_no_others(house, busy, joint_slot):
    pack = pack_of(house, "bruno", busy.id)
    slots = {slot_of(house, "bruno", room.id) for room in house.view("bruno", busy.id).rooms}
    of_room = ("vkey", "head.note", "events.jsonl", "disclosures.jsonl", "openings.jsonl")
    expected = {"README.txt", "manifest.json", "verify.py", "case/vkey", "case/epochs.jsonl"}
    expected |= {f"case/checkpoints/{n:06d}.note" for n in range(3)}
    expected |= {f"spaces/{slot}/{name}" for slot in slots for name in of_room}
    expected |= {f"spaces/{joint_slot}/files/{sha256(PLAN)}"}
    assert set(pack.members) == expected
    assert pack.members[f"spaces/{joint_slot}/files/{sha256(PLAN)}"] == PLAN


def test_the_manifest_lists_every_other_file_with_its_digest_and_says_whose_pack_it_is(house, busy, present):
    pack = pack_of(house, "clara", busy.id)
    members = pack.members
    assert list(members)[-1] == "manifest.json"
    manifest = pack.manifest
    assert members["manifest.json"] == canonical(manifest) + b"\n"
    assert manifest["files"] == {name: sha256(data) for name, data in members.items() if name != "manifest.json"}
    assert manifest["exporter"] == busy.participants["clara"]
    assert (manifest["v"], manifest["case"]) == ("caseroom/v1/pack", busy.id)


def test_the_part_of_the_case_is_the_same_bytes_for_everybody(house, busy):
    parts = [pack_of(house, person, busy.id).under("case/") for person in EVERYBODY]
    assert all(part == parts[0] for part in parts)
    assert len(parts[0]) == 5
    with zipfile.ZipFile(io.BytesIO(pack_of(house, "ada", busy.id).data)) as archive:
        listed = archive.infolist()
    assert {each.compress_type for each in listed if each.filename.startswith("case/")} == {zipfile.ZIP_STORED}
    assert {each.date_time for each in listed} == {(1980, 1, 1, 0, 0, 0)}


def test_the_packs_of_two_opponents_tell_one_history(house, busy, tmp_path):
    for person in ("ada", "bruno"):
        (tmp_path / person).write_bytes(pack_of(house, person, busy.id).data)
    found = compare_packs(tmp_path / "ada", tmp_path / "bruno")
    assert found.same_case
    assert found.equivocation == []


def test_nothing_that_was_said_in_a_room_of_the_other_side_is_in_ones_pack(house, busy):
    for person, secrets in {"bruno": ("41 000", "marge.txt", "entre nous"), "ada": ()}.items():
        members = pack_of(house, person, busy.id).members
        text = b"\n".join(members.values()).decode("utf-8", "ignore")
        assert not [secret for secret in secrets if secret in text]
    assert "41 000" in b"".join(pack_of(house, "ada", busy.id).members.values()).decode("utf-8", "ignore")


def test_the_openings_carry_salts_of_single_epochs_and_never_a_blind_key(house, busy, joint_slot):
    lines = pack_of(house, "ada", busy.id).lines(f"spaces/{joint_slot}/openings.jsonl")
    assert {tuple(sorted(line)) for line in lines} == {("n", "path", "root", "salt", "size")}
    assert len({line["salt"] for line in lines}) == len(lines) == 2
    assert all(len(line["path"]) == 5 for line in lines)


def test_whoever_joins_late_holds_every_event_and_the_checkpoints_since(house, busy, present, joint_slot, tmp_path):
    house.admit(busy, "otto", Role.OBSERVER)
    seal(house, present, times=2)
    pack = pack_of(house, "otto", busy.id)
    assert len(pack.lines(f"spaces/{joint_slot}/events.jsonl")) == len(house.entries("neus", busy["joint"]))
    assert pack.lines(f"spaces/{joint_slot}/events.jsonl")[0]["seq"] == 0
    assert pack.openings(joint_slot) == [3, 4]
    assert pack_of(house, "ada", busy.id).openings(joint_slot) == [1, 2, 3, 4]
    found = verified(pack, tmp_path)
    assert list(found["spaces"]) == [str(joint_slot)]


def test_whoever_was_removed_gets_no_pack_and_the_others_keep_theirs(house, busy, tmp_path):
    assert pack_of(house, "basile", busy.id).members
    house.remove(busy, "basile", by="neus")
    with pytest.raises(NotFound):
        planned(house, "basile", busy.id)
    verified(pack_of(house, "bruno", busy.id), tmp_path)


def test_whoever_is_in_no_room_of_the_case_gets_no_pack(house, busy):
    for case in (busy.id, "0" * 32, "../" + busy.id, ""):
        with pytest.raises(NotFound):
            planned(house, "otto", case)


def test_a_pack_without_files_says_the_same_and_counts_them_as_absent(house, busy, joint_slot, tmp_path):
    whole, light = pack_of(house, "ada", busy.id), pack_of(house, "ada", busy.id, files=False)
    assert {path for path in whole.members if "/files/" in path}
    assert not {path for path in light.members if "/files/" in path}
    found = verified(light, tmp_path)
    assert found["spaces"][str(joint_slot)]["files_absent"] == 1
    assert found["spaces"][str(joint_slot)]["files_present"] == 0
    for path in set(light.members) - {"README.txt", "manifest.json"}:
        assert light.members[path] == whole.members[path]


def test_what_happens_after_the_plan_is_not_in_the_pack(house, busy, present, joint_slot, tmp_path):
    plan = planned(house, "ada", busy.id)
    pieces = write_pack(house.database, plan)
    begun = next(pieces)
    house.say("bruno", busy["joint"], "Encore un mot.")
    house.file("bruno", busy["joint"], "tard.txt", b"tard")
    seal(house, present)
    pack = Pack(begun + b"".join(pieces))
    assert len(pack.lines("case/epochs.jsonl")) == 3
    assert len(pack.lines(f"spaces/{joint_slot}/events.jsonl")) == len(house.entries("ada", busy["joint"])) - 2
    verified(pack, tmp_path)


@pytest.mark.parametrize(("language", "words"), [("fr", "CE QUE CELA NE PROUVE PAS"), ("en", "WHAT IT DOES NOT PROVE")])
def test_readme_speaks_the_exporters_language_and_names_only_their_rooms(house, busy, joint_slot, language, words):
    readme = pack_of(house, "bruno", busy.id, language=language).members["README.txt"].decode()
    assert words in readme
    assert TITLE in readme
    assert "Bruno Marchettino" in readme
    assert f"spaces/{joint_slot}/" in readme
    assert RESPONDENT in readme
    assert CLAIMANT not in readme
    assert "$" not in readme
    assert max(len(line) for line in readme.splitlines()) < 130
