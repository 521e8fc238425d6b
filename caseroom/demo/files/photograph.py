"""A picture that passes for a photograph: the inside of a window after rain, painted with gradients, blur and grain."""

from __future__ import annotations

import io
import math
import random
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from caseroom.demo.script import Spec

_WIDTH: Final = 1200
_HEIGHT: Final = 900
_OPENING: Final = (330, 70, 900, 600)
_SILL: Final = (285, 640, 945, 690)


def window_photograph(_spec: Spec) -> bytes:
    """Make the JPEG of a window, its wet sill and the stains under it, 1200 x 900."""
    dice = random.Random(204)  # noqa: S311 - grain and drops, not secrets
    picture = _plaster(dice)
    picture.paste(_glass(dice), _OPENING[:2])
    _joinery(picture)
    picture = ImageChops.multiply(picture, _stains(dice))
    _mould(picture, dice)
    _water_on_sill(picture, dice)
    picture = ImageChops.multiply(picture.filter(ImageFilter.GaussianBlur(1.1)), _light())
    picture = _with_grain(picture, dice)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80, optimize=True)
    return out.getvalue()


def _noise(dice: random.Random, width: int, height: int) -> Image.Image:
    return Image.frombytes("L", (width, height), dice.randbytes(width * height))


def _between(dark: tuple[int, int, int], light: tuple[int, int, int], mask: Image.Image) -> Image.Image:
    """Two colours mixed by a grey mask."""
    return Image.composite(Image.new("RGB", mask.size, light), Image.new("RGB", mask.size, dark), mask)


def _plaster(dice: random.Random) -> Image.Image:
    coarse = _noise(dice, 60, 45).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC)
    fine = _noise(dice, 400, 300).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC)
    return _between((205, 200, 188), (228, 224, 213), Image.blend(coarse, fine, 0.45))


def _glass(dice: random.Random) -> Image.Image:
    """Grey daylight, the blurred house opposite, and drops that run down."""
    left, top, right, bottom = _OPENING
    width, height = right - left, bottom - top
    sky = ImageOps.invert(Image.linear_gradient("L")).resize((width, height))
    outside = _between((172, 181, 186), (240, 244, 247), sky)
    pen = ImageDraw.Draw(outside)
    pen.polygon(((0, 260), (150, 170), (330, 250), (330, height), (0, height)), fill=(134, 118, 104))
    pen.polygon(((300, 300), (430, 235), (width, 280), (width, height), (300, height)), fill=(152, 140, 128))
    for window in range(5):
        pen.rectangle((40 + window * 105, 320, 82 + window * 105, 395), fill=(92, 98, 104))
    outside = outside.filter(ImageFilter.GaussianBlur(13))
    pen = ImageDraw.Draw(outside, "RGBA")
    for _ in range(420):
        x, y, size = dice.uniform(0, width), dice.uniform(0, height), dice.uniform(0.8, 3.2)
        pen.ellipse((x - size, y - size, x + size, y + size * 1.25), fill=(70, 78, 84, 90))
        pen.ellipse((x - size * 0.4, y - size * 0.1, x + size * 0.5, y + size * 0.9), fill=(245, 248, 250, 150))
    for _ in range(16):
        x, y, length = dice.uniform(0, width), dice.uniform(0, height * 0.7), dice.uniform(60, 220)
        pen.line((x, y, x + dice.uniform(-4, 4), y + length), fill=(232, 238, 241, 85), width=3)
    return outside


def _joinery(picture: Image.Image) -> None:
    left, top, right, bottom = _OPENING
    pen = ImageDraw.Draw(picture)
    wood, shade, gasket = (231, 227, 217), (176, 170, 158), (44, 44, 46)
    middle = (left + right) / 2
    pen.rectangle((left - 46, top - 46, right + 46, top), fill=wood)
    pen.rectangle((left - 46, bottom, right + 46, bottom + 42), fill=wood)
    for x in (left - 46, right):
        pen.rectangle((x, top - 46, x + 46, bottom + 42), fill=wood)
    pen.rectangle((middle - 38, top, middle + 38, bottom), fill=wood)
    pen.line((middle, top - 46, middle, bottom + 42), fill=shade, width=4)
    for pane in ((left, top, middle - 38, bottom), (middle + 38, top, right, bottom)):
        pen.rectangle(pane, outline=gasket, width=4)
        pen.line((pane[0] - 7, pane[3] + 8, pane[2] + 7, pane[3] + 8), fill=shade, width=3)
    pen.rectangle((left - 46, top - 46, right + 46, bottom + 42), outline=shade, width=5)
    pen.rounded_rectangle((middle - 9, 318, middle + 9, 400), radius=8, fill=(150, 148, 142))
    pen.rounded_rectangle((middle - 7, 352, middle + 12, 470), radius=8, fill=(186, 184, 178))
    pen.rectangle(_SILL, fill=(214, 208, 195))
    pen.rectangle((_SILL[0], _SILL[3] - 12, _SILL[2], _SILL[3]), fill=(182, 175, 161))


def _stains(dice: random.Random) -> Image.Image:
    """A sheet to multiply by: white where dry, with brown rims where water dried, darkest under the window's corner."""
    sheet = Image.new("RGB", (_WIDTH, _HEIGHT), (255, 255, 255))
    for rim, colour in ((34, (226, 208, 178)), (16, (203, 178, 142)), (0, (224, 207, 180))):
        mask = Image.new("L", (_WIDTH, _HEIGHT), 0)
        pen = ImageDraw.Draw(mask)
        shape = random.Random(7)  # noqa: S311 - the same outline for each rim
        for _ in range(17):
            x, spread = shape.gauss(470, 125), shape.uniform(34, 92)
            depth = shape.uniform(30, 118) * math.exp(-(((x - 450) / 230) ** 2))
            pen.ellipse((x - spread - rim, 676 - rim, x + spread + rim, 700 + depth + rim), fill=255)
        pen.rectangle((0, 0, _WIDTH, 686), fill=0)
        sheet.paste(Image.new("RGB", sheet.size, colour), mask=mask.filter(ImageFilter.GaussianBlur(5 + rim / 5)))
    streaks = Image.new("L", (_WIDTH, _HEIGHT), 0)
    pen = ImageDraw.Draw(streaks)
    for _ in range(26):
        x, length = dice.gauss(460, 95), dice.uniform(30, 150)
        pen.line(
            (x, 690, x + dice.uniform(-6, 6), 690 + length), fill=dice.randrange(70, 170), width=dice.randrange(2, 7)
        )
    sheet.paste(Image.new("RGB", sheet.size, (176, 148, 112)), mask=streaks.filter(ImageFilter.GaussianBlur(3)))
    return sheet


def _mould(picture: Image.Image, dice: random.Random) -> None:
    """Dark specks in the lower left corner of the frame and on the plaster beside it."""
    mask = Image.new("L", picture.size, 0)
    pen = ImageDraw.Draw(mask)
    for _ in range(900):
        x, y = dice.gauss(296, 24), 652 - abs(dice.gauss(0, 58))
        size = dice.uniform(0.5, 2.6)
        pen.ellipse((x - size, y - size, x + size, y + size), fill=dice.randrange(30, 120))
    veil = mask.filter(ImageFilter.GaussianBlur(9))
    specks = mask.filter(ImageFilter.GaussianBlur(0.8))
    picture.paste(Image.new("RGB", picture.size, (70, 74, 62)), mask=ImageChops.lighter(veil, specks))


def _water_on_sill(picture: Image.Image, dice: random.Random) -> None:
    pen = ImageDraw.Draw(picture, "RGBA")
    pen.ellipse((330, 646, 640, 672), fill=(120, 124, 122, 95))
    pen.ellipse((352, 648, 560, 662), fill=(240, 244, 246, 120))
    for _ in range(34):
        x, y, size = dice.uniform(310, 720), dice.uniform(646, 672), dice.uniform(2, 7)
        pen.ellipse((x - size, y - size / 2, x + size, y + size / 2), fill=(116, 120, 118, 110))
        pen.ellipse((x - size / 2, y - size / 3, x + size / 4, y), fill=(248, 250, 251, 150))


def _light() -> Image.Image:
    """Daylight from the window that falls off towards the corners."""
    falloff = ImageOps.invert(Image.radial_gradient("L")).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC)
    return _between((178, 174, 170), (255, 255, 252), ImageOps.autocontrast(falloff))


def _with_grain(picture: Image.Image, dice: random.Random) -> Image.Image:
    grain = _noise(dice, _WIDTH, _HEIGHT).filter(ImageFilter.GaussianBlur(0.7))
    return Image.blend(picture, Image.merge("RGB", (grain, grain, grain)), 0.055)
