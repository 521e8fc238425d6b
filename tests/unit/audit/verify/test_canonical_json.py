"""The verifier's own canonical JSON is that of RFC 8785."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from caseroom.audit import verify
from caseroom.audit.canonical import canonical, parse_canonical
from caseroom.audit.event_bytes import EventError, parse_event
from tests.evidence.building import small_case


@pytest.mark.parametrize(
    ("value", "spelling"),
    [
        ({"b": 1, "a": [True, False, "\u2028\u0085é"]}, None),
        ({"\ufb33": 1, "\U0001f600": 2, "€": 3}, None),
        ({"\r": "", "1": '\b\t\n\f\r\x00\x1f\x7f"\\/'}, None),
        (2**53 - 1, None),
        ([], None),
    ],
)
def test_the_own_serialiser_writes_what_rfc_8785_says(value: Any, spelling: Callable[[], Any] | None) -> None:
    """Against the library that the server uses; 🂀 sorts before דּ because RFC 8785 counts UTF-16 units."""
    text = canonical(value).decode()
    assert verify.canonical(value) == text
    assert verify.parse_canonical(text) == value


def test_the_published_canonical_documents_are_read_and_their_other_spellings_refused() -> None:
    vectors = json.loads((Path(__file__).parents[3] / "vectors" / "jcs_rfc8785.json").read_text(encoding="utf-8"))
    assert vectors
    for text in (
        '{"a":1 }',
        '{"b":1,"a":1}',
        '{"a":1,"a":1}',
        '"\\u0061"',
        '"\\/"',
        "01",
        "-0",
        "1.0",
        "null",
        "[null]",
    ):
        with pytest.raises(verify.Refused):
            verify.parse_canonical(text)


def test_the_form_of_an_event_is_its_only_canonical_spelling() -> None:
    """``EVENT`` stands for "parse, write again, compare": what it takes, the product's own parser takes, and no line
    changed in one place is taken by the one and refused by the other."""
    line = small_case().space(11).events[2].line
    assert verify.EVENT.fullmatch(line)
    taken = 0
    for place in range(len(line)):
        for byte in (line[place] ^ 1, ord(" "), ord('"'), ord("0"), ord("9"), ord("A")):
            other = line[:place] + bytes([byte]) + line[place + 1 :]
            if verify.EVENT.fullmatch(other):
                assert canonical(parse_canonical(other)) == other
                taken += 1
            else:
                assert not parses(other)
    assert taken > 1000


def parses(line: bytes) -> bool:
    try:
        event = parse_event(line)
    except EventError:
        return False
    return event.seq >= 0
