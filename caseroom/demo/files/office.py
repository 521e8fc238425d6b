"""Word documents: the draft settlement, the joiner's confided costs, the couple's three options for the house."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from caseroom.demo import facts
from caseroom.demo.script import Spec
from caseroom.demo.typography import typeset

_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def draft_settlement(spec: Spec) -> bytes:
    """Make the draft agreement of the mediation: its frame and its dates, every amount left to be agreed."""
    agenda = spec.agenda
    document = _blank("Projet de protocole", "Me Nadia Ferrand", spec)
    _title(document, "PROTOCOLE D'ACCORD TRANSACTIONNEL", f"Projet de travail, médiation {spec.reference}")
    _text(
        document,
        "Document élaboré dans le cadre de la médiation, confidentiel sauf accord contraire des parties. Il n'engage "
        "personne avant signature.",
        italic=True,
    )
    _heading(document, "Entre")
    _text(document, "La SCI des Tilleuls, assistée de Me Nadia Ferrand, d'une part,")
    _text(document, "Menuiserie Brévignon, assistée de Me Tomás Diaz, d'autre part.")
    _heading(document, "Article 1. Reprise des châssis")
    _text(
        document,
        "L'entreprise reprend à ses frais les six châssis du deuxième étage, sans reconnaissance de responsabilité, selon "
        "le calendrier ci-dessous.",
    )
    _table(
        document,
        (
            ("Étape", "Qui", "Au plus tard le"),
            ("Visite contradictoire, façadier présent", "Tous", agenda.full(facts.TILLEULS_VISIT)),
            ("Début de la reprise des châssis", "Menuiserie Brévignon", agenda.full(facts.TILLEULS_WORKS)),
            ("Essai à l'eau, châssis par châssis", "Tous", agenda.full(facts.TILLEULS_WORKS + 10)),
            ("Volets", "à convenir", "à convenir"),
        ),
    )
    _heading(document, "Article 2. Comptes entre les parties")
    _text(
        document,
        "Pour solde de tout compte au titre du marché, la SCI verse à l'entreprise la somme de [montant à convenir], selon "
        "[modalités à convenir]. Le sort des pénalités de retard est réglé comme suit : [à convenir].",
    )
    _heading(document, "Article 3. Effets")
    _text(
        document,
        "Sous réserve de son exécution, le présent protocole constitue une transaction au sens des articles 2044 et "
        "suivants du code civil. Contresigné par les avocats de chacune des parties, il pourra être revêtu de la formule "
        "exécutoire par le greffe.",
    )
    _text(document, "Fait à Valmoncel, le [date], en deux exemplaires.")
    return _saved(document)


def repair_costing(spec: Spec) -> bytes:
    """Make the note the joiner confides to the mediator: what the repairs cost him, and what he must pay soon."""
    document = _blank("Coût réel des reprises", "M. Paul Brévignon", spec)
    _title(document, "Ce que les reprises me coûtent", "Note pour Mme Roy seule, à ne pas transmettre")
    _text(
        document,
        "Chiffres d'atelier, hors marge. Les prix que j'annonçais sont des prix de vente ; ici, c'est ce qui sort "
        "vraiment de ma caisse.",
    )
    _table(
        document,
        (
            ("Poste", "Prix annoncé", "Coût réel"),
            ("Six châssis, joints et pose", "9 200 €", "3 900 €"),
            ("Volets, reprise du jeu et teinte", "11 400 €", "6 750 €"),
            ("Nacelle, deux jours", "1 300 €", "1 300 €"),
        ),
    )
    _heading(document, "Ce que je dois payer bientôt")
    _text(document, "Fournisseur de profilés : 19 350 €, fin du mois. Avec 15 000 € à la signature, je tiens.")
    _heading(document, "Le joint")
    _text(
        document,
        "Référence livrée : 8 mm au lieu de 10, sur toute la série posée au deuxième. Je garde l'emballage à l'atelier.",
    )
    return _saved(document)


def house_options(spec: Spec) -> bytes:
    """Make the working document that compares three futures of the couple's house."""
    document = _blank("Trois options pour la maison", "Me Judith Sarrazac", spec)
    _title(document, "La maison : trois options à comparer", "Document de travail commun, Me Sarrazac et Me Coëtlogant")
    _text(
        document,
        "Aucune option n'est une proposition. L'ordre est alphabétique. Les valeurs sont celles de l'avis de valeur, "
        "arrondies au milieu de la fourchette.",
    )
    _table(
        document,
        (
            ("", "A. Vendre", "B. Rachat par Clarisse", "C. Rachat par Antonin"),
            ("Valeur retenue", "299 000 €", "299 000 €", "299 000 €"),
            ("Prêt restant dû", "141 000 €", "141 000 €", "141 000 €"),
            ("Apport des parents d'Antonin", "à reconnaître", "à reconnaître", "à reconnaître"),
            ("École des enfants", "selon le nouveau logement", "inchangée", "inchangée"),
            ("Qui déménage", "les deux", "Antonin", "Clarisse"),
            ("Ce qu'il faut vérifier", "délai de vente", "accord de la banque", "accord de la banque"),
        ),
    )
    _heading(document, "Questions à se poser, chacun de son côté")
    for question in (
        "Qu'est-ce que cette option me permet que les autres ne permettent pas ?",
        "Qu'est-ce qui serait le plus difficile pour l'autre ?",
        "De quoi aurais-je besoin pour pouvoir l'accepter ?",
    ):
        document.add_paragraph(typeset(question), style="List Bullet")
    _text(document, f"À relire avant la rencontre du {spec.agenda.weekday(facts.VAUQUELET_MEETING)}.")
    return _saved(document)


def _blank(title: str, author: str, spec: Spec) -> WordDocument:
    document = Document()
    document.styles["Normal"].font.name = "Georgia"
    document.styles["Normal"].font.size = Pt(11)
    for language in document.styles.element.xpath("//w:lang"):
        language.set(qn("w:val"), "fr-FR")
    properties = document.core_properties
    properties.title, properties.author, properties.language = typeset(title), author, "fr-FR"
    properties.comments = "Document fictif, dossier de démonstration"
    written = datetime.combine(spec.agenda.today, datetime.min.time())
    properties.created = properties.modified = written
    properties.last_modified_by = author
    return document


def _title(document: WordDocument, title: str, under: str) -> None:
    document.add_heading(typeset(title), level=1).alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(typeset(under)).alignment = WD_ALIGN_PARAGRAPH.CENTER


def _heading(document: WordDocument, text: str) -> None:
    document.add_heading(typeset(text), level=2)


def _text(document: WordDocument, text: str, *, italic: bool = False) -> None:
    document.add_paragraph().add_run(typeset(text)).italic = italic


def _table(document: WordDocument, rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Light Grid Accent 1")
    for line, row in zip(table.rows, rows, strict=True):
        for cell, value in zip(line.cells, row, strict=True):
            cell.text = typeset(value)
    document.add_paragraph()


def _saved(document: WordDocument) -> bytes:
    """The bytes of the document, its archive rewritten with fixed times so that the same content is the same file."""
    written, out = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, _ZIP_EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(name))
    return out.getvalue()
