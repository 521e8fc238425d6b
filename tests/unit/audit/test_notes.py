"""Signed notes and checkpoints: the published ones are read, and nothing that differs from them."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from caseroom.audit.notes import (
    Checkpoint,
    MalformedNote,
    NoteError,
    NoteSigner,
    NoteUnverified,
    SignatureBroken,
    Verifier,
    checkpoint_text,
    format_vkey,
    open_note,
    parse_checkpoint,
    parse_vkey,
    sign_note,
)

ERRORS = {
    "malformed": MalformedNote,
    "invalid signature": SignatureBroken,
    "no verifiable signature": NoteUnverified,
}
ORIGIN = "rooms.example.org/c/a9e18803a60705d16eaa7848dd023409"


def neus_key() -> NoteSigner:
    return NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def verifier_of(signer: NoteSigner) -> Verifier:
    return parse_vkey(format_vkey(signer.name, signer.private.public_key().public_bytes_raw()))


def trusted(published: Any, names: list[str]) -> list[Verifier]:
    keys = [parse_vkey(key["vkey"]) for key in published["keys"]]
    return [key for key in keys if key.name in names]


def test_the_published_verifier_keys_are_read_and_written_back(published_notes: Any) -> None:
    for key in published_notes["keys"]:
        verifier = parse_vkey(key["vkey"])
        assert format_vkey(verifier.name, verifier.public) == key["vkey"]


def test_every_published_bad_verifier_key_is_refused(published_notes: Any) -> None:
    assert len(published_notes["bad_vkeys"]) == 3
    for text in published_notes["bad_vkeys"]:
        with pytest.raises(MalformedNote):
            parse_vkey(text)


def test_the_published_key_signs_the_published_note(published_notes: Any) -> None:
    name, _, encoded = published_notes["keys"][0]["skey_published_test_key"].removeprefix("PRIVATE+KEY+").split("+", 2)
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(encoded)[1:])
    assert sign_note(published_notes["text"], NoteSigner(name, private)) == published_notes["cases"][0]["note"]


def test_every_published_note_is_accepted_or_refused_as_published(published_notes: Any) -> None:
    outcomes = set()
    for case in published_notes["cases"]:
        verifiers = trusted(published_notes, case["trusted"])
        note = case["note"].encode()
        if "error" in case:
            with pytest.raises(ERRORS[case["error"]]):
                open_note(note, verifiers)
            outcomes.add(case["error"])
        else:
            opened = open_note(note, verifiers)
            assert opened.text == published_notes["text"]
            assert [signature.name for signature in opened.verified] == case["verified"]
            assert len(opened.verified) + len(opened.unverified) == case["note"].count("— ")
            outcomes.add("accepted")
    assert outcomes == {"accepted", *ERRORS}


def test_a_note_that_is_not_utf8_is_refused(published_notes: Any) -> None:
    with pytest.raises(MalformedNote):
        open_note(bytes.fromhex(published_notes["invalid_utf8_case_hex"]), trusted(published_notes, ["PeterNeumann"]))


def test_the_published_checkpoints_are_read(published_notes: Any) -> None:
    unknown = verifier_of(neus_key())
    for name in ("checkpoint", "checkpoint_with_cosignature_v1"):
        note = published_notes["format_examples"][name]
        with pytest.raises(NoteUnverified):
            open_note(note.encode(), [unknown])
        text = note.partition("\n\n")[0] + "\n"
        checkpoint = parse_checkpoint(text)
        assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
        assert checkpoint_text(checkpoint.origin, checkpoint.size, checkpoint.root) == text


def test_every_note_of_the_golden_pack_opens_with_its_key(golden: Any) -> None:
    bundle = golden["bundle"]
    notes = [(bundle["vkey"], note) for note in bundle["notes"]]
    notes += [(space["vkey"], space["head"]) for space in bundle["spaces"].values()]
    seed = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(golden["test_signing_seed_hex"]))
    for vkey, note in notes:
        verifier = parse_vkey(vkey)
        opened = open_note(note.encode(), [verifier])
        assert parse_checkpoint(opened.text).origin == verifier.name
        assert sign_note(opened.text, NoteSigner(verifier.name, seed)) == note
    assert len(notes) == 6


def test_every_changed_byte_of_a_signed_checkpoint_is_refused() -> None:
    signer = neus_key()
    verifiers = [verifier_of(signer)]
    note = sign_note(checkpoint_text(ORIGIN, 12, bytes(32)), signer).encode()
    assert parse_checkpoint(open_note(note, verifiers).text) == Checkpoint(ORIGIN, 12, bytes(32))
    for place in range(len(note)):
        for bit in range(8):
            changed = bytearray(note)
            changed[place] ^= 1 << bit
            with pytest.raises(NoteError):
                open_note(bytes(changed), verifiers)


def test_a_note_of_a_re_key_is_verified_by_either_key() -> None:
    old, new = neus_key(), NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    note = sign_note("text\n", old, new).encode()
    for signer in (old, new):
        opened = open_note(note, [verifier_of(signer)])
        assert len(opened.verified) == len(opened.unverified) == 1
    assert len(open_note(note, [verifier_of(old), verifier_of(new)]).verified) == 2


def test_two_keys_that_share_name_and_id_are_not_guessed_between() -> None:
    verifier = verifier_of(neus_key())
    twin = Verifier(verifier.name, verifier.key_id, bytes(32))
    note = sign_note("text\n", neus_key()).encode()
    assert open_note(note, [verifier, verifier]).verified
    with pytest.raises(NoteError):
        open_note(note, [verifier, twin])


def test_a_text_with_empty_lines_is_divided_at_the_last_one() -> None:
    text = "first\n\n— looks like a signature\n\nlast\n"
    assert open_note(sign_note(text, neus_key()).encode(), [verifier_of(neus_key())]).text == text


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "\x00\n", "\ud800\n"])
def test_a_text_that_no_note_may_have_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedNote):
        sign_note(text, neus_key())


def test_a_note_is_not_made_without_a_signer() -> None:
    with pytest.raises(MalformedNote):
        sign_note("text\n")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x01b", "\ud800"])
def test_a_name_that_would_break_the_lines_of_a_note_is_refused(name: str) -> None:
    with pytest.raises(MalformedNote):
        format_vkey(name, bytes(32))
    with pytest.raises(MalformedNote):
        checkpoint_text(name, 0, bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n012\n{'A' * 43}=\n",
        f"{ORIGIN}\n-1\n{'A' * 43}=\n",
        f"{ORIGIN}\n١\n{'A' * 43}=\n",
        f"{ORIGIN}\n9223372036854775808\n{'A' * 43}=\n",
        f"{ORIGIN}\n12\n{'A' * 42}B=\n",
        f"{ORIGIN}\n12\n{'A' * 44}\n",
        f"{ORIGIN}\n12\n{'A' * 43}=",
        f"{ORIGIN}\n12\n{'A' * 43}=\nextension\n",
        f"{ORIGIN}\n12\n",
        f"\n12\n{'A' * 43}=\n",
    ],
)
def test_a_checkpoint_in_another_form_is_refused(text: str) -> None:
    assert parse_checkpoint(f"{ORIGIN}\n12\n{'A' * 43}=\n").size == 12
    with pytest.raises(MalformedNote):
        parse_checkpoint(text)


def test_a_private_key_is_not_shown_when_its_signer_is_printed() -> None:
    assert "private" not in repr(neus_key())
