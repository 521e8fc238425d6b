"""The exhibits and the register of a room: everything in words, and a check that finds what was changed."""

from __future__ import annotations

import re

from caseroom.audit.checking import ChainReport
from caseroom.exhibits.views import verdict_of

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n" + b"x" * 200


def test_the_register_of_exhibits_shows_number_side_file_digest_and_the_way_to_both(house, mediation, visitor):
    room = mediation["joint"]
    filed = house.file("ada", room, "devis.pdf", PDF, title="The quotation")
    bruno = visitor("bruno").opens(f"/rooms/{room}/exhibits")
    line = re.search(rf'<tr role="row" data-exhibit="{filed.facts.id}".*?</tr>', bruno.page, re.DOTALL)
    assert line
    for shown in ("The quotation", "devis.pdf", "PDF document", "Ada Quilliam", "Atelier Quilliam", filed.facts.sha256):
        assert shown in line[0]
    assert f"/exhibits/{filed.facts.id}/content" in line[0]
    assert f"/entries/{filed.facts.id}/receipt" in line[0]
    assert "The content is not what the name says" not in line[0]


def test_a_name_that_promises_another_type_is_marked(house, mediation, visitor):
    house.file("ada", mediation["joint"], "photo.png", PDF)
    assert (
        "The content is not what the name says" in visitor("bruno").opens(f"/rooms/{mediation['joint']}/exhibits").words
    )


def test_the_page_downloads_the_bytes_that_were_filed(house, mediation, visitor):
    filed = house.file("ada", mediation["joint"], "devis.pdf", PDF)
    answer = visitor("bruno").ask(f"/exhibits/{filed.facts.id}/content")
    assert (answer.status_code, answer.data) == (200, PDF)
    assert visitor("otto").ask(f"/exhibits/{filed.facts.id}/content").status_code == 404


def test_only_rooms_of_ones_own_stand_above_the_exhibits(mediation, visitor):
    bruno = visitor("bruno").opens(f"/rooms/{mediation['joint']}/exhibits")
    assert f"/rooms/{mediation['caucus:1']}/exhibits" in bruno.page
    assert mediation["caucus:0"] not in bruno.page


def test_the_register_says_each_entry_in_words_with_its_number_second_hash_and_receipt(house, mediation, visitor):
    room = mediation["joint"]
    said = house.say("ada", room, "not in the register")
    page = visitor("bruno").opens(f"/rooms/{room}/register").page
    line = re.search(rf'<li class="link" id="entry-{said.seq}">.*?</li>', page, re.DOTALL)
    assert line
    assert "Ada Quilliam wrote a message." in line[0]
    assert f"{said.leaf[:4]}…{said.leaf[-4:]}" in line[0]
    assert f"/entries/{said.id}/receipt" in line[0]
    assert re.search(r"\d{1,2}:\d\d:\d\d", line[0])
    assert "not in the register" not in page


def test_before_a_check_nothing_is_called_intact(mediation, visitor):
    ada = visitor("ada").opens(f"/rooms/{mediation['joint']}/register")
    assert "Not checked yet on this page" in ada.words
    assert "The register is intact" not in ada.words
    assert "No outside authority has time-stamped this register yet." in ada.words


def test_a_check_reads_every_entry_and_every_file_again(house, mediation, visitor):
    room = mediation["joint"]
    house.file("ada", room, "devis.pdf", PDF)
    total = len(house.entries("ada", room))
    ada = visitor("ada").opens(f"/rooms/{room}/register")
    ada.sends(f"/rooms/{room}/register")
    assert ada.status == 200
    assert "The register is intact" in ada.words
    assert f"{total} entries were read again" in ada.words
    assert "1 file is as it was filed" in ada.words


def test_a_changed_file_is_found_and_its_entry_named(house, mediation, visitor):
    room = mediation["joint"]
    kept = set(house.files_in_store())
    filed = house.file("ada", room, "devis.pdf", PDF)
    (sealed,) = set(house.files_in_store()) - kept
    data = bytearray(sealed.read_bytes())
    data[-20] ^= 1
    sealed.chmod(0o600)
    sealed.write_bytes(data)
    ada = visitor("ada").opens(f"/rooms/{room}/register")
    ada.sends(f"/rooms/{room}/register")
    assert f"Entry no. {filed.entry.seq} is not as it was written" in ada.words
    assert "The register is intact" not in ada.words
    assert f'<li class="link link--bad" id="entry-{filed.entry.seq}">' in ada.page


def test_a_stranger_cannot_have_a_register_checked(mediation, visitor):
    otto = visitor("otto").opens("/")
    otto.browser.token = otto.browser.token or re.search(r'name="csrf-token" content="([^"]+)"', otto.page)[1]
    assert otto.sends(f"/rooms/{mediation['joint']}/register").status == 404
    ada = visitor("ada").opens(f"/rooms/{mediation['joint']}/register")
    assert ada.sends(f"/rooms/{mediation['joint']}/register").status == 200


def test_every_finding_of_a_check_has_words_of_its_own(app):
    names = ("canonical", "sequence", "seen", "commitment", "file", "head", "key", "checkpoint")
    with app.test_request_context():
        texts = {verdict_of(ChainReport(events=3, files=1, problem=name, seq=2, root=b"")).text for name in names}
        unknown = verdict_of(ChainReport(events=3, files=1, problem="new", seq=2, root=b"")).text
    assert len(texts) == len(names)
    assert unknown not in texts
