"""One page of paper (A4), whatever the length of the words: the face, the paragraphs and the tables that receipts and
certificates are made of."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, KeepInFrame, Paragraph, Table, TableStyle

INK: Final = HexColor("#1d2230")
MUTED: Final = HexColor("#5c606b")
HAIRLINE: Final = HexColor("#c9c6bd")
MARGIN: Final = 20 * mm
LABELS: Final = 40 * mm  # width of the column of labels
WIDE_FACE: Final = "DejaVuSans"  # on most systems, and has Greek, Cyrillic and all of Latin

Flow = Any
"""One block of a page; reportlab calls it a flowable."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a table. ``code``: figures to compare, set in a face where each can be told from the others."""

    label: str
    text: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class PaperStyle:
    """Paragraphs in one face, with only letters that the face has."""

    face: str

    @property
    def bold(self) -> str:
        return "Helvetica-Bold" if self.face == "Helvetica" else self.face

    def paragraph(
        self, text: str, size: float = 9.5, *, bold: bool = False, code: bool = False, number: int = 0, **more: Any
    ) -> Flow:
        """``number``: of a step, 0 for what is none."""
        face = "Courier" if code else self.bold if bold else self.face
        given = {"fontName": face, "fontSize": size, "leading": size * 1.4, "textColor": INK, "wordWrap": None} | more
        given |= {"bulletFontName": face, "bulletFontSize": size}
        bullet = f"{number}." if number else None
        return Paragraph(escape(self.clean(text)), ParagraphStyle("paper", **given), bulletText=bullet)

    def clean(self, text: str) -> str:
        return _latin(text) if self.face == "Helvetica" else text


def draw_page(
    story: Callable[[PaperStyle], list[Flow]], *, title: str, foot: str, language: str, texts: Iterable[str]
) -> bytes:
    """The PDF of what ``story`` lays out, shrunk to one page where it is longer. ``texts``: what people typed, in which
    letters that need another face may stand."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, lang=language, invariant=1)
    canvas.setTitle(title)
    width, height = A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN
    style = PaperStyle(face_for("".join((title, foot, *texts))))
    frame = Frame(MARGIN, MARGIN, width, height, 0, 0, 0, 0)
    frame.addFromList([KeepInFrame(width, height, story(style), mode="shrink")], canvas)
    canvas.setFont(style.face, 8)
    canvas.setFillColor(MUTED)
    canvas.drawString(MARGIN, 12 * mm, style.clean(foot))
    canvas.save()
    return out.getvalue()


def fact_table(facts: tuple[Fact, ...], style: PaperStyle) -> Flow:
    rows = [
        [
            style.paragraph(fact.label, 9, textColor=MUTED),
            style.paragraph(fact.text, 8.5 if fact.code else 9.5, code=fact.code, splitLongWords=1),
        ]
        for fact in facts
    ]
    table = Table(rows, colWidths=[LABELS, A4[0] - 2 * MARGIN - LABELS])
    table.setStyle(
        TableStyle(
            [
                ("LINEABOVE", (0, 0), (-1, -1), 0.4, HAIRLINE),
                ("LINEBELOW", (0, -1), (-1, -1), 0.4, HAIRLINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            ]
        )
    )
    return table


def face_for(text: str) -> str:
    """The PDF's own face where it has all the letters, else one of the system's that has more."""
    try:
        _spaced(text).encode("cp1252")
    except UnicodeEncodeError:
        return _wide_face()
    return "Helvetica"


def _wide_face() -> str:
    try:
        pdfmetrics.registerFont(TTFont(WIDE_FACE, f"{WIDE_FACE}.ttf"))
    except (TTFError, OSError):
        return "Helvetica"
    return WIDE_FACE


def _latin(text: str) -> str:
    """The text in Western letters: an accent that the face lacks is left out, what remains unknown becomes "?"."""
    spaced = _spaced(text)
    letters = (each if _is_western(each) else unicodedata.normalize("NFKD", each)[:1] for each in spaced)
    return "".join(letters).encode("cp1252", "replace").decode("cp1252")


def _is_western(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _spaced(text: str) -> str:
    return text.replace("\u202f", "\u00a0").replace("\u2009", " ")
