"""Receipts to keep: as text, and on one page with a code that opens the check page."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from datetime import UTC, datetime

import pytest
import segno
from pypdf import PdfReader

from caseroom.audit.notes import encode_base64, format_vkey, parse_checkpoint, parse_vkey
from caseroom.audit.receipts import parse_receipt, verify_receipt
from caseroom.evidence.known_keys import key_digest
from caseroom.evidence.paper import Fact
from caseroom.evidence.receipts import CODE_SIZE, LARGE_CODE_SIZE, LONG_CODE, QUIET, Sheet, draw_receipt
from tests.browser import ORIGIN
from tests.house import TITLE, sha256

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n" + b"x" * 5000


def paper(answer):
    """The PDF of an answer, and the words on it."""
    assert answer.status_code == 200
    read = PdfReader(io.BytesIO(answer.data))
    assert len(read.pages) == 1
    return read, " ".join(read.pages[0].extract_text().split())


def squares(read):
    """The dark squares of the code on the page, as rows of 0 and 1 without the quiet zone, and its side in points."""
    drawn = read.pages[0].get_contents().get_data().decode("latin-1")
    place = re.search(
        r"1 0 0 1 [\d.]+ [\d.]+ cm\n(?:[\d. ]+ rg\n)((?:n? ?[\d.]+ [\d.]+ [\d.]+ [\d.]+ re f\*?\n)+)", drawn
    )
    assert place, "the code is drawn as rectangles"
    found = re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re", place[1])
    runs = [tuple(map(float, run)) for run in found]
    square = min(height for _, _, _, height in runs)
    top = max(y for _, y, _, _ in runs)
    rows = round((top - min(y for _, y, _, _ in runs)) / square) + 1
    grid = [[0] * rows for _ in range(rows)]
    for x, y, width, _ in runs:
        for column in range(round(width / square)):
            grid[round((top - y) / square)][round(x / square) - QUIET + column] = 1
    return grid, square * (rows + 2 * QUIET)


def held(address):
    """What the check page finds in the address of the code."""
    packed = address.partition("#r=")[2]
    data = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    return json.loads(zlib.decompress(data, -zlib.MAX_WBITS))


def address_of(text, *, leaf, vkey):
    content = json.dumps({"leaf": leaf, "receipt": text, "vkey": vkey}, separators=(",", ":"))
    press = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = base64.urlsafe_b64encode(press.compress(content.encode()) + press.flush()).decode().rstrip("=")
    return f"{ORIGIN}/check#r={packed}"


@pytest.fixture
def filed(house, mediation):
    return house.file("ada", mediation["joint"], "devis.pdf", PDF, title="Devis de la verrière")


def test_the_receipt_on_paper_names_what_it_is_about_and_what_proves_it(house, mediation, visitor, filed):
    bruno = visitor("bruno")
    text = bruno.ask(f"/entries/{filed.entry.id}/receipt").text
    answer = bruno.ask(f"/entries/{filed.entry.id}/receipt.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="receipt-{filed.entry.seq}.pdf"'
    _, words = paper(answer)
    at = filed.entry.at.astimezone(UTC)
    proved = parse_checkpoint(parse_receipt(text).checkpoint_note.partition("\n\n")[0] + "\n")
    for said in (
        f"Receipt no. {filed.entry.seq}",
        TITLE,
        "Ada Quilliam",
        f"{at:%Y-%m-%d %H:%M:%S} UTC",
        "(Europe/Paris)",
        "Devis de la verrière",
        f"({len(PDF)} bytes)",
        sha256(PDF),
        filed.entry.leaf,
        f"{proved.size} entries",
        encode_base64(proved.root),
        f"{ORIGIN}/check",
    ):
        assert said in words, said


def test_the_receipt_is_in_the_readers_language(house, mediation, visitor, filed):
    bruno = visitor("bruno")
    french = bruno.browser.client.get(
        f"/entries/{filed.entry.id}/receipt.pdf", base_url=ORIGIN, headers={"Accept-Language": "fr"}
    )
    _, words = paper(french)
    assert "Affaire" in words
    _, english = paper(bruno.ask(f"/entries/{filed.entry.id}/receipt.pdf"))
    assert "Affaire" not in english


def test_a_message_is_named_by_what_was_done_and_never_by_its_words(house, mediation, visitor):
    said = house.say("ada", mediation["joint"], "a sentence that stays in the room")
    _, words = paper(visitor("bruno").ask(f"/entries/{said.id}/receipt.pdf"))
    assert "Ada Quilliam wrote a message." in words
    assert "a sentence that stays" not in words


def test_the_code_on_paper_is_the_check_page_with_the_receipt_behind_the_sign_that_browsers_keep(
    house, mediation, visitor, filed
):
    bruno = visitor("bruno")
    text = bruno.ask(f"/entries/{filed.entry.id}/receipt").text
    read, words = paper(bruno.ask(f"/entries/{filed.entry.id}/receipt.pdf"))
    case_key = parse_vkey(bruno.opens(f"/rooms/{mediation['joint']}").data["checkpoint"]["vkey"])
    origin = parse_receipt(text).checkpoint_note.partition("\n")[0]
    vkey = format_vkey(origin, case_key.public)
    address = address_of(text, leaf=filed.entry.leaf, vkey=vkey)
    drawn, side = squares(read)
    expected = segno.make(address, error="l", boost_error=False, micro=False)
    assert drawn == [list(row) for row in expected.matrix]
    assert side == pytest.approx(CODE_SIZE, rel=0.001)
    content = held(address)
    assert parse_vkey(content["vkey"]).public == case_key.public
    checkpoint = verify_receipt(content["receipt"], bytes.fromhex(content["leaf"]), parse_vkey(content["vkey"]))
    assert checkpoint.size == filed.entry.seq + 1
    assert content["vkey"] == vkey
    assert key_digest(vkey) in words


def test_the_paper_says_how_far_the_outside_time_stamp_has_come(house, mediation, visitor, seals, stamps):
    said = house.say("ada", mediation["joint"], "one")
    bruno = visitor("bruno")

    def words():
        return paper(bruno.ask(f"/entries/{said.id}/receipt.pdf"))[1]

    assert "Not in a checkpoint yet: the next one is due" in words()
    n = seals(mediation.id)
    assert f"In checkpoint no. {n} of" in words()
    assert "which no outside authority had time-stamped when this page was made" in words()
    stamps(mediation.id, seals(mediation.id))
    assert f"Checkpoint no. {n + 1}: Time-stamped by tsa.example.net" in words(), "a later one covers it too"
    stamps(mediation.id, n)
    assert f"Checkpoint no. {n}: Time-stamped by tsa.example.net" in words()
    assert f"({datetime.now(UTC):%Y-%m-%d} " in words()


def test_a_receipt_against_the_present_head_is_given_where_it_is_asked_for(house, mediation, visitor):
    room = mediation["joint"]
    said = house.say("ada", room, "one")
    house.say("ada", room, "two")
    bruno = visitor("bruno")

    def size(query):
        return int(parse_receipt(bruno.ask(f"/entries/{said.id}/receipt{query}").text).checkpoint_note.split("\n")[1])

    assert size("") == size("?head=0") == said.seq + 1
    assert size("?head=1") == said.seq + 2
    assert bruno.ask(f"/entries/{said.id}/receipt?head=yes").status_code == 422


def test_nobody_but_the_readers_of_the_room_gets_its_receipts(house, mediation, visitor):
    said = house.say("ada", mediation["caucus:0"], "between us")
    for ending in ("", ".pdf"):
        path = f"/entries/{said.id}/receipt{ending}"
        assert visitor("ada").ask(path).status_code == 200
        assert visitor("bruno").ask(path).status_code == 404
        assert visitor("otto").ask(path).status_code == 404


def sheet(**changes):
    given = {
        "language": "fr",
        "title": "Récépissé n° 1",
        "subtitle": "du registre",
        "facts": (Fact("Affaire", "A contre B"),),
        "proof_title": "La preuve",
        "proof": (Fact("Empreinte", "a" * 64, code=True),),
        "check_title": "Vérifier",
        "steps": ("Un", "Deux"),
        "meaning": "Ce que cela veut dire.",
        "code": f"{ORIGIN}/check#r=abc",
        "code_words": "Le code",
        "no_code": "Trop long pour un code",
        "foot": "rooms.example.org",
    }
    return Sheet(**given | changes)


def words_of(data):
    read = PdfReader(io.BytesIO(data))
    assert len(read.pages) == 1
    return " ".join(read.pages[0].extract_text().split())


def test_words_of_any_length_stay_on_one_page_and_markup_in_them_is_only_text():
    data = draw_receipt(sheet(facts=tuple(Fact(f"F{n}", "<b>mot</b> & " * 60) for n in range(12))))
    assert "<b>mot</b> &" in words_of(data)


def test_names_in_other_letters_are_on_the_page_or_at_least_their_plain_form():
    words = words_of(draw_receipt(sheet(facts=(Fact("Par", "Ștefan Łukasiewicz, Ελένη"),))))
    assert "tefan" in words
    assert "ukasiewicz" in words


def test_a_long_code_is_drawn_larger_and_one_that_is_too_long_is_replaced_by_words():
    long = f"{ORIGIN}/check#r=" + "a1" * (LONG_CODE // 2)
    _, side = squares(PdfReader(io.BytesIO(draw_receipt(sheet(code=long)))))
    assert side == pytest.approx(LARGE_CODE_SIZE, rel=0.001)
    assert "Trop long pour un code" in words_of(draw_receipt(sheet(code=long * 2)))
