"""Two notes by acousticians, each with a chart: the test line of the arbitration, the heat pump of the instruction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm

from caseroom.demo import facts
from caseroom.demo.files.readings import NIGHT, decimal_comma
from caseroom.demo.files.sheet import HAIRLINE, INK, MUTED, Flow, Sheet, gap, new_page, print_sheet
from caseroom.demo.script import Spec
from caseroom.demo.typography import typeset_latin1

_LOADS: Final = (("25 %", 76.2), ("50 %", 79.1), ("75 %", 81.6), ("100 %", 83.4))
_GUARANTEED: Final = 78.0
_AXIS: Final = (70, 86)


def acoustic_report(spec: Spec) -> bytes:
    """Make the PDF of the measurements filed by the claimant in the arbitration."""
    first, last = spec.agenda.full(facts.HALVORNE_MEASURES), spec.agenda.full(facts.HALVORNE_MEASURES + 3)
    sheet = Sheet(
        issuer="Cabinet Orsel",
        address="Acoustique industrielle, 21 allée des Frênes, Montferrel",
        title="Rapport de mesures acoustiques, ligne d'essai n° 2",
        reference=f"{spec.reference}, rapport de mesures",
        accent="#1c6470",
    )

    def story() -> list[Flow]:
        return [*_campaign(sheet, first, last), new_page(), *_results(sheet), new_page(), *_discussion(sheet)]

    return print_sheet(sheet, story)


def _campaign(sheet: Sheet, first: str, last: str) -> list[Flow]:
    return [
        *sheet.banner("RAPPORT DE MESURES ACOUSTIQUES", "Site de Montferrel, ligne d'essai n° 2"),
        sheet.heading("1. Mission"),
        sheet.text(
            "À la demande de Halvorne Énergie, mesurer le niveau sonore au poste de conduite de la ligne d'essai n° 2, dans "
            "les conditions de l'annexe C du contrat, et le comparer au niveau garanti. Je suis rémunéré au temps passé ; "
            "mes honoraires ne dépendent ni du résultat des mesures ni de l'issue de l'arbitrage."
        ),
        sheet.heading("2. Déroulement"),
        sheet.text(
            f"Mesures réalisées du {first} au {last}, en présence de M. Trésclau pour le fournisseur et de Mme Quéverec "
            "pour le client. Chacun a reçu copie des relevés au pied de la machine."
        ),
        sheet.heading("3. Matériel et méthode"),
        *sheet.bullets(
            (
                "sonomètre intégrateur de classe 1, étalonné avant et après chaque série (écart maximal 0,1 dB) ;",
                "microphone à 1,50 m du sol, au centre du poste de conduite, bonnette en place ;",
                "moyenne énergétique sur trois minutes, cinq séries par régime ;",
                "ventilation du hall en marche pendant toutes les séries, à la demande de l'exploitant.",
            )
        ),
        sheet.heading("4. Incertitude"),
        sheet.text(
            "L'incertitude élargie est de 1,1 dB (facteur d'élargissement 2). Elle est à rapprocher de l'écart constaté "
            "et non à déduire du résultat."
        ),
    ]


def _results(sheet: Sheet) -> list[Flow]:
    rows = [("Régime", "Niveau mesuré", "Niveau garanti", "Écart")]
    for load, level in _LOADS:
        gap_db = f"{level - _GUARANTEED:+.1f} dB"
        rows.append((load, f"{decimal_comma(level)} dB(A)", "78,0 dB(A)", gap_db.replace(".", ",")))
    return [
        sheet.heading("5. Résultats"),
        sheet.text("Niveau équivalent au poste de conduite selon la charge, moyenne de cinq séries."),
        gap(2),
        _load_chart(),
        sheet.small("Trait rouge : niveau garanti par l'article 6.2 du contrat, 78 dB(A)."),
        gap(3),
        sheet.grid(rows, (40, 42, 42, 42), right_from=1),
    ]


def _load_chart() -> Flow:
    width, height = 166 * mm, 92 * mm
    drawing = Drawing(width, height)
    drawing.add(
        Rect(0, 0, width, height, fillColor=HexColor("#faf9f5"), strokeColor=HexColor(HAIRLINE), strokeWidth=0.5)
    )
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = 44, 44, width - 64, height - 70
    chart.data = [[level for _, level in _LOADS]]
    chart.categoryAxis.categoryNames = [typeset_latin1(load) for load, _ in _LOADS]
    chart.valueAxis.valueMin, chart.valueAxis.valueMax = _AXIS
    chart.valueAxis.valueStep = 2
    chart.valueAxis.visibleGrid = True
    chart.valueAxis.gridStrokeColor = HexColor(HAIRLINE)
    chart.valueAxis.gridStrokeWidth = 0.4
    chart.barWidth, chart.groupSpacing = 8, 14
    chart.bars[0].fillColor = HexColor("#5f9aa3")
    chart.bars[0].strokeColor = HexColor("#1c6470")
    chart.barLabelFormat = decimal_comma
    chart.barLabels.nudge, chart.barLabels.fontSize = 8, 8.5
    drawing.add(chart)
    low, high = _AXIS
    line = chart.y + chart.height * (_GUARANTEED - low) / (high - low)
    drawing.add(Line(chart.x, line, chart.x + chart.width, line, strokeColor=HexColor("#b3261e"), strokeWidth=1.6))
    drawing.add(_label(10, height - 16, "dB(A) au poste de conduite"))
    drawing.add(_label(width - 12, 8, "charge de la ligne", anchor="end"))
    return drawing


def _discussion(sheet: Sheet) -> list[Flow]:
    return [
        sheet.heading("6. Discussion"),
        sheet.text(
            "Le niveau garanti est dépassé à partir de la moitié de la charge. L'écart à pleine charge, 5,4 dB, excède "
            "l'incertitude. Le spectre, non reproduit ici, montre une raie à 100 Hz et ses multiples, caractéristique de la "
            "transmission solidienne entre le châssis et la cabine."
        ),
        sheet.heading("7. Ce que ce rapport ne dit pas"),
        *sheet.bullets(
            (
                (
                    "il ne dit pas si les mots « machine seule » de l'annexe C excluent la ventilation du hall : c'est une "
                    "question d'interprétation, qui n'appartient pas à l'expert ;"
                ),
                "il ne chiffre pas les travaux de mise en conformité ;",
                "il ne porte que sur la ligne n° 2, dans son état aux dates indiquées.",
            )
        ),
        sheet.heading("8. Sincérité"),
        sheet.text(
            "J'atteste que les faits rapportés sont ceux que j'ai constatés, que les opinions exprimées sont les miennes, et "
            "que je n'ai rien omis de ce qui pourrait les affaiblir. Je reste à la disposition du tribunal et des deux "
            "parties pour en répondre à l'audience."
        ),
        gap(14),
        sheet.signatures(("Denis Orsel, ingénieur acousticien",)),
    ]


def neighbour_noise_note(spec: Spec) -> bytes:
    """Make the PDF of the note of the technician both sides of the instruction chose."""
    day = spec.agenda.full(facts.MORTEFON_MEASURES)
    sheet = Sheet(
        issuer="Firmin Escoulas",
        address="Acousticien, désigné d'un commun accord par les parties",
        title="Note du technicien, mesures de nuit",
        reference=f"{spec.reference}, note du technicien",
        accent="#35507a",
    )

    def story() -> list[Flow]:
        return [*_night(sheet, day), new_page(), *_night_table(sheet)]

    return print_sheet(sheet, story)


def _night(sheet: Sheet, day: str) -> list[Flow]:
    return [
        *sheet.banner("NOTE DU TECHNICIEN", f"nuit du {day}, de 22 h à 7 h, chambre des demandeurs"),
        sheet.text(
            "Le microphone a été placé dans la chambre, fenêtre entrouverte de dix centimètres, à 1,20 m du sol. Pour "
            "connaître le bruit résiduel, la pompe a été arrêtée cinq minutes au début de chaque heure par M. Kerbrézel, "
            "en ma présence et en celle de Mme Mortefon."
        ),
        gap(2),
        _night_chart([sample.ambient for sample in NIGHT], [sample.residual for sample in NIGHT]),
        sheet.small("Trait plein bleu : bruit ambiant, pompe en marche. Trait gris : bruit résiduel, pompe arrêtée."),
        sheet.heading("Observation"),
        sheet.text(
            "L'écart entre les deux courbes, dit émergence, est de 6 à 7 dB(A) jusqu'à 1 h, puis de 2 dB(A) environ. La "
            "pompe reste audible toute la nuit ; sa tonalité est stable."
        ),
    ]


def _night_chart(ambient: Sequence[float], residual: Sequence[float]) -> Flow:
    width, height = 166 * mm, 84 * mm
    drawing = Drawing(width, height)
    drawing.add(
        Rect(0, 0, width, height, fillColor=HexColor("#faf9f5"), strokeColor=HexColor(HAIRLINE), strokeWidth=0.5)
    )
    chart = HorizontalLineChart()
    chart.x, chart.y, chart.width, chart.height = 40, 30, width - 60, height - 56
    chart.data = [list(ambient), list(residual)]
    chart.categoryAxis.categoryNames = [sample.hour for sample in NIGHT]
    chart.valueAxis.valueMin, chart.valueAxis.valueMax, chart.valueAxis.valueStep = 20, 40, 5
    chart.valueAxis.visibleGrid = True
    chart.valueAxis.gridStrokeColor = HexColor(HAIRLINE)
    chart.lines[0].strokeColor, chart.lines[0].strokeWidth = HexColor("#35507a"), 2
    chart.lines[1].strokeColor, chart.lines[1].strokeWidth = HexColor("#8d8f98"), 2
    drawing.add(chart)
    drawing.add(_label(10, height - 16, "dB(A) dans la chambre"))
    return drawing


def _night_table(sheet: Sheet) -> list[Flow]:
    rows = [("Heure", "Ambiant", "Résiduel", "Émergence", "Mode de la pompe")]
    rows += [
        (
            sample.hour,
            f"{decimal_comma(sample.ambient)} dB(A)",
            f"{decimal_comma(sample.residual)} dB(A)",
            f"{decimal_comma(sample.emergence)} dB(A)",
            sample.mode,
        )
        for sample in NIGHT
    ]
    return [
        sheet.heading("Relevé"),
        sheet.grid(rows, (24, 34, 34, 36, 38), right_from=1),
        gap(3),
        sheet.heading("Régulation de l'appareil"),
        sheet.text(
            "Le journal de régulation, lu sur place avec l'accord de M. Kerbrézel, indique un passage en mode nuit à 1 h. "
            "Avant cette nuit-là, il n'avait pas été programmé."
        ),
        sheet.heading("Repères, sans valeur de qualification"),
        sheet.text(
            "L'article R. 1336-7 du code de la santé publique fixe, pour les activités qu'il vise, une émergence de 3 dB(A) "
            "la nuit, avant correction de durée. Un équipement domestique n'y est pas directement soumis ; il relève de "
            "l'article R. 1336-5 du même code. L'appréciation du trouble appartient au tribunal."
        ),
        gap(12),
        sheet.signatures(("Firmin Escoulas, acousticien",)),
    ]


def _label(x: float, y: float, text: str, *, anchor: str = "start") -> Flow:
    colour = HexColor(MUTED if anchor == "end" else INK)
    return String(x, y, typeset_latin1(text), fontName="Helvetica", fontSize=8.5, fillColor=colour, textAnchor=anchor)
