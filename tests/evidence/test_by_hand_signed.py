"""What OpenSSL, Go and pymerkle say of a signature, a stamp, a commitment and a tree in which one byte was changed: by
the commands of docs/verifying-a-pack.md, which find nothing to say of the unchanged pack."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.evidence.desk import other_digit

CASE = "pack/case"
FIRST = f"{CASE}/checkpoints/000001"

# --- openssl ---

GIVEN_KEY, SIGNATURES, STAMPS, YEARS_LATER, PINS = "grep -x -F", "pkeyutl", "-CAfile roots.pem", "-attime", '["tst"]'


def test_a_key_of_another_case_is_not_the_one_that_was_given(walk, desk, evidence):
    assert walk.refusal(desk, GIVEN_KEY, KEY=evidence.foreign_key) == ""


@pytest.mark.parametrize("note", [f"{FIRST}.note", "room/head.note"])
def test_a_checkpoint_with_one_other_byte_is_not_signed(walk, desk, note):
    size = (desk.folder / note).read_bytes().split(b"\n")[1]
    desk.change(note, b"\n%s\n" % size, b"\n%d\n" % (int(size) + 1))
    assert "Signature Verification Failure" in walk.refusal(desk, SIGNATURES)


def test_a_signature_with_one_other_byte_is_none(walk, desk):
    desk.alter(f"{FIRST}.note", -20)
    assert "Signature Verification Failure" in walk.refusal(desk, SIGNATURES)


def test_a_token_is_of_its_own_checkpoint_only(walk, desk):
    desk.alter(f"{FIRST}.note", -20)
    assert "message imprint mismatch" in walk.refusal(desk, STAMPS)


def test_a_token_with_one_other_byte_is_refused_at_its_time_and_years_later(walk, desk):
    token = (desk.folder / f"{FIRST}.tsr").read_bytes()
    desk.flip(f"{FIRST}.tsr", len(token) - 10)
    for part in (STAMPS, YEARS_LATER):
        assert "Verification: FAILED" in walk.refusal(desk, part)


def test_a_token_of_an_authority_that_one_does_not_know_is_refused(walk, desk, evidence):
    assert "unable to get local issuer certificate" in walk.refusal(desk, YEARS_LATER, ROOTS=evidence.foreign_root)


def test_the_time_for_which_a_token_is_checked_counts(walk, desk):
    """So -attime is what keeps a token good after its authority's certificate has run out."""
    checked = ["openssl", "ts", "-verify", "-in", f"{FIRST}.tsr", "-data", f"{FIRST}.note", "-CAfile", "roots.pem"]
    assert desk.command(*checked).ok
    far_future = desk.command(*checked, "-attime", "4102444800")
    assert not far_future.ok
    assert "certificate has expired" in far_future.output


def test_a_token_exchanged_for_another_is_not_the_one_that_was_fixed(walk, desk):
    desk.flip(f"{FIRST}.tsr", -1)
    assert "checkpoint 2 knows other tokens" in walk.refusal(desk, PINS)


COMMITMENTS = "openssl dgst -sha256 -mac"


def test_words_that_an_entry_did_not_commit_to_are_not_taken_for_its_own(walk, desk):
    desk.change("room/disclosures.jsonl", "Plan de la verrière".encode(), "Plan de la barrière".encode())
    said = walk.refusal(desk, COMMITMENTS)
    assert '"body":"' in said
    assert '"meta":"' not in said


def test_the_key_of_another_entry_opens_no_commitment(walk, desk):
    lines = [json.loads(line) for line in (desk.folder / "room/disclosures.jsonl").read_bytes().splitlines()]
    desk.change("room/disclosures.jsonl", lines[desk.entry]["ek"].encode(), lines[0]["ek"].encode())
    assert '"body":"' not in walk.refusal(desk, COMMITMENTS)


# --- golang.org/x/mod/sumdb ---

TREE, RECEIPT, GROWN, SLOTS = "./check tree", "./check receipt", "./check grown", "./check slots"


def test_go_refuses_a_note_with_one_other_byte(walk, desk):
    note = desk.folder / f"{FIRST}.note"
    whole = note.read_bytes()
    for place in (0, whole.index(b"\n") + 1, -20):
        desk.alter(f"{FIRST}.note", place)
        assert "REFUSED: " in walk.refusal(desk, TREE)
        note.write_bytes(whole)
    assert desk.run(walk.block(TREE)).ok


@pytest.mark.parametrize("lines", [f"{CASE}/epochs.jsonl", "room/events.jsonl"])
def test_go_refuses_lines_changed_moved_and_left_out(walk, desk, lines):
    whole = (desk.folder / lines).read_bytes()
    first, second, *rest = whole.splitlines(keepends=True)
    changed = (
        whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
        b"".join([second, first, *rest]),
        b"".join([second, *rest]),
    )
    for content in changed:
        (desk.folder / lines).write_bytes(content)
        assert "REFUSED: " in walk.refusal(desk, TREE)
    (desk.folder / lines).write_bytes(whole)
    assert desk.run(walk.block(TREE)).ok


def test_go_refuses_a_receipt_of_an_entry_that_now_says_something_else(walk, desk):
    line = (desk.folder / "room/events.jsonl").read_bytes().split(b"\n")[desk.entry]
    desk.change("room/events.jsonl", line, line.replace(b'"at":"20', b'"at":"21'))
    assert "REFUSED: invalid transparency proof" in walk.refusal(desk, RECEIPT)


def test_go_refuses_a_receipt_with_one_other_byte(walk, desk, tmp_path):
    whole = Path(desk.names["RECEIPT"]).read_text()
    assert len(whole.split("\n\n")[0].split("\n")) > 3, "there is a path"
    header, index, node, *rest = whole.split("\n")
    for name, lines in {
        "another path": [header, index, other_digit(node), *rest],
        "another entry": [header, "index 0", node, *rest],
    }.items():
        (tmp_path / "receipt.txt").write_text("\n".join(lines))
        assert "REFUSED: " in walk.refusal(desk, RECEIPT, RECEIPT=tmp_path / "receipt.txt"), name


def test_go_finds_that_a_checkpoint_of_another_history_did_not_grow_into_this_one(walk, desk, evidence, tmp_path):
    with zipfile.ZipFile(evidence.forked) as forked:
        newest = max(name for name in forked.namelist() if name.endswith(".note") and name.startswith("case/"))
        (tmp_path / "kept.note").write_bytes(forked.read(newest))
    assert "REFUSED: " in walk.refusal(desk, GROWN, KEPT=tmp_path / "kept.note")


def test_go_refuses_a_room_that_the_checkpoints_do_not_cover(walk, desk):
    opening = json.loads((desk.folder / "room/openings.jsonl").read_bytes().splitlines()[0])
    for member in (opening["salt"], opening["path"][0], opening["path"][-1], opening["root"]):
        desk.change("room/openings.jsonl", member.encode(), other_digit(member).encode())
        assert "REFUSED: " in walk.refusal(desk, SLOTS)
        desk.change("room/openings.jsonl", other_digit(member).encode(), member.encode())
    assert desk.run(walk.block(SLOTS)).ok
    desk.change("room/events.jsonl", b'"at":"20', b'"at":"21')
    assert "REFUSED: the lines make another tree" in walk.refusal(desk, SLOTS)


# --- pymerkle ---

PYMERKLE = "import pymerkle"


def test_pymerkle_refuses_an_entry_with_one_other_byte(walk, desk):
    desk.flip("room/events.jsonl", 40)
    assert "REFUSED: head.note is of another tree" in walk.refusal(desk, PYMERKLE)


def test_pymerkle_refuses_a_receipt_with_another_path(walk, desk, tmp_path):
    header, index, node, *rest = Path(desk.names["RECEIPT"]).read_text().split("\n")
    (tmp_path / "receipt.txt").write_text("\n".join([header, index, other_digit(node), *rest]))
    said = walk.refusal(desk, PYMERKLE, RECEIPT=tmp_path / "receipt.txt")
    assert "REFUSED: the receipt is of another tree" in said
