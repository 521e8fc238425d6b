"""What every object store promises, and what the one on disk promises about a crash.

A new store joins by a line in `STORES`.
"""

import multiprocessing
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from caseroom.vault.objects import DiskObjects, ObjectExists, ObjectMissing, ObjectStore

STORES: dict[str, Callable[[Path], ObjectStore]] = {"disk": DiskObjects}

FIRST = "00" * 16
SECOND = "ab" * 16


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return STORES[request.param](tmp_path / "objects")


def keep(store: ObjectStore, object_id: str, content: bytes) -> None:
    with store.begin(object_id) as incoming:
        incoming.write(content)
        incoming.commit()


def content_of(store: ObjectStore, object_id: str) -> bytes:
    with store.open(object_id) as file:
        return file.read()


def test_a_committed_object_is_read_whole_and_in_part(store: ObjectStore) -> None:
    with store.begin(FIRST) as incoming:
        incoming.write(b"sealed ")
        incoming.write(b"bytes")
        assert incoming.size == 12
        incoming.commit()
    assert content_of(store, FIRST) == b"sealed bytes"
    assert store.size(FIRST) == 12
    assert abs(datetime.now(UTC) - store.written_at(FIRST)) < timedelta(minutes=1)
    with store.open(FIRST) as file:
        file.seek(7)
        assert file.read(3) == b"byt"


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    keep(store, FIRST, b"")
    assert (store.exists(FIRST), store.size(FIRST)) == (True, 0)


def test_an_object_is_not_there_before_it_is_committed(store: ObjectStore) -> None:
    with store.begin(FIRST) as incoming:
        incoming.write(b"bytes")
        assert not store.exists(FIRST)
        assert list(store.list_ids()) == []
        with pytest.raises(ObjectMissing):
            store.open(FIRST)
        incoming.commit()
    assert store.exists(FIRST)


def test_an_upload_that_breaks_leaves_nothing_and_may_be_tried_again(store: ObjectStore) -> None:
    def break_off() -> None:
        with store.begin(FIRST) as incoming:
            incoming.write(b"half")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        break_off()
    assert not store.exists(FIRST)
    assert store.sweep_incoming() == 0
    keep(store, FIRST, b"whole")
    assert content_of(store, FIRST) == b"whole"


def test_an_upload_that_is_left_without_commit_leaves_nothing(store: ObjectStore) -> None:
    with store.begin(FIRST) as incoming:
        incoming.write(b"half")
    assert not store.exists(FIRST)
    assert store.sweep_incoming() == 0


def test_an_abort_after_the_commit_takes_nothing_back(store: ObjectStore) -> None:
    with store.begin(FIRST) as incoming:
        incoming.write(b"bytes")
        incoming.commit()
        incoming.abort()
    incoming.abort()
    assert content_of(store, FIRST) == b"bytes"


def test_an_object_that_was_given_up_or_committed_takes_no_more(store: ObjectStore) -> None:
    for object_id, end in ((FIRST, "abort"), (SECOND, "commit")):
        incoming = store.begin(object_id)
        getattr(incoming, end)()
        with pytest.raises(ValueError, match="no longer"):
            incoming.write(b"more")
        with pytest.raises(ValueError, match="no longer"):
            incoming.commit()


def test_an_object_is_never_replaced(store: ObjectStore) -> None:
    keep(store, FIRST, b"first")
    with pytest.raises(ObjectExists):
        store.begin(FIRST)
    assert content_of(store, FIRST) == b"first"


def test_an_object_has_one_writer_at_a_time(store: ObjectStore) -> None:
    with store.begin(FIRST) as incoming:
        with pytest.raises(ObjectExists):
            store.begin(FIRST)
        incoming.write(b"bytes")
        incoming.commit()
    assert content_of(store, FIRST) == b"bytes"


def test_a_deleted_object_is_gone_and_deleting_it_again_is_no_error(store: ObjectStore) -> None:
    keep(store, FIRST, b"bytes")
    keep(store, SECOND, b"kept")
    store.delete(FIRST)
    store.delete(FIRST)
    assert not store.exists(FIRST)
    with pytest.raises(ObjectMissing):
        store.open(FIRST)
    with pytest.raises(ObjectMissing):
        store.written_at(FIRST)
    with pytest.raises(ObjectMissing):
        store.size(FIRST)
    assert list(store.list_ids()) == [SECOND]


def test_the_ids_of_complete_objects_are_listed_in_order(store: ObjectStore) -> None:
    ids = [f"{number:032x}" for number in (2**127, 5, 2**120, 0)]
    for object_id in ids:
        keep(store, object_id, b"bytes")
    assert list(store.list_ids()) == sorted(ids)


def test_an_object_being_written_is_not_swept_away(store: ObjectStore) -> None:
    with store.begin(FIRST) as incoming:
        incoming.write(b"bytes")
        assert store.sweep_incoming() == 0
        incoming.commit()
    assert content_of(store, FIRST) == b"bytes"


@pytest.mark.parametrize(
    "object_id",
    [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "AB" * 16,
        "ab" * 15,
        "ab" * 17,
        "ab" * 15 + "/a",
        "ab" * 16 + "\n",
        "ab" * 15 + "\x00a",
        "٠" * 32,
        "incoming",
    ],
)
def test_an_id_that_is_not_32_hex_digits_never_becomes_a_path(store: ObjectStore, object_id: str) -> None:
    for call in (store.begin, store.open, store.size, store.exists, store.delete, store.written_at):
        with pytest.raises(ValueError, match="32 lower-case hex"):
            call(object_id)


def _die_while_writing(root: Path) -> None:
    incoming = DiskObjects(root).begin(FIRST)
    incoming.write(b"half")
    os._exit(9)


def test_what_a_killed_writer_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "objects"
    store = DiskObjects(root)
    keep(store, SECOND, b"kept")
    process = multiprocessing.get_context("spawn").Process(target=_die_while_writing, args=(root,))
    process.start()
    process.join()
    assert process.exitcode == 9
    assert [file.name for file in (root / "incoming").iterdir()] == [FIRST]
    with store.begin("cd" * 16) as alive:
        assert store.sweep_incoming() == 1
        alive.commit()
    assert list(store.list_ids()) == [SECOND, "cd" * 16]
    keep(store, FIRST, b"whole")
    assert content_of(store, FIRST) == b"whole"


def test_an_object_reaches_the_disk_before_it_has_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DiskObjects(tmp_path)
    keep(store, "ab" + "00" * 15, b"makes the folder")
    steps: list[str] = []
    real_fsync, real_rename = os.fsync, Path.rename

    def fsync(descriptor: int) -> None:
        steps.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        real_fsync(descriptor)

    def rename(path: Path, target: Path) -> Path:
        steps.append("rename")
        return real_rename(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", rename)
    keep(store, SECOND, b"bytes")
    assert steps == ["sync file", "rename", "sync folder"]


def test_nobody_else_may_read_what_is_stored_on_disk(tmp_path: Path) -> None:
    store = DiskObjects(tmp_path / "objects")
    keep(store, FIRST, b"bytes")
    with store.begin(SECOND) as incoming:
        paths = [path for path in (tmp_path / "objects").rglob("*") if path.name in (FIRST, SECOND)]
        assert len(paths) == 2
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in paths)
        incoming.abort()
