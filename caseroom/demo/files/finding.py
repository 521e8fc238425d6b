"""The bailiff's finding of the mediation: four pages, a drawing that locates the windows, a table of measurements."""

from __future__ import annotations

from typing import Final

from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm

from caseroom.demo import facts
from caseroom.demo.files.sheet import HAIRLINE, INK, MUTED, Flow, Sheet, gap, new_page, print_sheet
from caseroom.demo.script import Spec

_WET: Final = ("202", "203", "204", "205", "206", "207")
_FLOORS: Final = 3
_BAYS: Final = 8

# Window, moisture of the wood in %, length of the trace in cm, what is seen.
_READINGS: Final = (
    ("202", "21 %", "18", "Auréole sèche sous l'appui, peinture cloquée"),
    ("203", "26 %", "34", "Auréole humide, fissure de l'enduit à l'aplomb"),
    ("204", "31 %", "62", "Eau libre dans la feuillure basse, joint visible non comprimé"),
    ("205", "28 %", "41", "Auréole humide, fissure de l'enduit à l'aplomb"),
    ("206", "24 %", "27", "Auréole humide, serviette posée par l'occupant"),
    ("207", "19 %", "11", "Trace ancienne, sèche au toucher"),
)


def bailiff_finding(spec: Spec) -> bytes:
    """Make the PDF of the finding."""
    day = spec.agenda.full(facts.TILLEULS_FINDING)
    sheet = Sheet(
        issuer="Étude Vernhac et Lissandre",
        address="Commissaires de justice associés, 7 place aux Huiles, Valmoncel",
        title="Procès-verbal de constat, résidence des Tilleuls",
        reference=f"PV 4-112 du {day}",
        accent="#7a1f2e",
        serif=True,
    )

    def story() -> list[Flow]:
        return [
            *_opening(sheet, day),
            new_page(),
            *_location(sheet),
            new_page(),
            *_readings(sheet),
            new_page(),
            *_closing(sheet),
        ]

    return print_sheet(sheet, story)


def _opening(sheet: Sheet, day: str) -> list[Flow]:
    return [
        *sheet.banner("PROCÈS-VERBAL DE CONSTAT", f"dressé le {day}, de 9 h 05 à 11 h 40"),
        sheet.heading("À la requête de"),
        sheet.text(
            "La société civile immobilière des Tilleuls, propriétaire de l'immeuble situé 12 rue des Tanneurs à Valmoncel, "
            "représentée par sa gérante, Mme Odile Aubier, qui m'expose que des infiltrations affectent les logements du "
            "deuxième étage depuis la réception des menuiseries extérieures."
        ),
        sheet.heading("Mission"),
        sheet.text(
            "La requérante me demande de me transporter sur place, de décrire l'état apparent des châssis du deuxième "
            "étage, de relever l'humidité du bois et des embrasures, et d'en conserver la preuve."
        ),
        sheet.heading("Je me suis transporté"),
        sheet.text(
            "Ce jour, par temps couvert, après une nuit de pluie continue (cumul relevé à la station communale : 14 mm). "
            "J'ai pénétré dans les logements avec l'accord de leurs occupants, en présence de Mme Aubier. L'entreprise "
            "Menuiserie Brévignon, avisée par courriel l'avant-veille, n'était ni présente ni représentée."
        ),
        sheet.heading("Limites du présent acte"),
        sheet.text(
            "Je procède à des constatations purement matérielles, exclusives de tout avis sur les conséquences de fait ou "
            "de droit qui peuvent en résulter. Je ne me prononce ni sur la cause des désordres ni sur leur imputabilité. "
            "Les taux d'humidité ont été lus sur un appareil à pointes, vérifié le matin même sur l'étalon du fabricant."
        ),
        *sheet.bullets(
            (
                "page 2 : plan de repérage des châssis ;",
                "page 3 : relevé des mesures et constatations par châssis ;",
                "page 4 : constatations générales et clôture.",
            )
        ),
    ]


def _location(sheet: Sheet) -> list[Flow]:
    return [
        sheet.heading("1. Plan de repérage, façade sur rue"),
        sheet.text(
            "Les châssis sont désignés par le numéro du logement qu'ils éclairent. Ceux où une trace d'eau a été constatée "
            "sont marqués d'une pastille. Le croquis n'est pas à l'échelle."
        ),
        gap(4),
        _elevation(),
        gap(3),
        sheet.small(
            "Pastille pleine : eau libre ou auréole humide au toucher. Pastille vide : trace sèche. Trait brisé : fissure "
            "de l'enduit visible depuis le trottoir opposé."
        ),
    ]


def _elevation() -> Flow:
    width, height = 165 * mm, 118 * mm
    drawing = Drawing(width, height)
    ink, wall = HexColor(INK), HexColor("#f3efe6")
    drawing.add(Rect(6, 10, width - 12, height - 34, fillColor=wall, strokeColor=ink, strokeWidth=1))
    drawing.add(Rect(0, height - 26, width, 9, fillColor=HexColor("#d8d2c4"), strokeColor=ink, strokeWidth=0.8))
    drawing.add(Line(0, 10, width, 10, strokeColor=ink, strokeWidth=1.6))
    pitch = (width - 12) / _BAYS
    for bay in range(_BAYS):
        _ground_floor(drawing, 6 + pitch * (bay + 0.5), bay)
        for floor in range(1, _FLOORS + 1):
            _window(drawing, 6 + pitch * (bay + 0.5), 18 + floor * 70, f"{floor}0{bay + 1}")
    for number in ("203", "205"):
        x = 6 + pitch * (int(number[-1]) - 0.5)
        crack = [x + 15, 152, x + 18, 142, x + 14, 133, x + 19, 124, x + 16, 113]
        drawing.add(PolyLine(crack, strokeColor=HexColor("#9c2b2b"), strokeWidth=1.3))
    return drawing


def _ground_floor(drawing: Flow, x: float, bay: int) -> None:
    door = bay == 3
    drawing.add(
        Rect(
            x - 15,
            10,
            30,
            58 if door else 46,
            fillColor=HexColor("#cdb791" if door else "#e3e1da"),
            strokeColor=HexColor(MUTED),
            strokeWidth=0.6,
        )
    )


def _window(drawing: Flow, x: float, y: float, number: str) -> None:
    wet = number in _WET
    frame = HexColor("#7a1f2e" if wet else MUTED)
    drawing.add(
        Rect(x - 11, y, 22, 40, fillColor=HexColor("#dfe8ee"), strokeColor=frame, strokeWidth=1.4 if wet else 0.6)
    )
    drawing.add(Line(x, y, x, y + 40, strokeColor=frame, strokeWidth=0.5))
    for shutter in (x - 20, x + 12):
        drawing.add(
            Rect(shutter, y, 8, 40, fillColor=HexColor("#b9c2b0"), strokeColor=HexColor(HAIRLINE), strokeWidth=0.4)
        )
    drawing.add(String(x, y - 9, number, fontName="Times-Roman", fontSize=7.5, textAnchor="middle", fillColor=frame))
    if wet:
        dry = number in ("202", "207")
        drawing.add(
            Circle(x, y + 6, 4, fillColor=HexColor("#ffffff" if dry else "#2f6aa8"), strokeColor=HexColor("#2f6aa8"))
        )


def _readings(sheet: Sheet) -> list[Flow]:
    header = ("Châssis", "Humidité du bois", "Trace (cm)", "Constatations")
    return [
        sheet.heading("2. Relevé des mesures"),
        sheet.text(
            "Pour chaque châssis, la mesure est prise à dix centimètres de l'angle bas, côté intérieur. La valeur retenue "
            "est la plus élevée de trois lectures. À titre de comparaison, le bois des châssis 201 et 208, où rien n'a été "
            "constaté, donne 11 % et 12 %."
        ),
        gap(2),
        sheet.grid((header, *_READINGS), (22, 34, 24, 85)),
        gap(4),
        sheet.heading("Châssis 204"),
        sheet.text(
            "La feuillure basse contient de l'eau libre sur 22 cm. Le joint périphérique, de couleur noire, n'est pas "
            "comprimé sur la traverse basse : une feuille de papier de 80 g y glisse sans résistance, vantail fermé et "
            "verrouillé. J'ai répété l'essai trois fois."
        ),
        sheet.heading("Châssis 203 et 205"),
        sheet.text(
            "À l'extérieur, l'enduit présente à l'aplomb de chacun de ces châssis une fissure oblique, d'une longueur "
            "apparente de l'ordre de 40 cm. Je ne puis en apprécier la profondeur depuis la rue."
        ),
    ]


def _closing(sheet: Sheet) -> list[Flow]:
    return [
        sheet.heading("3. Constatations générales"),
        *sheet.bullets(
            (
                (
                    "Les volets bois du premier et du deuxième étage présentent une teinte qui n'est pas uniforme ; sept "
                    "paires ferment avec un jeu supérieur à un centimètre."
                ),
                "Les appuis de fenêtre en pierre sont en place ; je n'y relève pas de cassure.",
                "Dans le logement 206, l'occupante me montre trois serviettes disposées sur l'appui intérieur.",
                "Aucune trace d'eau n'est visible au premier ni au troisième étage, dans les logements visités.",
            )
        ),
        sheet.heading("4. Déclarations recueillies"),
        sheet.text(
            "Mme Aubier me déclare : « L'eau entre quand la pluie vient de l'ouest. Au 204, cela a commencé dès la "
            "première semaine. » Je rapporte ces propos sans les apprécier."
        ),
        sheet.heading("5. Photographies"),
        sheet.text(
            "J'ai pris trente et une photographies numériques. Six, les plus parlantes, sont tenues à la disposition des "
            "parties à l'étude avec leurs fichiers d'origine."
        ),
        sheet.heading("Clôture"),
        sheet.text(
            "Plus rien n'étant à constater, je me suis retiré à 11 h 40. De tout ce qui précède, j'ai dressé le présent "
            "procès-verbal, sur quatre pages, pour servir et valoir ce que de droit."
        ),
        gap(16),
        sheet.signatures(("Le commissaire de justice instrumentaire, Maître Lissandre",)),
    ]
