"""Keys at rest: what is wrapped or sealed opens at its own place only, and the key file is nobody else's."""

import hashlib
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseroom.vault.keys import (
    ACCOUNTS,
    BLIND_KEYS,
    CASE_SLOT,
    SIGNER,
    KeyFileUnsafe,
    SealBroken,
    SpaceKey,
    derive,
    load_or_create_kek,
    sealed_version,
    unwrap,
    wrap,
    wrap_aad,
)

KEK = bytes(range(32))
CASE = bytes(16)
ROW = b"row"


def caucus_key(*, case_id: bytes = CASE, slot: int = 2, version: int = 1, secret: bytes = KEK) -> SpaceKey:
    return SpaceKey(case_id, slot, version, secret)


def test_the_first_start_makes_the_key_and_every_later_one_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "kek"
    key = load_or_create_kek(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_kek(path) == key == path.read_bytes()
    assert [file.name for file in path.parent.iterdir()] == ["kek"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o610])
def test_a_key_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kek"
    key = load_or_create_kek(path)
    path.chmod(mode)
    with pytest.raises(KeyFileUnsafe):
        load_or_create_kek(path)
    path.chmod(0o400)
    assert load_or_create_kek(path) == key


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33)])
def test_a_key_file_that_holds_no_key_is_refused_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kek"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(KeyFileUnsafe):
        load_or_create_kek(path)
    assert path.read_bytes() == content


def test_what_is_not_a_file_is_no_key(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "kek", 0o600)
    holder = os.open(tmp_path / "kek", os.O_RDWR)
    with pytest.raises(KeyFileUnsafe):
        load_or_create_kek(tmp_path / "kek")
    os.close(holder)


def test_what_a_crashed_first_start_left_does_not_stop_the_next(tmp_path: Path) -> None:
    (tmp_path / "kek.0011223344556677.new").touch(mode=0o600)
    assert len(load_or_create_kek(tmp_path / "kek")) == 32


def _load(path: Path) -> bytes:
    return load_or_create_kek(path)


def test_processes_that_start_together_use_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        keys = pool.map(_load, [tmp_path / "kek"] * 8)
    assert len(set(keys)) == 1


def test_each_purpose_has_its_own_key_and_each_installation_too() -> None:
    keys = [derive(KEK, label) for label in (ACCOUNTS, SIGNER, BLIND_KEYS)] + [derive(bytes(32), SIGNER), KEK]
    assert len(set(keys)) == 5
    assert derive(KEK, SIGNER) == derive(KEK, SIGNER)
    with pytest.raises(ValueError, match="label"):
        derive(KEK, "")
    with pytest.raises(ValueError, match="32 bytes"):
        derive(bytes(16), SIGNER)


def test_the_bound_data_of_a_wrap_has_the_bytes_of_the_specification() -> None:
    case_id = bytes(range(16))
    expected = b"caseroom/v1/wrap\x00" + case_id + b"\x00\x00\x00\x02" + b"\x00\x00\x00\x03"
    assert wrap_aad(case_id, 2, 3) == expected
    assert wrap_aad(case_id, 2, 3, 4) == expected + b"\x00" * 7 + b"\x04"
    assert wrap_aad(case_id, CASE_SLOT, 1)[-8:-4] == b"\xff" * 4
    with pytest.raises(ValueError, match="16 bytes"):
        wrap_aad(bytes(15), 2, 3)


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_what_is_wrapped_comes_back(secret: bytes, aad: bytes) -> None:
    wrapped = wrap(KEK, secret, aad)
    assert len(wrapped) == len(secret) + 28
    assert unwrap(KEK, wrapped, aad) == secret


def test_the_same_secret_is_never_wrapped_to_the_same_bytes() -> None:
    assert len({wrap(KEK, bytes(32), b"") for _ in range(100)}) == 100


def test_every_changed_bit_of_a_wrap_is_refused() -> None:
    wrapped = wrap(KEK, bytes(32), b"aad")
    assert unwrap(KEK, wrapped, b"aad") == bytes(32)
    for bit in range(len(wrapped) * 8):
        changed = bytearray(wrapped)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            unwrap(KEK, bytes(changed), b"aad")
    for cut in range(len(wrapped)):
        with pytest.raises(SealBroken):
            unwrap(KEK, wrapped[:cut], b"aad")
    with pytest.raises(SealBroken):
        unwrap(KEK, wrapped, b"other")
    with pytest.raises(SealBroken):
        unwrap(bytes(32), wrapped, b"aad")


def test_an_event_key_opens_for_its_own_event_room_version_and_case_only() -> None:
    key = caucus_key()
    wrapped = key.wrap_event_key(b"\x05" * 32, 7)
    assert key.unwrap_event_key(wrapped, 7) == b"\x05" * 32
    refusals: list[Callable[[], bytes]] = [
        lambda: key.unwrap_event_key(wrapped, 8),
        lambda: caucus_key(slot=11).unwrap_event_key(wrapped, 7),
        lambda: caucus_key(version=2).unwrap_event_key(wrapped, 7),
        lambda: caucus_key(case_id=b"\x01" * 16).unwrap_event_key(wrapped, 7),
        lambda: caucus_key(secret=bytes(32)).unwrap_event_key(wrapped, 7),
    ]
    for refuse in refusals:
        with pytest.raises(SealBroken):
            refuse()


@given(st.text(max_size=40), st.binary(max_size=40), st.binary(max_size=200))
def test_a_sealed_field_comes_back_and_hides_its_text(name: str, row: bytes, plain: bytes) -> None:
    key = caucus_key()
    sealed = key.seal(name, row, plain)
    assert key.open(name, row, sealed) == plain
    assert len(sealed) == len(plain) + 33
    assert len(plain) < 6 or plain not in sealed


def test_a_sealed_field_opens_for_its_own_place_only() -> None:
    key = caucus_key()
    sealed = key.seal("message.body", ROW, b"our floor is 40,000")
    assert key.open("message.body", ROW, sealed) == b"our floor is 40,000"
    refusals: list[Callable[[], bytes]] = [
        lambda: key.open("message.title", ROW, sealed),
        lambda: key.open("message.body", b"row2", sealed),
        lambda: key.open("message.bod", b"y" + ROW, sealed),
        lambda: caucus_key(slot=CASE_SLOT).open("message.body", ROW, sealed),
        lambda: caucus_key(slot=11).open("message.body", ROW, sealed),
        lambda: caucus_key(version=2).open("message.body", ROW, sealed),
        lambda: caucus_key(case_id=b"\x01" * 16).open("message.body", ROW, sealed),
        lambda: caucus_key(secret=bytes(32)).open("message.body", ROW, sealed),
    ]
    for refuse in refusals:
        with pytest.raises(SealBroken):
            refuse()


def test_every_changed_bit_of_a_sealed_field_is_refused() -> None:
    key = caucus_key()
    sealed = key.seal("message.body", ROW, b"text")
    assert key.open("message.body", ROW, sealed) == b"text"
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            key.open("message.body", ROW, bytes(changed))
    for cut in range(len(sealed)):
        with pytest.raises(SealBroken):
            key.open("message.body", ROW, sealed[:cut])


def test_a_sealed_field_says_which_version_of_the_key_it_needs() -> None:
    sealed = caucus_key(version=258).seal("message.body", ROW, b"text")
    assert sealed_version(sealed) == 258
    for other in (b"", b"\x01\x00\x00", b"\x02" + sealed[1:]):
        with pytest.raises(SealBroken):
            sealed_version(other)


def test_the_secret_of_a_space_is_not_shown_when_its_key_is_printed() -> None:
    key = caucus_key(secret=b"\xab" * 32)
    assert "xab" not in repr(key)
    assert "secret" not in repr(key)


@pytest.mark.parametrize(
    "make",
    [
        lambda: caucus_key(secret=bytes(16)),
        lambda: caucus_key(case_id=bytes(32)),
        lambda: caucus_key().wrap_event_key(bytes(16), 0),
        lambda: wrap(bytes(16), b"", b""),
        lambda: unwrap(bytes(16), bytes(40), b""),
    ],
)
def test_keys_and_ids_of_another_length_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="bytes"):
        make()


def test_a_digest_is_the_same_for_the_same_content_and_says_nothing_without_its_key() -> None:
    digest = caucus_key().digest("replay", b"twenty thousand")
    assert digest == caucus_key().digest("replay", b"twenty thousand")
    others = {
        caucus_key().digest("replay", b"thirty thousand"),
        caucus_key().digest("other", b"twenty thousand"),
        caucus_key(secret=b"\x07" * 32).digest("replay", b"twenty thousand"),
        hashlib.sha256(b"twenty thousand").digest(),
    }
    assert len(others) == 4
    assert digest not in others
