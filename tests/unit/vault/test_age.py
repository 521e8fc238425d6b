"""Files for the age tool: another implementation opens them, whole or not at all."""

import os

import pyrage
import pytest

from caseroom.vault.age import (
    CHUNK_SIZE,
    CHUNKS_AT_A_TIME,
    Passphrase,
    Recipient,
    RecipientUnreadable,
    encrypt,
    parse_recipient,
)

BATCH = CHUNKS_AT_A_TIME * CHUNK_SIZE
LENGTHS = [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, BATCH - 1, BATCH, BATCH + 1, BATCH + CHUNK_SIZE, 2 * BATCH]
WORDS = "huître œuvre 7 galets"
LIGHT = 10


def in_pieces(data, step):
    return [data[start : start + step] for start in range(0, len(data), step)]


@pytest.fixture
def identity():
    return pyrage.x25519.Identity.generate()


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("step", [100_003, CHUNK_SIZE, 3 * BATCH])
def test_another_implementation_opens_what_was_encrypted_to_a_key(identity, length, step):
    plain = os.urandom(length)
    sealed = b"".join(encrypt(in_pieces(plain, step), parse_recipient(str(identity.to_public()))))
    assert pyrage.decrypt(sealed, [identity]) == plain
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])


@pytest.mark.parametrize("length", LENGTHS)
def test_another_implementation_opens_what_was_encrypted_to_a_passphrase(length):
    plain = os.urandom(length)
    sealed = b"".join(encrypt(in_pieces(plain, 100_003), Passphrase(WORDS, LIGHT)))
    assert pyrage.passphrase.decrypt(sealed, WORDS) == plain
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(sealed, WORDS + ".")


def test_the_work_of_a_guess_at_a_passphrase_is_not_light():
    header = b"".join(encrypt([b"x"], Passphrase(WORDS))).split(b"\n", 2)[1]
    assert int(header.rpartition(b" ")[2]) >= 17


def test_a_file_that_is_cut_anywhere_does_not_open(identity):
    sealed = b"".join(encrypt([bytes(3 * CHUNK_SIZE)], parse_recipient(str(identity.to_public()))))
    head = len(sealed) - 3 * (CHUNK_SIZE + 16)
    for end in (head, head + CHUNK_SIZE + 16, head + 2 * (CHUNK_SIZE + 16), len(sealed) - 1):
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(sealed[:end], [identity])


def test_no_two_files_of_the_same_content_are_alike(identity):
    recipient = parse_recipient(str(identity.to_public()))
    assert b"".join(encrypt([b"same"], recipient)) != b"".join(encrypt([b"same"], recipient))


def test_no_more_than_a_batch_is_held_back(identity):
    taken = []

    def pieces():
        for _ in range(64):
            taken.append(CHUNK_SIZE)
            yield bytes(CHUNK_SIZE)

    sent = 0
    for piece in encrypt(pieces(), parse_recipient(str(identity.to_public()))):
        sent += len(piece)
        assert sum(taken) - sent <= BATCH + CHUNK_SIZE
    assert sum(taken) == 64 * CHUNK_SIZE


def test_a_recipient_is_read_in_either_case_and_not_in_both(identity):
    text = str(identity.to_public())
    assert parse_recipient(text) == parse_recipient(text.upper())
    with pytest.raises(RecipientUnreadable):
        parse_recipient(text[:10] + text[10:].upper())


def test_one_mistyped_character_is_found_wherever_it_is(identity):
    text = str(identity.to_public())
    for place in range(4, len(text)):
        other = "q" if text[place] != "q" else "p"
        with pytest.raises(RecipientUnreadable):
            parse_recipient(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "age1", "age", "age1" + "q" * 58, "ssh-ed25519 AAAAC3Nz", "age1é", "x" * 10_000, "age1\n", "１"]
)
def test_what_is_no_recipient_is_refused(text):
    with pytest.raises(RecipientUnreadable):
        parse_recipient(text)


def test_the_secret_half_of_a_key_is_not_taken_for_the_public_one(identity):
    with pytest.raises(RecipientUnreadable):
        parse_recipient(str(identity))


def test_a_key_with_which_anybody_could_open_the_file_is_refused():
    with pytest.raises(RecipientUnreadable):
        Recipient(bytes(32)).stanza(bytes(16))


def test_a_passphrase_is_not_shown_where_it_is_printed():
    assert WORDS not in repr(Passphrase(WORDS))
