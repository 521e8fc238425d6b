"""A certificate on one page of paper. Nothing but drawing, so that it may run beside the event loop: the words come
ready made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from caseroom.evidence.paper import MUTED, Fact, Flow, PaperStyle, draw_page, fact_table


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
    return draw_page(
        partial(_story, certificate),
        title=certificate.title,
        foot=certificate.foot,
        language=certificate.language,
        texts=(certificate.subtitle, *(fact.text for part in certificate.parts for fact in part.facts)),
    )


def _story(certificate: Certificate, style: PaperStyle) -> list[Flow]:
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
