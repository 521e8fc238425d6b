"""What may stand in a line and in a text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseroom.cases.text import BIDI, clean_line, clean_text
from caseroom.errors import Invalid


def code(check, *args, **options):
    with pytest.raises(Invalid) as refused:
        check("field", *args, **options)
    (error,) = refused.value.data["errors"]
    assert error["field"] == "field"
    return error["code"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Dupont et fils  ", "Dupont et fils"),
        ("e\u0301te\u0301", "été"),
        ("a\u00a0b", "a\u00a0b"),
        ("नेपाल\u200d", "नेपाल\u200d"),
        ("👩\u200d⚖\ufe0f", "👩\u200d⚖\ufe0f"),
        ("עברית", "עברית"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_line_is_kept_trimmed_and_composed(typed, kept):
    assert clean_line("field", typed) == kept


@pytest.mark.parametrize("typed", ["", " ", "\u00a0", "\u2003", "\u200b", "\u200d\u2060", "\ufeff", "\u00ad"])
def test_a_line_in_which_nothing_is_seen_is_empty(typed):
    assert code(clean_line, typed) == "empty"
    assert code(clean_text, typed, longest=10) == "empty"


@pytest.mark.parametrize("sign", sorted(BIDI))
def test_a_line_never_turns_the_reading_direction(sign):
    assert code(clean_line, f"facture{sign}fdp.exe") == "control_characters"


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\t", "\n", "\r", "\x7f", "\x85", "\u2028", "\u2029"])
def test_a_line_is_one_line(sign):
    assert code(clean_line, f"a{sign}b") == "control_characters"


@pytest.mark.parametrize("typed", [None, 7, True, b"bytes", ["list"]])
def test_what_is_no_text_is_of_the_wrong_type(typed):
    assert code(clean_line, typed) == code(clean_text, typed, longest=10) == "wrong_type"


def test_half_of_a_character_is_bad_unicode():
    assert code(clean_line, "a\ud83d") == code(clean_text, "a\udc00", longest=10) == "bad_unicode"


def test_length_is_counted_in_characters_after_trimming_and_composing():
    assert code(clean_line, "x" * 201) == "too_long"
    assert clean_line("field", " " * 50 + "e\u0301" * 200) == "é" * 200
    assert code(clean_line, "xxxx", longest=3) == "too_long"
    assert clean_text("field", "\r\n" * 3 + "x", longest=4) == "\n\n\nx"
    assert code(clean_text, "x" * 11, longest=10) == "too_long"


def test_a_character_newer_than_this_server_is_a_character():
    unassigned = next(chr(number) for number in range(0x1FA00, 0x1FAFF) if unicodedata.category(chr(number)) == "Cn")
    assert clean_text("field", unassigned, longest=10) == unassigned


@given(typed=st.text(alphabet=st.characters(), max_size=30))
def test_a_line_that_was_kept_is_kept_again_as_it_is(typed):
    try:
        kept = clean_line("field", typed, longest=20)
    except Invalid:
        return
    assert clean_line("field", kept, longest=20) == kept
    assert 1 <= len(kept) <= 20
    assert kept.encode().decode() == kept
    assert len(kept.splitlines()) == 1
