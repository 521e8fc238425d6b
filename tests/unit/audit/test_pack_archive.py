"""The zip that is written while it is sent, read back."""

import hashlib
import io
import zipfile

import pytest

from caseroom.audit.pack.archive import READY, Archive

MEMBERS = {
    "case/vkey": b"key\n",
    "spaces/3/events.jsonl": b'{"a":1}\n' * 50_000,
    "spaces/3/files/" + "0" * 64: bytes(range(256)) * 4096,
    "empty.jsonl": b"",
}


def pieces(data, step=10_000):
    return (data[start : start + step] for start in range(0, len(data), step))


def written(members, **options):
    archive, parts = Archive(), []
    for path, data in members.items():
        parts += archive.add(path, pieces(data), stored=path.startswith("case/"), **options)
    parts += archive.finish()
    return archive, parts


@pytest.mark.parametrize("largest", [0, 3 * 2**30])
def test_what_was_written_is_read_back_also_where_the_sizes_are_made_wide(largest):
    archive, parts = written(MEMBERS, largest=largest)
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == MEMBERS
        assert {each.date_time for each in read.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert read.getinfo("case/vkey").compress_type == zipfile.ZIP_STORED
        assert read.getinfo("spaces/3/events.jsonl").compress_type == zipfile.ZIP_DEFLATED
    assert archive.digests == {path: hashlib.sha256(data).hexdigest() for path, data in MEMBERS.items()}


def test_the_same_content_gives_the_same_bytes():
    assert b"".join(written(MEMBERS)[1]) == b"".join(written(MEMBERS)[1])


def test_bytes_are_handed_on_while_a_member_is_written():
    archive = Archive()
    taken = []

    def source():
        for _ in range(40):
            taken.append(READY)
            yield bytes(READY)

    sent = 0
    for piece in archive.add("files/x", source(), stored=True):
        sent += len(piece)
        assert sum(taken) - sent <= 2 * READY
    assert sent > 38 * READY


def test_a_path_twice_is_refused():
    archive = Archive()
    list(archive.add("a", [b"1"]))
    with pytest.raises(ValueError, match="twice"):
        list(archive.add("a", [b"2"]))
