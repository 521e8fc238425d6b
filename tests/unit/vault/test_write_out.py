"""A large object goes to the disk while it arrives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from caseroom.vault import objects
from caseroom.vault.objects import DiskObjects

OBJECT_ID = "a" * 32


def test_what_has_come_is_sent_on_to_the_disk_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(objects, "WRITE_OUT", 100)
    advise = {
        "posix_fadvise": lambda _fd, start, length, _advice: sent.append((start, length)),
        "POSIX_FADV_DONTNEED": 4,
    }
    for name, stand_in in advise.items():  # macOS has neither
        monkeypatch.setattr(os, name, stand_in, raising=False)
    with DiskObjects(tmp_path).begin(OBJECT_ID) as incoming:
        for _ in range(7):
            incoming.write(bytes(60))
    assert sent == [(0, 120), (120, 120), (240, 120)]


def test_an_object_that_was_sent_on_in_parts_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "WRITE_OUT", 1000)
    store, content = DiskObjects(tmp_path), os.urandom(10_007)
    with store.begin(OBJECT_ID) as incoming:
        for start in range(0, len(content), 77):
            incoming.write(content[start : start + 77])
        incoming.commit()
    with store.open(OBJECT_ID) as stored:
        assert stored.read() == content
