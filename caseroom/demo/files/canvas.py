"""What the drawn plans share: a sheet drawn at twice its size, Latin lettering, and an exact, small PNG at the end."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import reportlab
from PIL import Image, ImageDraw, ImageFont

from caseroom.demo.typography import NO_BREAK_SPACE, typeset_latin1

_OVERSAMPLING: Final = 2
_COLOURS: Final = 96

Point = tuple[float, float]


def lettering(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The Vera face that comes with reportlab, `size` in pixels: the same letters on every machine."""
    fonts = Path(reportlab.__file__).parent / "fonts"
    return ImageFont.truetype(str(fonts / ("VeraBd.ttf" if bold else "Vera.ttf")), size)


@dataclass(frozen=True, slots=True)
class Plan:
    """A sheet of `width` x `height` pixels; every coordinate given to it is in those pixels."""

    width: int
    height: int
    image: Image.Image
    pen: ImageDraw.ImageDraw

    @classmethod
    def blank(cls, width: int, height: int, paper: str) -> Plan:
        image = Image.new("RGB", (width * _OVERSAMPLING, height * _OVERSAMPLING), paper)
        return cls(width, height, image, ImageDraw.Draw(image, "RGBA"))

    def box(
        self, left: float, top: float, right: float, bottom: float, *, fill: str, line: str, stroke: float = 1
    ) -> None:
        self.pen.rectangle(
            _scaled(((left, top), (right, bottom))), fill=fill, outline=line, width=round(stroke * _OVERSAMPLING)
        )

    def shape(self, points: tuple[Point, ...], *, fill: str, line: str | None = None, stroke: float = 1) -> None:
        self.pen.polygon(_scaled(points), fill=fill, outline=line, width=round(stroke * _OVERSAMPLING))

    def path(self, points: tuple[Point, ...], *, line: str, stroke: float = 1) -> None:
        self.pen.line(_scaled(points), fill=line, width=round(stroke * _OVERSAMPLING), joint="curve")

    def dashes(self, start: Point, end: Point, *, line: str, stroke: float = 1, pieces: int = 40) -> None:
        steps = [
            (start[0] + (end[0] - start[0]) * step / pieces, start[1] + (end[1] - start[1]) * step / pieces)
            for step in range(pieces + 1)
        ]
        for step in range(0, pieces, 2):
            self.path((steps[step], steps[step + 1]), line=line, stroke=stroke)

    def disc(self, x: float, y: float, radius: float, *, fill: str, line: str, stroke: float = 1) -> None:
        self.pen.ellipse(
            _scaled(((x - radius, y - radius), (x + radius, y + radius))),
            fill=fill,
            outline=line,
            width=round(stroke * _OVERSAMPLING),
        )

    def write(
        self, x: float, y: float, text: str, *, size: int = 16, ink: str, bold: bool = False, anchor: str = "ls"
    ) -> None:
        """Write one or more lines; `anchor` is Pillow's, left and baseline unless told otherwise."""
        # Vera draws a no-break space twice as wide as a space; nothing wraps here, so the plain one does.
        lines = typeset_latin1(text).replace(NO_BREAK_SPACE, " ").split("\n")
        for number, line in enumerate(lines):
            place = (x * _OVERSAMPLING, (y + number * size * 1.4) * _OVERSAMPLING)
            self.pen.text(place, line, fill=ink, font=lettering(size * _OVERSAMPLING, bold=bold), anchor=anchor)

    def arrow(self, start: Point, end: Point, *, line: str, stroke: float = 1.5) -> None:
        """A straight arrow whose head lies at `end`."""
        length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
        along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
        self.path((start, end), line=line, stroke=stroke)
        back = (end[0] - 11 * along[0], end[1] - 11 * along[1])
        wing = (4 * along[1], -4 * along[0])
        self.shape((end, (back[0] + wing[0], back[1] + wing[1]), (back[0] - wing[0], back[1] - wing[1])), fill=line)

    def png(self) -> bytes:
        """The sheet at its own size, smoothed, in a palette of few colours."""
        small = self.image.resize((self.width, self.height), Image.Resampling.BOX)
        out = io.BytesIO()
        small.quantize(_COLOURS, dither=Image.Dither.NONE).save(out, "PNG", dpi=(150, 150))
        return out.getvalue()


def _scaled(points: tuple[Point, ...]) -> list[Point]:
    return [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points]
