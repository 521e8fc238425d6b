"""The opinion of value of the couple's house, given as a range because an opinion is not a price."""

from __future__ import annotations

from caseroom.demo import facts
from caseroom.demo.files.sheet import Flow, Sheet, gap, print_sheet
from caseroom.demo.script import Spec


def house_valuation(spec: Spec) -> bytes:
    """Make the PDF of the opinion of value."""
    sheet = Sheet(
        issuer="Agence du Pont-Levant",
        address="Transaction et estimation, 2 rue du Beffroi, Valmoncel",
        title="Avis de valeur, maison du 8 sente des Mûriers",
        reference=f"Avis de valeur du {spec.agenda.full(facts.VAUQUELET_VALUATION)}",
        accent="#8a4b16",
    )
    return print_sheet(sheet, lambda: _story(sheet, spec))


def _story(sheet: Sheet, spec: Spec) -> list[Flow]:
    compared = (
        ("Bien comparé", "Surface", "Vendu", "Prix", "Prix au m²"),
        ("Maison mitoyenne, même rue", "104 m²", "il y a 5 mois", "268 000 €", "2 577 €"),
        ("Maison, rue des Vignes", "121 m²", "il y a 8 mois", "312 000 €", "2 579 €"),
        ("Maison, chemin du Lavoir", "116 m²", "il y a 11 mois", "287 000 €", "2 474 €"),
    )
    return [
        *sheet.banner(
            "AVIS DE VALEUR", f"visite du {spec.agenda.full(facts.VAUQUELET_VALUATION)}, en présence des deux époux"
        ),
        sheet.heading("Le bien"),
        sheet.text(
            "Maison de 118 m² habitables sur deux niveaux, 8 sente des Mûriers à Valmoncel : séjour de 34 m², cuisine, "
            "quatre chambres, deux salles d'eau, atelier, jardin de 410 m². Toiture refaite il y a six ans. Étiquette "
            "énergie D. Menuiseries en double vitrage, chaudière à condensation de douze ans."
        ),
        sheet.heading("Comparaisons"),
        sheet.grid(compared, (56, 24, 32, 28, 26), right_from=1),
        gap(3),
        sheet.heading("Conclusion"),
        sheet.text(
            "Compte tenu de l'emplacement, de l'état et du remplacement prochain de la chaudière, nous estimons la valeur "
            "de marché du bien, libre d'occupation, <b>entre 292 000 € et 306 000 €</b>, frais d'acquéreur non compris."
        ),
        sheet.small(
            "Le présent avis n'est pas une expertise au sens de la charte de l'expertise en évaluation immobilière. Il a "
            "été établi à la demande des deux époux et remis à chacun le même jour."
        ),
    ]
