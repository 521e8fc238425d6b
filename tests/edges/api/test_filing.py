"""Filing an exhibit: streamed, once, whole."""

from __future__ import annotations

import hashlib

import pytest

from caseroom.audit.sealing import Seals
from caseroom.exhibits import receiving
from tests.caller import BOUNDARY, part

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n" + b"x" * 200


def test_an_exhibit_is_filed_with_its_number_digest_type_and_receipt(standing, ada, bruno, given):
    room = standing["team:0"]
    answer = ada.file(room, part("file", PDF, "Devis n° 4.pdf"), part("title", "The quotation"))
    filed = given(answer, 201)
    assert answer.headers["Location"] == f"/api/v1/exhibits/{filed['id']}"
    assert (filed["title"], filed["filename"]) == ("The quotation", "Devis n° 4.pdf")
    assert (filed["sha256"], filed["size"]) == (hashlib.sha256(PDF).hexdigest(), len(PDF))
    assert (filed["type"], filed["mismatch"]) == ("application/pdf", False)
    assert (filed["label"], filed["number"], filed["side_id"]) == ("Pièce n°\u00a01", 1, standing.sides[0])
    assert filed["receipt"].startswith("c2sp.org/tlog-proof@v1\n")
    facts = {name: value for name, value in filed.items() if name != "receipt"}
    assert given(ada.get(f"/exhibits/{filed['id']}")) == facts
    assert given(ada.get(f"/rooms/{room}/exhibits")) == {"items": [facts], "next": None}
    entry = given(ada.get(f"/rooms/{room}/entries"))["items"][-1]
    assert (entry["id"], entry["kind"], entry["seq"]) == (filed["id"], "exhibit.filed", filed["seq"])
    assert entry["exhibit"] == {name: filed[name] for name in entry["exhibit"]}


def test_the_title_is_the_name_of_the_file_where_none_is_given(standing, ada, given):
    assert given(ada.file(standing["joint"], part("file", PDF, "Plan.final.pdf")), 201)["title"] == "Plan.final"


def test_the_fields_may_come_in_any_order(standing, ada, given):
    parts = [part("size", str(len(PDF))), part("title", "Plan"), part("file", PDF, "a.pdf")]
    for order in (parts, parts[::-1]):
        assert given(ada.file(standing["joint"], *order), 201)["title"] == "Plan"


def test_a_name_that_promises_another_type_is_shown(standing, ada, given):
    filed = given(ada.file(standing["joint"], part("file", PDF, "photo.png")), 201)
    assert (filed["type"], filed["mismatch"]) == ("application/pdf", True)


def test_each_byte_arrives_as_it_was_sent(house, standing, ada, given):
    """Line ends, lone dashes and half boundaries around the reader's blocks are content."""
    tricky = b"\r\n--" + BOUNDARY.encode()[:-1]
    data = (b"\r" * 65_530 + tricky) * 20 + b"\r\n--\r\n\r\n"
    filed = given(ada.file(standing["joint"], part("file", data, "a.bin")), 201)
    assert filed["sha256"] == hashlib.sha256(data).hexdigest()
    assert house.content("ada", filed["id"]) == data


def test_the_same_key_and_file_get_the_first_answer_again_and_one_copy_is_kept(standing, ada, given, remains):
    room = standing["joint"]
    first = ada.file(room, part("file", PDF, "a.pdf"), Idempotency_Key="file-1")
    kept = remains()
    again = ada.file(room, part("file", PDF, "a.pdf"), Idempotency_Key="file-1")
    assert given(again, 201) == given(first, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert remains() == kept
    assert ada.get(f"/exhibits/{first.get_json()['id']}/content").data == PDF


@pytest.mark.parametrize("other", [part("file", PDF + b"x", "a.pdf"), part("file", PDF, "b.pdf")])
def test_the_same_key_with_another_file_is_refused(standing, ada, given, refused, remains, other):
    room, key = standing["joint"], f"file-{len(other)}"
    given(ada.file(room, part("file", PDF, "a.pdf"), Idempotency_Key=key), 201)
    kept = remains()
    refused(ada.file(room, other, Idempotency_Key=key), 422, "idempotency_conflict")
    assert remains() == kept


@pytest.mark.parametrize("key", ["", "x" * 101, "a b"])
def test_a_key_out_of_shape_is_malformed(standing, ada, refused, key):
    answer = ada.file(standing["joint"], part("file", PDF, "a.pdf"), Idempotency_Key=key)
    refused(answer, 400, "malformed_client_id")


def test_readers_who_changed_while_the_file_came_are_asked_about_again(
    house, mediation, ada, refused, remains, monkeypatch
):
    room, before = mediation["joint"], remains()
    examine = receiving.examine

    def meanwhile(received, filename):
        house.remove(mediation, "bruno", by="neus")
        return examine(received, filename)

    monkeypatch.setattr(receiving, "examine", meanwhile)
    refused(ada.file(room, part("file", PDF, "a.pdf")), 412, "audience_changed")
    assert remains() == before


def test_who_is_removed_while_the_file_comes_files_nothing(house, mediation, ada, refused, remains, monkeypatch):
    before, examine = remains(), receiving.examine

    def meanwhile(received, filename):
        house.remove(mediation, "ada", by="neus")
        return examine(received, filename)

    monkeypatch.setattr(receiving, "examine", meanwhile)
    refused(ada.file(mediation["joint"], part("file", PDF, "a.pdf")), 404, "not_found")
    assert remains() == before


def test_a_failure_after_the_commit_never_takes_the_filed_bytes_away(standing, ada, given, refused, monkeypatch):
    """The signer fails once: the caller is told that something failed, and the same key then finds the exhibit."""
    room = standing["joint"]

    def fail(self):
        raise OSError("the signer does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(Seals, "_seal", fail)
        refused(ada.file(room, part("file", PDF, "a.pdf"), Idempotency_Key="signer"), 500, "internal")
    given(ada.say(room, "The next signature covers both"), 201)
    again = ada.file(room, part("file", PDF, "a.pdf"), Idempotency_Key="signer")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ada.get(f"/exhibits/{given(again, 201)['id']}/content").data == PDF


def test_numbers_run_by_side_and_room_without_a_trace_of_other_rooms(mediation, ada, bruno, neus, given):
    def file(person, word):
        return given(person.file(mediation[word], part("file", PDF, "a.pdf")), 201)["label"]

    first, second = "Pièce n°\u00a01", "Pièce n°\u00a02"
    assert [file(ada, "joint"), file(ada, "caucus:0"), file(ada, "joint")] == [first, first, second]
    assert [file(bruno, "joint"), file(neus, "joint")] == [first, first]


def test_an_arbitration_numbers_by_prefix(house, app, ada, bruno, neus, given):
    affair = house.arbitration()
    room, document = affair["joint"], part("file", PDF, "a.pdf")
    labels = [given(person.file(room, document), 201)["label"] for person in (ada, bruno, neus)]
    assert labels == ["C-001", "R-001", "T-001"]
