"""The proof of one exhibit for somebody outside: complete for that one, and silent about everything else."""

import json

import pytest
from sqlalchemy import update

from caseroom.access.words import Role
from caseroom.audit.models import LedgerEvent
from caseroom.errors import Gone, NotFound
from caseroom.evidence.disclosing import write_disclosure
from tests.house import sha256
from tests.services.evidence.packs import Pack, disclosure_of, disclosure_plan, seal, slot_of, verified

REPORT = b"rapport d'expertise " * 1000


@pytest.fixture
def filed(house, mediation, present):
    """An exhibit between two messages, covered by the second of two checkpoints."""
    house.say("ada", mediation["joint"], "Avant le rapport.")
    seal(house, present)
    present.move(seconds=60)
    exhibit = house.file("ada", mediation["joint"], "rapport.txt", REPORT, title="Rapport")
    house.say("bruno", mediation["joint"], "Après le rapport.")
    return exhibit


@pytest.fixture
def sealed(house, present, filed):
    seal(house, present)
    present.move(seconds=60)
    return filed


@pytest.mark.parametrize("person", ["ada", "bruno", "neus"])
def test_every_reader_of_the_room_can_prove_an_exhibit_to_an_outsider(house, sealed, tmp_path, person):
    proof = disclosure_of(house, person, sealed.facts.id)
    found = verified(proof, tmp_path)
    (space,) = found["spaces"].values()
    assert (space["events"], space["sealed"], space["states"]) == (1, 1, ["ok"])
    assert (space["files_present"], space["files_absent"]) == (1, 0)
    assert proof.members[f"disclosure/files/{sha256(REPORT)}"] == REPORT
    assert proof.manifest["v"] == "caseroom/v1/disclosure"


def test_the_proof_names_the_files_of_its_format_and_no_others(house, sealed):
    expected = {"README.txt", "manifest.json", "verify.py", "case/vkey", "case/epochs.jsonl"}
    expected |= {f"case/checkpoints/{n:06d}.note" for n in range(3)}
    names = ("event.json", "values.json", "vkey", "receipt.txt", "opening.json", "inclusion.json")
    expected |= {f"disclosure/{name}" for name in names} | {f"disclosure/files/{sha256(REPORT)}"}
    assert set(disclosure_of(house, "ada", sealed.facts.id).members) == expected


def test_the_proof_shows_the_place_and_the_number_of_entries_and_nothing_that_they_say(house, mediation, sealed):
    proof = disclosure_of(house, "bruno", sealed.facts.id)
    text = b"\n".join(proof.members.values()).decode("utf-8", "ignore")
    assert "le rapport." not in text
    assert [name for name in ("Ada", "Clara", "Basile", "Neus") if name in text] == []
    assert "Bruno Marchettino" in text, "who makes the proof is named in its README"
    inclusion = json.loads(proof.members["disclosure/inclusion.json"])
    seq = sealed.entry.seq
    assert (inclusion["index"], inclusion["size"]) == (seq, seq + 2)
    readme = proof.members["README.txt"].decode()
    assert f"inscription n° {seq} de sa salle" in readme
    assert f"la salle en avait {seq + 2}" in readme


def test_the_proof_discloses_salts_and_not_the_key_of_the_sealed_file(house, sealed):
    values = json.loads(disclosure_of(house, "ada", sealed.facts.id).members["disclosure/values.json"])
    assert sorted(values) == ["salts", "seq", "values"]
    assert sorted(values["salts"]) == ["body", "meta", "who"]


def test_before_a_checkpoint_covers_it_the_receipt_is_the_proof_and_readme_says_so(house, filed, tmp_path):
    proof = disclosure_of(house, "ada", filed.facts.id)
    assert not {"disclosure/opening.json", "disclosure/inclusion.json"} & set(proof.members)
    found = verified(proof, tmp_path)
    assert next(iter(found["spaces"].values()))["sealed"] == 0
    assert "Aucun point de contrôle" in proof.members["README.txt"].decode()


def test_the_first_checkpoint_that_covers_the_exhibit_is_shown_and_a_late_joiner_shows_a_later_one(
    house, mediation, sealed, present, tmp_path
):
    house.admit(mediation, "otto", Role.OBSERVER)
    seal(house, present, times=2)
    openings = {
        person: json.loads(disclosure_of(house, person, sealed.facts.id).members["disclosure/opening.json"])["n"]
        for person in ("ada", "otto")
    }
    assert openings == {"ada": 2, "otto": 3}
    verified(disclosure_of(house, "otto", sealed.facts.id), tmp_path)


def test_who_does_not_read_the_room_makes_no_proof_of_what_lies_in_it(house, mediation, sealed):
    secret = house.file("ada", mediation["caucus:0"], "secret.txt", b"secret")
    for person, exhibit in (("otto", sealed.facts.id), ("bruno", secret.facts.id), ("ada", "0" * 32), ("ada", "x")):
        with pytest.raises(NotFound):
            disclosure_plan(house, person, exhibit)
    assert disclosure_of(house, "clara", secret.facts.id).members
    house.remove(mediation, "basile", by="neus")
    with pytest.raises(NotFound):
        disclosure_plan(house, "basile", sealed.facts.id)


def test_an_exhibit_erased_meanwhile_is_not_proved(house, mediation, sealed):
    pieces = write_disclosure(house.database, disclosure_plan(house, "ada", sealed.facts.id))
    with house.database.unit_of_work() as work:
        erased = update(LedgerEvent).where(LedgerEvent.id == sealed.entry.id)
        work.session.execute(erased.values(event_key=None, values=None))
    with pytest.raises(Gone):
        b"".join(pieces)
    with pytest.raises(Gone):
        disclosure_plan(house, "ada", sealed.facts.id)
    with pytest.raises(NotFound):
        disclosure_plan(house, "otto", sealed.facts.id)


def test_a_proof_without_the_file_that_was_lost_says_so_and_still_holds(house, sealed, tmp_path, caplog):
    (path,) = [each for each in house.files_in_store() if each.parent.name != "incoming"]
    path.unlink()
    proof = disclosure_of(house, "ada", sealed.facts.id, language="en")
    assert not proof.under("disclosure/files/")
    assert "ATTENTION" in proof.members["README.txt"].decode()
    assert len(caplog.records) == 1
    assert next(iter(verified(proof, tmp_path)["spaces"].values()))["files_absent"] == 1


@pytest.mark.parametrize(("language", "words"), [("fr", "PREUVE D’UNE PIÈCE"), ("en", "PROOF OF ONE EXHIBIT")])
def test_readme_of_a_proof_speaks_the_exporters_language(house, sealed, language, words):
    readme = disclosure_of(house, "ada", sealed.facts.id, language=language).members["README.txt"].decode()
    assert readme.startswith(words)
    assert "rapport.txt" in readme
    assert sha256(REPORT) in readme
    assert "$" not in readme


def test_the_slot_of_the_room_is_the_one_its_readers_know(house, mediation, sealed):
    event = json.loads(disclosure_of(house, "ada", sealed.facts.id).members["disclosure/event.json"])
    assert event["in"]["space"] == slot_of(house, "ada", mediation["joint"])
    assert isinstance(disclosure_of(house, "ada", sealed.facts.id), Pack)
