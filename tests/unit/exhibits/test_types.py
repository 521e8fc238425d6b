"""What a file is, what its name promises, and which are never taken."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseroom.errors import Invalid
from caseroom.exhibits.types import LONGEST_NAME, REFUSED_ENDINGS, check_filename, find_type

PDF = b"%PDF-1.7\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0"
WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x44\xac\0\0\x88\x58\1\0\2\0\x10\0data\0\0\0\0"


def office(kind):
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{kind}/document.xml", "<x/>")
    return data.getvalue()


def refused(call, *args):
    with pytest.raises(Invalid) as error:
        call(*args)
    return error.value.code, error.value.data


@pytest.mark.parametrize("ending", sorted(REFUSED_ENDINGS))
@pytest.mark.parametrize("shape", ["x.{}", "x.{}.", "x.{} ", "x.{} . .", "X.pdf.{}", ".{}"])
def test_no_name_that_a_system_would_run_is_taken_however_it_ends(ending, shape):
    for spelled in (ending, ending.upper(), ending.title()):
        assert refused(check_filename, shape.format(spelled)) == ("refused_type", {"found": ending})


@pytest.mark.parametrize(
    "name", ["exe", "notes about sh", "x.exe.txt", "x.shtml", "a.b", "e.x.e", "bat", "com", "rapport"]
)
def test_a_name_that_only_looks_like_a_program_is_taken(name):
    assert check_filename(name) == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (None, "empty"),
        (b"a.pdf", "empty"),
        ("", "empty"),
        ("\u00a0", "empty"),
        ("\u200b", "empty"),
        ("/etc/passwd", "path"),
        ("a/b.pdf", "path"),
        ("a\\b.pdf", "path"),
        (".", "path"),
        ("..", "path"),
        ("a\rb.pdf", "control_characters"),
        ("a\u202eb.pdf", "control_characters"),
        ("a\u2029b.pdf", "control_characters"),
        ("a\ud800.pdf", "control_characters"),
        ("a" * (LONGEST_NAME + 1), "too_long"),
    ],
)
def test_a_bad_name_is_refused_with_what_is_bad_about_it(name, why):
    assert refused(check_filename, name) == ("bad_filename", {"why": why})


def test_a_name_is_kept_trimmed_and_composed():
    assert check_filename("  e\u0301te\u0301.pdf ") == "été.pdf"
    assert len(check_filename("é" * LONGEST_NAME)) == LONGEST_NAME


@pytest.mark.parametrize(
    ("head", "name", "found", "mismatch"),
    [
        (PDF, "a.pdf", "application/pdf", False),
        (PDF, "a.PDF", "application/pdf", False),
        (PDF, "a.docx", "application/pdf", True),
        (PDF, "a.jpg", "application/pdf", True),
        (PDF, "sans-extension", "application/pdf", False),
        (PNG, "a.png", "image/png", False),
        (PNG, "a.jpeg", "image/png", True),
        (b"Bonjour", "a.txt", "text/plain", False),
        (b"a;b\n1;2\n", "a.csv", "text/plain", False),
        (b"Bonjour", "a.pdf", "text/plain", True),
        (WAV, "a.wav", "audio/x-wav", False),
    ],
)
def test_the_bytes_say_the_type_and_the_name_is_compared_with_it(head, name, found, mismatch):
    kind = find_type(head, name)
    assert (kind.found, kind.mismatch) == (found, mismatch)


@pytest.mark.parametrize("name", ["contrat.docx", "contrat.odt"])
def test_an_office_document_that_the_library_calls_a_zip_is_no_mismatch(name):
    assert not find_type(office("word"), name).mismatch


@pytest.mark.parametrize(
    "head",
    [
        b"#!/usr/bin/env python3\nprint(1)\n",
        b"#!x",
        b"<?php system($_GET['c']); ?>",
        b"@echo off\r\ndel /q *\r\n",
        b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100),
        b"\xcf\xfa\xed\xfe\7\0\0\1\3\0\0\0\2\0\0\0" + bytes(100),
    ],
)
@pytest.mark.parametrize("name", ["facture.pdf", "facture"])
def test_a_program_or_script_is_refused_under_whatever_name(head, name):
    code, data = refused(find_type, head, name)
    assert code == "refused_type"
    assert data["found"]


@given(name=st.text(min_size=1, max_size=40))
def test_a_name_that_is_taken_is_one_bare_visible_line(name):
    try:
        kept = check_filename(name)
    except Invalid:
        return
    assert kept.strip() == kept
    assert "/" not in kept
    assert "\\" not in kept
    assert len(kept.splitlines()) == 1
    assert check_filename(kept) == kept
