"""Zips made to do harm: to the memory, the time or the trust of whoever checks them. Each maker writes one file."""

from __future__ import annotations

import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

MANIFEST = b'{"at":"2026-11-22T08:00:00.000Z","case":"%s","exporter":"%s","files":{},"v":"caseroom/v1/pack"}\n' % (
    b"0" * 32,
    b"1" * 32,
)
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"

Maker = Callable[[Path], None]


@contextmanager
def archive(path: Path, manifest: bytes = MANIFEST) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("manifest.json", manifest)
        yield made


def filled(path: Path, name: str, piece: bytes, times: int, *, manifest: bytes = MANIFEST) -> None:
    """A member of one piece again and again: large when it is read, small in the zip."""
    with archive(path, manifest) as made, made.open(name, "w", force_zip64=True) as member:
        for _ in range(times):
            member.write(piece)


def by_hand(
    path: Path, entries: int, *, name: Callable[[int], bytes], stored: bytes = b"", shared: bool = False
) -> None:
    """A zip written without a library: ``entries`` members; ``shared`` where all are the same bytes."""
    directory, body = bytearray(), bytearray()
    total = zlib.crc32(stored)
    for number in range(entries):
        title = name(number)
        at = 0 if shared else len(body)
        if not shared or not body:
            body += LOCAL + struct.pack("<5H3L2H", 20, 0, 0, 0, 0, total, len(stored), len(stored), len(title), 0)
            body += title + stored
        directory += CENTRAL + struct.pack(
            "<6H3L5H2L", 20, 20, 0, 0, 0, 0, total, *[len(stored)] * 2, len(title), *[0] * 4, 0, at
        )
        directory += title
    count = min(entries, 0xFFFF)
    tail = b""
    if entries > 0xFFFF:  # zip64
        where = len(body) + len(directory)
        tail = b"PK\x06\x06" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, entries, entries, len(directory), len(body))
        tail += b"PK\x06\x07" + struct.pack("<LQL", 0, where, 1)
    end = END + struct.pack("<4H2LH", 0, 0, count, count, min(len(directory), 0xFFFFFFFF), len(body), 0)
    path.write_bytes(bytes(body) + bytes(directory) + tail + end)


def of_names(path: Path, names: list[bytes], *, utf8: bool) -> None:
    """Members with names of any bytes, said to be UTF-8 or not."""
    by_hand(path, len(names), name=lambda number: names[number], stored=b"x")
    if utf8:
        data = bytearray(path.read_bytes())
        at = data.find(CENTRAL)
        while at >= 0:
            data[at + 9] |= 0x08
            at = data.find(CENTRAL, at + 4)
        path.write_bytes(data)


def lied(data: bytes, chance: random.Random) -> bytes:
    """A number of a header, of the directory or of its end, said to be another."""
    made = bytearray(data)
    marks = [mark for mark in (LOCAL, CENTRAL, END) if mark in data]
    mark = chance.choice(marks)
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 4)
    place = chance.choice(found) + chance.randrange(4, {LOCAL: 30, CENTRAL: 46, END: 22}[mark] - 1)
    width = chance.choice((1, 2, 4))
    number = chance.choice((0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, chance.randrange(2**32)))
    made[place : place + width] = (number % 256**width).to_bytes(width, "little")
    return bytes(made[: len(data)])


def with_zip64_extra(path: Path, *, size: int) -> None:
    """A member whose true size is said to stand in an extra field, where a lie stands."""
    info = zipfile.ZipInfo("README.txt")
    with archive(path) as made:
        made.writestr(info, b"x" * 100)
    data = bytearray(path.read_bytes())
    at = data.rindex(CENTRAL)
    title = struct.unpack_from("<H", data, at + 28)[0]
    extra = struct.pack("<2H2Q", 1, 16, size, size)
    struct.pack_into("<2L", data, at + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", data, at + 30, len(extra))
    place = at + 46 + title
    data[place:place] = extra
    end = data.rindex(END)
    struct.pack_into("<L", data, end + 12, struct.unpack_from("<L", data, end + 12)[0] + len(extra))
    path.write_bytes(data)


_NAMES = [
    *(
        b"/etc/passwd",
        b"../../evil",
        b"case/../../evil",
        b"C:\\evil",
        b"\\\\host\\share",
        b"case\\vkey",
        b"./case/vkey",
    ),
    *(
        b"case/vkey\x00.txt",
        b"\x00",
        b"",
        b".",
        b"..",
        b"case/",
        b"spaces/11/\x1b[31mevents.jsonl",
        b"\xe2\x80\xaevkey",
    ),
    *(b"spaces/0x1/vkey", b"spaces/999999999999999999999/vkey", b"manifest.json ", b"MANIFEST.JSON", b"a" * 65_000),
]
_LISTS = b'{"v":"caseroom/v1/pack","files":{},"x":[' + b"[]," * 4_000_000 + b"[]]}\n"

MAKERS: Mapping[str, Maker] = {
    "a bomb of 400 MiB": lambda path: filled(path, "README.txt", bytes(1 << 20), 400),
    "as much as a pack may hold": lambda path: filled(path, "README.txt", bytes(1 << 20), 200),
    "a line of 100 MB": lambda path: filled(path, "spaces/11/events.jsonl", b"x" * (1 << 20), 100),
    "a JSON line of 100 MB": lambda path: filled(path, "case/epochs.jsonl", b'{"a":[' + b"1," * 500_000, 100),
    "100 MB of empty lines": lambda path: filled(path, "spaces/11/openings.jsonl", b"\n" * (1 << 20), 100),
    "100 MB of small lines": lambda path: filled(path, "spaces/11/disclosures.jsonl", b"{}\n" * 340_000, 100),
    "a manifest of four million lists": lambda path: filled(path, "case/vkey", b"x", 1, manifest=_LISTS),
    "a manifest of 100 MB": lambda path: filled(path, "case/vkey", b"x", 1, manifest=b'{"v":"' + b"x" * (100 << 20)),
    "a manifest nested 100,000 deep": lambda path: filled(path, "case/vkey", b"x", 1, manifest=b'{"v":' * 100_000),
    "a token of 100 MB": lambda path: filled(path, "case/checkpoints/000000.tsr", b"0" * (1 << 20), 100),
    "a million entries": lambda path: by_hand(path, 1_000_000, name=lambda number: b"files/%07d" % number),
    "ten thousand names for one member": lambda path: by_hand(
        path, 10_000, name=lambda number: b"tsa/%05d.pem" % number, stored=b"x" * (1 << 20), shared=True
    ),
    "a hundred thousand rooms": lambda path: by_hand(path, 100_000, name=lambda number: b"spaces/%d/vkey" % number),
    "names that lead elsewhere": lambda path: of_names(path, [b"manifest.json", *_NAMES], utf8=False),
    "names that are not UTF-8": lambda path: of_names(path, [b"manifest.json", b"\xff\xfe\x80", *_NAMES], utf8=True),
    "a size of 2^63 in zip64": lambda path: with_zip64_extra(path, size=2**63),
    "a size of 0 in zip64": lambda path: with_zip64_extra(path, size=0),
    "no zip but a directory's end": lambda path: path.write_bytes(
        END + struct.pack("<4H2LH", 0, 0, 9, 9, 2**31, 2**31, 0)
    ),
}
