"""Two drawn plans: the facade of the mediation with its cracks and wet windows, and the two plots of the instruction."""

from __future__ import annotations

import random
from typing import Final

from caseroom.demo import facts
from caseroom.demo.files.canvas import Plan
from caseroom.demo.script import Spec

_INK: Final = "#26303f"
_MUTED: Final = "#6f7480"
_RED: Final = "#b3261e"
_BLUE: Final = "#1f6fb2"
_PAPER: Final = "#fbf9f3"

_LEFT: Final = 90.0
_RIGHT: Final = 1090.0
_EAVES: Final = 190.0
_PAVEMENT: Final = 930.0
_STOREY: Final = 180.0
_BAYS: Final = 8
_PITCH: Final = (_RIGHT - _LEFT) / _BAYS
_WET: Final = ("202", "203", "204", "205", "206", "207")
# Number of the note, window it lies beside, what it says.
_NOTES: Final = (
    ("1", "203", "Fissure oblique, 40 cm,\nouverture 0,4 mm"),
    ("2", "205", "Fissure oblique, 45 cm,\nouverture 0,6 mm"),
    ("3", "204", "Eau libre dans la feuillure,\nappui sans défaut visible"),
    ("4", "302", "Microfissure, sans entrée\nd'eau constatée"),
)


def facade_drawing(spec: Spec) -> bytes:
    """Make the PNG of the street front, 1500 x 1080, with its cracks in red and its water in blue."""
    plan = Plan.blank(1500, 1080, _PAPER)
    _walls(plan)
    for bay in range(_BAYS):
        _ground_floor(plan, bay)
        for floor in (1, 2, 3):
            _window(plan, f"{floor}0{bay + 1}")
    for number in ("203", "205", "302"):
        _crack(plan, number)
    _water(plan)
    _dimensions(plan)
    _callouts(plan)
    _title_block(plan, spec)
    return plan.png()


def _centre(number: str) -> tuple[float, float]:
    """Centre of the window of that number."""
    floor, bay = int(number[0]), int(number[2]) - 1
    return _LEFT + _PITCH * (bay + 0.5), _PAVEMENT - 80 - floor * _STOREY


def _walls(plan: Plan) -> None:
    plan.shape(
        ((_LEFT - 26, _EAVES - 14), (_LEFT + 40, 96), (_RIGHT - 40, 96), (_RIGHT + 26, _EAVES - 14)),
        fill="#8d97a3",
        line=_INK,
    )
    for slate in range(9):
        course = 104 + slate * 8
        plan.path(((_LEFT + 36 - slate * 6.6, course), (_RIGHT - 36 + slate * 6.6, course)), line="#7d8794")
    plan.box(_LEFT, _EAVES, _RIGHT, _PAVEMENT, fill="#f1e9d8", line=_INK, stroke=2)
    plan.box(_LEFT - 16, _EAVES - 16, _RIGHT + 16, _EAVES, fill="#ddd3bd", line=_INK, stroke=1.5)
    plan.box(_LEFT, _PAVEMENT - 152, _RIGHT, _PAVEMENT, fill="#e0d8c6", line=_INK)
    for floor in (1, 2, 3):
        y = _PAVEMENT - 152 - (floor - 1) * _STOREY
        plan.box(_LEFT, y - 8, _RIGHT, y, fill="#d6ccb6", line="#b8ad95")
        plan.write(_LEFT - 14, y - 84, f"{floor}e" if floor > 1 else "1er", ink=_MUTED, anchor="rm")
    plan.write(_LEFT - 14, _PAVEMENT - 70, "RDC", ink=_MUTED, anchor="rm")
    plan.path(((_LEFT - 70, _PAVEMENT), (_RIGHT + 40, _PAVEMENT)), line=_INK, stroke=3)


def _ground_floor(plan: Plan, bay: int) -> None:
    x = _LEFT + _PITCH * (bay + 0.5)
    if bay == 3:
        plan.box(x - 40, _PAVEMENT - 128, x + 40, _PAVEMENT, fill="#8a6a46", line=_INK, stroke=1.5)
        plan.path(((x, _PAVEMENT - 128), (x, _PAVEMENT)), line=_INK)
        plan.write(x, _PAVEMENT - 136, "12", size=15, ink=_INK, bold=True, anchor="ms")
        return
    plan.box(x - 44, _PAVEMENT - 112, x + 44, _PAVEMENT - 16, fill="#cfdbe2", line=_INK, stroke=1.5)
    plan.path(((x - 44, _PAVEMENT - 78), (x + 44, _PAVEMENT - 78)), line=_INK)


def _window(plan: Plan, number: str) -> None:
    x, y = _centre(number)
    wet = number in _WET
    plan.box(x - 24, y - 50, x + 24, y + 46, fill="#dbe7ee", line=_BLUE if wet else _INK, stroke=3 if wet else 1.5)
    plan.path(((x, y - 50), (x, y + 46)), line=_INK, stroke=1.5)
    for rail in (-18, 14):
        plan.path(((x - 24, y + rail), (x + 24, y + rail)), line=_INK)
    plan.box(x - 32, y + 46, x + 32, y + 53, fill="#cfc5ae", line=_INK)
    for side in (-1, 1):
        edge = x + side * 27
        plan.box(
            min(edge, edge + side * 21), y - 50, max(edge, edge + side * 21), y + 46, fill="#9fae98", line="#5c6a58"
        )
        for slat in range(1, 12):
            plan.path(((edge + side * 3, y - 50 + slat * 8), (edge + side * 18, y - 50 + slat * 8)), line="#7f8f79")
    plan.write(x, y - 58, number, size=13, ink=_BLUE if wet else _MUTED, bold=wet, anchor="ms")


def _crack(plan: Plan, number: str) -> None:
    x, y = _centre(number)
    shake = random.Random(int(number))  # noqa: S311 - the shape of a crack, not a secret
    length = 5 if number == "302" else 9
    points = [(x + 36.0, y + 56.0)]
    for _ in range(length):
        last = points[-1]
        points.append((last[0] + shake.uniform(-3.5, 8), last[1] + shake.uniform(4, 9)))
    plan.path(tuple(points), line=_RED, stroke=3)
    branch = points[len(points) // 2]
    plan.path((branch, (branch[0] - 9, branch[1] + 8), (branch[0] - 11, branch[1] + 17)), line=_RED, stroke=2)


def _water(plan: Plan) -> None:
    drops = random.Random(204)  # noqa: S311 - the place of drops, not a secret
    for number in _WET:
        x, y = _centre(number)
        deep = 42 if number == "204" else 26
        plan.shape(
            (
                (x - 25, y + 53),
                (x + 25, y + 53),
                (x + 14, y + 53 + deep),
                (x + 2, y + 60 + deep),
                (x - 12, y + 50 + deep),
            ),
            fill="#1f6fb233",
        )
        for _ in range(7 if number == "204" else 4):
            drop_x = x + drops.uniform(-20, 20)
            drop_y = y + 56 + drops.uniform(0, deep - 10)
            plan.path(((drop_x, drop_y), (drop_x, drop_y + 8)), line=_BLUE, stroke=2)


def _dimensions(plan: Plan) -> None:
    plan.path(((_LEFT, 972), (_RIGHT, 972)), line=_MUTED)
    for x in (_LEFT, _RIGHT):
        plan.path(((x - 5, 977), (x + 5, 967)), line=_MUTED, stroke=2)
    plan.write((_LEFT + _RIGHT) / 2, 964, "21,60 m", size=15, ink=_MUTED, anchor="ms")
    for bay in range(_BAYS):
        plan.write(_LEFT + _PITCH * (bay + 0.5), 996, f"travée {bay + 1}", size=13, ink=_MUTED, anchor="ms")


def _callouts(plan: Plan) -> None:
    plan.write(1150, 208, "Relevé depuis la rue", size=19, ink=_INK, bold=True)
    for row, (mark, number, text) in enumerate(_NOTES):
        y = 256 + row * 92
        water = mark == "3"
        colour = _BLUE if water else _RED
        plan.disc(1166, y, 15, fill=_PAPER, line=colour, stroke=2)
        plan.write(1166, y, mark, size=15, ink=colour, bold=True, anchor="mm")
        plan.write(1194, y - 2, f"Châssis {number}", size=15, ink=_INK, bold=True)
        plan.write(1194, y + 20, text, size=14, ink=_INK)
        x, window = _centre(number)
        spot = (x + 50, window + 106) if water else (x + 74, window + 80)
        if water:
            plan.arrow((spot[0] - 10, spot[1] - 9), (x + 12, window + 80), line=colour)
        plan.disc(*spot, 13, fill=_PAPER, line=colour, stroke=2)
        plan.write(*spot, mark, size=14, ink=colour, bold=True, anchor="mm")
    _legend(plan, 660)


def _legend(plan: Plan, top: float) -> None:
    plan.path(((1150, top), (1460, top)), line="#c9c6bd")
    plan.path(((1156, top + 30), (1168, top + 40), (1178, top + 32), (1192, top + 44)), line=_RED, stroke=3)
    plan.write(1206, top + 42, "fissure de l'enduit", size=14, ink=_INK)
    plan.box(1158, top + 58, 1190, top + 82, fill="#dbe7ee", line=_BLUE, stroke=3)
    plan.write(1206, top + 76, "châssis où l'eau est entrée", size=14, ink=_INK)
    plan.shape(((1156, top + 98), (1192, top + 98), (1180, top + 120), (1166, top + 118)), fill="#1f6fb255")
    plan.write(1206, top + 114, "écoulement, côté intérieur", size=14, ink=_INK)


def _title_block(plan: Plan, spec: Spec) -> None:
    plan.box(1130, 850, 1470, 1040, fill="#ffffff", line=_INK, stroke=2)
    plan.write(1148, 884, "Façade rue des Tanneurs", size=19, ink=_INK, bold=True)
    plan.write(1148, 912, "Résidence des Tilleuls, Valmoncel", size=14, ink=_INK)
    plan.path(((1130, 930), (1470, 930)), line=_INK)
    plan.write(1148, 956, "Menuiserie Brévignon, relevé P. B.", size=14, ink=_INK)
    plan.write(1148, 980, f"{spec.agenda.short(facts.TILLEULS_FINDING + 4)}, échelle indicative", size=14, ink=_INK)
    plan.write(1148, 1018, "Document fictif, dossier de démonstration", size=12, ink=_MUTED)
    plan.write(60, 62, "ÉLÉVATION SUR RUE", size=26, ink=_INK, bold=True)


def site_sketch(spec: Spec) -> bytes:
    """Make the PNG of the two plots seen from above, 1300 x 900, with the pump, the bedroom and the distance."""
    plan = Plan.blank(1300, 900, _PAPER)
    plan.box(60, 110, 640, 760, fill="#e8efdc", line=_INK, stroke=2)
    plan.box(640, 110, 1240, 760, fill="#eef1e2", line=_INK, stroke=2)
    plan.dashes((640, 110), (640, 760), line=_RED, stroke=3)
    for tree in range(13):
        plan.disc(622, 150 + tree * 47, 15, fill="#a9c193", line="#7e9a66")
    _house(plan, (180, 250, 560, 560), "Maison Mortefon", "n° 14")
    _house(plan, (800, 300, 1150, 600), "Maison Kerbrézel", "n° 16")
    plan.box(500, 330, 560, 430, fill="#f2d9a8", line=_INK, stroke=1.5)
    plan.write(484, 352, "chambre", size=15, ink=_INK, anchor="rs")
    plan.write(484, 372, "point de mesure", size=13, ink=_MUTED, anchor="rs")
    plan.disc(548, 380, 6, fill=_BLUE, line=_BLUE)
    plan.box(742, 352, 800, 408, fill="#d5dbe6", line=_INK, stroke=2)
    plan.disc(771, 380, 20, fill="#aab6c9", line=_INK, stroke=1.5)
    plan.write(794, 318, "pompe à chaleur", size=15, ink=_INK, bold=True, anchor="rs")
    for reach in (40, 70, 100):
        plan.pen.arc(
            (1542 - 2 * reach, 760 - 2 * reach, 1542 + 2 * reach, 760 + 2 * reach), 155, 205, fill=_BLUE, width=3
        )
    plan.arrow((742, 470), (562, 470), line=_INK)
    plan.arrow((562, 470), (742, 470), line=_INK)
    plan.write(698, 498, "6,40 m", size=17, ink=_INK, bold=True, anchor="ms")
    plan.write(652, 742, "limite séparative, haie", size=14, ink=_RED)
    plan.box(60, 760, 1240, 830, fill="#d9d6cd", line=_INK)
    plan.write(650, 802, "chemin des Aulnes", size=18, ink=_INK, anchor="ms")
    plan.write(60, 74, "CROQUIS D'IMPLANTATION", size=26, ink=_INK, bold=True)
    plan.write(
        1240,
        74,
        f"{spec.reference}, pièce de la défense, {spec.agenda.short(facts.MORTEFON_AGREEMENT)}",
        size=14,
        ink=_MUTED,
        anchor="rs",
    )
    plan.write(
        60,
        866,
        "Sans échelle. Distances mesurées au décamètre. Document fictif, dossier de démonstration.",
        size=14,
        ink=_MUTED,
    )
    _north(plan, 1190, 180)
    return plan.png()


def _house(plan: Plan, walls: tuple[float, float, float, float], name: str, number: str) -> None:
    left, top, right, bottom = walls
    plan.box(left, top, right, bottom, fill="#e2cdb4", line=_INK, stroke=2)
    ridge, hip = (top + bottom) / 2, 90
    plan.path(((left, top), (left + hip, ridge), (left, bottom)), line="#b99d7c", stroke=1.5)
    plan.path(((right, top), (right - hip, ridge), (right, bottom)), line="#b99d7c", stroke=1.5)
    plan.path(((left + hip, ridge), (right - hip, ridge)), line="#b99d7c", stroke=1.5)
    plan.write((left + right) / 2, bottom - 48, name, size=18, ink=_INK, bold=True, anchor="ms")
    plan.write((left + right) / 2, bottom - 22, number, size=15, ink=_INK, anchor="ms")


def _north(plan: Plan, x: float, y: float) -> None:
    plan.shape(((x, y - 42), (x + 12, y + 8), (x, y), (x - 12, y + 8)), fill=_INK)
    plan.write(x, y - 50, "N", size=16, ink=_INK, bold=True, anchor="ms")
