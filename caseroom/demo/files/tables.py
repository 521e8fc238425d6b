"""Small tables as CSV: comma separated, UTF-8, decimal points, so that any spreadsheet in any language reads them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from caseroom.demo import facts
from caseroom.demo.files.readings import NIGHT
from caseroom.demo.script import Spec


def _comma_separated(rows: Iterable[Sequence[str | int | float]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8")


def treasury_table(spec: Spec) -> bytes:
    """Make the CSV the SCI confides: what it has, what is already spoken for, what it could pay today."""
    day = spec.agenda.short(-1)
    return _comma_separated(
        (
            ("poste", "montant en euros", "date", "observation"),
            ("Compte courant", 38450, day, "relevé bancaire"),
            ("Loyers attendus ce mois-ci", 11280, day, "deux congés reçus"),
            ("Échéance du prêt travaux", -14730, day, "prélèvement le 5"),
            ("Taxe foncière provisionnée", -8600, day, "non disponible"),
            ("Réserve de sécurité", -4400, day, "décision des associés"),
            ("Disponible pour le solde", 22000, day, "maximum aujourd'hui"),
        )
    )


def test_log(spec: Spec) -> bytes:
    """Make the CSV of ten days of trials of the test line."""
    levels = (77.4, 77.9, 84.6, 78.1, 77.8, 78.3, 78.0, 77.7, 78.2, 77.9)
    dates = spec.agenda.working_days(facts.HALVORNE_HANDOVER - 15, len(levels))
    remarks = {
        3: "roulement côté accouplement bruyant, essai interrompu",
        4: "roulement remplacé, reprise des essais",
        10: "fin des essais, machine disponible",
    }
    return _comma_separated(
        (
            ("jour", "date", "charge en %", "température du hall en °C", "niveau en dB(A)", "observation"),
            *(
                (day, date, 100 if day > 1 else 80, 18 + day % 4, level, remarks.get(day, ""))
                for day, (date, level) in enumerate(zip(dates, levels, strict=True), start=1)
            ),
        )
    )


def family_budget(_spec: Spec) -> bytes:
    """Make the CSV of the couple's monthly budget, averaged over twelve months."""
    return _comma_separated(
        (
            ("poste", "montant mensuel en euros", "payé par", "restera après la séparation"),
            ("Salaire de Clarisse", 2640, "", "oui"),
            ("Salaire d'Antonin", 3180, "", "oui"),
            ("Prêt de la maison", -1240, "compte joint", "à décider"),
            ("Taxe foncière et assurance", -196, "compte joint", "à décider"),
            ("Énergie et eau", -231, "compte joint", "pour chaque foyer"),
            ("Cantine et périscolaire", -212, "Clarisse", "oui"),
            ("Judo de Lise et football de Gabin", -58, "Antonin", "oui"),
            ("Alimentation", -890, "compte joint", "pour chaque foyer"),
            ("Deux voitures", -540, "chacun la sienne", "oui"),
            ("Vacances et imprévus", -350, "compte joint", "à décider"),
        )
    )


def sound_level_readings(spec: Spec) -> bytes:
    """Make the CSV of the technician's night."""
    day = spec.agenda.short(facts.MORTEFON_MEASURES)
    return _comma_separated(
        (
            ("nuit du", "heure", "ambiant en dB(A)", "résiduel en dB(A)", "émergence en dB(A)", "mode"),
            *(
                (
                    day,
                    sample.hour,
                    sample.ambient,
                    sample.residual,
                    sample.emergence,
                    sample.mode,
                )
                for sample in NIGHT
            ),
        )
    )
