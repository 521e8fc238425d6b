"""The first procedural order of the arbitration: how the tribunal and the parties will work, and by when."""

from __future__ import annotations

from caseroom.demo import facts
from caseroom.demo.files.sheet import Flow, Sheet, gap, print_sheet
from caseroom.demo.script import Spec


def procedural_order(spec: Spec) -> bytes:
    """Make the PDF of procedural order no. 1."""
    sheet = Sheet(
        issuer="Tribunal arbitral",
        address="Halvorne Énergie contre Trésclau Ingénierie, siège : Valmoncel",
        title="Ordonnance de procédure n° 1",
        reference=f"{spec.reference}, ordonnance de procédure n° 1",
        accent="#1b2a4a",
        serif=True,
    )

    def story() -> list[Flow]:
        return [
            *sheet.banner("ORDONNANCE DE PROCÉDURE N° 1", "Organisation de l'instance et calendrier"),
            *_rules(sheet),
            *_timetable(sheet, spec),
            *_exhibits(sheet),
            gap(14),
            sheet.signatures(("Pour le tribunal arbitral, le président, M. Bertrand Loisel-Ferrant",)),
        ]

    return print_sheet(sheet, story)


def _rules(sheet: Sheet) -> list[Flow]:
    return [
        sheet.text(
            "Le tribunal arbitral, composé de M. Bertrand Loisel-Ferrant, président, de Mme Imogen Kessel-Roche et de "
            "M. Yao Adjoumani, arbitres, après avoir consulté les parties, ordonne ce qui suit."
        ),
        sheet.heading("1. Communications"),
        sheet.text(
            "1.1 Toute communication au tribunal est faite dans la salle commune du dossier, en présence des deux parties. "
            "Aucune partie ne s'adresse à un arbitre en particulier. 1.2 Le secrétariat du centre assiste le tribunal pour "
            "les seules questions matérielles ; il ne participe pas au délibéré. 1.3 Le président peut signer seul les "
            "ordonnances de procédure après avoir consulté ses coarbitres."
        ),
        sheet.heading("2. Langue et confidentialité"),
        sheet.text(
            "La langue de l'arbitrage est le français. Les pièces en anglais peuvent être produites sans traduction. La "
            "procédure est confidentielle, sauf accord contraire des parties ou obligation légale."
        ),
    ]


def _timetable(sheet: Sheet, spec: Spec) -> list[Flow]:
    steps = (
        ("Acte", "À qui d'agir", "Au plus tard le"),
        ("Mémoire en demande et pièces", "Demanderesse", spec.agenda.short(facts.HALVORNE_CLAIM)),
        ("Mémoire en défense", "Défenderesse", spec.agenda.short(facts.HALVORNE_DEFENCE)),
        ("Réplique", "Demanderesse", spec.agenda.short(facts.HALVORNE_REPLY)),
        ("Duplique", "Défenderesse", spec.agenda.short(facts.HALVORNE_REJOINDER)),
        ("Audience, deux jours", "Tous", spec.agenda.short(facts.HALVORNE_HEARING)),
    )
    return [
        sheet.heading("3. Calendrier"),
        sheet.grid(steps, (82, 42, 42)),
        sheet.small("Les dépôts sont faits à 18 h au plus tard, heure de Valmoncel, l'heure du récépissé faisant foi."),
    ]


def _exhibits(sheet: Sheet) -> list[Flow]:
    return [
        sheet.heading("4. Pièces"),
        *sheet.bullets(
            (
                (
                    "les pièces de la demanderesse sont numérotées C-001 et suivantes, celles de la défenderesse R-001 et "
                    "suivantes ; un numéro attribué ne change plus ;"
                ),
                (
                    "une pièce déposée hors délai n'entre au dossier qu'avec l'autorisation du tribunal, l'autre partie "
                    "entendue ;"
                ),
                "les données brutes sur lesquelles un expert se fonde sont communiquées sur demande, sous huit jours.",
            )
        ),
        sheet.heading("5. Objections"),
        sheet.text(
            "La partie qui entend se prévaloir d'une irrégularité l'invoque sans délai, à défaut de quoi elle est réputée "
            "y avoir renoncé (article 1466 du code de procédure civile)."
        ),
        sheet.text("Fait à Valmoncel, siège de l'arbitrage."),
    ]
