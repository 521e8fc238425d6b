"""Canonical JSON: what the ledger writes has exactly one form, and only that form is read."""

import json
import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseroom.audit.canonical import (
    MAX_INTEGER,
    CanonicalError,
    canonical,
    format_due,
    format_instant,
    parse_canonical,
    parse_due,
    parse_hex,
    parse_instant,
)

scalars = st.booleans() | st.integers(0, MAX_INTEGER) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@given(values)
def test_every_allowed_value_comes_back_from_its_canonical_bytes(value: Any) -> None:
    assert parse_canonical(canonical(value)) == value


def test_the_published_documents_have_their_published_bytes(published_json: Any) -> None:
    reproduced = []
    for document in published_json["documents"]:
        value = json.loads(document["input"], parse_float=lambda text: int(float(text)) if text == "56.0" else 0.5)
        if document["name"] == "values":
            with pytest.raises(CanonicalError):
                canonical(value)
            with pytest.raises(CanonicalError):
                parse_canonical(bytes.fromhex(document["canonical_hex"]))
            continue
        assert canonical(value).hex() == document["canonical_hex"]
        assert parse_canonical(bytes.fromhex(document["canonical_hex"])) == value
        reproduced.append(document["name"])
    assert reproduced == ["weird", "structures", "unicode", "french"]


def test_of_the_published_numbers_only_integers_up_to_2_53_minus_1_are_read(published_json: Any) -> None:
    texts = {number["text"] for number in published_json["numbers"]}
    assert {"0", "9007199254740992", "1e+23"} <= texts
    for text in texts - {"0"}:
        with pytest.raises(CanonicalError):
            parse_canonical(text.encode())
    assert parse_canonical(b"0") == 0
    assert parse_canonical(b"9007199254740991") == MAX_INTEGER


def test_no_published_float_is_written(published_json: Any) -> None:
    patterns = [number["ieee754"] for number in published_json["numbers"]] + published_json["numbers_must_fail"]
    assert len(patterns) > 20
    for pattern in patterns:
        with pytest.raises(CanonicalError):
            canonical(struct.unpack(">d", bytes.fromhex(pattern))[0])


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"a": None},
        [1.0],
        -1,
        2**53,
        "\ud800",
        {"\udfff": 1},
        {1: "a"},
        b"bytes",
        {"a"},
        float("nan"),
    ],
)
def test_a_value_outside_the_restriction_is_not_written(value: Any) -> None:
    with pytest.raises(CanonicalError):
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":01}',
        b"-0",
        b"1e2",
        b"1.0",
        b"NaN",
        b"null",
        b'"\\u0041"',
        b'"\\/"',
        b'"\\ud800"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"",
        b"[1,]",
        b"[" * 100_000,
        b"9" * 10_000,
    ],
)
def test_bytes_that_are_not_the_canonical_form_of_their_value_are_refused(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        parse_canonical(data)


def test_nesting_beyond_the_interpreter_is_refused_as_any_other_value() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(CanonicalError):
        canonical(value)


def test_line_separators_stay_raw_so_that_lines_are_split_at_newlines_only() -> None:
    assert canonical("\u2028\u0085\x7f") == '"\u2028\u0085\x7f"'.encode()


def test_hex_is_read_in_lower_case_and_exact_length_only() -> None:
    assert parse_hex("00ff", 2) == b"\x00\xff"
    for text in ("00FF", "00f", "00ff00", "0 ff", "", "٠٠ff", None, 1, b"00ff"):
        with pytest.raises(CanonicalError):
            parse_hex(text, 2)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_come_back_cut_to_their_unit(at: datetime) -> None:
    assert parse_instant(format_instant(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert parse_due(format_due(at)) == at.replace(microsecond=0)
    assert parse_due(format_due(at)).tzinfo is UTC


def test_times_are_written_in_utc_whatever_the_zone() -> None:
    at = datetime(2026, 11, 22, 10, 20, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert format_instant(at) == "2026-11-22T08:20:00.999Z"
    assert format_due(at) == "2026-11-22T08:20:00Z"


def test_a_naive_time_is_not_written() -> None:
    with pytest.raises(ValueError, match="aware"):
        format_instant(datetime(2026, 11, 22))  # noqa: DTZ001


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T08:20:00Z",
        "2026-11-22T08:20:00.0000Z",
        "2026-11-22 08:20:00.000Z",
        "2026-11-22T08:20:00.000+00:00",
        "2026-02-30T08:20:00.000Z",
        "2026-11-22T24:00:00.000Z",
        "2026-11-22T08:20:60.000Z",
        "2026-11-22T08:20:00.000Z\n",
        "٢٠٢٦-11-22T08:20:00.000Z",
        20261122,
        None,
    ],
)
def test_an_instant_in_another_form_is_refused(text: Any) -> None:
    assert parse_instant("2026-11-22T08:20:00.000Z") == datetime(2026, 11, 22, 8, 20, tzinfo=UTC)
    with pytest.raises(CanonicalError):
        parse_instant(text)


@pytest.mark.parametrize("text", ["2026-11-22T08:20:00.000Z", "2026-11-22T08:20Z", "2026-11-22T24:00:00Z", None])
def test_a_due_time_in_another_form_is_refused(text: Any) -> None:
    assert parse_due("2026-11-22T08:20:00Z") == datetime(2026, 11, 22, 8, 20, tzinfo=UTC)
    with pytest.raises(CanonicalError):
        parse_due(text)
