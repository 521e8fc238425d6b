"""The sealed object format: the golden bytes, any range of them, and nothing else."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseroom.vault.chunked import (
    CHUNK_SIZE,
    ChunkOpener,
    ChunkSealer,
    ObjectBroken,
    object_context,
    object_key,
    sealed_size,
)

KEY = bytes(range(32))
CONTEXT = object_context(bytes(16), 2, b"\x07" * 16)
SALT = bytes(24)
HEADER, SEALED_CHUNK = 56, 16400


@pytest.fixture(scope="module")
def golden() -> Any:
    path = Path(__file__).parents[2] / "vectors" / "chunked_aes256gcm.json"
    return json.loads(path.read_text(encoding="utf-8"))


def plaintext(length: int) -> bytes:
    return bytes((7 * index + 3) % 256 for index in range(length))


def sealed(plain: bytes, *, key: bytes = KEY, context: bytes = CONTEXT, salt: bytes | None = SALT) -> bytes:
    sealer = ChunkSealer(key, context, salt)
    return sealer.update(plain) + sealer.finish()


def opener(data: bytes, *, key: bytes = KEY, context: bytes = CONTEXT) -> ChunkOpener:
    return ChunkOpener(io.BytesIO(data), len(data), key, context)


def read_all(data: bytes, *, key: bytes = KEY, context: bytes = CONTEXT) -> bytes:
    opened = opener(data, key=key, context=context)
    return opened.read(0, opened.size)


def test_every_golden_object_is_sealed_and_opened(golden: Any) -> None:
    key, salt, context = (bytes.fromhex(golden[name]) for name in ("input_key_hex", "salt_hex", "context_hex"))
    for case in golden["cases"]:
        plain = plaintext(case["plaintext_len"])
        assert hashlib.sha256(plain).hexdigest() == case["plaintext_sha256"]
        data = sealed(plain, key=key, context=context, salt=salt)
        assert len(data) == case["ciphertext_len"] == sealed_size(len(plain))
        assert data[:96].hex() == case["first_96_bytes_hex"]
        assert data[24:56].hex() == golden["derived"]["commitment"]
        assert hashlib.sha256(data).hexdigest() == case["ciphertext_sha256"]
        assert read_all(data, key=key, context=context) == plain
    assert len(golden["cases"]) == 7


def swapped_chunks(data: bytes) -> bytes:
    second = HEADER + SEALED_CHUNK
    return data[:HEADER] + data[second : second + SEALED_CHUNK] + data[HEADER:second] + data[second + SEALED_CHUNK :]


CORRUPTIONS: dict[str, Callable[[bytes], bytes]] = {
    "cut at a chunk border": lambda data: data[: HEADER + 2 * SEALED_CHUNK],
    "last bytes removed": lambda data: data[:-1],
    "two chunks swapped": swapped_chunks,
    "other context": lambda data: data,
    "other key": lambda data: data,
    "length 56+k*16400 exactly": lambda data: data[: HEADER + SEALED_CHUNK],
    "extra chunk appended": lambda data: data + data[HEADER : HEADER + SEALED_CHUNK],
}


def test_every_golden_corruption_is_refused(golden: Any) -> None:
    assert set(golden["must_reject"]) == set(CORRUPTIONS)
    data = sealed(plaintext(40_000))
    assert read_all(data) == plaintext(40_000)
    for name, corrupt in CORRUPTIONS.items():
        key = bytes(32) if name == "other key" else KEY
        context = object_context(bytes(16), 3, b"\x07" * 16) if name == "other context" else CONTEXT
        with pytest.raises(ObjectBroken):
            read_all(corrupt(data), key=key, context=context)


def test_an_object_of_any_other_length_is_refused_before_a_byte_of_it_is_given() -> None:
    data = sealed(plaintext(CHUNK_SIZE + 5))
    assert opener(data).size == CHUNK_SIZE + 5
    for length in [*range(80), *range(SEALED_CHUNK, len(data)), HEADER + SEALED_CHUNK]:
        with pytest.raises(ObjectBroken):
            opener(data[:length])
    for extra in (1, 15, 16, SEALED_CHUNK):
        with pytest.raises(ObjectBroken):
            opener(data + bytes(extra))


def test_every_changed_byte_of_an_object_is_refused() -> None:
    data = sealed(plaintext(300))
    assert read_all(data) == plaintext(300)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(ObjectBroken):
            read_all(bytes(changed))


def test_a_changed_chunk_is_refused_and_the_others_still_open() -> None:
    data = bytearray(sealed(plaintext(3 * CHUNK_SIZE)))
    data[HEADER + SEALED_CHUNK] ^= 1
    opened = opener(bytes(data))
    assert opened.read(0, CHUNK_SIZE) == plaintext(CHUNK_SIZE)
    for start, length in ((CHUNK_SIZE, 1), (CHUNK_SIZE - 1, 2), (0, 3 * CHUNK_SIZE)):
        with pytest.raises(ObjectBroken):
            opened.read(start, length)


def test_an_object_moved_to_another_case_room_or_id_does_not_open() -> None:
    data = sealed(b"text")
    assert read_all(data) == b"text"
    for context in (
        object_context(b"\x01" * 16, 2, b"\x07" * 16),
        object_context(bytes(16), 3, b"\x07" * 16),
        object_context(bytes(16), 2, b"\x08" * 16),
    ):
        with pytest.raises(ObjectBroken):
            opener(data, context=context)


def test_a_file_shorter_than_its_size_says_is_refused() -> None:
    data = sealed(plaintext(2 * CHUNK_SIZE))
    with pytest.raises(ObjectBroken):
        ChunkOpener(io.BytesIO(data[:-10]), len(data), KEY, CONTEXT)
    opened = ChunkOpener(shortened := io.BytesIO(data), len(data), KEY, CONTEXT)
    shortened.truncate(1000)
    with pytest.raises(ObjectBroken):
        opened.read(0, 10)


around_borders = st.sampled_from([0, 1, 2]).flatmap(
    lambda chunks: st.integers(-2, 2).map(lambda near: max(0, chunks * CHUNK_SIZE + near))
)


@given(st.lists(around_borders, max_size=5))
def test_how_the_bytes_arrive_does_not_change_what_is_sealed(lengths: list[int]) -> None:
    plain = plaintext(sum(lengths))
    sealer, data, start = ChunkSealer(KEY, CONTEXT, SALT), b"", 0
    for length in lengths:
        data += sealer.update(memoryview(plain)[start : start + length])
        start += length
    data += sealer.finish()
    assert data == sealed(plain)
    assert len(data) == sealed_size(len(plain))


@given(around_borders, st.integers(0, 3 * CHUNK_SIZE), st.integers(0, 3 * CHUNK_SIZE))
def test_any_range_of_any_object_is_read(size: int, start: int, length: int) -> None:
    plain = plaintext(size)
    opened = opener(sealed(plain))
    assert opened.size == size
    assert opened.read(start, length) == plain[start : start + length]


@given(
    around_borders, around_borders, around_borders, st.sampled_from([1000, CHUNK_SIZE - 1, CHUNK_SIZE, 40_000, 10**9])
)
def test_a_range_is_read_in_pieces_no_larger_than_asked(size: int, start: int, end: int, step: int) -> None:
    plain = plaintext(size)
    pieces = list(opener(sealed(plain)).iter(start, end, step))
    assert b"".join(pieces) == plain[start:end]
    assert all(0 < len(piece) <= step for piece in pieces)


class Trickle(io.BytesIO):
    """A file that gives at most 100 bytes at a time, and counts what it gave."""

    given = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(min(size or 0, 100))
        self.given += len(data)
        return data


def test_a_small_range_of_a_large_object_reads_little_of_it() -> None:
    data = sealed(plaintext(64 * CHUNK_SIZE))
    file = Trickle(data)
    opened = ChunkOpener(file, len(data), KEY, CONTEXT)
    assert opened.read(20 * CHUNK_SIZE + 5, 10) == plaintext(30)[5:15]
    assert file.given <= HEADER + 2 * SEALED_CHUNK


def test_pieces_end_at_chunk_borders_so_that_no_chunk_is_opened_twice() -> None:
    data = sealed(plaintext(8 * CHUNK_SIZE))
    file = Trickle(data)
    opened = ChunkOpener(file, len(data), KEY, CONTEXT)
    assert sum(map(len, opened.iter(5, opened.size, 3 * CHUNK_SIZE))) == 8 * CHUNK_SIZE - 5
    assert file.given <= len(data) + SEALED_CHUNK


def test_two_objects_of_one_key_have_different_salts_and_bytes() -> None:
    assert sealed(b"text", salt=None)[:24] != sealed(b"text", salt=None)[:24]


def test_each_file_of_an_event_has_its_own_key() -> None:
    assert len({object_key(KEY, index) for index in range(5)} | {object_key(bytes(32), 0)}) == 6


def test_the_context_has_the_bytes_of_the_specification() -> None:
    context = object_context(bytes(range(16)), 2, b"\x07" * 16)
    assert context == b"caseroom/v1/object\x00" + bytes(range(16)) + b"\x00\x00\x00\x02" + b"\x07" * 16


def test_a_finished_object_takes_no_more() -> None:
    sealer = ChunkSealer(KEY, CONTEXT)
    sealer.finish()
    with pytest.raises(ValueError, match="finished"):
        sealer.update(b"more")
    with pytest.raises(ValueError, match="finished"):
        sealer.finish()


@pytest.mark.parametrize(
    "make",
    [
        lambda: ChunkSealer(bytes(16), CONTEXT),
        lambda: ChunkSealer(KEY, CONTEXT, bytes(23)),
        lambda: object_key(bytes(16), 0),
        lambda: object_context(bytes(15), 0, bytes(16)),
        lambda: object_context(bytes(16), 0, bytes(15)),
    ],
)
def test_keys_salts_and_ids_of_another_length_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="bytes"):
        make()


def test_a_range_that_is_none_is_refused() -> None:
    opened = opener(sealed(b"text"))
    for start, length in ((-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="negative"):
            opened.read(start, length)
    with pytest.raises(ValueError, match="step"):
        list(opened.iter(0, 4, 0))
