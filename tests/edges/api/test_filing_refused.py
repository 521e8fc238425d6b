"""What is not filed: refused before it is read where that is possible, and never leaving anything behind."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from caseroom.app import create_app
from caseroom.exhibits import receiving
from tests.caller import BOUNDARY, Caller, form, part

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n" + b"x" * 200
PROGRAM = Path(sys.executable).resolve().read_bytes()[:100_000]
WHOLE = form(part("title", "Plan"), part("file", PDF, "a.pdf"))


@pytest.fixture
def small(house):
    """The application with a limit of 64 KiB for an exhibit."""
    return create_app(
        replace(house.settings, async_mode="threading", max_exhibit_bytes=64 * 1024), database=house.database
    )


@pytest.mark.parametrize("stated", [None, '"old"', "*"])
def test_readers_are_checked_before_a_byte_is_read(standing, ada, refused, remains, stated):
    before = remains()
    answer = ada.announce(standing["joint"], 1000, **({"If_Match": stated} if stated else {}))
    if stated is None:
        refused(answer, 428, "audience_required")
    else:
        assert refused(answer, 412, "audience_changed")["readers"]
    assert remains() == before


def test_a_hidden_room_takes_nothing_and_is_as_absent_as_any(standing, bruno, refused, remains):
    before = remains()
    rooms = (standing["team:0"], standing["caucus:0"], "0" * 32, "x")
    answers = [bruno.announce(room, 1000, If_Match='"x"') for room in rooms]
    refused(answers[0], 404, "not_found")
    assert {answer.data for answer in answers} == {answers[0].data}
    assert remains() == before


@pytest.mark.parametrize("kind", ["application/json", "application/pdf", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_not_taken(standing, ada, refused, kind):
    refused(ada.send(standing["joint"], PDF, kind=kind), 415, "multipart_expected")


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=\xe9", '; boundary="', "; boundary=another"])
def test_a_form_without_its_boundary_is_malformed(standing, ada, refused, boundary):
    refused(ada.send(standing["joint"], WHOLE, kind=f"multipart/form-data{boundary}"), 400, "malformed_upload")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "file_required"),
        ([part("title", "No file")], "file_required"),
        ([part("file", b"", "")], "file_required"),
        ([part("file", "a text")], "file_required"),
        ([part("file", PDF, "a.pdf"), part("file", PDF, "b.pdf")], "one_file_per_request"),
        ([part("file", b"", "a.pdf")], "empty_file"),
        ([part("file", PDF, "../a.pdf")], "bad_filename"),
        ([part("file", PDF, "C:\\\\a.pdf")], "bad_filename"),
        ([part("file", PDF, "invoice\u202efdp.exe")], "bad_filename"),
        ([part("file", PDF, "a\u0007.pdf")], "bad_filename"),
        ([part("file", PDF, "x" * 300 + ".pdf")], "bad_filename"),
        ([part("file", PDF, "   ")], "bad_filename"),
        ([part("file", PDF, "a.exe")], "refused_type"),
        ([part("file", PROGRAM, "a.pdf")], "refused_type"),
        ([part("file", b"#!/bin/sh\nrm -rf /\n", "notes.txt")], "refused_type"),
    ],
)
def test_what_is_no_exhibit_is_refused_and_leaves_nothing(standing, ada, given, refused, remains, parts, code):
    before, head = remains(), given(ada.get(f"/rooms/{standing['joint']}"))["head"]
    refused(ada.file(standing["joint"], *parts), 422, code)
    assert remains() == before
    assert given(ada.get(f"/rooms/{standing['joint']}"))["head"] == head


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ([part("titel", "Typo")], {"titel": "unknown_field"}),
        ([part("attachment", PDF, "b.pdf")], None),
        ([part("title", "a\nb")], {"title": "control_characters"}),
        ([part("title", "x" * 201)], {"title": "too_long"}),
        ([part("title", "x" * 20_000)], {"title": "too_long"}),
        ([part("title", b"\xff")], {"title": "bad_unicode"}),
        ([part("title", "A"), part("title", "B")], {"title": "unknown_field"}),
        ([part("size", "many")], {"size": "wrong_type"}),
        ([part("size", "-1")], {"size": "wrong_type"}),
        ([part("size", "")], {"size": "wrong_type"}),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_wrong_field_is_named_wherever_it_stands(standing, ada, refused, remains, wrong, fields, first):
    before = remains()
    parts = [*wrong, part("file", PDF, "a.pdf")] if first else [part("file", PDF, "a.pdf"), *wrong]
    answer = ada.file(standing["joint"], *parts)
    if fields is None:
        assert answer.status_code == 422
        assert answer.get_json()["code"] == ("invalid" if first else "one_file_per_request")
    else:
        refused(answer, 422, "invalid", **fields)
    assert remains() == before


@pytest.mark.parametrize(
    "parts",
    [
        [part("size", "7"), part("file", PDF, "a.pdf")],
        [part("file", PDF, "a.pdf"), part("size", str(len(PDF) + 1))],
        [part("file", PDF, "a.pdf", "Content-Length: 7")],
        [part("file", PDF, "a.pdf", f"Content-Length: {len(PDF)}"), part("size", "0")],
    ],
)
def test_a_size_that_lies_is_refused(standing, ada, given, refused, remains, parts):
    before = remains()
    refused(ada.file(standing["joint"], *parts), 400, "size_mismatch")
    assert remains() == before
    honest = [part("size", str(len(PDF))), part("file", PDF, "a.pdf", f"Content-Length: {len(PDF)}")]
    given(ada.file(standing["joint"], *honest), 201)


@pytest.mark.parametrize("length", range(0, len(WHOLE) - 4, 7))
def test_a_body_that_was_cut_leaves_nothing(standing, ada, refused, remains, length):
    before = remains()
    refused(ada.send(standing["joint"], WHOLE[:length]), 400, "malformed_upload")
    assert remains() == before


def test_a_body_shorter_than_announced_leaves_nothing(standing, ada, given, refused, remains):
    before = remains()
    refused(ada.send(standing["joint"], WHOLE, length=len(WHOLE) + 1), 400, "malformed_upload")
    assert remains() == before
    given(ada.send(standing["joint"], WHOLE), 201)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        b"x" * 200_000,
        f"--{BOUNDARY}\r\n\r\n".encode() + PDF + f"\r\n--{BOUNDARY}--\r\n".encode(),
        form(part("file", PDF, "a.pdf").replace(b"form-data", b"form-data" + b"; x=y" * 20_000)),
        form(part("file", PDF, "a.pdf", "Content-Length: many")),
        form(part("file", PDF, "a.pdf")).replace(b'filename="a.pdf"', b'filename="\xff.pdf"'),
        WHOLE + b"x" * 200_000,
    ],
    ids=["empty", "no form", "long and no form", "unnamed", "endless header", "length of a part", "bad utf-8", "tail"],
)
def test_what_is_no_form_is_malformed_and_leaves_nothing(standing, ada, refused, remains, body):
    before = remains()
    refused(ada.send(standing["joint"], body), 400, "malformed_upload")
    assert remains() == before


def test_a_body_announced_as_too_large_is_refused_before_it_is_read(standing, small, ada, refused, remains):
    before = remains()
    program = Caller(small, **ada.headers)
    room, beyond = standing["joint"], 64 * 1024 + receiving.ENVELOPE + 1
    answer = program.announce(room, beyond, If_Match=program.audience(room))
    assert refused(answer, 413, "too_large")["largest"] == 64 * 1024
    assert answer.headers["Connection"] == "close"
    assert remains() == before


def test_a_file_beyond_the_limit_is_refused_at_the_limit(
    house, standing, small, ada, given, refused, remains, monkeypatch
):
    limits = replace(house.settings, max_exhibit_bytes=64 * 1024)
    monkeypatch.setitem(house.database._tools, type(limits), limits)
    program, before = Caller(small, **ada.headers), remains()
    data = b"x" * (64 * 1024)
    problem = refused(program.file(standing["joint"], part("file", data + b"x", "a.txt")), 413, "too_large")
    assert problem["largest"] == 64 * 1024
    announced = [part("size", str(64 * 1024 + 1)), part("file", data, "a.txt")]
    refused(program.file(standing["joint"], *announced), 413, "too_large")
    assert remains() == before
    assert given(program.file(standing["joint"], part("file", data, "a.txt")), 201)["size"] == 64 * 1024
