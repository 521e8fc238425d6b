"""The pack of a case and the proof of an exhibit, as programs fetch them."""

import io
import zipfile

import pytest

from caseroom.accounts.models import Person
from caseroom.audit.verify import verify_pack
from tests.house import sha256

FILE = b"devis " * 1000


@pytest.fixture
def filed(house, mediation):
    return house.file("ada", mediation["joint"], "devis.txt", FILE, title="Devis confidentiel").facts.id


def members(answer):
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_pack_comes_as_a_zip_whose_name_tells_nothing_of_the_case(mediation, filed, bruno, tmp_path):
    answer = bruno.get(f"/cases/{mediation.id}/evidence")
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="caseroom-{mediation.id[:8]}.zip"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    (tmp_path / "pack.zip").write_bytes(answer.data)
    found = verify_pack(tmp_path / "pack.zip")
    assert found.verified
    assert found.exporter == mediation.participants["bruno"]
    assert FILE in members(answer).values()


def test_the_pack_can_be_had_without_the_files(mediation, filed, ada):
    whole, light = (members(ada.get(f"/cases/{mediation.id}/evidence?files={files}")) for files in (1, 0))
    assert {name for name in whole if "/files/" in name} == set(whole) - set(light)
    assert any(sha256(FILE).encode() in content for content in light.values())


@pytest.mark.parametrize(("language", "words"), [("en", "EVIDENCE PACK"), ("fr", "DOSSIER DE PREUVES")])
def test_readme_is_in_the_language_the_caller_has_chosen(house, mediation, filed, ada, language, words):
    with house.database.unit_of_work() as work:
        work.session.get_one(Person, house.actors["ada"].person).locale = language
    readme = members(ada.get(f"/cases/{mediation.id}/evidence?files=0"))["README.txt"].decode()
    assert readme.startswith(words)


@pytest.mark.parametrize("files", ["2", "", "yes", "-1", "1&files=0"])
def test_another_value_of_files_is_refused(mediation, ada, refused, files):
    refused(ada.get(f"/cases/{mediation.id}/evidence?files={files}"), 422, "invalid", files="unknown_value")


def test_the_proof_of_an_exhibit_comes_as_a_zip_and_is_found_in_order(mediation, filed, bruno, tmp_path):
    answer = bruno.get(f"/exhibits/{filed}/evidence")
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="caseroom-{mediation.id[:8]}-exhibit.zip"'
    (tmp_path / "proof.zip").write_bytes(answer.data)
    assert verify_pack(tmp_path / "proof.zip").verified


def test_hidden_and_absent_are_one_answer(house, mediation, filed, otto, bruno, refused):
    secret = house.file("ada", mediation["caucus:0"], "secret.txt", b"secret").facts.id
    absent = "f" * 32
    for who, path, nothing in (
        (otto, f"/cases/{mediation.id}/evidence", f"/cases/{absent}/evidence"),
        (otto, f"/exhibits/{filed}/evidence", f"/exhibits/{absent}/evidence"),
        (bruno, f"/exhibits/{secret}/evidence", f"/exhibits/{absent}/evidence"),
    ):
        refused(who.get(path), 404, "not_found")
        assert who.get(path).data == who.get(nothing).data


def test_a_removed_person_gets_neither(house, mediation, filed, basile, refused):
    assert basile.get(f"/cases/{mediation.id}/evidence").status_code == 200
    house.remove(mediation, "basile", by="neus")
    refused(basile.get(f"/cases/{mediation.id}/evidence"), 404, "not_found")
    refused(basile.get(f"/exhibits/{filed}/evidence"), 404, "not_found")


def test_head_answers_like_get_and_sends_nothing(mediation, filed, ada):
    for path in (f"/cases/{mediation.id}/evidence", f"/exhibits/{filed}/evidence"):
        asked, got = ada.ask("HEAD", path), ada.get(path)
        assert asked.data == b""
        assert (asked.status_code, asked.mimetype) == (200, got.mimetype)
        assert asked.headers["Content-Disposition"] == got.headers["Content-Disposition"]


def test_taking_a_pack_leaves_no_trace_for_anybody(house, mediation, filed, ada):
    before = {word: house.kinds("neus", mediation[word]) for word in ("joint", "caucus:0")}
    events = len(house.publisher.events)
    members(ada.get(f"/cases/{mediation.id}/evidence"))
    members(ada.get(f"/exhibits/{filed}/evidence"))
    assert {word: house.kinds("neus", mediation[word]) for word in before} == before
    assert len(house.publisher.events) == events


def test_a_caller_who_goes_away_leaves_no_connection_in_use(house, mediation, filed, ada):
    answer = ada.get(f"/cases/{mediation.id}/evidence", buffered=False)
    begun = next(iter(answer.response))
    assert begun
    answer.close()
    assert house.database.engine.pool.checkedout() == 0
