"""Check a Caseroom evidence pack without Caseroom: ``python verify.py PACK.zip``.

This file is a recipe: the sixteen steps of docs/evidence.md §10 are the functions ``step_01_manifest`` to
``step_16_compare``, in that order, and everything before them is what they need. It is one file, longer than any other
of the project, because a copy of it lies in every pack, so that the pack explains and checks itself; it needs Python
3.9 or newer and the library ``cryptography``, talks to no network, and never unpacks anything to disk.

    python verify.py PACK.zip [--json] [--lang en|fr] [--key VKEY] [--tsa-roots FILE]
    python verify.py compare A.zip B.zip [--json]

It leaves with 0 when everything was verified, 1 when there is a finding, 2 when the file is not a pack at all (or two
packs are of different cases). A finding names the check it belongs to (§9.1); all findings are reported, not only the
first. A note says what could not be checked here, and accuses nobody.
"""

# Python 3.9 has neither datetime.UTC nor zip(strict=); and a check that refuses reads best where it refuses.
# ruff: noqa: B905, FURB162, PYI034, TRY301, UP017

from __future__ import annotations

import argparse
import base64
import binascii
import bisect
import functools
import hashlib
import heapq
import hmac
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID

FIELDS = ("body", "meta", "who")
PACK, DISCLOSURE = "caseroom/v1/pack", "caseroom/v1/disclosure"
DELTA = 300_000  # δ of §10 in milliseconds: how far the server's clock may be from the authority's
LATE = 2 * 3_600_000  # a token this long after its epoch was due is late (§19)
DEFAULT_ACCURACY = 1_000  # milliseconds, where a token states none
MAX_INTEGER = 2**53 - 1

LINE_LIMIT = 4 << 20  # bytes; a line is one event or its values, never an exhibit
SMALL_FILE = 1 << 20  # bytes; notes, tokens, keys, certificates, act signatures
TOKEN_LIMIT = 64 << 10
MANIFEST_LIMIT = 32 << 20
DIRECTORY_LIMIT = 32 << 20  # bytes of the zip's own list: some 300,000 files
CHUNK = 1 << 18
FINDINGS_LIMIT = 1_000  # of one check in one room; further ones are counted


class NotAPack(Exception):
    """Exit code 2: no zip, no manifest.json, not JSON or another version; or an option that cannot be used."""


class Refused(Exception):
    """Bytes that are not of the format, or do not prove what they should; the message says why."""


# ----------------------------------------------------------------------------------------------------------------------
# What is reported
# ----------------------------------------------------------------------------------------------------------------------


class Finding(NamedTuple):
    """One thing that is wrong: the name of the check (§9.1), where, and what."""

    check: str
    space: int | None
    seq: int | None
    epoch: int | None
    message: str


@dataclass
class SpaceReport:
    """What was found of one room: its events, how many of them are sealed in an epoch, and each one's state."""

    events: int = 0
    sealed: int = 0
    states: list[str] = field(default_factory=list)
    files_present: int = 0
    files_absent: int = 0
    root: str = ""  # base64, as the room's receipts state it


@dataclass
class Report:
    """The outcome for one pack; ``as_dict`` is what ``--json`` prints, exactly as §9.1 has it: notes are for people."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    spaces: dict[int, SpaceReport] = field(default_factory=dict)
    epochs: int = 0
    stamped: int = 0
    late: int = 0
    catchups: list[int] = field(default_factory=list)
    last_due: str = ""
    key_source: str = "pack"
    roots_source: str = "pack"
    case: str = ""
    exporter: str = ""
    at: str = ""
    disclosure: bool = False
    _counts: dict[tuple[str, int | None], int] = field(default_factory=dict)

    @property
    def verified(self) -> bool:
        return not self.findings

    def find(
        self,
        check: str,
        message: str,
        *,
        space: int | None = None,
        seq: int | None = None,
        epoch: int | None = None,
    ) -> None:
        """Add a finding. A pack that is wrong everywhere must not fill the memory: see FINDINGS_LIMIT."""
        count = self._counts[check, space] = self._counts.get((check, space), 0) + 1
        if count <= FINDINGS_LIMIT:
            self.findings.append(Finding(check, space, seq, epoch, message))

    def note(
        self,
        check: str,
        message: str,
        *,
        space: int | None = None,
        seq: int | None = None,
        epoch: int | None = None,
    ) -> None:
        """Say what could not be checked here. It is no finding."""
        if len(self.notes) < FINDINGS_LIMIT:
            self.notes.append(Finding(check, space, seq, epoch, message))

    def close(self) -> None:
        """Say how many findings were only counted."""
        for (check, space), count in self._counts.items():
            if count > FINDINGS_LIMIT:
                more = f"and {count - FINDINGS_LIMIT} more findings of this kind"
                self.findings.append(Finding(check, space, None, None, more))

    def as_dict(self) -> dict[str, Any]:
        return {
            "verified": self.verified,
            "findings": [finding._asdict() for finding in self.findings],
            "spaces": {
                str(slot): {
                    "events": space.events,
                    "sealed": space.sealed,
                    "states": space.states,
                    "files_present": space.files_present,
                    "files_absent": space.files_absent,
                }
                for slot, space in sorted(self.spaces.items())
            },
            "epochs": self.epochs,
            "stamped": self.stamped,
            "late": self.late,
            "catchups": self.catchups,
            "last_due": self.last_due,
            "key_source": self.key_source,
            "roots_source": self.roots_source,
        }


@dataclass
class Comparison:
    """The outcome for two packs of one case; ``as_dict`` is what ``compare --json`` prints."""

    same_case: bool
    equivocation: list[dict[str, Any]]
    a: Report
    b: Report

    def as_dict(self) -> dict[str, Any]:
        return {
            "same_case": self.same_case,
            "equivocation": self.equivocation,
            "a": self.a.as_dict(),
            "b": self.b.as_dict(),
        }


def shown(text: Any) -> str:
    """A piece of the pack as it may stand in a message: short, on one line, without control characters."""
    short = ascii(text)
    return short if len(short) <= 120 else short[:117] + "..."


# ----------------------------------------------------------------------------------------------------------------------
# Canonical JSON (RFC 8785, restricted by §1), hex, base64 and times: one spelling for each value
# ----------------------------------------------------------------------------------------------------------------------


def _integer(digits: str) -> int:
    # Before int(), whose cost grows with the square of the length.
    if len(digits) > 16 or digits[0] == "-" or int(digits) > MAX_INTEGER:
        raise Refused(f"the number {shown(digits)} is outside 0 to 2^53-1")
    return int(digits)


def _no_number(text: str) -> Any:
    raise Refused(f"the number {shown(text)} is not an integer")


_DECODER: Any = json.JSONDecoder(parse_int=_integer, parse_float=_no_number, parse_constant=_no_number)
_SCAN = _DECODER.scan_once
_WRITE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def canonical(value: Any) -> str:
    """Write a value as RFC 8785 says: members sorted by UTF-16 code units, the shortest escapes, no space."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_WRITE(name)}:{canonical(each)}" for name, each in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(each) for each in value) + "]"
    return _WRITE(value)


def parse_canonical(text: str) -> Any:
    """Read canonical JSON; text that is not the one spelling of its value raises Refused.

    A member that stands twice, another order, a superfluous escape or space: all change the text written again. Python
    sorts by code point, which is RFC 8785's order unless a character beyond U+FFFF is there; then ``canonical`` sorts.
    """
    try:
        value, end = _SCAN(text, 0)
        if end != len(text):
            raise Refused("not one JSON value")
        again = canonical(value) if _ASTRAL.search(text) else _WRITE(value)
        if "null" in text:
            _refuse_null(value)
    except RecursionError:
        raise Refused("nested too deeply") from None
    except (StopIteration, ValueError):
        raise Refused("not JSON") from None
    if again != text:
        raise Refused("not in canonical form")
    return value


def _refuse_null(value: Any) -> None:
    if value is None:
        raise Refused("null is not allowed")
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_null(each)


def parse_line(line: bytes) -> Any:
    """Read the canonical JSON of one line, or raise Refused."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    return parse_canonical(text)


def object_of(value: Any, members: Iterable[str], *, optional: Iterable[str] = ()) -> dict[str, Any]:
    """The value as an object with exactly these members (optional ones may be absent), or Refused."""
    if not isinstance(value, dict):
        raise Refused("not an object")
    required = set(members)
    unknown, missing = set(value) - required - set(optional), required - set(value)
    if unknown:
        raise Refused(f"unknown member {shown(min(unknown))}")
    if missing:
        raise Refused(f"member {shown(min(missing))} is not there")
    return value


def is_number(value: Any) -> bool:
    return type(value) is int  # True and False are integers to isinstance


def is_hex(value: Any, size: int) -> bool:
    """Lower-case hex of ``size`` bytes."""
    return isinstance(value, str) and len(value) == 2 * size and not value.strip("0123456789abcdef")


def from_hex(value: Any, size: int) -> bytes:
    if not is_hex(value, size):
        raise Refused(f"not {size} bytes of lower-case hex")
    return bytes.fromhex(value)


def from_base64(text: Any) -> bytes:
    """Decode strict base64: decode, encode again, compare."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise Refused("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Refused("not the only base64 form of its bytes")
    return data


_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_DUE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def milliseconds(text: Any, form: re.Pattern[str]) -> int:
    """A time of the ledger as milliseconds since 1970 UTC; one that is not of the form or no real time is Refused."""
    if not isinstance(text, str) or not form.fullmatch(text):
        raise Refused("not a time of the ledger")
    try:
        at = datetime.fromisoformat(text[:-1] + "+00:00")
    except ValueError:
        raise Refused(f"no such time: {text}") from None
    if at.strftime("%H:%M") != text[11:16]:  # newer Pythons read 24:00 as the next midnight
        raise Refused(f"no such time: {text}")
    return (at - _EPOCH) // timedelta(milliseconds=1)


def instant(at: int) -> str:
    """Milliseconds since 1970 as the ledger writes them; what is beyond the calendar is its end."""
    within = min(max(at, 0), 253_402_300_799_999)
    return (_EPOCH + timedelta(milliseconds=within)).isoformat(timespec="milliseconds")[:23] + "Z"


# ----------------------------------------------------------------------------------------------------------------------
# Hashes and trees (§1, §2; RFC 6962)
# ----------------------------------------------------------------------------------------------------------------------

HASH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
_COMMIT = {name: b"caseroom/v1/commit\x00" + name.encode() + b"\x00" for name in FIELDS}
_SALT = {name: b"caseroom/v1/salt\x00" + name.encode() for name in FIELDS}


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


class Tree:
    """An RFC 6962 tree that keeps only the roots of its complete subtrees, from left to right."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        subtrees, place = self._subtrees, self.size
        while place & 1:
            leaf = sha256(b"\x01" + subtrees.pop() + leaf)
            place >>= 1
        subtrees.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self._subtrees:
            return EMPTY_ROOT
        return functools.reduce(lambda right, left: node_hash(left, right), reversed(self._subtrees))


def path_root(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that an inclusion path leads to (RFC 9162 section 2.1.3.2); Refused where its length is wrong."""
    if not 0 <= index < size:
        raise Refused("the index is outside the tree")
    place, last = index, size - 1
    for sibling in path:
        if last == 0:
            raise Refused("the path is too long")
        if place & 1 or place == last:
            leaf = node_hash(sibling, leaf)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            leaf = node_hash(leaf, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise Refused("the path is too short")
    return leaf


def commitment(name: str, salt: bytes, value: bytes) -> bytes:
    return sha256(_COMMIT[name] + salt + value)


def slot_value(salt: bytes, *, case: bytes, slot: int, n: int, size: int, root: bytes) -> bytes:
    place = slot.to_bytes(4, "big") + n.to_bytes(8, "big") + size.to_bytes(8, "big")
    return sha256(b"caseroom/v1/slot\x00" + salt + case + place + root)


# ----------------------------------------------------------------------------------------------------------------------
# Signed notes and checkpoints (C2SP signed-note and tlog-checkpoint, Ed25519; §4)
# ----------------------------------------------------------------------------------------------------------------------


class Key(NamedTuple):
    """A verifier key: the name it signs under, its 4-byte id, its 32 public bytes, and how it is written."""

    name: str
    key_id: bytes
    public: bytes
    text: str

    def named(self, name: str) -> Key:
        """The same public key under another name: that is how a room's key follows from the case's."""
        blob = b"\x01" + self.public
        key_id = sha256(name.encode() + b"\n" + blob)[:4]
        return Key(name, key_id, self.public, f"{name}+{key_id.hex()}+{base64.b64encode(blob).decode()}")


_VKEY = re.compile(r"([!-*,-~]{1,300})\+([0-9a-f]{8})\+([0-9A-Za-z+/=]{44,48})")


def parse_key(text: Any) -> Key:
    """Read a verifier key ``name+id+base64``, or raise Refused."""
    match = _VKEY.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise Refused("not a verifier key")
    blob = from_base64(match[3])
    if len(blob) != 33 or blob[:1] != b"\x01":
        raise Refused("not an Ed25519 verifier key")
    key = Key(match[1], b"", blob[1:], "").named(match[1])
    if key.text != text:
        raise Refused("the key's id is not that of its name and bytes")
    return key


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def open_note(note: bytes, keys: Sequence[Key]) -> str:
    """The text of a note that exactly these keys signed, in this order, each once; anything else is Refused."""
    try:
        text, divider, signatures = note.decode("utf-8").rpartition("\n\n")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    lines = signatures.split("\n")
    if not divider or lines.pop() != "":
        raise Refused("not a signed note")
    text += "\n"
    if len(lines) != len(keys):
        raise Refused(f"has {len(lines)} signatures instead of {len(keys)}")
    for line, key in zip(lines, keys):
        mark = f"— {key.name} "
        if not line.startswith(mark):
            raise Refused("a signature is not of the key it should be of")
        data = from_base64(line[len(mark) :])
        if data[:4] != key.key_id:
            raise Refused("a signature is of another key")
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], text.encode())
        except (InvalidSignature, ValueError):
            raise Refused("a signature does not verify") from None
    return text


# ----------------------------------------------------------------------------------------------------------------------
# The zip: read as a stream, never unpacked
# ----------------------------------------------------------------------------------------------------------------------

MANIFEST, EPOCHS, CASE_KEY, LINKS = "manifest.json", "case/epochs.jsonl", "case/vkey", "links.jsonl"
_SLOT = r"(?:0|[1-9][0-9]{0,2})"
_PATHS = re.compile(
    rf"README\.txt|manifest\.json|verify\.py|case/vkey|case/epochs\.jsonl|case/checkpoints/[0-9]{{6}}\.(?:note|tsr|cosig)"
    rf"|tsa/[A-Za-z0-9_-][A-Za-z0-9._-]{{0,99}}\.pem|links\.jsonl"
    rf"|spaces/{_SLOT}/(?:vkey|head\.note|(?:events|disclosures|openings)\.jsonl|(?:acts|files)/[0-9a-f]{{64}})"
)
_DISCLOSURE_PATHS = re.compile(
    r"README\.txt|manifest\.json|verify\.py|case/vkey|case/epochs\.jsonl|case/checkpoints/[0-9]{6}\.(?:note|tsr|cosig)"
    r"|tsa/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\.pem"
    r"|disclosure/(?:vkey|receipt\.txt|(?:event|values|opening|inclusion)\.json|(?:acts|files)/[0-9a-f]{64})"
)
_EXPANSION = 100  # all files together may be this many times the size of the zip ...
_EXPANSION_FREE = 256 << 20  # ... and this many bytes: more is a bomb, not exhibits
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)

Progress = Callable[[int, int], None]


def _check_directory(path: str | os.PathLike[str]) -> None:
    """A zip whose list of files is beyond any pack would fill the memory before the first of them is looked at."""
    find_end: Any = getattr(zipfile, "_EndRecData", None)  # as zipfile itself finds it, zip64 included
    if find_end is None:
        return
    with open(path, "rb") as file:  # noqa: PTH123 (a path of any kind)
        end = find_end(file)
    if end and end[5] > DIRECTORY_LIMIT:
        raise NotAPack("the zip lists more files than a pack can have")


class Pack:
    """The files of an opened zip by path. ``problems`` are those of the zip itself; what has one is not read."""

    def __init__(self, path: str | os.PathLike[str], progress: Progress | None = None) -> None:
        try:
            _check_directory(path)
            self._zip = zipfile.ZipFile(path)
            self._archive = Path(path).stat().st_size
        except NotAPack:
            raise
        except (*_BROKEN, IndexError, OverflowError, MemoryError) as error:
            raise NotAPack(f"not a zip file: {error}") from None
        except Exception as error:  # noqa: BLE001 (struct.error and whatever a broken directory makes zipfile raise)
            raise NotAPack(f"not a readable zip file: {error}") from None
        self.members: dict[str, zipfile.ZipInfo] = {}
        self.problems: list[str] = []
        self.listed: dict[str, str] = {}  # path -> SHA-256 of the manifest
        self.found: dict[str, tuple[str, int]] = {}  # path -> SHA-256 and size as read
        self._progress, self._done, self._ticked = progress, 0, 0
        self._collect()
        # Lines are read once for the manifest and once for what they say.
        sizes = ((info.file_size, 2 if name.endswith(".jsonl") else 1) for name, info in self.members.items())
        self._total = max(1, sum(size * times for size, times in sizes))

    def __enter__(self) -> Pack:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._zip.close()

    def _collect(self) -> None:
        allowed = _EXPANSION * self._archive + _EXPANSION_FREE
        end = 0
        for info in sorted(self._zip.infolist(), key=lambda each: each.header_offset):
            name = info.orig_filename
            problem = self._problem(info)
            if info.header_offset < end:
                problem = "lies over another file of the zip"
            elif info.file_size > allowed:
                problem = "expands beyond any measure (a zip bomb)"
            end = max(end, info.header_offset + info.compress_size)
            if problem:
                self.problems.append(f"{shown(name)} {problem}")
            else:
                self.members[name] = info
                allowed -= info.file_size

    def _problem(self, info: zipfile.ZipInfo) -> str:
        name = info.orig_filename
        if name in self.members:
            return "stands twice in the zip"
        if name.startswith(("/", "\\")) or "\\" in name or ".." in name.split("/") or re.match("[A-Za-z]:", name):
            return "is a path that leaves its folder"
        if info.flag_bits & 0x1:
            return "is encrypted"
        if stat.S_ISLNK(info.external_attr >> 16):
            return "is a link to another file"
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return "is compressed by a method that is not of the format"
        return ""

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file in pieces; Refused where it is not there or cannot be read to its end."""
        info = self.members.get(path)
        if info is None:
            raise Refused("is not there")
        read = 0
        try:
            with self._zip.open(info) as stream:
                while True:
                    chunk = stream.read(CHUNK)
                    if not chunk:
                        break
                    read += len(chunk)
                    self._tick(len(chunk))
                    yield chunk
        except _BROKEN as error:
            raise Refused(f"cannot be read: {shown(str(error))}") from None
        if read != info.file_size:
            raise Refused("is shorter than the zip says")

    def read(self, path: str, limit: int = SMALL_FILE) -> bytes:
        """A whole small file, or Refused."""
        pieces, size = [], 0
        for chunk in self.chunks(path):
            size += len(chunk)
            if size > limit:
                raise Refused("is too long")
            pieces.append(chunk)
        return b"".join(pieces)

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a file without their newline. Refused, after those that can be read: a line too long, a last
        line that is not ended, a file that is not there or breaks off."""
        rest = b""
        for chunk in self.chunks(path):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > LINE_LIMIT:
                raise Refused(f"has a line of more than {LINE_LIMIT} bytes; reading stopped")
        if rest:
            raise Refused("does not end with a newline")

    def under(self, folder: str) -> list[str]:
        return sorted(path for path in self.members if path.startswith(folder))

    def _tick(self, size: int) -> None:
        self._done += size
        if self._progress and self._done - self._ticked >= 4 * CHUNK:
            self._ticked = self._done
            self._progress(min(self._done, self._total), self._total)


# ----------------------------------------------------------------------------------------------------------------------
# Time-stamp tokens (RFC 3161, RFC 5652, RFC 5816): a reader of DER for exactly what they hold
# ----------------------------------------------------------------------------------------------------------------------


class Unreadable(Exception):
    """A token that this file cannot read; whether it is good is another question."""


class Stamp(NamedTuple):
    """What a verified token proves: the note existed at ``at`` (milliseconds since 1970), give or take ``accuracy``."""

    at: int
    accuracy: int


class Der(NamedTuple):
    tag: int
    body: bytes
    raw: bytes


_SHA: dict[str, Any] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}
_RSA_WITH: dict[str, Any] = {
    "1.2.840.113549.1.1.11": hashes.SHA256,
    "1.2.840.113549.1.1.12": hashes.SHA384,
    "1.2.840.113549.1.1.13": hashes.SHA512,
}
_ECDSA_WITH: dict[str, Any] = {
    "1.2.840.10045.4.3.2": hashes.SHA256,
    "1.2.840.10045.4.3.3": hashes.SHA384,
    "1.2.840.10045.4.3.4": hashes.SHA512,
}
_RSA, _RSA_PSS, _EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_SEQUENCE, _SET, _INTEGER, _OCTETS, _OID, _TIME = 0x30, 0x31, 0x02, 0x04, 0x06, 0x18


def der_parts(data: bytes) -> list[Der]:
    """The values that these bytes are made of, one after the other; anything but DER is Unreadable."""
    parts, place = [], 0
    while place < len(data):
        start = place
        if len(data) - place < 2 or data[place] & 0x1F == 0x1F:
            raise Unreadable("not DER")
        tag, length, place = data[place], data[place + 1], place + 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[place : place + count], "big")
            if not 1 <= count <= 4 or length < 0x80 or length >> 8 * (count - 1) == 0:
                raise Unreadable("a length that is not of DER")
            place += count
        if place + length > len(data):
            raise Unreadable("breaks off")
        parts.append(Der(tag, data[place : place + length], data[start : place + length]))
        place += length
    return parts


class Reading:
    """Takes the parts of a DER value one by one."""

    def __init__(self, data: bytes) -> None:
        self._parts = der_parts(data)

    def optional(self, tag: int) -> Der | None:
        return self._parts.pop(0) if self._parts and self._parts[0].tag == tag else None

    def take(self, tag: int) -> Der:
        part = self.optional(tag)
        if part is None:
            raise Unreadable("a part is not there")
        return part

    def any(self) -> Der:
        if not self._parts:
            raise Unreadable("a part is not there")
        return self._parts.pop(0)

    def inside(self, tag: int) -> Reading:
        return Reading(self.take(tag).body)

    def oid(self) -> str:
        return der_oid(self.take(_OID).body)

    def end(self) -> None:
        if self._parts:
            raise Unreadable("more parts than the format has")


def der_oid(body: bytes) -> str:
    if not body or body[-1] & 0x80:
        raise Unreadable("not an object identifier")
    numbers, value = [], 0
    for byte in body:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def der_number(part: Der) -> int:
    if not part.body:
        raise Unreadable("not a number")
    return int.from_bytes(part.body, "big", signed=True)


class Signer(NamedTuple):
    """The one SignerInfo of a token: who, its digest, the attributes it signed, and the signature."""

    issuer: bytes
    serial: int
    key_id: bytes
    digest: Any
    attributes: dict[str, bytes]
    signed: bytes
    algorithm: str
    parameters: Der | None
    signature: bytes


class Token(NamedTuple):
    """What a token holds, nothing of it verified yet."""

    content: bytes
    imprint_algorithm: str
    imprint: bytes
    stamp: Stamp
    certificates: list[x509.Certificate]
    signer: Signer


def read_token(data: bytes) -> Token:
    """Take a TimeStampResp apart (RFC 3161 section 2.4.2). Refused: the authority granted nothing. Unreadable: not
    the DER that this reader knows."""
    whole = Reading(data)
    response = whole.inside(_SEQUENCE)
    whole.end()
    status = der_number(response.inside(_SEQUENCE).take(_INTEGER))
    if status != 0:
        raise Refused(f"the authority granted no time stamp (status {status})")
    outer = response.inside(_SEQUENCE)
    if outer.oid() != _SIGNED_DATA:
        raise Unreadable("not signed data")
    signed_data = outer.inside(0xA0).inside(_SEQUENCE)
    signed_data.take(_INTEGER)
    signed_data.take(_SET)
    encapsulated = signed_data.inside(_SEQUENCE)
    if encapsulated.oid() != _TST_INFO:
        raise Refused("signs something other than a time stamp")
    content = encapsulated.inside(0xA0).take(_OCTETS).body
    certificates = signed_data.optional(0xA0)
    signed_data.optional(0xA1)
    signers = der_parts(signed_data.take(_SET).body)
    signed_data.end()
    if len(signers) != 1:
        raise Refused("does not have one signer")
    algorithm, imprint, stamp = _read_tst_info(content)
    held = _certificates(part.raw for part in der_parts(certificates.body)) if certificates else []
    return Token(content, algorithm, imprint, stamp, held, _read_signer(Reading(signers[0].body)))


def _read_tst_info(content: bytes) -> tuple[str, bytes, Stamp]:
    info = Reading(content).inside(_SEQUENCE)
    info.take(_INTEGER)
    info.take(_OID)
    imprint = info.inside(_SEQUENCE)
    algorithm = imprint.inside(_SEQUENCE).oid()
    digest = imprint.take(_OCTETS).body
    info.take(_INTEGER)
    at = _read_time(info.take(_TIME).body)
    accuracy = info.optional(_SEQUENCE)
    return algorithm, digest, Stamp(at, _read_accuracy(accuracy.body) if accuracy else DEFAULT_ACCURACY)


def _read_time(body: bytes) -> int:
    match = re.fullmatch(rb"([0-9]{14})(?:\.([0-9]{1,9}))?Z", body)
    if match is None:
        raise Unreadable("not a time of DER")
    try:
        whole = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Unreadable("no such time") from None
    return (whole - _EPOCH) // timedelta(milliseconds=1) + int((match[2] or b"0").ljust(3, b"0")[:3])


def _read_accuracy(body: bytes) -> int:
    parts = Reading(body)
    seconds, milli, micro = parts.optional(_INTEGER), parts.optional(0x80), parts.optional(0x81)
    parts.end()
    whole = der_number(seconds) * 1000 if seconds else 0
    return whole + (der_number(milli) if milli else 0) + (-(-der_number(micro) // 1000) if micro else 0)


def _read_signer(info: Reading) -> Signer:
    info.take(_INTEGER)
    issuer, serial, key_id = b"", 0, b""
    by_key_id = info.optional(0x80)
    if by_key_id:
        key_id = by_key_id.body
    else:
        identity = info.inside(_SEQUENCE)
        issuer, serial = identity.take(_SEQUENCE).raw, der_number(identity.take(_INTEGER))
    digest = _SHA.get(info.inside(_SEQUENCE).oid())
    if digest is None:
        raise Unreadable("a digest that is not known here")
    attributes = info.take(0xA0)
    algorithm = info.inside(_SEQUENCE)
    name, parameters = algorithm.oid(), algorithm.optional(_SEQUENCE)
    signature = info.take(_OCTETS).body
    return Signer(
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest=digest,
        attributes=_read_attributes(attributes.body),
        signed=b"\x31" + attributes.raw[1:],  # what is signed is the SET, not the tagged part (RFC 5652 section 5.4)
        algorithm=name,
        parameters=parameters,
        signature=signature,
    )


def _read_attributes(body: bytes) -> dict[str, bytes]:
    attributes: dict[str, bytes] = {}
    for part in der_parts(body):
        attribute = Reading(part.body)
        name = attribute.oid()
        values = der_parts(attribute.take(_SET).body)
        if name in attributes or len(values) != 1:
            raise Refused("a signed attribute stands twice")
        attributes[name] = values[0].raw
    return attributes


def _certificates(encoded: Iterable[bytes]) -> list[x509.Certificate]:
    """Those that can be read: an odd one that nobody needs must not make the token worthless."""
    found = []
    for each in encoded:
        try:
            found.append(x509.load_der_x509_certificate(each))
        except _ODD_CERTIFICATE:
            continue
    return found


# Parts of a certificate are read only when they are asked for, and each can be odd in its own way.
_ODD_CERTIFICATE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def check_token(data: bytes, note: bytes, certificates: Sequence[x509.Certificate]) -> Stamp:
    """What a token proves of a note, with the pinned certificates: self-signed ones are roots, others only help to
    reach one. Refused: it proves nothing of this note. Unreadable: another tool has to look at it."""
    try:
        return _check_token(read_token(data), note, certificates)
    except _ODD_CERTIFICATE:
        raise Unreadable("has a certificate that cannot be read here") from None


def _check_token(token: Token, note: bytes, certificates: Sequence[x509.Certificate]) -> Stamp:
    if token.imprint_algorithm not in _SHA or _SHA[token.imprint_algorithm] is not hashes.SHA256:
        raise Refused("the token is not over a SHA-256")
    if token.imprint != sha256(note):
        raise Refused("the token is over other bytes than this checkpoint")
    roots = [each for each in certificates if each.subject == each.issuer]
    if not roots:
        raise Refused("there is no root certificate to check the token against")
    pool = [*token.certificates[:_MOST_CERTIFICATES], *certificates]
    signer = next((each for each in pool if _is_signer(each, token.signer)), None)
    if signer is None:
        raise Refused("the certificate of the token's signer is neither in the token nor among those given")
    _check_attributes(token, signer)
    _check_signature(token.signer, signer)
    _check_purpose(signer)
    if not _reaches_root(signer, pool, roots, token.stamp.at):
        raise Refused("the token's certificate does not lead to a pinned root that was valid at its time")
    return token.stamp


def _is_signer(certificate: x509.Certificate, signer: Signer) -> bool:
    if signer.key_id:
        found = _extension(certificate, x509.SubjectKeyIdentifier)
        return found is not None and found.value.digest == signer.key_id
    return certificate.serial_number == signer.serial and certificate.issuer.public_bytes() == signer.issuer


def _extension(certificate: x509.Certificate, kind: Any) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        return None


def _digest(algorithm: Any, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm())
    digest.update(data)
    return digest.finalize()


def _check_attributes(token: Token, certificate: x509.Certificate) -> None:
    attributes, signer = token.signer.attributes, token.signer
    if Reading(attributes.get(_CONTENT_TYPE, b"")).oid() != _TST_INFO:
        raise Refused("the signature is not over a time stamp")
    if Reading(attributes.get(_MESSAGE_DIGEST, b"")).take(_OCTETS).body != _digest(signer.digest, token.content):
        raise Refused("the time in the token is not the one that was signed")
    encoded = certificate.public_bytes(Encoding.DER)
    second = attributes.get(_SIGNING_CERTIFICATE_V2)
    first = attributes.get(_SIGNING_CERTIFICATE)
    if second is not None:
        identity = Reading(second).inside(_SEQUENCE).inside(_SEQUENCE).inside(_SEQUENCE)
        named = identity.optional(_SEQUENCE)
        algorithm = _SHA.get(Reading(named.body).oid()) if named else hashes.SHA256
        if algorithm is None:
            raise Unreadable("a digest that is not known here")
        matches = identity.take(_OCTETS).body == _digest(algorithm, encoded)
    elif first is not None:
        identity = Reading(first).inside(_SEQUENCE).inside(_SEQUENCE).inside(_SEQUENCE)
        # RFC 2634 has SHA-1 here; it only says which certificate is meant, the chain says whether to believe it.
        matches = identity.take(_OCTETS).body == hashlib.sha1(encoded).digest()  # noqa: S324
    else:
        raise Refused("the token does not name the certificate of its signer")
    if not matches:
        raise Refused("the token names another certificate than that of its signer")


def _check_signature(signer: Signer, certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            scheme, digest = _rsa_scheme(signer)
            key.verify(signer.signature, signer.signed, scheme, digest())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            digest = signer.digest if signer.algorithm == _EC else _ECDSA_WITH.get(signer.algorithm)
            if digest is None:
                raise Unreadable("a kind of signature that is not known here")
            key.verify(signer.signature, signer.signed, ec.ECDSA(digest()))
        else:
            raise Unreadable("a kind of key that is not known here")
    except (InvalidSignature, ValueError):
        raise Refused("the token's signature does not verify") from None
    except UnsupportedAlgorithm:
        raise Unreadable("a kind of signature that is not known here") from None


def _rsa_scheme(signer: Signer) -> tuple[Any, Any]:
    if signer.algorithm == _RSA:
        return padding.PKCS1v15(), signer.digest
    if signer.algorithm in _RSA_WITH:
        return padding.PKCS1v15(), _RSA_WITH[signer.algorithm]
    if signer.algorithm != _RSA_PSS or signer.parameters is None:
        raise Unreadable("a kind of signature that is not known here")
    parameters = Reading(signer.parameters.body)
    named = parameters.optional(0xA0)
    parameters.optional(0xA1)
    salted = parameters.optional(0xA2)
    digest = _SHA.get(Reading(named.body).inside(_SEQUENCE).oid()) if named else None
    if digest is None:
        raise Unreadable("a digest that is not known here")
    length = der_number(Reading(salted.body).take(_INTEGER)) if salted else 20
    return padding.PSS(padding.MGF1(digest()), length), digest


def _check_purpose(certificate: x509.Certificate) -> None:
    """RFC 3161 section 2.3: a certificate for time stamps and for nothing else, and critically so."""
    usage = _extension(certificate, x509.ExtendedKeyUsage)
    if usage is None or not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise Refused("the token's certificate is not one for time stamps alone")


_UNDERSTOOD = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.CertificatePolicies)
_LONGEST_CHAIN = 6
_MOST_CERTIFICATES = 32  # of one token; each is tried once, so that certificates made to sign one another cost little


def _reaches_root(
    certificate: x509.Certificate, pool: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: int
) -> bool:
    """Whether a certificate leads to a pinned root, every one on the way being valid at that time."""
    reached, tried = [certificate], [certificate]
    for below in range(_LONGEST_CHAIN):
        reached = [each for each in reached if _valid_at(each, at)]
        if any(each in roots for each in reached):
            return True
        issuers = [
            issuer
            for issuer in {*roots, *pool}
            if issuer not in tried
            and _may_issue(issuer, below)
            and any(issuer.subject == each.issuer and _issued_by(each, issuer) for each in reached)
        ]
        reached, tried = issuers, tried + issuers
    return False


def _valid_at(certificate: x509.Certificate, at: int) -> bool:
    moment = (_EPOCH + timedelta(milliseconds=at)).replace(tzinfo=None)  # what cryptography before 42 compares to
    start = getattr(certificate, "not_valid_before_utc", None)
    end = getattr(certificate, "not_valid_after_utc", None)
    start = start.replace(tzinfo=None) if start else certificate.not_valid_before
    end = end.replace(tzinfo=None) if end else certificate.not_valid_after
    try:
        known = all(isinstance(each.value, _UNDERSTOOD) for each in certificate.extensions if each.critical)
    except (ValueError, x509.DuplicateExtension):
        return False
    return bool(known and start <= moment <= end)


def _may_issue(certificate: x509.Certificate, below: int) -> bool:
    constraints, usage = _extension(certificate, x509.BasicConstraints), _extension(certificate, x509.KeyUsage)
    if constraints is None or not constraints.value.ca:
        return False
    longest = constraints.value.path_length
    return (longest is None or below <= longest) and (usage is None or usage.value.key_cert_sign)


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def ask_openssl(data: bytes, note: bytes, certificates: Sequence[x509.Certificate]) -> Stamp:
    """The same question put to ``openssl ts -verify``, for a token that this file cannot read (§17).

    Unreadable: OpenSSL is not there, cannot read it either, or was told too little. Refused: it read and refuses it."""
    openssl = shutil.which("openssl")
    if openssl is None or not certificates:
        raise Unreadable("not in a form that can be read here")
    with tempfile.TemporaryDirectory() as folder:
        names = ("token.tsr", "checkpoint.note", "roots.pem", "others.pem")
        token, stamped, roots, others = (Path(folder, name) for name in names)
        token.write_bytes(data)
        stamped.write_bytes(note)
        pinned = [each for each in certificates if each.subject == each.issuer]
        roots.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in pinned))
        others.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))
        text = _run(openssl, "ts", "-reply", "-in", str(token), "-text")
        match = re.search(r"^Time stamp: (\w{3} +\d+ \d\d:\d\d:\d\d)(?:\.(\d+))? (\d{4}) GMT$", text, re.MULTILINE)
        if match is None:
            raise Unreadable("not in a form that can be read here, nor by OpenSSL")
        whole = datetime.strptime(f"{match[1]} {match[3]}", "%b %d %H:%M:%S %Y").replace(tzinfo=timezone.utc)
        at = (whole - _EPOCH) // timedelta(milliseconds=1)
        options = ("-CAfile", str(roots), "-untrusted", str(others), "-attime", str(at // 1000))
        verdict = _run(openssl, "ts", "-verify", "-in", str(token), "-data", str(stamped), *options)
    if "Verification: OK" in verdict:
        return Stamp(at, DEFAULT_ACCURACY)
    if re.search("imprint mismatch|signature failure|digest failure|certificate verify error|no signer", verdict):
        raise Refused("OpenSSL refuses the token")
    raise Unreadable("not in a form that can be read here, nor by OpenSSL")  # it may lack an old algorithm


def _run(*command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 (fixed words and files made here; the first is what PATH says openssl is)
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


# ----------------------------------------------------------------------------------------------------------------------
# Epochs and rooms as they are read
# ----------------------------------------------------------------------------------------------------------------------

_TIMES = rb"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}\.[0-9]{3}Z"
_HEX16, _HEX32, _COUNT = rb"[0-9a-f]{32}", rb"[0-9a-f]{64}", rb"0|[1-9][0-9]{0,15}"
# Every part of an event has one spelling and one place (§3), so that an event is canonical when it is of this form, and
# `explain_event` says what is wrong with one that is not. It is several times faster than parsing and writing again.
EVENT = re.compile(
    rb'\{"at":"(' + _TIMES + rb')","in":(\{"actor":"(system|' + _HEX16 + rb')","case":"(' + _HEX16 + rb')",'
    rb'"f":\{"body":"(' + _HEX32 + rb')","meta":"(' + _HEX32 + rb')","who":"(' + _HEX32 + rb')"\},'
    rb'"k":"([A-Za-z0-9._-]{1,64})","seen":\{"n":(' + _COUNT + rb'),"root":"(' + _HEX32 + rb')"\},'
    rb'"space":(' + _COUNT + rb'),"t":"(' + _TIMES + rb')","v":"caseroom/v1/intent","x":"' + _HEX16 + rb'"\}),'
    rb'"prev":"(' + _HEX32 + rb')","seq":(' + _COUNT + rb'),"sig":"((?:' + _HEX32 + rb')?)","v":"caseroom/v1/event"\}'
)
_EVENT_MEMBERS = ("at", "in", "prev", "seq", "sig", "v")
_INTENT_MEMBERS = ("actor", "case", "f", "k", "seen", "space", "t", "v", "x")


# The kinds of events whose values later steps need.
_KEPT = frozenset(
    (
        "participant.admitted",
        "participant.removed",
        "exhibit.filed",
        "exhibit.released",
        "message.released",
        "release.consented",
        "release.withdrawn",
        "item.erased",
    )
)


class Epoch(NamedTuple):
    """One line of case/epochs.jsonl in its form; what it says is checked by steps 2 to 6."""

    case: str
    due: int
    due_text: str
    interval: int  # of the schedule, in milliseconds
    vkey: str | None  # None, and the interval 0, where the epoch does not name them
    n: int
    prev: str
    slots: int
    sroot: bytes
    tst: str
    stamps: list[int]
    why: str


class Opening(NamedTuple):
    """What a slot held in epoch ``n``; ``fresh`` where the epoch before it is not opened, ``good`` where it leads to
    the epoch's slot root."""

    n: int
    size: int
    root: bytes
    fresh: bool
    good: bool


@dataclass
class Space:
    """The columns of one room's events, one entry each, and what its other files said of them."""

    slot: int
    prefix: str
    first: int = 0  # the seq of the first entry; above 0 only in the disclosure of one event
    leaves: bytearray = field(default_factory=bytearray)
    commitments: bytearray = field(default_factory=bytearray)
    ats: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    actors: list[str] = field(default_factory=list)
    seen: list[tuple[int, str]] = field(default_factory=list)
    acts: dict[int, tuple[str, bytes]] = field(default_factory=dict)  # seq -> file name, SHA-256 of the intent
    broken: set[int] = field(default_factory=set)  # seqs of lines that are no events
    states: list[str] = field(default_factory=list)
    values: dict[int, dict[str, Any]] = field(default_factory=dict)  # seq -> verified values, of kinds that matter
    files: dict[str, set[int]] = field(default_factory=dict)  # SHA-256 -> sizes that events state
    openings: list[Opening] = field(default_factory=list)
    proven: int = 0  # events that a verified signature of the operator covers
    withdrawn: dict[str, str] = field(default_factory=dict)  # leaf of a consent -> when it was withdrawn
    _places: dict[bytes, int] = field(default_factory=dict)
    _of_kind: dict[str, list[int]] | None = None

    @property
    def count(self) -> int:
        return len(self.ats)

    @property
    def seqs(self) -> range:
        return range(self.first, self.first + self.count)

    def leaf(self, seq: int) -> bytes:
        start = (seq - self.first) * HASH
        return bytes(self.leaves[start : start + HASH])

    def at(self, seq: int) -> str:
        return self.ats[seq - self.first]

    def kind(self, seq: int) -> str:
        return self.kinds[seq - self.first]

    def place(self, leaf: Any) -> int | None:
        """The seq of the event with this leaf hash (hex), None where the room has none."""
        if not is_hex(leaf, HASH):
            return None
        if len(self._places) != self.count:
            self._places = {self.leaf(seq): seq for seq in self.seqs}
        return self._places.get(bytes.fromhex(leaf))

    def of_kind(self, *kinds: str) -> list[int]:
        """The seqs of all events of some kinds; asked for often, gathered once."""
        if self._of_kind is None:
            self._of_kind = {}
            for seq, kind in zip(self.seqs, self.kinds):
                if kind in _KEPT:
                    self._of_kind.setdefault(kind, []).append(seq)
        return sorted(seq for kind in kinds for seq in self._of_kind.get(kind, ()))


@dataclass
class Case:
    """Everything known of the pack while the steps go on."""

    pack: Pack
    report: Report
    given_key: Key | None = None
    certificates: list[x509.Certificate] = field(default_factory=list)
    case_id: str = ""
    key: Key | None = None  # of epoch 0
    newest: Key | None = None
    slots: int = 0
    epochs: list[Epoch | None] = field(default_factory=list)
    roots: list[bytes] = field(default_factory=list)  # roots[size] over the epoch lines
    leaves: list[bytes] = field(default_factory=list)
    signed: dict[int, str] = field(default_factory=dict)  # epoch -> text of a note with good signatures
    stamps: dict[int, Stamp] = field(default_factory=dict)
    spaces: dict[int, Space] = field(default_factory=dict)
    admissions: dict[str, list[Admission]] | None = None  # by pid, in order of time

    @property
    def exporter(self) -> str:
        return self.report.exporter

    def epoch(self, n: int) -> Epoch | None:
        return self.epochs[n] if 0 <= n < len(self.epochs) else None

    def due(self, n: int) -> int | None:
        epoch = self.epoch(n)
        return epoch.due if epoch else None

    def latest(self, n: int) -> int | None:
        """The latest instant at which something sealed in epoch n can have happened, as its token says."""
        stamp = self.stamps.get(n)
        return stamp.at + stamp.accuracy + 1000 if stamp else None


def parse_epoch(line: bytes) -> Epoch:
    """Read an epoch's line, or raise Refused with what is not of the form."""
    members = ("case", "due", "n", "prev", "slots", "sroot", "tst", "v", "why")
    value = object_of(parse_line(line), members, optional=("gen", "stamps"))
    gen = object_of(value["gen"], ("interval", "vkey")) if "gen" in value else {}
    stamps = value.get("stamps", [])
    texts = isinstance(value["why"], str) and isinstance(gen.get("vkey", ""), str)
    numbers = all(is_number(each) for each in (value["n"], value["slots"], gen.get("interval", 0)))
    if value["v"] != "caseroom/v1/epoch" or not texts or not numbers:
        raise Refused("a member is not of its form")
    listed = isinstance(stamps, list) and all(is_number(each) for each in stamps)
    if not listed or ("stamps" in value and not stamps):
        raise Refused("stamps are not a list of epochs")
    if value["tst"] != "":
        from_hex(value["tst"], HASH)
    return Epoch(
        case=from_hex(value["case"], 16).hex(),
        due=milliseconds(value["due"], _DUE),
        due_text=value["due"],
        interval=gen.get("interval", 0) * 1000,
        vkey=gen.get("vkey"),
        n=value["n"],
        prev=from_hex(value["prev"], HASH).hex(),
        slots=value["slots"],
        sroot=from_hex(value["sroot"], HASH),
        tst=value["tst"],
        stamps=stamps,
        why=value["why"],
    )


def explain_event(line: bytes) -> str:
    """What is wrong with a line that is not of the form of an event."""
    try:
        value = object_of(parse_line(line), _EVENT_MEMBERS)
        intent = object_of(value["in"], _INTENT_MEMBERS)
        object_of(intent["f"], FIELDS)
        object_of(intent["seen"], ("n", "root"))
        milliseconds(value["at"], _INSTANT)
        milliseconds(intent["t"], _INSTANT)
    except Refused as problem:
        return str(problem)
    return "a member is not of its form"


# ----------------------------------------------------------------------------------------------------------------------
# The recipe
# ----------------------------------------------------------------------------------------------------------------------


def step_01_manifest(case: Case) -> None:
    """1. Every file of the pack is listed in its manifest, has the SHA-256 that stands there, and belongs in a pack."""
    pack, report = case.pack, case.report
    for problem in pack.problems:
        report.find("manifest", problem)
    known = _DISCLOSURE_PATHS if report.disclosure else _PATHS
    for path in sorted({*pack.members, *pack.listed}):
        if not known.fullmatch(path):
            report.find("manifest", f"{shown(path)} is not a file of a pack")
    for path in [path for path in pack.members if path != MANIFEST]:
        try:
            digest, size = pack.found[path] = _hash_of(pack, path)
        except Refused as problem:
            report.find("manifest", f"{shown(path)} {problem}")
            continue
        if path not in pack.listed:
            report.find("manifest", f"{shown(path)} is not in the manifest")
        elif pack.listed[path] != digest:
            report.find("manifest", f"{shown(path)} ({size} bytes) has another SHA-256 than the manifest says")
    for path in sorted(set(pack.listed) - set(pack.members)):
        report.find("manifest", f"{shown(path)} is in the manifest but not in the pack")


def _hash_of(pack: Pack, path: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in pack.chunks(path):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def step_02_key(case: Case) -> None:
    """2. The pack's key is the one named in the first epoch, and the one that the reader obtained independently."""
    report = case.report
    first = case.epoch(0)
    try:
        key = parse_key(_key_file(case.pack, CASE_KEY))
    except Refused as problem:
        report.find("key", f"the key of the case: {problem}")
        key = None
    try:
        named = parse_key(first.vkey) if first and first.vkey is not None else None
    except Refused as problem:
        report.find("key", f"the key named in the first epoch: {problem}", epoch=0)
        named = None
    if key and named and key != named:
        report.find("key", "the key of the case is not the one that the first epoch names", epoch=0)
    case.key = named or key
    if case.key and not re.fullmatch(f"[^/]+/c/{case.case_id}", case.key.name):
        report.find("key", "the key's name is not that of this case")
    if case.given_key and case.given_key not in (key, named):
        report.find("key", "the key in the pack is not the one you gave")
    elif case.given_key and case.key != case.given_key:
        report.find("key", "the key that signs is not the one you gave")


def step_03_epochs(case: Case) -> None:
    """3. The case's epochs form one chain: each numbered, of this case, and naming the hash of the one before."""
    report, previous = case.report, bytes(HASH).hex()
    for n, epoch in enumerate(case.epochs):
        if epoch is not None:
            first = case.epoch(0) or epoch
            if epoch.n != n:
                report.find("epoch", f"stands at place {n} and says it is {epoch.n}", epoch=n)
            if epoch.case != case.case_id:
                report.find("epoch", "is of another case", epoch=n)
            if epoch.prev != previous:
                report.find("epoch", "does not follow the epoch before it", epoch=n)
            if epoch.slots != first.slots or epoch.slots not in (32, 64, 128):
                report.find("epoch", f"has {epoch.slots} slots", epoch=n)
            if n == 0 and epoch.vkey is None:
                report.find("epoch", "the first epoch names no key", epoch=0)
        previous = case.leaves[n].hex()


def step_04_checkpoints(case: Case) -> None:
    """4. Each checkpoint is signed with the case's key, over the root computed here from the epochs themselves."""
    pack, report = case.pack, case.report
    current = case.key
    for n, epoch in enumerate(case.epochs):
        signers = [current] if current else []
        if epoch and epoch.vkey is not None and n > 0 and current:
            renewed = _renewed_key(case, n, epoch.vkey, current)
            if renewed:
                signers.append(renewed)
                current = renewed
        try:
            note = pack.read(_checkpoint(n, "note"))
            if not signers:
                raise Refused("there is no key to check it with")
            text = case.signed[n] = open_note(note, signers)
            if text != checkpoint_text(signers[0].name, n + 1, case.roots[n + 1]):
                raise Refused("is not over the epochs of this pack")
        except Refused as problem:
            report.find("checkpoint", f"the checkpoint {problem}", epoch=n)
    case.newest = current
    for path in pack.under("case/checkpoints/"):
        match = re.fullmatch(r"case/checkpoints/([0-9]{6})\.(note|tsr|cosig)", path)
        if match and int(match[1]) >= len(case.epochs):
            check = "timestamp" if match[2] == "tsr" else "checkpoint"
            report.find(check, f"{path} belongs to no epoch of the pack", epoch=int(match[1]))
        elif match and match[2] == "cosig":
            report.note("checkpoint", "cosigned by a witness, which is not checked here", epoch=int(match[1]))


def _renewed_key(case: Case, n: int, text: str, current: Key) -> Key | None:
    try:
        renewed = parse_key(text)
    except Refused as problem:
        case.report.find("key", f"the new key: {problem}", epoch=n)
        return None
    if renewed.name != current.name or renewed == current:
        case.report.find("key", "the new key has another name, or is the old one", epoch=n)
        return None
    return renewed


def step_05_schedule(case: Case) -> None:
    """5. No scheduled checkpoint is missing: one for each instant of the grid, or a catch-up after an interruption."""
    first = case.epoch(0)
    if first is None or first.interval == 0:
        if case.epochs:
            case.report.find("schedule", "the first epoch states no schedule", epoch=0)
        return
    schedule = Schedule(case.report, first)
    for n, epoch in enumerate(case.epochs):
        if epoch is not None:
            schedule.follow(n, epoch)
    schedule.tell_age(case.report.at)


class Schedule:
    """Grid instants are due(0) + k*interval (§4); ``next`` is the k that no epoch stands for yet."""

    def __init__(self, report: Report, first: Epoch) -> None:
        self._report, self._start, self._interval = report, first.due, first.interval
        self._last, self._next, self._closed = first.due, 1, False

    def follow(self, n: int, epoch: Epoch) -> None:
        if (epoch.why == "open") != (n == 0):
            self._find(n, "the first epoch, and no other, opens the case")
        if epoch.vkey is not None and epoch.interval != self._interval:
            self._find(n, "the interval of the schedule changes")
        if epoch.due < self._last:
            self._find(n, "is due before the epoch before it")
        if self._closed:
            self._find(n, "comes after the case was closed")
        self._last = max(self._last, epoch.due)
        k, beside = divmod(epoch.due - self._start, self._interval)
        if epoch.why in ("grid", "catchup"):
            self._on_grid(n, epoch, k, beside)
        elif epoch.why in ("joint", "close"):
            # Due exactly at a grid instant it stands beside that instant's own epoch, before or after it.
            self._all_before(n, k if beside == 0 else k + 1)
            self._closed = self._closed or epoch.why == "close"
        elif epoch.why != "open":
            self._find(n, f"is made for no known reason: {shown(epoch.why)}")

    def _on_grid(self, n: int, epoch: Epoch, k: int, beside: int) -> None:
        if beside:
            self._find(n, "is not due at an instant of the schedule")
            return
        if k < self._next:
            self._find(n, "is due at an instant that another epoch stands for")
        if epoch.why == "grid":
            self._all_before(n, k)
        else:
            self._report.catchups.append(n)
        self._next = max(self._next, k + 1)

    def _all_before(self, n: int, k: int) -> None:
        if self._next < k:
            missing, since = k - self._next, instant(self._start + self._next * self._interval)
            self._find(n, f"{missing} scheduled epochs before it are missing, from {since} on")
            self._next = k

    def tell_age(self, made: str) -> None:
        """Only the exporter says when the pack was made, so an end that lies far back is told and no finding."""
        try:
            age = milliseconds(made, _INSTANT) - self._last
        except Refused:
            return  # step 1 has said so
        if age > self._interval + LATE and not self._closed:
            self._report.note("schedule", f"the last epoch was due {age // 3_600_000} hours before the pack was made")

    def _find(self, n: int, message: str) -> None:
        self._report.find("schedule", message, epoch=n)


def step_06_tokens(case: Case) -> None:
    """6. Time stamps of an independent authority are genuine, over these checkpoints, and not exchanged afterwards."""
    report, pack = case.report, case.pack
    pinned = _check_pins(case)
    for n, epoch in enumerate(case.epochs):
        path = _checkpoint(n, "tsr")
        if path not in pack.members:
            if n not in pinned:
                report.note("timestamp", "unstamped: no token yet", epoch=n)
            continue
        stamp = _stamp_of(case, n, path)
        if stamp is None:
            continue
        if epoch and stamp.at + stamp.accuracy < epoch.due - DELTA:
            report.find("timestamp", "the time stamp is older than the epoch", epoch=n)
            continue
        case.stamps[n] = stamp
        if epoch and stamp.at > epoch.due + LATE:
            report.late += 1
    report.stamped = len(case.stamps)


def _check_pins(case: Case) -> set[int]:
    """Each token that an epoch pins is there and is the one that was pinned; the epochs whose tokens are pinned."""
    pinned: set[int] = set()
    for n, epoch in enumerate(case.epochs):
        if epoch is None or not (epoch.stamps or epoch.tst):
            continue
        if not (epoch.stamps and epoch.tst):
            case.report.find("timestamp", "a pin and the epochs it is for do not come together", epoch=n)
            continue
        ascending = all(earlier < later for earlier, later in zip(epoch.stamps, epoch.stamps[1:]))
        if not ascending or epoch.stamps[-1] >= n or pinned.intersection(epoch.stamps):
            case.report.find("timestamp", "pins a token twice, out of order, or of a later epoch", epoch=n)
        pinned.update(epoch.stamps)
        found = [case.pack.found.get(_checkpoint(each, "tsr")) for each in epoch.stamps]
        missing = [each for each, token in zip(epoch.stamps, found) if token is None]
        for each in missing:
            case.report.find("timestamp", f"the token that epoch {n} pins is missing", epoch=each)
        if not missing and sha256(b"".join(bytes.fromhex(token[0]) for token in found if token)).hex() != epoch.tst:
            case.report.find("timestamp", f"the tokens of epochs {epoch.stamps} are not those it pins", epoch=n)
    return pinned


def _stamp_of(case: Case, n: int, path: str) -> Stamp | None:
    try:
        note = case.pack.read(_checkpoint(n, "note"))
        token = case.pack.read(path, TOKEN_LIMIT)
        try:
            return check_token(token, note, case.certificates)
        except Unreadable:
            return ask_openssl(token, note, case.certificates)
    except Refused as problem:
        case.report.find("timestamp", f"the time stamp: {problem}", epoch=n)
    except Unreadable as problem:
        case.report.note("timestamp", f"the time stamp is not checkable here: {problem}", epoch=n)
    return None


def step_07_events(case: Case, space: Space) -> None:
    """7. The room's entries form one chain: each numbered, of this room, hashed into the next, never back in time."""
    lines = case.pack.lines(space.prefix + "events.jsonl")
    reader = EventReader(case, space)
    try:
        for line in lines:
            reader.read(line)
    except Refused as problem:
        case.report.find("canonical" if reader.started else "sequence", f"events.jsonl {problem}", space=space.slot)


class EventReader:
    """Checks each event line against the one before it and keeps its columns."""

    def __init__(self, case: Case, space: Space) -> None:
        self._case, self._space = case, space
        self._expected = case.case_id.encode(), b"%d" % space.slot
        self._previous, self._at, self._day = bytes(HASH).hex().encode(), b"", b""
        self._names: dict[bytes, str] = {}
        self._heads: dict[tuple[bytes, bytes], tuple[int, str]] = {}
        self._unread = 0
        self.started = False

    def read(self, line: bytes, *, alone: bool = False) -> None:
        """Take the next line; ``alone`` where it is the only one, of a room that is otherwise not shown."""
        self.started = True
        space, seq = self._space, self._space.first + self._space.count
        match = EVENT.fullmatch(line)
        if match is None or not self._real_day(match):
            self._skip(line, seq)
            return
        at, intent, actor, of_case, body, meta, who, kind, n, root, slot, _t, prev, number, sig = match.groups()
        if (of_case, slot) != self._expected:
            self._find("sequence", "is of another case or room", seq)
        if number != b"%d" % seq:
            self._find("sequence", f"stands at place {seq} and says it is {number.decode()}", seq)
        if not alone:
            if prev != self._previous:
                self._find("prev", "does not follow the event before it", seq)
            if at < self._at:
                self._find("clock", "is older than the event before it", seq)
        leaf = hashlib.sha256(b"\x00" + line)
        self._previous, self._at = leaf.hexdigest().encode(), at
        space.leaves += leaf.digest()
        space.commitments += bytes.fromhex((body + meta + who).decode())
        space.ats.append(at.decode())
        space.kinds.append(self._name(kind))
        space.actors.append(self._name(actor))
        space.seen.append(self._head(n, root))
        if sig:
            space.acts[seq] = sig.decode(), sha256(intent)

    def _skip(self, line: bytes, seq: int) -> None:
        """A line that is no event keeps its place, so that the others can still be judged."""
        space = self._space
        self._find("canonical", explain_event(line), seq)
        space.broken.add(seq)
        leaf = leaf_hash(line)
        self._previous = leaf.hex().encode()
        space.leaves += leaf
        space.commitments += bytes(3 * HASH)
        space.ats.append(self._at.decode())
        space.kinds.append("")
        space.actors.append("")
        space.seen.append((0, EMPTY_ROOT.hex()))
        self._unread += 1
        if self._unread > FINDINGS_LIMIT:
            raise Refused("has too many lines that are no events; reading stopped")

    def _real_day(self, match: re.Match[bytes]) -> bool:
        """The form leaves 30 February; most events are of the day of the one before."""
        for at in {match[1], match[12]}:
            if at[:10] != self._day:
                try:
                    date.fromisoformat(at[:10].decode())
                except ValueError:
                    return False
                self._day = at[:10]
        return True

    def _name(self, name: bytes) -> str:
        return self._names.get(name) or self._names.setdefault(name, name.decode())

    def _head(self, n: bytes, root: bytes) -> tuple[int, str]:
        head = self._heads.get((n, root))
        return head or self._heads.setdefault((n, root), (int(n), root.decode()))

    def _find(self, check: str, message: str, seq: int) -> None:
        self._case.report.find(check, message, space=self._space.slot, seq=seq)


def step_08_seen(case: Case, space: Space) -> None:
    """8. The state of the case that each entry says its author had seen is the state that the epochs show."""
    report, judged = case.report, {}
    for seq, head in zip(space.seqs, space.seen):
        if head not in judged:
            n, root = head
            judged[head] = n < len(case.roots) and case.roots[n].hex() == root
        if not judged[head]:
            report.find("seen", f"saw another case log at size {head[0]}", space=space.slot, seq=seq)
    for opening, seqs in sealed_ranges(space):
        for seq in seqs:
            if space.seen[seq - space.first][0] > opening.n:
                report.find("seen", "saw an epoch later than the one it is sealed in", space=space.slot, seq=seq)


def step_09_openings(case: Case, space: Space) -> None:
    """9. Each epoch sealed exactly these entries of the room: none could be added, changed or dropped afterwards."""
    leaves, tree = memoryview(bytes(space.leaves)), Tree()
    done = 0
    for opening in space.openings:
        if opening.size < done:
            case.report.find("opening", "the room is smaller than before", space=space.slot, epoch=opening.n)
            continue
        if opening.size > space.count:
            case.report.find("opening", "seals more events than the pack holds", space=space.slot, epoch=opening.n)
            continue
        for place in range(done, opening.size):
            tree.append(bytes(leaves[place * HASH : place * HASH + HASH]))
        done = opening.size
        if tree.root() != opening.root:
            case.report.find("opening", "sealed other events than these", space=space.slot, epoch=opening.n)
        elif opening.good and opening.n in case.signed:
            space.proven = max(space.proven, opening.size)
    _check_coverage(case, space)


def read_openings(case: Case, space: Space) -> None:
    """The lines of openings.jsonl, each against the slot root of its epoch (part of step 9)."""
    path, previous = space.prefix + "openings.jsonl", -1
    try:
        for count, line in enumerate(case.pack.lines(path)):
            if count > len(case.epochs) + FINDINGS_LIMIT:
                raise Refused("has more lines than there are epochs; reading stopped")
            opening = _read_opening(case, space, line, previous)
            if opening is not None:
                space.openings.append(opening)
                previous = opening.n
    except Refused as problem:
        case.report.find("opening", f"openings.jsonl {problem}", space=space.slot)


def _read_opening(case: Case, space: Space, line: bytes, previous: int) -> Opening | None:
    n: int | None = None
    try:
        value = object_of(parse_line(line), ("n", "salt", "size", "root", "path"))
        if not is_number(value["n"]) or not is_number(value["size"]) or not isinstance(value["path"], list):
            raise Refused("a member is not of its form")
        n = value["n"]
        salt, root = from_hex(value["salt"], HASH), from_hex(value["root"], HASH)
        path = [from_hex(each, HASH) for each in value["path"]]
        epoch = case.epoch(value["n"])
        if epoch is None or value["n"] <= previous:
            raise Refused("is of no epoch, or not in order")
    except Refused as problem:
        case.report.find("opening", f"the opening {problem}", space=space.slot, epoch=n)
        return None
    slot = {"slot": space.slot, "n": value["n"], "size": value["size"], "root": root}
    good = _leads_to(slot_value(salt, case=bytes.fromhex(case.case_id), **slot), path, space.slot, epoch)
    if not good:
        case.report.find("opening", "does not lead to the epoch's slot root", space=space.slot, epoch=n)
    return Opening(value["n"], value["size"], root, value["n"] != previous + 1 or previous < 0, good)


def _leads_to(value: bytes, path: Sequence[bytes], slot: int, epoch: Epoch) -> bool:
    try:
        return path_root(leaf_hash(value), index=slot, size=epoch.slots, path=path) == epoch.sroot
    except Refused:
        return False


def _check_coverage(case: Case, space: Space) -> None:
    """Every epoch is opened; only those are not during which the exporter was not yet, or not, in the room."""
    last = len(case.epochs)
    before, size, holes = -1, 0, 0
    for opening in [*space.openings, Opening(last, 0, b"", fresh=False, good=False)]:
        missing = opening.n - before - 1
        holes += missing > 0
        away = holes <= FINDINGS_LIMIT and missing > 0 and _was_away(case, space, before, opening.n, size)
        if missing > 0 and not away:
            first = before + 1
            told = f"epochs {first} to {opening.n - 1} are" if missing > 1 else f"epoch {first} is"
            case.report.find("opening", f"{told} not opened", space=space.slot, epoch=first)
        before, size = opening.n, opening.size


def _was_away(case: Case, space: Space, before: int, after: int, size: int) -> bool:
    """Whether the exporter came between: before epoch ``after``, and (``before`` >= 0) left after epoch ``before``."""
    since = case.due(after - 1)
    if since is None:
        return False
    earliest = instant(since - DELTA)
    if before < 0:
        spaces = list(case.spaces.values())
        return any(space.at(seq) >= earliest for space in spaces for seq in _admissions_of(space, case.exporter))
    if after >= len(case.epochs):
        return False
    due = case.due(before + 1)
    latest = instant(max(case.latest(before + 1) or 0, due + DELTA)) if due is not None else ""
    removals = [
        seq
        for seq in space.of_kind("participant.removed")
        if seq >= size and _names(space, seq, case.exporter) and space.at(seq) <= latest
    ]
    admissions = [seq for seq in _admissions_of(space, case.exporter) if space.at(seq) >= earliest]
    return bool(removals and admissions and min(removals) < max(admissions))


def _admissions_of(space: Space, pid: str) -> list[int]:
    """The seqs of a person's admissions. One that was erased no longer says whose it was: it may have been theirs."""
    return [seq for seq in space.of_kind("participant.admitted") if _names(space, seq, pid)]


def _names(space: Space, seq: int, pid: str) -> bool:
    body = space.values.get(seq, {}).get("body")
    if body is None:
        return bool(space.states) and space.states[seq - space.first] == "erased"
    return isinstance(body, dict) and body.get("pid") == pid


def step_10_head(case: Case, space: Space) -> None:
    """10. The operator signed all entries of the room at export, those not yet sealed included."""
    report = case.report
    key = case.newest.named(f"{case.newest.name}/s/{space.slot}") if case.newest else None
    try:
        if key is None or _key_file(case.pack, space.prefix + "vkey") != key.text:
            raise Refused("the key of the room is not the key of the case under the room's name")
    except Refused as problem:
        report.find("key", f"vkey: {problem}", space=space.slot)
    tree = Tree()
    for seq in space.seqs:
        tree.append(space.leaf(seq))
    if space.slot in report.spaces:
        report.spaces[space.slot].root = base64.b64encode(tree.root()).decode()
    try:
        note = case.pack.read(space.prefix + "head.note")
        if key is None:
            raise Refused("there is no key to check it with")
        if open_note(note, [key]) != checkpoint_text(key.name, tree.size, tree.root()):
            raise Refused("is not over the events of this pack")
        space.proven = space.count
    except Refused as problem:
        report.find("head", f"head.note {problem}", space=space.slot)


def step_11_commitments(case: Case, space: Space) -> None:
    """11. Every text shown is the one recorded; each entry is shown in full, erased, withheld or missing."""
    space.states = ["missing"] * space.count
    lines = case.pack.lines(space.prefix + "disclosures.jsonl")
    reader = DisclosureReader(case, space)
    try:
        for line in lines:
            reader.read(line)
    except Refused as problem:
        case.report.find("commitment", f"disclosures.jsonl {problem}", space=space.slot)
    judge_states(case, space, absent=not reader.started or reader.unread > FINDINGS_LIMIT)


class DisclosureReader:
    """Checks each line of disclosures against the commitments of its event."""

    def __init__(self, case: Case, space: Space) -> None:
        self._case, self._space, self._last = case, space, space.first - 1
        self._canonical: set[str] = set()
        self.here: set[int] = set()  # seqs that have a line
        self.unread = 0
        self.started = False

    def read(self, line: bytes) -> None:
        self.started = True
        seq: int | None = None
        try:
            value = parse_line(line)
            if isinstance(value, dict) and is_number(value.get("seq")):
                seq = value["seq"]
            self._check(value)
        except Refused as problem:
            self._case.report.find("commitment", f"a disclosure: {problem}", space=self._space.slot, seq=seq)
            self.unread += 1
            if self.unread > FINDINGS_LIMIT:
                raise Refused("has too many lines that do not verify; reading stopped") from None
            if seq is not None and seq in self._space.seqs:
                self._last = max(self._last, seq)
                self._state(seq, "broken")

    def _check(self, value: Any) -> None:
        space = self._space
        salts, values = _salts_and_values(value)
        seq = value["seq"]
        if seq not in space.seqs:
            raise Refused("is of no event")
        if seq <= self._last:
            raise Refused("stands twice or out of order")
        self._last = seq
        if seq in space.broken:
            self._state(seq, "broken")
            return
        start, kept = (seq - space.first) * 3 * HASH, space.kinds[seq - space.first] in _KEPT
        for place, name in enumerate(FIELDS):
            if name not in salts:
                continue
            text = values[name]
            expected = space.commitments[start + place * HASH : start + place * HASH + HASH]
            if sha256(_COMMIT[name] + salts[name] + text.encode("utf-8", "surrogatepass")) != expected:
                raise Refused(f"{name} is not what was recorded")
            self._value(seq, name, text, kept=kept)
        self._state(seq, "ok" if len(salts) == len(FIELDS) else "withheld")

    def _value(self, seq: int, name: str, text: str, *, kept: bool) -> None:
        if text in self._canonical and not kept:
            return
        parsed = parse_canonical(text)
        if len(text) <= 64 and len(self._canonical) < 1024:
            self._canonical.add(text)
        if kept:
            self._space.values.setdefault(seq, {})[name] = parsed
        if name == "body" and isinstance(parsed, dict) and "files" in parsed:
            self._files(seq, parsed["files"])

    def _files(self, seq: int, files: Any) -> None:
        """The exhibits' bytes that an event names; a consent lists bare hashes and names no bytes of the pack."""
        for each in files if isinstance(files, list) else [None]:
            if isinstance(each, dict) and is_hex(each.get("sha256"), HASH) and is_number(each.get("size")):
                self._space.files.setdefault(each["sha256"], set()).add(each["size"])
            elif self._space.kind(seq) in ("exhibit.filed", "exhibit.released"):
                self._case.report.find("file", "names no file by hash and size", space=self._space.slot, seq=seq)

    def _state(self, seq: int, state: str) -> None:
        self._space.states[seq - self._space.first] = state


def _salts_and_values(value: Any) -> tuple[dict[str, bytes], dict[str, str]]:
    """The salt and the value of each disclosed field of a line; Refused where it is not of the form."""
    whole = isinstance(value, dict) and "ek" in value
    members = object_of(value, ("seq", "ek", "values") if whole else ("seq", "salts", "values"))
    if not is_number(members["seq"]):
        raise Refused("seq is not a number")
    if whole:
        key = from_hex(members["ek"], HASH)
        values = object_of(members["values"], FIELDS)
        salts = {name: hmac.digest(key, _SALT[name], "sha256") for name in FIELDS}
    else:
        given = object_of(members["salts"], (), optional=FIELDS)
        values = object_of(members["values"], given)
        salts = {name: from_hex(salt, HASH) for name, salt in given.items()}
    for text in values.values():
        if type(text) is not str:
            raise Refused("a value is not a string")
    return salts, values


def judge_states(case: Case, space: Space, *, absent: bool) -> None:
    """Erased is what is not fully disclosed and what a verified ``item.erased`` names; see step 11 for the others."""
    erased = set()
    for seq in space.of_kind("item.erased"):
        body = space.values.get(seq, {}).get("body")
        named = space.place(body.get("of")) if isinstance(body, dict) else None
        if named is not None and named < seq:
            erased.add(named)
    for place, state in enumerate(space.states):
        seq = place + space.first
        if state == "ok":
            continue
        if state == "missing" and seq not in erased and seq not in space.broken and not absent:
            case.report.find("commitment", "has no line in disclosures.jsonl", space=space.slot, seq=seq)
        if seq in erased:
            space.states[place] = "erased"
        elif state == "broken":
            space.states[place] = "missing"
    if absent and space.count > len(erased):
        case.report.find("commitment", "disclosures.jsonl does not tell of the events", space=space.slot)


def step_12_files(case: Case, space: Space) -> None:
    """12. Each exhibit in the pack is, byte for byte, the one that was filed; no file is there that nobody filed."""
    pack, report, folder = case.pack, case.report, space.prefix + "files/"
    told = report.spaces[space.slot]
    for name, sizes in sorted(space.files.items()):
        if folder + name not in pack.listed:
            told.files_absent += 1
            continue
        told.files_present += 1
        found = pack.found.get(folder + name)
        if found is None:
            report.find("file", f"the exhibit {name} is in the manifest and cannot be read", space=space.slot)
        elif found[0] != name or sizes != {found[1]}:
            report.find("file", f"the exhibit {name} has another SHA-256 or size than was filed", space=space.slot)
    for path in {**pack.members, **pack.listed}:
        if path.startswith(folder) and path[len(folder) :] not in space.files:
            report.find("file", f"{shown(path)} is named by no disclosed event", space=space.slot)


def step_13_acts(case: Case, space: Space) -> None:
    """13. Acts signed with a personal security key verify with the key recorded when that person was admitted."""
    pack, report, folder = case.pack, case.report, space.prefix + "acts/"
    for seq, (name, challenge) in sorted(space.acts.items()):
        try:
            if folder + name not in pack.listed:
                raise Refused("is not in the pack")
            data = pack.read(folder + name)
            if sha256(data).hex() != name:
                raise Refused("is not the one that was recorded")
            key = check_act(data, challenge)
            keys = _keys_of(case, space, seq)
            if keys is None:
                report.note("act", "the signature's key cannot be matched to a person here", space=space.slot, seq=seq)
            elif key not in keys:
                raise Refused("is of a key that is not that person's")
        except Refused as problem:
            report.find("act", f"the act signature {problem}", space=space.slot, seq=seq)
    named = {name for name, _ in space.acts.values()}
    for path in pack.under(folder):
        if path[len(folder) :] not in named:
            report.find("act", f"{shown(path)} is named by no event", space=space.slot)


def check_act(data: bytes, challenge: bytes) -> str:
    """The key (base64 SPKI) that made this WebAuthn signature over an intent with the SHA-256 ``challenge`` (§6)."""
    members = ("v", "alg", "key", "authenticatorData", "clientDataJSON", "signature")
    act = object_of(parse_line(data), members)
    if act["v"] != "caseroom/v1/act" or act["alg"] != "ES256":
        raise Refused("is of another version or algorithm")
    authenticator, client, signature = (from_base64(act[name]) for name in members[3:])
    try:
        stated = json.loads(client.decode("utf-8"), parse_int=_integer)
    except (ValueError, RecursionError):
        raise Refused("has client data that are not JSON") from None
    expected = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
    if not isinstance(stated, dict) or stated.get("type") != "webauthn.get" or stated.get("challenge") != expected:
        raise Refused("is over another act")
    if len(authenticator) < 37 or not authenticator[32] & 0x04:
        raise Refused("was made without verifying the user")
    try:
        public = load_der_public_key(from_base64(act["key"]))
        if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
            raise Refused("is not of a P-256 key")
        public.verify(signature, authenticator + sha256(client), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        raise Refused("does not verify") from None
    return str(act["key"])


def _keys_of(case: Case, space: Space, seq: int) -> set[str] | None:
    """The keys of an act's author by the latest admission at or before the act; None where it is not disclosed."""
    actor, at = space.actors[seq - space.first], space.at(seq)
    latest: list[Admission] = []
    for admission in _admissions_before(case, actor, at):
        if admission.slot == space.slot and admission.seq > seq:
            continue
        if latest and admission.at != latest[0].at:
            break
        latest.append(admission)
    if not latest and case.report.disclosure:
        return None
    if not latest:
        raise Refused("is of a person whose admission is not in the pack")
    keys: set[str] = set()
    for admission in latest:
        if admission.keys is None:
            return None
        keys |= admission.keys
    return keys


class Admission(NamedTuple):
    """Who was admitted when; ``keys`` are None where the entry does not disclose them, or whose they are."""

    at: str
    slot: int
    seq: int
    keys: frozenset[str] | None


def _admissions_before(case: Case, actor: str, at: str) -> Iterator[Admission]:
    """The admissions of a person and those of nobody knows whom, up to a time, the latest first."""
    if case.admissions is None:
        case.admissions = {}
        for space in case.spaces.values():
            for seq in space.of_kind("participant.admitted"):
                pid, keys = _admitted(space.values.get(seq, {}))
                case.admissions.setdefault(pid, []).append(Admission(space.at(seq), space.slot, seq, keys))
        for admissions in case.admissions.values():
            admissions.sort(key=lambda each: each[:3])
    lists = []
    for pid in ("", actor):
        admissions = case.admissions.get(pid, [])
        lists.append(admissions[: bisect.bisect_right(admissions, (at, MAX_INTEGER))][::-1])
    return heapq.merge(*lists, key=lambda each: each.at, reverse=True)


def _admitted(values: dict[str, Any]) -> tuple[str, frozenset[str] | None]:
    """The pid of an admission, empty where it is not disclosed, and its keys."""
    body, meta = values.get("body"), values.get("meta")
    pid = body.get("pid") if isinstance(body, dict) else None
    if body is None or meta is None:
        return pid if isinstance(pid, str) else "", None
    keys = meta.get("keys") if isinstance(meta, dict) else None
    texts = [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
    return pid if isinstance(pid, str) else "?", frozenset(texts)


def step_14_window(case: Case, space: Space) -> None:
    """14. The time of each entry lies between the checkpoint before it and the independent time stamp after it."""
    for opening, seqs in sealed_ranges(space):
        before, latest = case.due(opening.n - 1), case.latest(opening.n)
        earliest = instant(before - DELTA) if before is not None and not opening.fresh else ""
        until = instant(latest) if latest is not None else "9"
        for seq in seqs:
            if seq not in space.broken and not earliest <= space.at(seq) <= until:
                message = "its time is outside the epoch that sealed it"
                case.report.find("window", message, space=space.slot, seq=seq, epoch=opening.n)


def sealed_ranges(space: Space) -> Iterator[tuple[Opening, range]]:
    """The seqs that each opening covers first."""
    sealed = space.first
    for opening in space.openings:
        end = min(opening.size, space.first + space.count)
        if end > sealed:
            yield opening, range(sealed, end)
            sealed = end


def step_15_links(case: Case) -> None:
    """15. What moved from a private room to the joint one: the link leads to the owner's consent, given before."""
    linked: set[tuple[int, int]] = set()
    for space in case.spaces.values():
        _gather_withdrawals(space)
        for seq in space.of_kind("exhibit.released", "message.released"):
            _check_mover(case, space, seq)
    if LINKS not in case.pack.members:
        _check_all_linked(case, linked, case.report.note)  # a pack may be made without links
        return
    try:
        for number, line in enumerate(case.pack.lines(LINKS)):
            try:
                if number > FINDINGS_LIMIT + sum(space.count for space in case.spaces.values()):
                    raise Refused("more lines than events")
                place = _check_link(case, line)
                if place in linked:
                    raise Refused("stands twice")
                linked.add(place)
            except Refused as problem:
                case.report.find("link", f"link {number}: {problem}")
    except Refused as problem:
        case.report.find("link", f"links.jsonl {problem}")
    _check_all_linked(case, linked, case.report.find)


def _check_mover(case: Case, space: Space, seq: int) -> None:
    """An item is moved by its owner, or by the neutral, who then says so (§7)."""
    who = space.values.get(seq, {}).get("who")
    if who is None:
        return
    actor = space.actors[seq - space.first]
    owned = isinstance(who, dict) and is_hex(who.get("owner"), 16) and is_hex(who.get("consent"), HASH)
    if not owned or who.get("via", who["owner"]) != actor:
        message = "does not say whose it was, who moved it and by which consent"
        case.report.find("link", message, space=space.slot, seq=seq)


def _check_link(case: Case, line: bytes) -> tuple[int, int]:
    """One line of links.jsonl; gives the place of the released item."""
    value = object_of(parse_line(line), ("joint", "caucus", "salt"))
    salt = from_hex(value["salt"], HASH)
    joint, released = _event_at(case, value["joint"], ("exhibit.released", "message.released"))
    caucus, consented = _event_at(case, value["caucus"], ("release.consented",))
    release, consent = joint.values.get(released, {}), caucus.values.get(consented, {})
    who, slip = release.get("who"), consent.get("body")
    place = joint.slot, released
    if joint.at(released) < caucus.at(consented):
        raise Refused("the consent is later than the release")
    if who is None or slip is None:
        case.report.note("link", "the release or its consent is not disclosed", space=joint.slot, seq=released)
        return place
    if not isinstance(who, dict) or not isinstance(slip, dict):
        raise Refused("the release or its consent is not of its form")
    if who.get("consent") != sha256(b"caseroom/v1/link\x00" + salt + caucus.leaf(consented)).hex():
        raise Refused("does not lead to this consent")
    if who.get("owner") != caucus.actors[consented - caucus.first]:
        raise Refused("the consent is not the owner's")
    if slip.get("to") != joint.slot or joint is caucus:
        raise Refused("the consent is for another room")
    _check_consented_files(case, caucus, consented, release.get("body"))
    if caucus.withdrawn.get(caucus.leaf(consented).hex(), "9") < joint.at(released):
        raise Refused("the consent was withdrawn before the release")
    return place


def _event_at(case: Case, place: Any, kinds: tuple[str, ...]) -> tuple[Space, int]:
    if not isinstance(place, list) or len(place) != 2 or not all(map(is_number, place)):
        raise Refused("a place is not a slot and a seq")
    space = case.spaces.get(place[0])
    if space is None or place[1] not in space.seqs or space.kind(place[1]) not in kinds:
        raise Refused(f"{shown(place)} is no such event of this pack")
    return space, place[1]


def _check_consented_files(case: Case, caucus: Space, consented: int, released: Any) -> None:
    """The files of consent and release are equal; where they differ from the filed ones, it says ``cleaned``."""
    consent = caucus.values[consented]
    slip = consent["body"]
    if released is not None and _hashes(released) != slip.get("files", []):
        raise Refused("other files were released than consented to")
    filed = caucus.place(slip.get("of"))
    if filed is None or filed >= consented:
        raise Refused("the consent is to nothing that was there before")
    original, meta = caucus.values.get(filed, {}).get("body"), consent.get("meta")
    changed = original is not None and _hashes(original) != slip.get("files", [])
    if changed and isinstance(meta, dict) and not meta.get("cleaned"):
        raise Refused("other files were consented to than filed, and they are not said to be cleaned")
    if original is None and caucus.kind(filed) in _KEPT:
        case.report.note("link", "what the consent is to is not disclosed", space=caucus.slot, seq=filed)


def _hashes(body: Any) -> list[Any]:
    files = body.get("files", []) if isinstance(body, dict) else []
    return [each.get("sha256") if isinstance(each, dict) else each for each in files] if isinstance(files, list) else []


def _gather_withdrawals(space: Space) -> None:
    for seq in space.of_kind("release.withdrawn"):
        body = space.values.get(seq, {}).get("body")
        if isinstance(body, dict) and isinstance(body.get("of"), str):
            space.withdrawn.setdefault(body["of"], space.at(seq))


def _check_all_linked(case: Case, linked: set[tuple[int, int]], tell: Callable[..., None]) -> None:
    """A pack that holds a consent and has links has the one to the release that the consent was for."""
    consents = {
        (slip.get("to"), space.actors[seq - space.first], json.dumps(slip.get("files", [])))
        for space in case.spaces.values()
        for seq in space.of_kind("release.consented")
        for slip in [space.values.get(seq, {}).get("body")]
        if isinstance(slip, dict) and is_number(slip.get("to"))
    }
    for space in case.spaces.values():
        for seq in space.of_kind("exhibit.released", "message.released"):
            values = space.values.get(seq, {})
            who = values.get("who")
            owner = who.get("owner") if isinstance(who, dict) else None
            wanted = (space.slot, owner, json.dumps(_hashes(values.get("body"))))
            if wanted in consents and (space.slot, seq) not in linked:
                tell("link", "the link to its consent is missing", space=space.slot, seq=seq)


def step_16_compare(a: Case, b: Case) -> list[dict[str, Any]]:
    """16. Two packs of one case show the same checkpoints and the same entries; if not, both signed texts prove it."""
    found: list[dict[str, Any]] = []
    for n in sorted(set(a.signed) & set(b.signed)):
        if a.signed[n] != b.signed[n] and len(found) < FINDINGS_LIMIT:
            notes = [case.pack.read(_checkpoint(n, "note")).decode() for case in (a, b)]
            found.append({"what": "checkpoint", "n": n, "a": notes[0], "b": notes[1]})
    for slot in sorted(set(a.spaces) & set(b.spaces)):
        one, other = a.spaces[slot], b.spaces[slot]
        common = range(max(one.first, other.first), min(one.first + one.proven, other.first + other.proven))
        differing = [seq for seq in common if one.leaf(seq) != other.leaf(seq)][:FINDINGS_LIMIT]
        lines = [_event_lines(case, slot, differing) for case in (a, b)]
        found += [
            {"what": "event", "space": slot, "seq": seq, "a": lines[0][seq], "b": lines[1][seq]} for seq in differing
        ]
    return found


def _event_lines(case: Case, slot: int, seqs: Sequence[int]) -> dict[int, str]:
    """The bytes of some events of a room, as text."""
    space, wanted = case.spaces[slot], set(seqs)
    if not wanted:
        return {}
    path = "disclosure/event.json" if case.report.disclosure else space.prefix + "events.jsonl"
    lines = enumerate(case.pack.lines(path), start=space.first)
    return {seq: line.decode("utf-8", "replace") for seq, line in lines if seq in wanted}


# ----------------------------------------------------------------------------------------------------------------------
# One exhibit shown to an outsider (docs/disclosure-format.md): the same steps over one entry and its proofs
# ----------------------------------------------------------------------------------------------------------------------


def read_disclosure(case: Case) -> Space | None:
    """The one event of the bundle (step 7), with its room; None where it cannot be read."""
    try:
        lines = list(case.pack.lines("disclosure/event.json"))
        if len(lines) != 1:
            raise Refused("is not one line")
    except Refused as problem:
        case.report.find("sequence", f"event.json {problem}")
        return None
    match = EVENT.fullmatch(lines[0])
    if match is None:
        case.report.find("canonical", explain_event(lines[0]))
        return None
    slot, seq = int(match[11]), int(match[14])
    space = case.spaces[slot] = Space(slot, "disclosure/", first=seq)
    case.report.spaces[slot] = SpaceReport()
    if slot >= case.slots:
        case.report.find("sequence", "is of a room that the case cannot have", space=slot, seq=seq)
    EventReader(case, space).read(lines[0], alone=True)
    return space


def check_disclosure(case: Case, space: Space) -> None:
    """Steps 9 to 14 for one event: opened in an epoch, signed in a receipt, and what it says."""
    report, seq = case.report, space.first
    _check_one_opening(case, space)
    _check_receipt(case, space)
    space.states = ["missing"]
    reader = DisclosureReader(case, space)
    try:
        for line in case.pack.lines("disclosure/values.json"):
            reader.read(line)
    except Refused as problem:
        report.find("commitment", f"values.json {problem}", space=space.slot, seq=seq)
    judge_states(case, space, absent=False)
    step_08_seen(case, space)
    step_12_files(case, space)
    step_13_acts(case, space)
    step_14_window(case, space)


def _check_one_opening(case: Case, space: Space) -> None:
    """The epoch that sealed the event, and the event's place in the room's tree at that epoch (step 9)."""
    opening_file, inclusion_file = "disclosure/opening.json", "disclosure/inclusion.json"
    if opening_file not in case.pack.members and inclusion_file not in case.pack.members:
        case.report.note("opening", "the event was not sealed in an epoch yet", space=space.slot, seq=space.first)
        return
    try:
        opening = _read_opening(case, space, _single_line(case.pack, opening_file), -1)
        inclusion = object_of(parse_line(_single_line(case.pack, inclusion_file)), ("index", "size", "path"))
        if not is_number(inclusion["index"]) or not isinstance(inclusion["path"], list):
            raise Refused("a member is not of its form")
        path = [from_hex(each, HASH) for each in inclusion["path"]]
        if opening is None:
            return
        if inclusion["size"] != opening.size or inclusion["index"] != space.first:
            raise Refused("the proof is of another size or place")
        if path_root(space.leaf(space.first), index=space.first, size=opening.size, path=path) != opening.root:
            raise Refused("the event is not in the room that the epoch sealed")
    except Refused as problem:
        case.report.find("opening", str(problem), space=space.slot, seq=space.first)
        return
    # Whether the epoch before sealed something too is not shown: it sets no lower bound for the time.
    space.openings = [opening._replace(fresh=True)]
    space.proven = 1 if opening.good and opening.n in case.signed else 0


def _check_receipt(case: Case, space: Space) -> None:
    """The C2SP tlog-proof of the event under the room's key (step 10)."""
    key = case.newest.named(f"{case.newest.name}/s/{space.slot}") if case.newest else None
    try:
        if key is None or _key_file(case.pack, "disclosure/vkey") != key.text:
            raise Refused("the key of the room is not the key of the case under the room's name")
    except Refused as problem:
        case.report.find("key", f"vkey: {problem}", space=space.slot)
        return
    try:
        size, root, index, path = _read_receipt(case.pack.read("disclosure/receipt.txt"), key)
        if index != space.first:
            raise Refused("is of another event")
        if path_root(space.leaf(index), index=index, size=size, path=path) != root:
            raise Refused("does not lead from the event to the signed root")
        space.proven = 1
    except Refused as problem:
        case.report.find("head", f"receipt.txt {problem}", space=space.slot, seq=space.first)


def _read_receipt(data: bytes, key: Key) -> tuple[int, bytes, int, list[bytes]]:
    head, divider, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        text = open_note(note, [key])
    except UnicodeDecodeError:
        raise Refused("is not a receipt") from None
    number = re.fullmatch(r"index (0|[1-9][0-9]{0,15})", lines[1]) if len(lines) > 1 else None
    if not divider or lines[0] != "c2sp.org/tlog-proof@v1" or number is None:
        raise Refused("is not a receipt")
    signed = re.fullmatch(rf"{re.escape(key.name)}\n(0|[1-9][0-9]{{0,15}})\n([A-Za-z0-9+/=]{{44}})\n", text)
    if signed is None:
        raise Refused("is not over this room")
    return int(signed[1]), from_base64(signed[2]), int(number[1]), [from_base64(line) for line in lines[2:]]


def _single_line(pack: Pack, path: str) -> bytes:
    lines = list(pack.lines(path))
    if len(lines) != 1:
        raise Refused(f"{path} is not one line")
    return lines[0]


# ----------------------------------------------------------------------------------------------------------------------
# Going through the recipe
# ----------------------------------------------------------------------------------------------------------------------


def verify_pack(
    path: str | os.PathLike[str],
    *,
    key: str | None = None,
    roots: bytes | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check a pack and report everything that is wrong with it.

    ``key`` is a verifier key obtained out of band (``name+id+base64``), ``roots`` PEM certificates of time-stamping
    authorities obtained so; without them those of the pack are believed. ``progress`` is called with bytes read and
    bytes to read. Raises NotAPack where there is no pack to check, or ``key`` or ``roots`` cannot be used.
    """
    with Pack(path, progress) as pack:
        return _verify(pack, key=key, roots=roots).report


def compare_packs(
    a: str | os.PathLike[str],
    b: str | os.PathLike[str],
    *,
    key: str | None = None,
    roots: bytes | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Check two packs and compare what they show of the same case. Raises NotAPack like ``verify_pack``; two packs of
    different cases give ``same_case`` False and are not compared."""
    with Pack(a, progress) as first, Pack(b, progress) as second:
        one, other = (_verify(pack, key=key, roots=roots) for pack in (first, second))
        same = one.case_id == other.case_id != ""
        return Comparison(same, step_16_compare(one, other) if same else [], one.report, other.report)


def _verify(pack: Pack, *, key: str | None, roots: bytes | None) -> Case:
    report = Report()
    case = Case(pack, report)
    _use_given(case, key, roots)
    try:
        read_manifest(case)
    except MemoryError:
        raise NotAPack("manifest.json is more than the memory of this computer holds") from None
    _carefully(case, "manifest", step_01_manifest)
    _carefully(case, "epoch", read_epochs)
    _carefully(case, "timestamp", read_certificates)
    _carefully(case, "key", step_02_key)
    _carefully(case, "epoch", step_03_epochs)
    _carefully(case, "checkpoint", step_04_checkpoints)
    _carefully(case, "schedule", step_05_schedule)
    _carefully(case, "timestamp", step_06_tokens)
    _carefully(case, "sequence", _verify_disclosure if report.disclosure else _verify_spaces)
    for slot, space in case.spaces.items():
        told = report.spaces[slot]
        told.events, told.states = space.count, space.states
        sealed = max((opening.size for opening in space.openings), default=0)
        told.sealed = max(0, min(sealed, space.first + space.count) - space.first)
    report.close()
    return case


def _verify_spaces(case: Case) -> None:
    found = (re.match(rf"spaces/({_SLOT})/", path) for path in case.pack.members)
    slots = {int(match[1]) for match in found if match}
    for slot in sorted(slots):
        case.spaces[slot] = Space(slot, f"spaces/{slot}/")
        case.report.spaces[slot] = SpaceReport()
        if slot >= case.slots:
            case.report.find("sequence", "a room that the case cannot have", space=slot)
    # Step 11 comes before step 9, which needs to know who was admitted when; and openings are read before both.
    _each(case, "sequence", step_07_events)
    _each(case, "opening", read_openings)
    _each(case, "seen", step_08_seen)
    _each(case, "commitment", step_11_commitments)
    _each(case, "opening", step_09_openings)
    _each(case, "head", step_10_head)
    _each(case, "file", step_12_files)
    _each(case, "act", step_13_acts)
    _each(case, "window", step_14_window)
    _carefully(case, "link", step_15_links)


def _verify_disclosure(case: Case) -> None:
    space = read_disclosure(case)
    if space is not None:
        check_disclosure(case, space)


def _each(case: Case, check: str, step: Callable[[Case, Space], None]) -> None:
    for space in case.spaces.values():
        _carefully(case, check, functools.partial(_for_space, step=step, space=space), slot=space.slot)


def _for_space(case: Case, *, step: Callable[[Case, Space], None], space: Space) -> None:
    step(case, space)


def _carefully(case: Case, check: str, step: Callable[[Case], None], *, slot: int | None = None) -> None:
    """The last resort: what a step stumbles over in a hostile pack is a finding, never an end without a report."""
    try:
        step(case)
    except Exception as error:  # noqa: BLE001
        message = f"could not be checked to its end: {type(error).__name__} {shown(str(error))}"
        case.report.find(check, message, space=slot)


def _use_given(case: Case, key: str | None, roots: bytes | None) -> None:
    if key is not None:
        case.report.key_source = "given"
        try:
            case.given_key = parse_key(key.strip())
        except Refused as problem:
            raise NotAPack(f"--key: {problem}") from None
    if roots is not None:
        case.report.roots_source = "given"
        try:
            case.certificates = x509.load_pem_x509_certificates(roots)
        except ValueError:
            raise NotAPack("--tsa-roots: no certificates in PEM form") from None


def read_manifest(case: Case) -> None:
    """The manifest: NotAPack where there is none, or not one of this version; other faults are findings."""
    try:
        data = case.pack.read(MANIFEST, MANIFEST_LIMIT)
    except Refused as problem:
        raise NotAPack(f"manifest.json {problem}") from None
    try:
        value = json.loads(data.decode("utf-8"), parse_int=_any_integer)
    except (ValueError, RecursionError):
        raise NotAPack("manifest.json is not JSON") from None
    version = value.get("v") if isinstance(value, dict) else None
    if version not in (PACK, DISCLOSURE):
        raise NotAPack("manifest.json is not of version caseroom/v1")
    report = case.report
    report.disclosure = version == DISCLOSURE
    try:
        if not data.endswith(b"\n"):
            raise Refused("does not end with a newline")
        object_of(parse_line(data[:-1]), ("v", "case", "exporter", "at", "files"))
        from_hex(value["case"], 16)
        from_hex(value["exporter"], 16)
        milliseconds(value["at"], _INSTANT)
        for name, digest in object_of(value["files"], value["files"]).items():
            if not is_hex(digest, HASH) or name == MANIFEST:
                raise Refused(f"has no SHA-256 for {shown(name)}")
    except Refused as problem:
        report.find("manifest", f"manifest.json {problem}")
    texts = [value.get(name) for name in ("case", "exporter", "at")]
    report.case, report.exporter, report.at = (text if isinstance(text, str) else "" for text in texts)
    files = value.get("files")
    if isinstance(files, dict):
        case.pack.listed = {name: digest for name, digest in files.items() if isinstance(digest, str)}


def _any_integer(digits: str) -> int:
    if len(digits) > 400:
        raise ValueError("a number without end")
    return int(digits)


def read_epochs(case: Case) -> None:
    """The lines of the case log, and its root at every size. A line that is no epoch keeps its place in the tree."""
    report, tree, unread = case.report, Tree(), 0
    case.roots = [EMPTY_ROOT]
    try:
        for n, line in enumerate(case.pack.lines(EPOCHS)):
            try:
                case.epochs.append(parse_epoch(line))
            except Refused as problem:
                report.find("canonical", f"the epoch is {problem}", epoch=n)
                case.epochs.append(None)
                unread += 1
            case.leaves.append(leaf_hash(line))
            tree.append(case.leaves[n])
            case.roots.append(tree.root())
            if unread > FINDINGS_LIMIT:
                raise Refused("has too many lines that are no epochs; reading stopped")
    except Refused as problem:
        report.find("canonical" if case.epochs else "epoch", f"epochs.jsonl {problem}")
    if not case.epochs and EPOCHS in case.pack.members:
        report.find("epoch", "there is no epoch")
    _take_case(case)


def _take_case(case: Case) -> None:
    report = case.report
    known = [epoch for epoch in case.epochs if epoch]
    first = case.epoch(0)
    case.case_id = first.case if first else report.case if is_hex(report.case, 16) else ""
    case.slots = known[0].slots if known else 32
    report.epochs, report.last_due = len(case.epochs), known[-1].due_text if known else ""
    if first and first.case != report.case:
        report.find("manifest", "manifest.json is of another case than the epochs")


def read_certificates(case: Case) -> None:
    """The certificates to pin (part of step 6): those given, else those of the pack."""
    for path in case.pack.under("tsa/"):
        try:
            found = _parse_certificates(case.pack.read(path))
        except Refused as problem:
            case.report.find("timestamp", f"{shown(path)} {problem}")
            continue
        if case.report.roots_source == "pack":
            case.certificates += found


def _parse_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file of the pack, which holds nothing beside them; a root has to be signed by itself.

    A chain never leads over a root's own signature: without this, some of its bytes could be others unseen."""
    try:
        found = x509.load_pem_x509_certificates(data)
        roots = [each for each in found if each.subject == each.issuer]
    except _ODD_CERTIFICATE:
        raise Refused("holds no certificate that can be read") from None
    if b"".join(each.public_bytes(Encoding.PEM) for each in found) != data:
        raise Refused("holds more than certificates, or not in their one form")
    for root in roots:
        try:
            root.verify_directly_issued_by(root)
        except UnsupportedAlgorithm:
            continue  # of an algorithm too old or too new to be judged here
        except (ValueError, TypeError, InvalidSignature):
            raise Refused("holds a root that was changed: it is not signed by itself") from None
    return found


def _key_file(pack: Pack, path: str) -> str:
    text = pack.read(path).decode("utf-8", "replace")
    if not text.endswith("\n"):
        raise Refused("does not end with a newline")
    return text[:-1]


def _checkpoint(n: int, kind: str) -> str:
    return f"case/checkpoints/{n:06d}.{kind}"


# ----------------------------------------------------------------------------------------------------------------------
# What a person reads
# ----------------------------------------------------------------------------------------------------------------------

_ENGLISH: dict[str, Any] = {
    "verified": "VERIFIED. What this pack shows is what was recorded; nothing of it was changed afterwards.",
    "wrong": "NOT VERIFIED: {count} finding(s). Do not rely on this pack before they are explained.",
    "same": "THE SAME HISTORY. Both packs were verified and show the same case, without contradiction.",
    "equivocation": "TWO HISTORIES: the operator signed {count} contradicting statement(s). Keep both packs.",
    "compared_wrong": "NO CONTRADICTION between the packs, but at least one of them was not verified.",
    "other_case": "These packs are of two different cases.",
    "not_a_pack": "This is not an evidence pack: {reason}",
    "case": "Case {case}, pack made {at}",
    "disclosure": "Case {case}, one entry disclosed {at}",
    "epochs": "{epochs} checkpoints up to {last}; {stamped} with a verified time stamp, {late} of them late.",
    "catchups": "Interruptions of the service, made up for at checkpoint(s) {which}.",
    "space": "Space {slot}: {events} entries, {sealed} sealed; {states}; files: {present} here, {absent} elsewhere.",
    "findings": "Findings",
    "notes": "Not checked here (no accusation)",
    "room": "space",
    "root": "root:",
    "entry": "entry",
    "epoch": "checkpoint",
    "others": " (and {count} others)",
    "more": "  ... and {count} more",
    "pack": "Pack {name}",
    "proves": "What a verified pack proves, and what it does not",
    "proof": (
        "The entries shown are those recorded, in this order, none changed or removed since they were sealed.",
        "Each existed at the latest at the time of its time stamp; an entry without one has no outside witness.",
        "It does not prove that a document is true, nor who sat at the keyboard where no security key was used.",
        "{key}",
        "{roots}",
    ),
    "key_given": "The key is the one you gave, so it speaks for the operator whose key you obtained.",
    "key_pack": "The key was taken from the pack itself: compare it with the one you were sent (option --key).",
    "roots_given": "The time stamps were checked against the certificates you gave.",
    "roots_pack": (
        "The certificates behind the time stamps were taken from the pack itself: whoever made it could have made them "
        "too. Check against those that the authority publishes (option --tsa-roots)."
    ),
    "roots_none": "No time stamp was verified: the times are the operator's own.",
    "states": {"ok": "shown in full", "erased": "erased", "withheld": "withheld", "missing": "missing"},
}
_FRENCH: dict[str, Any] = {
    "verified": "VÉRIFIÉ. Ce que montre ce dossier est ce qui a été enregistré ; rien n'y a été modifié ensuite.",
    "wrong": "NON VÉRIFIÉ : {count} constat(s). Ne vous fiez pas à ce dossier avant de les avoir compris.",
    "same": "LA MÊME HISTOIRE. Les deux dossiers sont vérifiés et montrent la même affaire, sans contradiction.",
    "equivocation": "DEUX HISTOIRES : l'opérateur a signé {count} énoncé(s) contradictoire(s). Gardez-les tous deux.",
    "compared_wrong": "AUCUNE CONTRADICTION entre les dossiers, mais l'un d'eux au moins n'est pas vérifié.",
    "other_case": "Ces dossiers portent sur deux affaires différentes.",
    "not_a_pack": "Ce fichier n'est pas un dossier de preuves : {reason}",
    "case": "Affaire {case}, dossier établi le {at}",
    "disclosure": "Affaire {case}, une inscription communiquée le {at}",
    "epochs": "{epochs} points de contrôle jusqu'au {last} ; {stamped} horodatés et vérifiés, dont {late} tardivement.",
    "catchups": "Interruptions du service, rattrapées au(x) point(s) de contrôle {which}.",
    "space": (
        "Espace {slot} : {events} inscriptions, {sealed} scellées ; {states} ; "
        "fichiers : {present} joints, {absent} absents."
    ),
    "findings": "Constats",
    "notes": "Non vérifié ici (sans accusation)",
    "room": "espace",
    "root": "racine :",
    "entry": "inscription",
    "epoch": "point de contrôle",
    "others": " (et {count} autres)",
    "more": "  ... et {count} autres",
    "pack": "Dossier {name}",
    "proves": "Ce qu'un dossier vérifié prouve, et ce qu'il ne prouve pas",
    "proof": (
        "Les inscriptions montrées sont celles enregistrées, dans cet ordre, sans changement depuis leur scellement.",
        "Chacune existait au plus tard à l'heure de son horodatage ; sans horodatage, aucun tiers n'en témoigne.",
        "Cela ne prouve ni qu'un document dit vrai, ni qui était au clavier là où aucune clé de sécurité n'a servi.",
        "{key}",
        "{roots}",
    ),
    "key_given": "La clé est celle que vous avez fournie : elle engage l'opérateur dont vous la tenez.",
    "key_pack": "La clé vient du dossier lui-même : comparez-la à celle que vous avez reçue (option --key).",
    "roots_given": "Les horodatages ont été vérifiés avec les certificats que vous avez fournis.",
    "roots_pack": (
        "Les certificats des horodatages viennent du dossier lui-même : qui l'a établi a pu les fabriquer aussi. "
        "Vérifiez avec ceux que publie l'autorité (option --tsa-roots)."
    ),
    "roots_none": "Aucun horodatage n'a été vérifié : les heures sont celles de l'opérateur.",
    "states": {
        "ok": "montrées en entier",
        "erased": "effacées",
        "withheld": "non communiquées",
        "missing": "manquantes",
    },
}
_SHOWN = 50  # findings of each kind that a person is shown; --json has them all


def describe(report: Report, words: dict[str, Any]) -> list[str]:
    """The report of one pack as lines for a person, the verdict first."""
    verdict = words["verified"] if report.verified else words["wrong"].format(count=len(report.findings))
    heading = words["disclosure" if report.disclosure else "case"]
    lines = [verdict, "", heading.format(case=report.case, at=report.at)]
    lines.append(
        words["epochs"].format(
            epochs=report.epochs, last=report.last_due or "-", stamped=report.stamped, late=report.late
        )
    )
    if report.catchups:
        lines.append(words["catchups"].format(which=", ".join(map(str, report.catchups))))
    lines += [_describe_space(slot, space, words) for slot, space in sorted(report.spaces.items())]
    lines += _describe_findings(words["findings"], report.findings, words)
    lines += _describe_findings(words["notes"], report.notes, words)
    lines += ["", words["proves"]]
    key = words["key_given" if report.key_source == "given" else "key_pack"]
    roots = words[f"roots_{report.roots_source}" if report.stamped else "roots_none"]
    proof = (line.format(key=key, roots=roots) for line in words["proof"])
    return lines + [f"  {number}. {line}" for number, line in enumerate(proof, start=1)]


def _describe_space(slot: int, space: SpaceReport, words: dict[str, Any]) -> str:
    counts = {state: space.states.count(state) for state in words["states"]}
    states = ", ".join(f"{count} {words['states'][state]}" for state, count in counts.items() if count) or "-"
    told = {"events": space.events, "sealed": space.sealed, "present": space.files_present}
    line = words["space"].format(slot=slot, states=states, absent=space.files_absent, **told)
    return str(line) + (f"\n  {words['root']} {space.root}" if space.root else "")


def _describe_findings(title: str, findings: Sequence[Finding], words: dict[str, Any]) -> list[str]:
    """The same thing said of many places stands there once, with the number of the others."""
    if not findings:
        return []
    alike: dict[tuple[str, int | None, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.check, finding.space, finding.message), []).append(finding)
    lines = ["", title]
    for (check, space, message), group in list(alike.items())[:_SHOWN]:
        places = ((words["room"], space), (words["entry"], group[0].seq), (words["epoch"], group[0].epoch))
        where = ", ".join(f"{name} {number}" for name, number in places if number is not None)
        others = words["others"].format(count=len(group) - 1) if len(group) > 1 else ""
        lines.append(f"  [{check}] {where}{others}{': ' if where else ''}{message}")
    if len(alike) > _SHOWN:
        lines.append(words["more"].format(count=len(alike) - _SHOWN))
    return lines


def describe_comparison(found: Comparison, words: dict[str, Any]) -> list[str]:
    """The comparison as lines for a person, the verdict first, then both reports."""
    if not found.same_case:
        return [words["other_case"]]
    if found.equivocation:
        lines = [words["equivocation"].format(count=len(found.equivocation))]
        for each in found.equivocation[:_SHOWN]:
            places = (
                (words["room"], each.get("space")),
                (words["entry"], each.get("seq")),
                (words["epoch"], each.get("n")),
            )
            where = ", ".join(f"{name} {number}" for name, number in places if number is not None)
            lines += ["", f"[equivocation] {where}", "--- A", each["a"], "--- B", each["b"]]
    else:
        clean = found.a.verified and found.b.verified
        lines = [words["same"] if clean else words["compared_wrong"]]
    for name, report in (("A", found.a), ("B", found.b)):
        lines += ["", words["pack"].format(name=name), *describe(report, words)]
    return lines


class ProgressLine:
    """Tells on standard error how far the reading is, once it takes over a second and somebody watches."""

    def __init__(self) -> None:
        self._start, self._shown = time.monotonic(), False

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._start > 1 and sys.stderr.isatty():
            self._shown = True
            sys.stderr.write(f"\r{100 * done // total:3} %")
            sys.stderr.flush()

    def end(self) -> None:
        if self._shown:
            sys.stderr.write("\r     \r")


def main(argv: Sequence[str] | None = None) -> int:
    """``PACK.zip`` or ``compare A.zip B.zip`` with options; prints the outcome and returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    comparing = arguments[:1] == ["compare"]
    options = _parser(comparing=comparing).parse_args(arguments[1:] if comparing else arguments)
    words = _FRENCH if _language(options.lang) == "fr" else _ENGLISH
    progress = ProgressLine()
    try:
        roots = Path(options.tsa_roots).read_bytes() if options.tsa_roots else None
        given = {"key": options.key, "roots": roots, "progress": progress}
        outcome: Any = compare_packs(options.a, options.b, **given) if comparing else verify_pack(options.pack, **given)
    except (NotAPack, OSError) as reason:
        progress.end()
        said = json.dumps({"verified": False, "error": str(reason)})
        _print([said] if options.json else [words["not_a_pack"].format(reason=reason)])
        return 2
    progress.end()
    if options.json:
        _print([json.dumps(outcome.as_dict())])
    else:
        _print(describe_comparison(outcome, words) if comparing else describe(outcome, words))
    return _exit_code(outcome)


def _exit_code(outcome: Any) -> int:
    if isinstance(outcome, Report):
        return 0 if outcome.verified else 1
    if not outcome.same_case:
        return 2
    return 0 if outcome.a.verified and outcome.b.verified and not outcome.equivocation else 1


def _parser(*, comparing: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Check a Caseroom evidence pack. Nothing leaves this computer.")
    if comparing:
        parser.add_argument("a", metavar="A.zip")
        parser.add_argument("b", metavar="B.zip")
    else:
        parser.add_argument("pack", metavar="PACK.zip")
        parser.epilog = "Two packs of the same case: compare A.zip B.zip"
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
    parser.add_argument("--lang", choices=("en", "fr"), help="language of the report (otherwise that of the system)")
    parser.add_argument("--key", metavar="VKEY", help="the case's key as you obtained it independently")
    parser.add_argument("--tsa-roots", metavar="FILE", help="certificates of the time-stamping authority, PEM")
    return parser


def _language(chosen: str | None) -> str:
    system = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return chosen or ("fr" if system.lower().startswith("fr") else "en")


def _print(lines: Iterable[str]) -> None:
    """To standard output, whatever its encoding: a character it does not have must not end the report."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        for line in lines:
            sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read it has read enough; Python must not complain when it closes the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
