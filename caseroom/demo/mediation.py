"""The sample mediation: windows that leak, a balance unpaid. Here what everybody reads; `confidences` has the rest."""

from __future__ import annotations

from typing import Final

from caseroom.access.words import CaseKind, Role
from caseroom.demo import confidences, facts, files
from caseroom.demo.agenda import Agenda
from caseroom.demo.script import JOINT, Case, File, Participant, Say, Spec, Step

_TILLEULS: Final = 0
_BREVIGNON: Final = 1


def mediation(agenda: Agenda) -> Case:
    """Build the mediation between SCI des Tilleuls and Menuiserie Brévignon around the given days."""
    return Case(
        kind=CaseKind.MEDIATION,
        title="SCI des Tilleuls et Menuiserie Brévignon",
        language="fr",
        sides=("SCI des Tilleuls", "Menuiserie Brévignon"),
        participants=(
            Participant("roy", Role.NEUTRAL),
            Participant("ferrand", Role.COUNSEL, _TILLEULS),
            Participant("aubier", Role.PARTY, _TILLEULS),
            Participant("diaz", Role.COUNSEL, _BREVIGNON),
            Participant("brevignon", Role.PARTY, _BREVIGNON),
        ),
        script=(
            *_opening(agenda),
            *confidences.preparation(agenda),
            *_windows(agenda),
            *confidences.caucus_tilleuls(),
            *confidences.caucus_brevignon(),
            *confidences.between_sessions(agenda),
            *_resumption(agenda),
        ),
        spec=Spec(reference=f"M-{agenda.year}-0147", agenda=agenda),
    )


def _opening(agenda: Agenda) -> tuple[Step, ...]:
    return (
        Say(
            JOINT,
            "roy",
            "Bonjour à tous, et merci d'être là pour cette deuxième réunion.\n\n"
            "Trois rappels avant de commencer :\n"
            "1. Sauf accord contraire entre vous, tout ce qui est dit, écrit ou fait dans cette médiation est "
            "confidentiel, y compris les documents préparés pour elle. Les pièces que vous produisez, par exemple le "
            "marché ou la facture, ne le sont pas.\n"
            "2. Je ne donne pas d'avis sur le droit et je ne tranche rien : l'accord, s'il y en a un, sera le vôtre.\n"
            "3. Chacun peut interrompre la médiation à tout moment, moi comprise.\n\n"
            "Le texte, pour qui veut le relire : "
            "https://www.legifrance.gouv.fr/codes/article_lc/LEGIARTI000051930598/2025-09-01",
        ),
        Say(
            JOINT,
            "ferrand",
            "Mme Aubier et moi sommes présentes. La SCI attend deux choses de cette médiation : des logements hors "
            "d'eau au deuxième étage, et des comptes soldés une fois pour toutes.",
        ),
        Say(
            JOINT,
            "diaz",
            "M. Brévignon est à mes côtés. Nous venons avec la même envie d'en finir et un rappel : le solde du marché, "
            f"36 800 €, facturé le {agenda.full(facts.TILLEULS_INVOICE)}, reste impayé.",
        ),
        File(JOINT, "ferrand", "marche-menuiseries.pdf", files.works_contract, "Marché de travaux, lot menuiseries"),
        File(JOINT, "diaz", "facture-2118-solde.pdf", files.balance_invoice, "Facture n° 2118, solde du marché"),
        Say(
            JOINT,
            "aubier",
            "Je voudrais dire une chose simple. Depuis la fin du chantier, au deuxième étage, on pose des serviettes sous "
            "les fenêtres quand il pleut. J'ai appelé l'atelier onze fois. Ce n'est pas l'argent qui m'a fâchée, c'est le "
            "silence.",
        ),
        Say(
            JOINT,
            "brevignon",
            "Je l'entends, et je vous dois une explication. Mon chef de pose est parti en plein chantier, j'ai repris trois "
            "chantiers seul. J'aurais dû décrocher. Je ne l'ai pas fait parce que je n'avais pas de date à vous donner.",
            quotes=5,
        ),
    )


def _windows(agenda: Agenda) -> tuple[Step, ...]:
    return (
        Say(
            JOINT,
            "roy",
            "Merci à chacun. Reprenons ensemble sur un seul point ce matin : le calendrier de reprise des menuiseries. "
            "Le prix viendra après.",
        ),
        File(JOINT, "aubier", "chassis-204.jpg", files.window_photograph, "Châssis 204, après l'averse de lundi"),
        Say(
            JOINT,
            "diaz",
            f"Mon client peut intervenir dès le {agenda.weekday(facts.TILLEULS_WORKS)}, à condition de connaître "
            "l'étendue exacte des désordres au deuxième étage. Pour l'instant, nous n'avons que cette photographie.",
        ),
        File(
            JOINT, "ferrand", "constat-2e-etage.pdf", files.bailiff_finding, "Constat d'infiltrations, deuxième étage"
        ),
        Say(
            JOINT,
            "ferrand",
            f"Le constat du {agenda.full(facts.TILLEULS_FINDING)} répond à Me Diaz : le plan de repérage est en page 2, "
            "le tableau des mesures en page 3. Six châssis sur vingt-quatre, tous côté rue.\n"
            f"Nous proposons une visite contradictoire le {agenda.weekday(facts.TILLEULS_VISIT)}, à 9 h 30.",
            quotes=13,
        ),
        File(
            JOINT,
            "diaz",
            "facade-rue-des-tanneurs.png",
            files.facade_drawing,
            "Façade rue des Tanneurs, fissures et entrées d'eau",
        ),
        Say(
            JOINT,
            "diaz",
            "Sous toutes réserves et sans discuter le constat, ce relevé montre deux fissures de l'enduit au droit des "
            "châssis 203 et 205. Une partie de l'eau peut venir du mur. La visite devra regarder les deux, la fenêtre et "
            "ce qui l'entoure.",
        ),
        Say(
            JOINT,
            "aubier",
            "L'enduit n'est pas le lot de M. Brévignon, je le sais. S'il faut faire venir le façadier à la visite, je "
            "m'en occupe.",
            quotes=17,
        ),
        Say(
            JOINT,
            "roy",
            "Voilà déjà deux points acquis : une visite à laquelle chacun sera présent ou représenté, et le façadier "
            "invité. Je vous propose une pause et une reprise ici à 14 h 35. D'ici là, chacun peut me joindre.",
        ),
    )


def _resumption(agenda: Agenda) -> tuple[Step, ...]:
    return (
        Say(
            JOINT,
            "diaz",
            "Mon client a lu le constat. Il prend à sa charge la reprise des six châssis du deuxième étage, pas celle des "
            "volets. Cet engagement vaut dans le cadre de la médiation et sans reconnaissance de responsabilité.",
        ),
        Say(
            JOINT,
            "ferrand",
            "La SCI en prend acte et l'apprécie. Restent le coût des volets et la question du paiement du solde.",
            quotes=42,
        ),
        Say(
            JOINT,
            "brevignon",
            "Pour le 204, je n'attends pas la visite si Mme Aubier est d'accord : je passe lundi matin mettre le châssis "
            "hors d'eau, sans rien démonter.",
        ),
        Say(JOINT, "aubier", "Lundi, 8 heures. Je serai là avec les clés. Merci.", quotes=44),
        File(
            JOINT,
            "ferrand",
            "projet-protocole.docx",
            files.draft_settlement,
            "Projet de protocole, trame de travail sans montants",
        ),
        Say(
            JOINT,
            "roy",
            "Nous avons bien avancé. Ce qui reste à faire, et par qui :\n"
            f"- Me Diaz : observations sur le constat, {agenda.weekday(facts.TILLEULS_COMMENTS)}, 18 h ;\n"
            f"- Me Ferrand : devis de reprise des volets, {agenda.weekday(facts.TILLEULS_MEETING)}, 12 h ;\n"
            f"- tous : prochaine réunion, {agenda.weekday(facts.TILLEULS_MEETING)}, 14 h, en ligne ;\n"
            f"- tous : visite sur place, {agenda.weekday(facts.TILLEULS_VISIT)}, 9 h 30.\n\n"
            f"Le terme de ma mission est le {agenda.full(facts.TILLEULS_TERM)}. Bonne fin de journée à tous.",
        ),
    )
