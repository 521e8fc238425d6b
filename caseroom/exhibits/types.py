"""What a file really is (libmagic), against what its name says; and which kinds are never taken.

A case room holds documents. Programs and scripts are refused: somebody else would open them."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from dataclasses import dataclass

import magic

from caseroom import workers
from caseroom.cases.text import BIDI, BREAKS, is_visible
from caseroom.errors import Invalid

LONGEST_NAME = 200

REFUSED_TYPES = re.compile(
    r"application/(x-(dosexec|msdownload|executable|sharedlib|pie-executable|object|mach-binary|coredump|msi|"
    r"ms-shortcut|java-applet|shellscript|sh|csh|bat|dex|elf)|vnd\.microsoft\.portable-executable|java-archive|"
    r"javascript|vnd\.android\.package-archive|x-apple-diskimage|hta)"
    r"|text/(x-(shellscript|python|perl|ruby|php|msdos-batch|tcl|lua|awk|script\.python)|javascript)"
)
REFUSED_ENDINGS = frozenset(
    [
        "exe",
        "dll",
        "com",
        "scr",
        "bat",
        "cmd",
        "ps1",
        "psm1",
        "vbs",
        "vbe",
        "js",
        "jse",
        "mjs",
        "wsf",
        "wsh",
        "hta",
        "msi",
        "msp",
        "msc",
        "cpl",
        "jar",
        "class",
        "sh",
        "bash",
        "zsh",
        "csh",
        "ksh",
        "py",
        "pyc",
        "pyw",
        "pl",
        "rb",
        "php",
        "phtml",
        "lua",
        "tcl",
        "awk",
        "app",
        "dmg",
        "pkg",
        "deb",
        "rpm",
        "apk",
        "ipa",
        "elf",
        "so",
        "dylib",
        "reg",
        "lnk",
        "url",
        "scf",
        "inf",
        "gadget",
        "application",
    ]
)

OFFICE_ZIP = re.compile(r"application/(vnd\.openxmlformats|vnd\.oasis\.opendocument|epub)")
OLE = re.compile(r"application/(msword|vnd\.ms-|x-ole-storage|cdfv2|vnd\.ms-outlook|msexcel)", re.IGNORECASE)
SAME = (
    frozenset({"audio/wav", "audio/x-wav", "audio/vnd.wave", "audio/wave"}),
    frozenset(
        {"audio/mp4", "audio/x-m4a", "audio/mp4a-latm", "video/mp4", "video/quicktime", "video/x-m4v", "audio/m4a"}
    ),
    frozenset({"audio/ogg", "video/ogg", "application/ogg", "audio/opus"}),
    frozenset({"application/xml", "text/xml"}),
    frozenset({"application/gzip", "application/x-gzip"}),
    frozenset({"application/vnd.rar", "application/x-rar", "application/x-rar-compressed"}),
    frozenset({"image/heic", "image/heif"}),
    frozenset({"message/rfc822", "text/plain", "text/html"}),
)


@dataclass(frozen=True, slots=True)
class FileType:
    """``found``: the media type of the bytes. ``mismatch``: the name promises something else."""

    found: str
    mismatch: bool


def check_filename(name: object) -> str:
    """Return a bare file name, NFC. Raises Invalid: a path, a control or direction mark, an empty or endless name, or
    an ending that runs as a program."""
    if not isinstance(name, str) or not is_visible(name):
        raise Invalid("bad_filename", why="empty")
    cleaned = unicodedata.normalize("NFC", name).strip()
    if any(unicodedata.category(char) in BREAKS | {"Cs"} or char in BIDI for char in cleaned):
        raise Invalid("bad_filename", why="control_characters")
    if "/" in cleaned or "\\" in cleaned or cleaned in (".", ".."):
        raise Invalid("bad_filename", why="path")
    if len(cleaned) > LONGEST_NAME:
        raise Invalid("bad_filename", why="too_long")
    if _ending(cleaned) in REFUSED_ENDINGS:
        raise Invalid("refused_type", found=_ending(cleaned))
    return cleaned


def find_type(head: bytes, filename: str) -> FileType:
    """Find the type from the first bytes of a file. Raises Invalid (``refused_type``) for a program or a script."""
    found = workers.run(_ask_libmagic, head)
    if REFUSED_TYPES.fullmatch(found) or head[:2] == b"#!":
        raise Invalid("refused_type", found=found)
    return FileType(found=found, mismatch=_mismatch(found, filename))


def _ask_libmagic(head: bytes) -> str:
    """With an instance of its own for each call: the module's shared one has a lock, which under green threads is a
    green one, and two threads of the pool that meet at it wait for each other for ever."""
    return str(magic.Magic(mime=True).from_buffer(head))


def _mismatch(found: str, filename: str) -> bool:
    promised, _ = mimetypes.guess_type(filename)
    if promised is None or promised == found:
        return False
    if any(promised in group and found in group for group in SAME):
        return False
    if promised.startswith("text/") and found.startswith("text/"):
        return False
    if OFFICE_ZIP.match(promised) and found in ("application/zip", "application/octet-stream"):
        return False
    return not (OLE.match(promised) and OLE.match(found))


def _ending(filename: str) -> str:
    """As Windows reads it, which drops dots and spaces at the end, and calls ``.exe`` an ending too."""
    return filename.rstrip(" .").rpartition(".")[2].casefold() if "." in filename else ""
