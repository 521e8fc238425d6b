"""The disclosure of one event to an outsider, made from a built case (docs/disclosure-format.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from caseroom.audit import tree
from caseroom.audit.canonical import canonical
from tests.evidence.building import MANIFEST, PackBuilder, write_zip


def disclosure_files(builder: PackBuilder, slot: int, seq: int) -> dict[str, bytes]:
    """Every file of the bundle by path, but the manifest."""
    space = builder.spaces[slot]
    event = space.events[seq]
    files = {"README.txt": b"One exhibit.\n"} | builder.case_files()
    told = {
        "event.json": event.line + b"\n",
        "values.json": canonical(event.disclosure(seq)) + b"\n",
        "vkey": f"{space.vkey()}\n".encode(),
        "receipt.txt": space.receipt(seq).encode(),
    }
    opening = next((each for each in space.openings if each["size"] > seq), None)
    if opening:
        told["opening.json"] = canonical(opening) + b"\n"
        told["inclusion.json"] = canonical(_inclusion(builder, slot, seq, opening["size"])) + b"\n"
    if sig := event.members["sig"]:
        told[f"acts/{sig}"] = space.acts[sig]
    text = event.values.body.decode()
    told |= {f"files/{name}": data for name, data in space.files.items() if name in text}
    return files | {f"disclosure/{name}": data for name, data in told.items()}


def _inclusion(builder: PackBuilder, slot: int, seq: int, size: int) -> dict[str, Any]:
    path = tree.inclusion_proof(seq, size, builder.spaces[slot].log)
    return {"index": seq, "size": size, "path": [each.hex() for each in path]}


def write_disclosure(builder: PackBuilder, path: Path, files: dict[str, bytes]) -> Path:
    manifest = builder.manifest(files, v="caseroom/v1/disclosure")
    return write_zip(path, files | {MANIFEST: manifest})
