"""Taking a copy of an exhibit: as a file and never as a page, whole or by range, and written down."""

from __future__ import annotations

import hashlib

import pytest

from caseroom.exhibits.sending import attachment
from tests.caller import part

DATA = bytes(reversed(range(256))) * 300 + b"end"
SIZE = len(DATA)


@pytest.fixture(scope="module")
def path(house, standing):
    """An exhibit of Ada's in the joint room."""
    exhibit = house.file("ada", standing["joint"], "Relevé d’heures.bin", DATA)
    return f"/exhibits/{exhibit.facts.id}/content"


def downloads(caller, room):
    entries = caller.get(f"/rooms/{room}/entries").get_json()["items"]
    return [entry for entry in entries if entry["kind"] == "exhibit.downloaded"]


def test_a_copy_is_the_bytes_that_were_filed_as_an_attachment_in_a_sandbox(path, bruno):
    answer = bruno.get(path)
    assert (answer.status_code, answer.data) == (200, DATA)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Length"] == str(SIZE)
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["ETag"] == f'"{hashlib.sha256(DATA).hexdigest()}"'


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("page.html", b"<!DOCTYPE html><html><script>alert(1)</script></html>", "text/html"),
        ("notes.txt", "déjà vu".encode("latin-1"), "text/plain"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "image/svg+xml"),
    ],
)
def test_a_text_is_given_under_its_type_without_a_guess_at_its_characters(standing, ada, name, content, kind):
    filed = ada.file(standing["joint"], part("file", content, name)).get_json()
    answer = ada.get(f"/exhibits/{filed['id']}/content")
    assert answer.headers["Content-Type"] == kind == filed["type"]
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.data == content


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        ("Pièce n° 4.pdf", "attachment; filename=\"Piece n 4.pdf\"; filename*=UTF-8''Pi%C3%A8ce%20n%C2%B0%204.pdf"),
        ('a"b;c%20.pdf', "attachment; filename=\"a_b_c_20.pdf\"; filename*=UTF-8''a%22b%3Bc%2520.pdf"),
        ("文書.pdf", "attachment; filename=\"exhibit.pdf\"; filename*=UTF-8''%E6%96%87%E6%9B%B8.pdf"),
        ("文書", "attachment; filename=\"exhibit\"; filename*=UTF-8''%E6%96%87%E6%9B%B8"),
        ("README", "attachment; filename=\"README\"; filename*=UTF-8''README"),
    ],
)
def test_the_name_survives_in_utf_8_with_a_plain_one_for_old_programs(name, value):
    assert attachment(name) == value


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, SIZE),
        ("bytes=10-19", 10, 20),
        ("bytes=16383-16384", 16383, 16385),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        (f"bytes=5-{SIZE + 100}", 5, SIZE),
        ("bytes=-3", SIZE - 3, SIZE),
        (f"bytes=-{SIZE + 7}", 0, SIZE),
        ("BYTES= 1-2 ", 1, 3),
    ],
)
def test_one_range_is_given(path, bruno, asked, start, end):
    answer = bruno.get(path, Range=asked)
    assert (answer.status_code, answer.data) == (206, DATA[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["Content-Length"] == str(end - start)
    assert answer.headers["ETag"] == f'"{hashlib.sha256(DATA).hexdigest()}"'


NOT_THERE = [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0", f"bytes={'9' * 90}-"]
NOT_ONE = ["bytes=0-1,5-6", "bytes=0-1, 2-3", "bytes=5-2", "bytes=-", "bytes=", "bytes=x-"]
NOT_ONE += ["bytes=+1-2", "lines=0-1", "0-1", ""]


@pytest.mark.parametrize("asked", NOT_THERE)
def test_a_part_that_is_not_there_is_refused_with_the_size(path, bruno, refused, asked):
    answer = bruno.get(path, Range=asked)
    assert refused(answer, 416, "range_not_satisfiable")["size"] == SIZE
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("asked", NOT_ONE)
def test_several_ranges_and_what_is_no_range_get_the_whole(path, bruno, asked):
    answer = bruno.get(path, Range=asked)
    assert (answer.status_code, len(answer.data)) == (200, SIZE)
    assert "Content-Range" not in answer.headers


def test_a_range_of_another_version_gets_the_whole(path, bruno):
    etag = bruno.get(path).headers["ETag"]
    assert bruno.get(path, Range="bytes=0-0", If_Range=etag).status_code == 206
    for other in ('"old"', f"W/{etag}", "Sat, 21 Nov 2026 10:00:00 GMT", etag.strip('"')):
        assert bruno.get(path, Range="bytes=0-0", If_Range=other).status_code == 200


def test_who_has_the_bytes_is_not_sent_them_again(standing, path, ada, bruno):
    etag = bruno.get(path).headers["ETag"]
    before = len(downloads(ada, standing["joint"]))
    answer = bruno.get(path, If_None_Match=etag)
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
    assert len(downloads(ada, standing["joint"])) == before
    assert bruno.get(path, If_None_Match='"other"').status_code == 200


def test_head_tells_and_sends_nothing(standing, path, ada, bruno):
    before = len(downloads(ada, standing["joint"]))
    for headers in ({}, {"Range": "bytes=0-0"}):
        answer = bruno.ask("HEAD", path, headers=headers)
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["Content-Length"] == str(SIZE)
        assert answer.headers["Accept-Ranges"] == "bytes"
    assert len(downloads(ada, standing["joint"])) == before


def test_a_copy_taken_by_a_recipient_is_written_down_and_the_filers_own_is_not(house, mediation, ada, bruno, given):
    room = mediation["joint"]
    exhibit = house.file("ada", room, "a.txt", b"Hello")
    given_path = f"/exhibits/{exhibit.facts.id}/content"
    assert ada.get(given_path).data == b"Hello"
    assert downloads(ada, room) == []
    assert bruno.get(given_path).data == b"Hello"
    (taken,) = downloads(ada, room)
    assert taken["author"]["name"] == "Bruno Marchettino"


def test_the_first_bytes_a_person_takes_are_a_download_wherever_they_begin_and_the_rest_is_none(
    house, mediation, ada, bruno
):
    room = mediation["joint"]
    exhibit = house.file("ada", room, "a.txt", b"Hello")
    path = f"/exhibits/{exhibit.facts.id}/content"
    assert bruno.get(path, Range="bytes=99-").status_code == 416
    assert downloads(ada, room) == [], "nothing was taken"
    assert bruno.get(path, Range="bytes=1-").data == b"ello"
    assert len(downloads(ada, room)) == 1, "all but the first byte is a copy"
    assert bruno.get(path, Range="bytes=2-").data == b"llo"
    assert len(downloads(ada, room)) == 1, "the rest of a copy is no second one"
    assert bruno.get(path, Range="bytes=0-1").data == b"He"
    assert len(downloads(ada, room)) == 2


def test_the_download_is_written_before_the_bytes_leave(house, mediation, app, ada, bruno):
    """A reader that goes away at once has been noted all the same, and the file is closed."""
    exhibit = house.file("ada", mediation["joint"], "a.bin", b"x" * 2_000_000)
    answer = bruno.get(f"/exhibits/{exhibit.facts.id}/content")
    assert len(downloads(ada, mediation["joint"])) == 1
    assert next(answer.iter_encoded())
    answer.close()


def test_an_exhibit_of_another_room_is_absent(house, standing, ada, bruno, otto, refused):
    exhibit = house.file("ada", standing["team:0"], "a.txt", b"Between us")
    for part_of_it in ("", "/content"):
        absent = bruno.get(f"/exhibits/{'0' * 32}{part_of_it}")
        refused(absent, 404, "not_found")
        for person in (bruno, otto):
            hidden = person.get(f"/exhibits/{exhibit.facts.id}{part_of_it}")
            assert (hidden.status_code, hidden.data) == (404, absent.data)
        assert bruno.get(f"/exhibits/x{part_of_it}").data == absent.data
        assert ada.get(f"/exhibits/{exhibit.facts.id}{part_of_it}").status_code == 200


def test_an_entry_that_is_no_exhibit_is_no_exhibit(house, standing, ada, refused):
    message = house.say("ada", standing["joint"], "Hello")
    refused(ada.get(f"/exhibits/{message.id}"), 404, "not_found")
    refused(ada.get(f"/exhibits/{message.id}/content"), 404, "not_found")


def test_the_pages_link_gives_the_same_answer(path, page, bruno):
    browser = page("bruno")
    answer = browser.client.get(path, headers={"Range": "bytes=0-9"})
    program = bruno.get(path, Range="bytes=0-9")
    assert (answer.status_code, answer.data) == (206, program.data)
    names = ("Content-Type", "Content-Disposition", "Content-Security-Policy", "Content-Range", "ETag")
    assert [answer.headers[name] for name in names] == [program.headers[name] for name in names]
