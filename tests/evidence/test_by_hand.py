"""docs/verifying-a-pack.md keeps its word: other people's tools find a fresh pack in order, and see one changed byte.

The pack comes out of the product, stamped by a real authority; the commands are those of the page, as they stand."""

import json
import os
import pty
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from caseroom.audit.canonical import canonical
from tests.evidence.desk import other_digit
from tests.evidence.exported import PASSPHRASE, PLAN
from tests.evidence.page import PAGE, blocks
from tests.house import sha256

CASE = "pack/case"
PROMISED = {
    "2": ("every file is as listed, and there is no other",),
    "3": ("OK",),
    "4": ("the rooms have the key of the case", "Signature Verified Successfully"),
    "5": ("Verification: OK", "every token is the one that a later checkpoint names"),
    "6": ('"prev":"',),
    "7": ('"body":"', '"meta":"', '"who":"'),
    "8": (
        "signed, and of just these lines",
        "the receipt is of entry",
        "grown without a change",
        "checkpoints of the case",
    ),
    "9": ("the receipt holds the path that this library finds",),
    "10": ("VERIFIED", "THE SAME HISTORY"),
}


# --- a fresh pack ---


def test_every_command_of_the_page_succeeds_on_a_fresh_pack(walk):
    assert [(block.text, ran.output) for block, ran in walk.said if not ran.ok] == []


def test_no_block_of_the_page_is_something_else_than_commands_or_the_program(walk):
    fences = PAGE.read_text(encoding="utf-8").count("\n```")
    assert fences == 2 * len(blocks())
    assert {block.language for block in blocks()} == {"sh", "go"}
    assert [block.filename for block in blocks() if block.language == "go"] == ["check.go"]
    assert len(walk.said) == len(blocks()) - 1 > 15


@pytest.mark.parametrize("section", PROMISED)
def test_each_step_ends_with_the_words_that_the_page_promises(walk, section):
    said = "".join(ran.output for ran in walk.of(section))
    for words in PROMISED[section]:
        assert words in said
        assert words in PAGE.read_text(encoding="utf-8")


def test_no_step_but_the_opening_of_what_came_encrypted_is_without_such_words(walk):
    assert {block.section.partition(".")[0] for block, _ in walk.said} == {"1"} | set(PROMISED)


def test_every_checkpoint_and_every_token_is_looked_at(walk):
    signatures, stamps, trees = (
        "".join(ran.output for ran in walk.of(section)).count(words)
        for section, words in (
            ("4", "Signature Verified"),
            ("5", "Verification: OK"),
            ("8", "signed, and of just these"),
        )
    )
    checkpoints = list((walk.desk.folder / CASE / "checkpoints").glob("*.note"))
    tokens = list((walk.desk.folder / CASE / "checkpoints").glob("*.tsr"))
    rooms = list((walk.desk.folder / "pack/spaces").iterdir())
    assert (len(checkpoints), len(tokens)) == (4, 4)
    assert len(rooms) > 1
    assert signatures == len(checkpoints) + len(rooms)
    assert stamps == len(tokens) + 1
    assert trees == 1 + len(rooms)


def test_what_the_entry_says_is_shown_in_clear(walk):
    assert sha256(PLAN) in walk.of("7")[0].output
    assert "Plan de la verrière" in walk.of("7")[0].output


# --- age ---


@pytest.mark.parametrize("tool", ["age --decrypt", "pyrage.decrypt"])
def test_an_encrypted_pack_opens_to_the_pack(walk, desk, tool):
    (desk.folder / "opened.zip").unlink()
    assert desk.run(walk.block(tool)).ok
    assert (desk.folder / "opened.zip").read_bytes() == Path(desk.names["PACK"]).read_bytes()


@pytest.mark.parametrize(("tool", "words"), [("age --decrypt", "age: error: "), ("pyrage.decrypt", "DecryptError")])
def test_an_encrypted_pack_with_one_other_byte_does_not_open(walk, desk, tool, words, tmp_path):
    damaged = tmp_path / "damaged.age"
    content = bytearray(Path(walk.desk.names["SEALED"]).read_bytes())
    content[-100] ^= 1
    damaged.write_bytes(content)
    assert words in walk.refusal(desk, tool, SEALED=damaged)


def test_age_opens_a_pack_with_its_passphrase_and_with_no_other(evidence, tmp_path):
    for words, opens in ((PASSPHRASE, True), (PASSPHRASE.upper(), False)):
        opened = tmp_path / f"opened-{opens}.zip"
        assert ask_age(words, evidence.sealed_by_words, opened) is opens
        assert opened.exists() is opens
    assert (tmp_path / "opened-True.zip").read_bytes() == Path(evidence.names["PACK"]).read_bytes()


def ask_age(words, sealed, opened):
    """age asks a terminal, and only a terminal: without one of its own, that on its standard input."""
    ours, its = pty.openpty()
    asked = ["age", "--decrypt", "--output", str(opened), str(sealed)]
    with subprocess.Popen(asked, stdin=its, stderr=subprocess.DEVNULL, start_new_session=True) as age:
        os.close(its)
        said = b""
        while b"passphrase" not in said:
            said += os.read(ours, 1024)
        os.write(ours, words.encode() + b"\n")
        ended = age.wait(60)
    os.close(ours)
    return ended == 0


# --- sha256sum ---

MANIFEST, EXHIBITS, CHAIN = "../fingerprints)", "for file in pack/spaces", 'grep -o "\\"prev'


def test_the_list_of_fingerprints_names_the_file_that_was_changed(walk, desk):
    desk.flip(f"{CASE}/epochs.jsonl", 100)
    assert "case/epochs.jsonl: FAILED" in walk.refusal(desk, MANIFEST)


def test_the_list_of_fingerprints_shows_a_file_added_and_a_file_lost(walk, desk):
    (desk.folder / "pack/case/more.txt").write_bytes(b"")
    assert "> case/more.txt" in walk.refusal(desk, MANIFEST)
    (desk.folder / "pack/case/more.txt").unlink()
    (desk.folder / "pack/case/vkey").unlink()
    assert "case/vkey: FAILED open" in walk.refusal(desk, MANIFEST)


def test_an_exhibit_with_one_other_byte_is_not_the_filed_one(walk, desk):
    (file,) = desk.folder.glob(f"pack/spaces/*/files/{sha256(PLAN)}")
    desk.flip(str(file.relative_to(desk.folder)), 7)
    assert "FAILED" in walk.refusal(desk, EXHIBITS)


def test_a_file_that_no_entry_names_is_not_an_exhibit(walk, desk):
    (file,) = desk.folder.glob(f"pack/spaces/*/files/{sha256(PLAN)}")
    file.with_name(sha256(b"never filed")).write_bytes(b"never filed")
    assert f"{sha256(b'never filed')}: OK\n0\n" in walk.refusal(desk, EXHIBITS)


def test_an_entry_whose_forerunner_was_changed_does_not_name_it(walk, desk):
    lines = (desk.folder / "room/events.jsonl").read_bytes().split(b"\n")
    lines[desk.entry - 1] = lines[desk.entry - 1].replace(b'"k":"', b'"k":"x', 1)
    (desk.folder / "room/events.jsonl").write_bytes(b"\n".join(lines))
    assert '\n"prev":' not in walk.refusal(desk, CHAIN)


@pytest.mark.parametrize("part", [MANIFEST, "key of the case"])
def test_a_terminal_that_goes_on_after_a_failure_shows_no_words_of_success(walk, desk, part):
    """The reader's shell does not stop at the first command that fails, as ours does."""
    block = walk.block(part)
    promised = re.search(r'echo "(.*)"', block.text)[1]
    assert promised in desk.command("sh", "-c", block.text).output
    desk.alter("room/vkey", -5)
    assert promised not in desk.command("sh", "-c", block.text).output


# --- the verifier, in the pack and beside it ---

VERIFY, COMPARE = "--tsa-roots", '"$VERIFIER" compare'


def test_the_verifier_refuses_one_other_byte_although_the_list_was_renewed(walk, desk, tmp_path):
    with zipfile.ZipFile(desk.names["PACK"]) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    root = re.search(rb'"sroot":"(\w+)"', members["case/epochs.jsonl"])[1]
    members["case/epochs.jsonl"] = members["case/epochs.jsonl"].replace(root, other_digit(root.decode()).encode())
    manifest = json.loads(members["manifest.json"])
    manifest["files"]["case/epochs.jsonl"] = sha256(members["case/epochs.jsonl"])
    members["manifest.json"] = canonical(manifest) + b"\n"
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    desk.run(walk.block("zipfile -e"), PACK=changed)
    assert desk.run(walk.block(MANIFEST), PACK=changed).ok, "sha256sum cannot see it"
    assert "REFUSED: " in walk.refusal(desk, "./check tree")
    said = walk.refusal(desk, VERIFY, PACK=changed)
    assert "NOT VERIFIED" in said
    assert "[checkpoint]" in said


def test_a_verifier_that_somebody_tampered_with_is_not_the_published_one(walk, desk):
    desk.flip("pack/verify.py", 10)
    assert "pack/verify.py differ" in walk.refusal(desk, VERIFY)


def test_the_verifier_refuses_another_key_and_another_authority(walk, desk, evidence):
    assert "[key]" in walk.refusal(desk, VERIFY, KEY=evidence.foreign_key)
    assert "[timestamp]" in walk.refusal(desk, VERIFY, ROOTS=evidence.foreign_root)


def test_two_histories_that_are_each_in_order_are_found_by_comparing_them(walk, desk, evidence):
    """The one lie that no pack shows by itself: its teller has the key."""
    assert desk.run(walk.block(VERIFY), PACK=evidence.forked).ok
    said = walk.refusal(desk, COMPARE, OTHER=evidence.forked)
    assert "TWO HISTORIES" in said
    assert said.count("\n— ") == 2, "the two signed checkpoints that contradict each other"
