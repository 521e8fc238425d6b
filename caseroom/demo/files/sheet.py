"""The paper every sample PDF is printed on: letterhead, running foot with page numbers, and a few kinds of paragraph."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from caseroom.demo.typography import typeset_latin1

Flow: TypeAlias = Any
"""One block of a page; reportlab calls it a flowable."""

INK: Final = "#1d2230"
MUTED: Final = "#6b6f7a"
HAIRLINE: Final = "#c9c6bd"
_MARGIN: Final = 22
_FRAME_PADDING: Final = 6
_DISCLAIMER: Final = "Document fictif, dossier de démonstration"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The identity of a document: who issues it, at which address, what it is called, and the colour of its rules."""

    issuer: str
    address: str
    title: str
    reference: str
    accent: str
    serif: bool = False

    @property
    def face(self) -> str:
        return "Times-Roman" if self.serif else "Helvetica"

    @property
    def bold(self) -> str:
        return "Times-Bold" if self.serif else "Helvetica-Bold"

    def style(self, size: float = 10, **changes: Any) -> Any:
        """A paragraph style of this sheet, `size` in points."""
        base = {"fontName": self.face, "fontSize": size, "leading": size * 1.42, "textColor": HexColor(INK)}
        return ParagraphStyle("sheet", **(base | changes))

    def heading(self, text: str) -> Flow:
        return Paragraph(
            typeset_latin1(text),
            self.style(12, fontName=self.bold, textColor=HexColor(self.accent), spaceBefore=10, spaceAfter=4),
        )

    def banner(self, text: str, under: str) -> list[Flow]:
        """The title of the document and one line under it, centred."""
        return [
            Spacer(1, 6 * mm),
            Paragraph(typeset_latin1(text), self.style(17, fontName=self.bold, alignment=TA_CENTER)),
            Paragraph(typeset_latin1(under), self.style(10.5, alignment=TA_CENTER, textColor=HexColor(MUTED))),
            Spacer(1, 6 * mm),
        ]

    def text(self, text: str) -> Flow:
        return Paragraph(typeset_latin1(text), self.style(alignment=TA_JUSTIFY, spaceAfter=5))

    def bullets(self, lines: Sequence[str]) -> list[Flow]:
        style = self.style(leftIndent=14, bulletIndent=4, spaceAfter=2)
        return [Paragraph(typeset_latin1(line), style, bulletText="-") for line in lines] + [Spacer(1, 2 * mm)]

    def small(self, text: str) -> Flow:
        return Paragraph(typeset_latin1(text), self.style(8.5, textColor=HexColor(MUTED), spaceBefore=3, spaceAfter=3))

    def grid(self, rows: Sequence[Sequence[str]], widths_mm: Sequence[float], *, right_from: int = 99) -> Flow:
        """A table with a header row; columns from `right_from` on are aligned to the right."""
        cell, head = self.style(9), self.style(9, fontName=self.bold)
        right, head_right = self.style(9, alignment=2), self.style(9, fontName=self.bold, alignment=2)
        body = [
            [
                Paragraph(
                    typeset_latin1(value),
                    (head_right if column >= right_from else head)
                    if line == 0
                    else (right if column >= right_from else cell),
                )
                for column, value in enumerate(row)
            ]
            for line, row in enumerate(rows)
        ]
        table = Table(body, colWidths=[width * mm for width in widths_mm], repeatRows=1)
        table.setStyle(
            TableStyle(
                [
                    ("LINEBELOW", (0, 0), (-1, 0), 1, HexColor(self.accent)),
                    ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor(HAIRLINE)),
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("TOPPADDING", (0, 0), (-1, -1), 3.5),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
                ]
            )
        )
        return table

    def signatures(self, names: Sequence[str]) -> Flow:
        """One signature block per name, side by side, kept on one page."""
        table = Table([[self.small(name) for name in names]], colWidths=[165 * mm / len(names)] * len(names))
        table.setStyle(
            TableStyle([("LINEABOVE", (0, 0), (-1, 0), 0.6, HexColor(INK)), ("TOPPADDING", (0, 0), (-1, -1), 4)])
        )
        return table


def gap(height_mm: float) -> Flow:
    """White space of that height."""
    return Spacer(1, height_mm * mm)


def new_page() -> Flow:
    """What follows starts on a new page."""
    return PageBreak()


def print_sheet(sheet: Sheet, story: Callable[[], Sequence[Flow]]) -> bytes:
    """Lay `story` out on A4 and return the PDF; it is called twice, since the first layout only counts the pages."""
    pages = _layout(sheet, story(), pages=None)[1]
    return _layout(sheet, story(), pages=pages)[0]


def _layout(sheet: Sheet, story: Sequence[Flow], *, pages: int | None) -> tuple[bytes, int]:
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN * mm - _FRAME_PADDING,
        rightMargin=_MARGIN * mm - _FRAME_PADDING,
        topMargin=30 * mm,
        bottomMargin=22 * mm,
        title=typeset_latin1(sheet.title),
        author=typeset_latin1(sheet.issuer),
        subject=_DISCLAIMER,
        lang="fr-FR",
        invariant=1,
    )

    def decorate(canvas: Any, laid_out: Any) -> None:
        _letterhead(canvas, sheet)
        _running_foot(canvas, sheet, page=laid_out.page, pages=pages)

    document.build(list(story), onFirstPage=decorate, onLaterPages=decorate)
    return out.getvalue(), int(document.page)


def _letterhead(canvas: Any, sheet: Sheet) -> None:
    width, height = A4
    canvas.saveState()
    canvas.setFillColor(HexColor(sheet.accent))
    canvas.rect(_MARGIN * mm, height - 19.5 * mm, 3 * mm, 7 * mm, stroke=0, fill=1)
    canvas.setFillColor(HexColor(INK))
    canvas.setFont(sheet.bold, 10.5)
    canvas.drawString(28 * mm, height - 15 * mm, typeset_latin1(sheet.issuer))
    canvas.setFillColor(HexColor(MUTED))
    canvas.setFont(sheet.face, 8.5)
    canvas.drawString(28 * mm, height - 19.2 * mm, typeset_latin1(sheet.address))
    canvas.setStrokeColor(HexColor(HAIRLINE))
    canvas.line(_MARGIN * mm, height - 23 * mm, width - _MARGIN * mm, height - 23 * mm)
    canvas.restoreState()


def _running_foot(canvas: Any, sheet: Sheet, *, page: int, pages: int | None) -> None:
    width, _ = A4
    canvas.saveState()
    canvas.setStrokeColor(HexColor(HAIRLINE))
    canvas.line(_MARGIN * mm, 16 * mm, width - _MARGIN * mm, 16 * mm)
    canvas.setFillColor(HexColor(MUTED))
    canvas.setFont(sheet.face, 8)
    canvas.drawString(_MARGIN * mm, 11.5 * mm, typeset_latin1(sheet.reference))
    canvas.drawCentredString(width / 2, 11.5 * mm, _DISCLAIMER)
    canvas.drawRightString(width - _MARGIN * mm, 11.5 * mm, f"page {page} sur {pages or page}")
    canvas.restoreState()
