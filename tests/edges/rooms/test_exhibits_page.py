"""The exhibits of a room: everything in words, and the bytes for whoever reads there."""

from __future__ import annotations

import re

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
