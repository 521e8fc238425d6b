"""A receipt on one page of paper: facts, proof, a code to scan. Nothing but drawing, so that it may run beside the
event loop: the words come ready made."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

import segno
from reportlab.lib.colors import HexColor, black
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, KeepInFrame, Paragraph, Spacer, Table, TableStyle

INK: Final = HexColor("#1d2230")
MUTED: Final = HexColor("#5c606b")
HAIRLINE: Final = HexColor("#c9c6bd")
MARGIN: Final = 20 * mm
LABELS: Final = 40 * mm  # width of the column of labels
CODE_SIZE: Final = 58 * mm
LARGE_CODE_SIZE: Final = 78 * mm
LONG_CODE: Final = 2000  # characters from which the squares of the smaller code would be hard to read
QUIET: Final = 4  # squares of white around the code (ISO/IEC 18004)
WIDE_FACE: Final = "DejaVuSans"  # on most systems, and has Greek, Cyrillic and all of Latin

Flow = Any
"""One block of a page; reportlab calls it a flowable."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the receipt. ``code``: figures to compare, set in a face where each can be told from the others."""

    label: str
    text: str
    code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything that is on the page. ``code``: what the code to scan holds; ``no_code``: what stands in its place
    where that is more than a code can hold."""

    language: str
    title: str
    subtitle: str
    facts: tuple[Fact, ...]
    proof_title: str
    proof: tuple[Fact, ...]
    check_title: str
    steps: tuple[str, ...]
    meaning: str
    code: str
    code_words: str
    no_code: str
    foot: str


def draw_receipt(sheet: Sheet) -> bytes:
    """The PDF: one page A4, whatever the length of the words."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, lang=sheet.language, invariant=1)
    canvas.setTitle(sheet.title)
    width, height = A4
    style = PaperStyle(face_for(_texts(sheet)))
    frame = Frame(MARGIN, MARGIN, width - 2 * MARGIN, height - 2 * MARGIN, 0, 0, 0, 0)
    story = KeepInFrame(width - 2 * MARGIN, height - 2 * MARGIN, _story(sheet, style), mode="shrink")
    frame.addFromList([story], canvas)
    canvas.setFont(style.face, 8)
    canvas.setFillColor(MUTED)
    canvas.drawString(MARGIN, 12 * mm, style.clean(sheet.foot))
    canvas.save()
    return out.getvalue()


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
        return Paragraph(escape(self.clean(text)), ParagraphStyle("receipt", **given), bulletText=bullet)

    def clean(self, text: str) -> str:
        return _latin(text) if self.face == "Helvetica" else text


class _Code(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A QR code of error level L, as vectors: its squares stay sharp at any size of print."""

    def __init__(self, content: str, side: float) -> None:
        super().__init__()
        self.width = self.height = side
        self._rows = [bytes(row) for row in segno.make(content, error="l", boost_error=False, micro=False).matrix]

    def wrap(self, *_available: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        square = self.width / (len(self._rows) + 2 * QUIET)
        self.canv.setFillColor(black)
        for number, row in enumerate(self._rows):
            top = self.height - (QUIET + number + 1) * square
            for start, end in _runs(row):
                self.canv.rect((QUIET + start) * square, top, (end - start) * square, square, stroke=0, fill=1)


def _story(sheet: Sheet, style: PaperStyle) -> list[Flow]:
    return [
        style.paragraph(sheet.title, 20, bold=True),
        style.paragraph(sheet.subtitle, 11, textColor=MUTED, spaceAfter=4 * mm),
        fact_table(sheet.facts, style),
        style.paragraph(sheet.proof_title, 12, bold=True, spaceBefore=5 * mm, spaceAfter=2 * mm),
        fact_table(sheet.proof, style),
        Spacer(1, 5 * mm),
        _checking(sheet, style),
    ]


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


def _checking(sheet: Sheet, style: PaperStyle) -> Flow:
    """The code at left, what to do with it at right."""
    side = LARGE_CODE_SIZE if len(sheet.code) > LONG_CODE else CODE_SIZE
    try:
        code: list[Flow] = [_Code(sheet.code, side), style.paragraph(sheet.code_words, 8, textColor=MUTED)]
    except segno.DataOverflowError:
        code = [style.paragraph(sheet.no_code, 9, textColor=MUTED)]
    steps = [
        style.paragraph(step, 9.5, number=number, spaceAfter=2 * mm, leftIndent=5 * mm, bulletIndent=0)
        for number, step in enumerate(sheet.steps, start=1)
    ]
    words = [style.paragraph(sheet.check_title, 12, bold=True, spaceAfter=2 * mm), *steps]
    words += [Spacer(1, 2 * mm), style.paragraph(sheet.meaning, 9, textColor=MUTED)]
    table = Table([[code, words]], colWidths=[side + 6 * mm, A4[0] - 2 * MARGIN - side - 6 * mm])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    return table


def _runs(row: bytes) -> Iterable[tuple[int, int]]:
    """Where dark squares stand side by side: start and end (exclusive)."""
    start = None
    for place, dark in enumerate((*row, 0)):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place
            start = None


def _texts(sheet: Sheet) -> str:
    return "".join((sheet.title, sheet.subtitle, sheet.foot, *(fact.text for fact in sheet.facts)))


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
