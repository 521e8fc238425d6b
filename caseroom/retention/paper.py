"""A certificate on one page of paper. Nothing but drawing, so that it may run beside the event loop: the words come
ready made."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, KeepInFrame, Spacer

from caseroom.evidence.receipts import MARGIN, MUTED, Fact, PaperStyle, face_for, fact_table


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with facts, and with sentences under them."""

    title: str
    facts: tuple[Fact, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Everything that is on the page."""

    language: str
    title: str
    subtitle: str
    parts: tuple[Part, ...]
    foot: str


def draw_certificate(certificate: Certificate) -> bytes:
    """The PDF: one page A4, whatever the length of the words."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, lang=certificate.language, invariant=1)
    canvas.setTitle(certificate.title)
    width, height = A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN
    style = PaperStyle(face_for(_texts(certificate)))
    frame = Frame(MARGIN, MARGIN, width, height, 0, 0, 0, 0)
    frame.addFromList([KeepInFrame(width, height, _story(certificate, style), mode="shrink")], canvas)
    canvas.setFont(style.face, 8)
    canvas.setFillColor(MUTED)
    canvas.drawString(MARGIN, 12 * mm, style.clean(certificate.foot))
    canvas.save()
    return out.getvalue()


def _story(certificate: Certificate, style: PaperStyle) -> list[Any]:
    story = [
        style.paragraph(certificate.title, 20, bold=True),
        style.paragraph(certificate.subtitle, 11, textColor=MUTED, spaceAfter=4 * mm),
    ]
    for part in certificate.parts:
        if part.title:
            story.append(style.paragraph(part.title, 12, bold=True, spaceBefore=5 * mm, spaceAfter=2 * mm))
        if part.facts:
            story.append(fact_table(part.facts, style))
        story.append(Spacer(1, 2 * mm))
        story += [style.paragraph(sentence, 9.5, spaceAfter=1.5 * mm) for sentence in part.sentences]
    return story


def _texts(certificate: Certificate) -> str:
    parts = [text for part in certificate.parts for fact in part.facts for text in (fact.label, fact.text)]
    return "".join((certificate.title, certificate.subtitle, certificate.foot, *parts))
