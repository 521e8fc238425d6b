"""Where sealed objects are kept. A store sees ciphertext, sizes and random ids, never a name or a key.

An object arrives in ``incoming/`` and has its place only once it is complete and on the disk: what can be opened
is whole, and a crash leaves nothing but a file in ``incoming/`` that the next start sweeps away.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

_OBJECT_ID = re.compile(r"[0-9a-f]{32}")
_INCOMING = "incoming"
WRITE_OUT = 8 * 1024 * 1024  # bytes after which what has come is sent on to the disk


class ObjectMissing(LookupError):
    """There is no object of this id."""


class ObjectExists(Exception):
    """An object of this id is there or on its way; an object is never replaced."""


class Incoming(Protocol):
    """An object that is being written. Leaving its `with` block without `commit` leaves nothing behind."""

    size: int

    def write(self, data: bytes) -> None:
        """Append bytes."""
        ...

    def commit(self) -> None:
        """Give the object its place; when this returns it survives a crash. Raises ObjectExists."""
        ...

    def abort(self) -> None:
        """Remove what was written; after `commit` or another `abort`, nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ObjectStore(Protocol):
    """A keeper of sealed objects. An id is 32 lower-case hex digits; any other raises ValueError."""

    def begin(self, object_id: str) -> Incoming:
        """Start writing an object; ObjectExists where there is one or another writer is at it."""
        ...

    def open(self, object_id: str) -> BinaryIO:
        """The bytes, seekable, to be closed by the caller; ObjectMissing."""
        ...

    def size(self, object_id: str) -> int:
        """The number of bytes; ObjectMissing."""
        ...

    def exists(self, object_id: str) -> bool:
        """Whether the object is there, complete."""
        ...

    def delete(self, object_id: str) -> None:
        """Remove the object for good; one that is not there is no error, so that an erasure can be repeated."""
        ...

    def set_aside(self, object_id: str) -> None:
        """Take an object that no record names out of the way, without destroying it: to a restored, older database the
        exhibits filed since are unknown. One that is not there is no error."""
        ...

    def list_set_aside(self) -> Iterator[str]:
        """The ids of what was set aside, in order."""
        ...

    def delete_set_aside(self, before: datetime) -> int:
        """Remove for good what was set aside before that moment (aware), and say how much."""
        ...

    def list_ids(self) -> Iterator[str]:
        """The ids of all complete objects, in order."""
        ...

    def written_at(self, object_id: str) -> datetime:
        """When the last byte was written, aware UTC; ObjectMissing."""
        ...

    def sweep_incoming(self) -> int:
        """Remove what crashed writers left, and say how much; what is being written now stays."""
        ...


class DiskObjects:
    """An ObjectStore in a folder: 256 folders by the first two digits of the id, and `incoming/`. What is set aside
    lies in a folder beside it, `<name>-set-aside`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._aside = root.with_name(f"{root.name}-set-aside")
        self._incoming = root / _INCOMING
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)

    def begin(self, object_id: str) -> "DiskIncoming":
        place = self._place(object_id)
        if place.exists():
            raise ObjectExists(object_id)
        return DiskIncoming(self._incoming / object_id, place)

    def open(self, object_id: str) -> BinaryIO:
        try:
            return self._place(object_id).open("rb")
        except FileNotFoundError as error:
            raise ObjectMissing(object_id) from error

    def size(self, object_id: str) -> int:
        try:
            return self._place(object_id).stat().st_size
        except FileNotFoundError as error:
            raise ObjectMissing(object_id) from error

    def exists(self, object_id: str) -> bool:
        return self._place(object_id).is_file()

    def delete(self, object_id: str) -> None:
        place = self._place(object_id)
        try:
            place.unlink()
        except FileNotFoundError:
            return
        _sync_folder(place.parent)

    def set_aside(self, object_id: str) -> None:
        place = self._place(object_id)
        self._aside.mkdir(mode=0o700, exist_ok=True)
        try:
            # Its date says from now on since when it lies there; before the move, or a crash would leave the old one.
            os.utime(place)
            place.rename(self._aside / object_id)
        except FileNotFoundError:
            return
        _sync_folder(self._aside)
        _sync_folder(place.parent)

    def list_set_aside(self) -> Iterator[str]:
        if self._aside.is_dir():
            yield from sorted(file.name for file in self._aside.iterdir() if _OBJECT_ID.fullmatch(file.name))

    def delete_set_aside(self, before: datetime) -> int:
        old = [
            self._aside / name
            for name in self.list_set_aside()
            if (self._aside / name).stat().st_mtime < before.timestamp()
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def list_ids(self) -> Iterator[str]:
        for folder in sorted(self._root.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(file.name for file in folder.iterdir() if _OBJECT_ID.fullmatch(file.name))

    def written_at(self, object_id: str) -> datetime:
        try:
            return datetime.fromtimestamp(self._place(object_id).stat().st_mtime, UTC)
        except FileNotFoundError as error:
            raise ObjectMissing(object_id) from error

    def sweep_incoming(self) -> int:
        return sum(_remove_abandoned(file) for file in self._incoming.iterdir())

    def _place(self, object_id: str) -> Path:
        # The id becomes a path: nothing but hex may, or it could name a file elsewhere.
        if _OBJECT_ID.fullmatch(object_id) is None:
            raise ValueError("an object id is 32 lower-case hex digits")
        return self._root / object_id[:2] / object_id


class DiskIncoming:
    """An object being written to `path`, to be moved to `place`. Holds a lock that a sweep respects."""

    def __init__(self, path: Path, place: Path) -> None:
        self.size = 0
        self._on_its_way = 0
        self._path = path
        self._place = place
        self._file: BinaryIO | None = _create_locked(path)

    def write(self, data: bytes) -> None:
        file = self._open_file()
        self.size += file.write(data)
        if self.size - self._on_its_way >= WRITE_OUT:
            self._begin_write_out(file)

    def commit(self) -> None:
        file = self._open_file()
        file.flush()
        os.fsync(file.fileno())
        _make_folder(self._place.parent)
        if self._place.exists():
            raise ObjectExists(self._place.name)
        self._path.rename(self._place)
        self._file = None
        file.close()
        _sync_folder(self._place.parent)

    def abort(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            self._path.unlink(missing_ok=True)
            with suppress(OSError):  # what is still buffered may not fit on a full disk, and need not
                file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def _begin_write_out(self, file: BinaryIO) -> None:
        """Have the system begin to bring to the disk what has come, instead of all at the end: everything else that is
        made durable meanwhile, each message, would wait for the whole of it."""
        file.flush()
        if hasattr(os, "posix_fadvise"):  # not on macOS
            os.posix_fadvise(file.fileno(), self._on_its_way, self.size - self._on_its_way, os.POSIX_FADV_DONTNEED)
        self._on_its_way = self.size

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("the object is no longer being written")
        return self._file


def _create_locked(path: Path) -> BinaryIO:
    """A new file that only its owner reads, locked until it is closed or its process dies."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ObjectExists(path.name) from error
    file = os.fdopen(descriptor, "wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    if os.fstat(file.fileno()).st_nlink == 0:  # a sweep took it between its creation and its lock
        file.close()
        return _create_locked(path)
    return file


def _remove_abandoned(file: Path) -> bool:
    try:
        descriptor = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its writer may have given it its place, or given it up, since the folder was read.
        if not file.exists() or not os.path.samestat(os.fstat(descriptor), file.stat()):
            return False
        file.unlink()
    except (BlockingIOError, FileNotFoundError):
        return False
    finally:
        os.close(descriptor)
    return True


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
