"""Filing an exhibit: its number, what is refused, what stays when it is."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from caseroom.access.words import CaseKind, Role
from caseroom.audit.models import LedgerEvent
from caseroom.config import Settings
from caseroom.errors import AudienceChanged, AudienceRequired, Invalid, NotFound, TooLarge
from caseroom.exhibits import services
from caseroom.exhibits.models import Exhibit
from caseroom.exhibits.queries import exhibits_of
from caseroom.exhibits.services import NewExhibit, file_exhibit
from caseroom.exhibits.types import FileType
from tests.house import NAMES, sha256

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"
ELF = Path(sys.executable).read_bytes()[:4096]
EXE = b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0" + bytes(100)


def labels(house, person, room):
    with house.database.reading() as work:
        return [view.facts.label for view in exhibits_of(work, house.opened(work, person, room))]


def rows(house):
    with house.database.reading() as work:
        return [work.session.scalar(select(func.count()).select_from(model)) for model in (Exhibit, LedgerEvent)]


def limited(house, largest):
    house.database.provide(Settings, replace(house.settings, max_exhibit_bytes=largest))


def test_a_filed_exhibit_says_what_it_is_and_comes_back_byte_for_byte(house, mediation):
    filed = house.file("ada", mediation["joint"], "marché.pdf", PDF, title="Marché de travaux")
    assert (filed.facts.title, filed.facts.filename, filed.facts.type) == (
        "Marché de travaux",
        "marché.pdf",
        "application/pdf",
    )
    assert (filed.facts.size, filed.facts.sha256, filed.facts.mismatch) == (len(PDF), sha256(PDF), False)
    assert filed.entry.author.name == NAMES["ada"]
    for person in ("ada", "bruno", "neus"):
        assert house.content(person, filed.entry.id) == PDF
    assert house.entries("bruno", mediation["joint"])[-1].exhibit == filed.facts


def test_a_title_left_empty_is_the_name_without_its_ending(house, mediation):
    for name, title in (("devis.v2.txt", "devis.v2"), ("sans-fin", "sans-fin"), (".txt", ".txt")):
        assert house.file("ada", mediation["joint"], name, b"x").facts.title == title


# --- numbers ---


def test_numbers_run_per_side_and_room(house, mediation):
    for person, word, label in (
        ("ada", "joint", "Pièce n°\u00a01"),
        ("clara", "joint", "Pièce n°\u00a02"),
        ("bruno", "joint", "Pièce n°\u00a01"),
        ("neus", "joint", "Pièce n°\u00a01"),
        ("ada", "caucus:0", "Pièce n°\u00a01"),
        ("ada", "team:0", "Pièce n°\u00a01"),
    ):
        assert house.file(person, mediation[word], "a.txt", b"x").facts.label == label


def test_what_is_filed_in_a_caucus_leaves_no_gap_in_the_numbers_of_the_joint_room(house, mediation):
    house.file("ada", mediation["joint"], "a.txt", b"1")
    for number in range(3):
        house.file("ada", mediation["caucus:0"], "c.txt", b"secret %d" % number)
    house.file("ada", mediation["joint"], "b.txt", b"2")
    assert labels(house, "bruno", mediation["joint"]) == ["Pièce n°\u00a01", "Pièce n°\u00a02"]


def test_an_arbitration_prefixes_by_side_and_counts_those_who_joined(house):
    affair = house.open_case(CaseKind.ARBITRATION, sides=("Demandeur", "Défendeur", "Assureur", "Garant"))
    for person, side in (("ada", 0), ("bruno", 1), ("clara", 2), ("basile", 3)):
        house.admit(affair, person, Role.PARTY, side)
    given = [
        house.file(person, affair["joint"], "a.txt", b"x").facts.label
        for person in ("ada", "bruno", "clara", "basile", "neus", "ada")
    ]
    assert given == ["C-001", "R-001", "I1-001", "I2-001", "T-001", "C-002"]


def test_a_case_in_english_numbers_in_english(house):
    affair = house.mediation(language="en")
    assert house.file("ada", affair["joint"], "a.txt", b"x").facts.label == "Exhibit 1"


def test_a_number_is_never_given_twice_even_when_who_filed_it_is_gone(house, mediation):
    house.file("ada", mediation["joint"], "a.txt", b"1")
    house.remove(mediation, "ada", by="neus")
    assert house.file("clara", mediation["joint"], "b.txt", b"2").facts.label == "Pièce n°\u00a02"


def test_an_attempt_that_was_refused_costs_no_number(house, mediation):
    for name, data in (("a.txt", b""), ("a.exe", b"x"), ("a.txt", ELF)):
        with pytest.raises(Invalid):
            house.file("ada", mediation["joint"], name, data)
    assert house.file("ada", mediation["joint"], "a.txt", b"x").facts.label == "Pièce n°\u00a01"


# --- refusals ---


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("vide.txt", b"", "empty_file"),
        ("outil.exe", b"texte", "refused_type"),
        ("outil.EXE", b"texte", "refused_type"),
        ("outil.exe.", b"texte", "refused_type"),
        ("outil.exe. .", b"texte", "refused_type"),
        (".exe", b"texte", "refused_type"),
        ("rapport.pdf.exe", b"texte", "refused_type"),
        pytest.param("rapport.pdf", ELF, "refused_type", id="a program for Linux"),
        pytest.param("rapport.pdf", EXE, "refused_type", id="a program for Windows"),
        ("rapport.txt", b"#!/bin/sh\nrm -rf /\n", "refused_type"),
        ("macro.vbs", b"x", "refused_type"),
        ("", b"x", "bad_filename"),
        ("   ", b"x", "bad_filename"),
        ("\u200b", b"x", "bad_filename"),
        ("../../etc/passwd", b"x", "bad_filename"),
        ("C:\\temp\\a.txt", b"x", "bad_filename"),
        ("..", b"x", "bad_filename"),
        ("a\x00.txt", b"x", "bad_filename"),
        ("a\n.txt", b"x", "bad_filename"),
        ("a\u2028.txt", b"x", "bad_filename"),
        ("facture\u202efdp.exe", b"x", "bad_filename"),
        ("\u2067a.txt", b"x", "bad_filename"),
        ("\ud800.txt", b"x", "bad_filename"),
        ("x" * 197 + ".txt", b"x", "bad_filename"),
        (None, b"x", "bad_filename"),
        (7, b"x", "bad_filename"),
    ],
)
def test_what_cannot_be_an_exhibit_is_refused_and_leaves_nothing_behind(house, mediation, name, data, code):
    before = rows(house), house.files_in_store()
    house.publisher.events.clear()
    with pytest.raises(Invalid) as refused:
        house.file("ada", mediation["joint"], name, data)
    assert refused.value.code == code
    assert (rows(house), house.files_in_store()) == before
    assert house.publisher.events == []


@pytest.mark.parametrize("name", ["x" * 196 + ".txt", "Décompte n° 3 (définitif) – v2.txt", "קובץ.txt", "a" * 200])
def test_an_unusual_name_that_harms_nobody_is_taken_as_it_is(house, mediation, name):
    assert house.file("ada", mediation["joint"], name, b"x").facts.filename == name


def test_a_title_that_cannot_be_is_refused_and_leaves_nothing_in_the_store(house, mediation):
    for title in ("a\u202eb", "x" * 201, "\x07"):
        with pytest.raises(Invalid):
            house.file("ada", mediation["joint"], "a.txt", b"x", title=title)
    assert house.files_in_store() == []


def test_a_name_that_promises_another_type_is_shown_and_not_refused(house, mediation):
    assert house.file("ada", mediation["joint"], "photo.jpg", PDF).facts.mismatch
    assert house.file("ada", mediation["joint"], "photo.jpg", PDF).facts.type == "application/pdf"
    assert not house.file("ada", mediation["joint"], "contrat.pdf", PDF).facts.mismatch


def test_a_file_above_the_limit_is_refused_as_soon_as_it_passes_it_and_one_at_the_limit_is_taken(house, mediation):
    limited(house, 1000)
    with house.database.reading() as work:
        audience = house.opened(work, "ada", mediation["joint"]).room.audience
        intake = services.begin_filing(work, house.actors["ada"], mediation["joint"], audience=audience)
    intake.write(bytes(600))
    with pytest.raises(TooLarge) as refused:
        intake.write(bytes(401))
    assert refused.value.data == {"largest": 1000}
    assert house.files_in_store() == []
    assert house.file("ada", mediation["joint"], "juste.bin", bytes(1000)).facts.size == 1000


def test_readers_and_room_are_proved_before_a_byte_is_taken(house, mediation):
    for stated, error in ((None, AudienceRequired), ("*", AudienceChanged), ("0" * 16, AudienceChanged)):
        with pytest.raises(error):
            house.receive("ada", mediation["joint"], b"x", audience=stated)
    for person in ("bruno", "otto"):
        with pytest.raises(NotFound):
            house.receive(person, mediation["caucus:0"], b"x", audience="*")
    assert house.files_in_store() == []


def test_readers_are_proved_again_after_the_upload_and_a_change_meanwhile_leaves_nothing(house, mediation):
    seen = house.audience("ada", mediation["joint"])
    intake, received = house.receive("ada", mediation["joint"], PDF, audience=seen)
    house.admit(mediation, "otto", Role.OBSERVER)
    command = NewExhibit(filename="a.pdf", kind=FileType("application/pdf", False), title="", audience=seen)
    with pytest.raises(AudienceChanged), house.database.unit_of_work() as work:
        file_exhibit(work, house.actors["ada"], mediation["joint"], command, received)
    intake.discard()
    assert house.files_in_store() == []
    assert labels(house, "ada", mediation["joint"]) == []


def test_somebody_removed_during_the_upload_files_nothing(house, mediation):
    seen = house.audience("ada", mediation["joint"])
    intake, received = house.receive("ada", mediation["joint"], PDF)
    house.remove(mediation, "ada", by="neus")
    command = NewExhibit(filename="a.pdf", kind=FileType("application/pdf", False), title="", audience=seen)
    with pytest.raises(NotFound), house.database.unit_of_work() as work:
        file_exhibit(work, house.actors["ada"], mediation["joint"], command, received)
    intake.discard()
    assert house.files_in_store() == []


# --- once ---


def test_a_repeated_key_files_once_and_the_second_copy_is_not_kept(house, mediation):
    first = house.file("ada", mediation["joint"], "a.txt", b"x", client_id="k")
    again = house.file("ada", mediation["joint"], "a.txt", b"x", client_id="k")
    assert again.entry.id == first.entry.id
    assert labels(house, "ada", mediation["joint"]) == ["Pièce n°\u00a01"]
    assert len(house.files_in_store()) == 1
    assert house.content("bruno", first.entry.id) == b"x"


@pytest.mark.parametrize("change", [{"data": b"y"}, {"filename": "b.txt"}, {"title": "Autre"}])
def test_a_repeated_key_with_another_file_name_or_title_is_a_conflict(house, mediation, change):
    options = {"filename": "a.txt", "data": b"x", "title": "Titre"}
    house.file("ada", mediation["joint"], **options, client_id="k")
    with pytest.raises(Invalid) as refused:
        house.file("ada", mediation["joint"], **(options | change), client_id="k")
    assert refused.value.code == "idempotency_conflict"
    assert len(house.files_in_store()) == 1


def test_a_key_used_for_a_message_does_not_serve_for_a_file(house, mediation):
    house.say("ada", mediation["joint"], "x", client_id="k")
    with pytest.raises(Invalid) as refused:
        house.file("ada", mediation["joint"], "a.txt", b"x", client_id="k")
    assert refused.value.code == "idempotency_conflict"


# --- the register ---


def test_the_register_of_a_room_lists_its_exhibits_and_those_of_no_other_room(house, mediation):
    for word in ("joint", "caucus:0", "team:0"):
        house.file("ada", mediation[word], f"{word[:4]}.txt", b"x")
    with house.database.reading() as work:
        listed = [view.facts.filename for view in exhibits_of(work, house.opened(work, "neus", mediation["caucus:0"]))]
    assert listed == ["cauc.txt"]


def test_the_readers_of_the_room_and_nobody_else_learn_of_a_filing(house, mediation):
    house.publisher.events.clear()
    house.file("ada", mediation["caucus:0"], "secret.txt", b"x", title="Titre secret")
    assert {person for person in NAMES if house.received_by(person)} == {"ada", "clara", "neus"}
