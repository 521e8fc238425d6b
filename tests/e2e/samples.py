"""Files as parties file them, made here: real ones, and some that no case room takes."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas


def contract(folder: Path) -> Path:
    """A PDF of two pages."""
    drawn = BytesIO()
    canvas = Canvas(drawn)
    for number, text in enumerate(("Contract of works", "Signatures"), start=1):
        canvas.drawString(72, 760, f"{text}, page {number} of 2")
        canvas.showPage()
    canvas.save()
    return _written(folder / "contract of works.pdf", drawn.getvalue())


def photograph(folder: Path) -> Path:
    drawn = BytesIO()
    picture = Image.new("RGB", (640, 480), "#dfe7ee")
    ImageDraw.Draw(picture).line((120, 40, 300, 440), fill="#5b4636", width=6)
    picture.save(drawn, "PNG")
    return _written(folder / "façade, east side.png", drawn.getvalue())


def program(folder: Path, name: str = "invoice.exe") -> Path:
    """The shortest beginning of a Windows program: a DOS header that points to a PE header for amd64."""
    header = b"MZ" + bytes(58) + struct.pack("<I", 64)
    optional = struct.pack("<H", 0x20B) + bytes(238)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 0, 0, 0, 0, len(optional), 0x22)
    return _written(folder / name, header + coff + optional)


def too_large(folder: Path, limit: int) -> Path:
    return _written(folder / "recording.txt", b"a line of a long transcript\n" * (limit // 28 + 1))


def _written(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file
