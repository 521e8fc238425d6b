"""The last member of a pack: all others with their digests, and whose pack it is (docs/evidence.md §9.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from caseroom.audit.canonical import canonical, format_instant
from caseroom.audit.pack.archive import Archive

PACK = "caseroom/v1/pack"
DISCLOSURE = "caseroom/v1/disclosure"


def write_manifest(archive: Archive, *, version: str, case_id: str, exporter: str, at: datetime) -> Iterator[bytes]:
    """Write ``manifest.json`` over every member so far, and end the zip."""
    manifest = {
        "at": format_instant(at),
        "case": case_id,
        "exporter": exporter,
        "files": dict(archive.digests),
        "v": version,
    }
    yield from archive.add("manifest.json", [canonical(manifest) + b"\n"])
    yield from archive.finish()
