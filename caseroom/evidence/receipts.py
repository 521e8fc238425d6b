"""A receipt on one page of paper: facts, proof, a code to scan. Nothing but drawing, so that it may run beside the
event loop: the words come ready made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

import segno
from reportlab.lib.colors import black
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from caseroom.evidence.paper import MARGIN, MUTED, Fact, Flow, PaperStyle, draw_page, fact_table

CODE_SIZE: Final = 58 * mm
LARGE_CODE_SIZE: Final = 78 * mm
LONG_CODE: Final = 2000  # characters from which the squares of the smaller code would be hard to read
QUIET: Final = 4  # squares of white around the code (ISO/IEC 18004)


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
    return draw_page(
        partial(_story, sheet),
        title=sheet.title,
        foot=sheet.foot,
        language=sheet.language,
        texts=(sheet.subtitle, *(fact.text for fact in sheet.facts)),
    )


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
