"""The joiner's invoice for the balance of the works, whose figures add up to the sum told in the conversation."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from caseroom.demo import facts
from caseroom.demo.files.sheet import Flow, Sheet, gap, print_sheet
from caseroom.demo.script import Spec

_VAT: Final = Decimal("0.10")

# Description, quantity, unit price before tax.
_LINES: Final = (
    ("Châssis bois et aluminium, fourniture et pose", 42, Decimal("2650.00")),
    ("Volets persiennés bois, la paire, peinture deux couches", 24, Decimal("1287.50")),
    ("Dépose et évacuation des anciennes menuiseries, forfait", 1, Decimal("6400.00")),
)
_PAID: Final = (
    ("Acompte à la commande, 30 %", Decimal("49038.00")),
    ("Situation n° 1", Decimal("44500.00")),
    ("Situation n° 2", Decimal("33122.00")),
)


def euros(amount: Decimal) -> str:
    """The amount as the French write it: `36 800,00 €`."""
    return f"{amount:,.2f} €".replace(",", " ").replace(".", ",")


def balance_due() -> Decimal:
    """What remains to be paid, tax included."""
    before_tax = sum((quantity * price for _, quantity, price in _LINES), Decimal(0))
    return before_tax * (1 + _VAT) - sum((paid for _, paid in _PAID), Decimal(0))


def balance_invoice(spec: Spec) -> bytes:
    """Make the PDF of the invoice."""
    sheet = Sheet(
        issuer="Menuiserie Brévignon",
        address="SARL au capital de 20 000 €, ZA des Forges, Valmoncel",
        title="Facture n° 2118",
        reference="Facture n° 2118",
        accent="#2f5d3a",
    )
    return print_sheet(sheet, lambda: _story(sheet, spec))


def _story(sheet: Sheet, spec: Spec) -> list[Flow]:
    agenda = spec.agenda
    return [
        *sheet.banner("FACTURE N° 2118", f"émise le {agenda.full(facts.TILLEULS_INVOICE)}, solde du marché"),
        sheet.text(
            "<b>Client :</b> SCI des Tilleuls, 12 rue des Tanneurs, Valmoncel<br/>"
            f"<b>Marché :</b> lot menuiseries extérieures, signé le {agenda.full(facts.TILLEULS_CONTRACT)}<br/>"
            f"<b>Réception :</b> {agenda.full(facts.TILLEULS_HANDOVER)}"
        ),
        gap(3),
        _works(sheet),
        gap(4),
        _account(sheet),
        gap(4),
        sheet.text(
            f"<b>Échéance : {agenda.full(facts.TILLEULS_INVOICE + 30)}.</b> Règlement par virement. Tout retard donne lieu "
            "à des pénalités au taux de trois fois l'intérêt légal et à une indemnité forfaitaire de recouvrement de 40 €. "
            "Pas d'escompte pour paiement anticipé."
        ),
        sheet.small(
            "TVA au taux réduit de 10 % : travaux d'amélioration de logements achevés depuis plus de deux ans. Assurance "
            "de responsabilité décennale souscrite, attestation remise avec le marché. Numéros d'immatriculation omis "
            "dans ce document fictif."
        ),
    ]


def _works(sheet: Sheet) -> Flow:
    rows = [("Désignation", "Quantité", "Prix unitaire HT", "Total HT")]
    rows += [(label, str(count), euros(price), euros(count * price)) for label, count, price in _LINES]
    return sheet.grid(rows, (80, 20, 32, 34), right_from=1)


def _account(sheet: Sheet) -> Flow:
    before_tax = sum((quantity * price for _, quantity, price in _LINES), Decimal(0))
    rows = [
        ("Décompte", "Montant"),
        ("Total hors taxes", euros(before_tax)),
        ("TVA 10 %", euros(before_tax * _VAT)),
        ("Total toutes taxes comprises", euros(before_tax * (1 + _VAT))),
        *((f"À déduire : {label}", f"- {euros(paid)}") for label, paid in _PAID),
        ("<b>Solde à payer</b>", f"<b>{euros(balance_due())}</b>"),
    ]
    return sheet.grid(rows, (120, 46), right_from=1)
