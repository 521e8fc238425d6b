"""The sample arbitration: a test line said to be too loud, a tribunal of three, and no word to an arbitrator in private."""

from __future__ import annotations

from typing import Final

from caseroom.access.words import CaseKind, Role
from caseroom.demo import facts, files
from caseroom.demo.agenda import Agenda
from caseroom.demo.script import DELIBERATION, JOINT, Case, File, Participant, Say, Spec, Step, notes, team

_HALVORNE: Final = 0
_TRESCLAU: Final = 1


def arbitration(agenda: Agenda) -> Case:
    """Build the arbitration between Halvorne Énergie and Trésclau Ingénierie around the given days."""
    return Case(
        kind=CaseKind.ARBITRATION,
        title="Halvorne Énergie contre Trésclau Ingénierie",
        language="fr",
        sides=("Halvorne Énergie", "Trésclau Ingénierie"),
        participants=(
            Participant("loisel", Role.NEUTRAL),
            Participant("kessel", Role.NEUTRAL),
            Participant("adjoumani", Role.NEUTRAL),
            Participant("tavernol", Role.SECRETARY),
            Participant("prigent", Role.COUNSEL, _HALVORNE),
            Participant("queverec", Role.PARTY, _HALVORNE),
            Participant("orsel", Role.EXPERT, _HALVORNE),
            Participant("ostrowicz", Role.COUNSEL, _TRESCLAU),
            Participant("tresclau", Role.PARTY, _TRESCLAU),
        ),
        script=(
            *_opening(),
            *_teams(),
            *_measures(),
            *_deliberation(agenda),
            *_decision(agenda),
        ),
        spec=Spec(reference=f"A-{agenda.year}-031", agenda=agenda),
    )


def _opening() -> tuple[Step, ...]:
    return (
        Say(
            JOINT,
            "loisel",
            "Mesdames, Messieurs,\n\n"
            "Le tribunal arbitral est constitué. Je rappelle la règle qui gouvernera nos échanges : aucune communication "
            "d'une partie avec un arbitre hors la présence de l'autre. Tout ce qui s'adresse au tribunal s'écrit ici.\n\n"
            "Les parties et le tribunal agissent avec célérité et loyauté ; sauf accord contraire, la procédure est "
            "confidentielle (article 1464 du code de procédure civile).\n"
            "https://www.legifrance.gouv.fr/codes/texte_lc/LEGITEXT000006070716/",
        ),
        File(
            JOINT,
            "loisel",
            "ordonnance-procedure-1.pdf",
            files.procedural_order,
            "Ordonnance de procédure n° 1, calendrier",
        ),
        Say(
            JOINT,
            "tavernol",
            "Le centre a réservé la salle Montaigne pour l'audience, avec interprétation en anglais pour "
            "Mme Kessel-Roche. Merci aux conseils de me donner le nombre de personnes attendues de chaque côté.",
        ),
        File(
            JOINT,
            "prigent",
            "contrat-fourniture.pdf",
            files.supply_contract,
            "Contrat de fourniture, ligne d'essai n° 2",
        ),
        File(
            JOINT,
            "prigent",
            "rapport-mesures-acoustiques.pdf",
            files.acoustic_report,
            "Rapport de mesures acoustiques, cabinet Orsel",
        ),
        Say(
            JOINT,
            "prigent",
            "La demanderesse dépose le contrat et le rapport de M. Orsel, établi après des mesures auxquelles la "
            "défenderesse a assisté. Le niveau garanti au poste de conduite est de 78 dB(A) ; le niveau mesuré à pleine "
            "charge est de 83,4 dB(A). Le mémoire en demande suivra, dans le délai de l'ordonnance.",
        ),
    )


def _teams() -> tuple[Step, ...]:
    return (
        Say(
            team(_HALVORNE),
            "prigent",
            "Maud, Denis : le point faible est l'annexe C du contrat. Elle garantit le niveau « machine seule », et nos "
            "mesures ont été faites avec la ventilation du hall en marche. Il faut pouvoir isoler sa part.",
        ),
        Say(
            team(_HALVORNE),
            "orsel",
            "Je le peux : j'ai relevé le bruit de fond ventilation seule, entre deux essais. La correction est de l'ordre "
            "de 0,9 dB. Je l'ajoute en annexe 4 du rapport, avec les fichiers bruts. Je dirai au tribunal exactement la "
            "même chose.",
            quotes=6,
        ),
        Say(
            team(_HALVORNE),
            "queverec",
            "Très bien. De notre côté, l'exploitation tient à ce que la ligne reste en service pendant l'arbitrage. Ne "
            "laissons pas entendre que nous demanderons la résolution du contrat.",
        ),
        Say(
            team(_TRESCLAU),
            "ostrowicz",
            "Lucien, il me faut le journal d'essais complet, y compris les jours qui ne nous arrangent pas. S'il manque "
            "une page, ils la demanderont et nous aurons perdu deux fois.",
        ),
        Say(
            team(_TRESCLAU),
            "tresclau",
            "Vous l'aurez ce soir. Le 3e jour est mauvais, je préfère vous le dire : roulement défaillant, remplacé le "
            "lendemain. Les mesures d'Orsel sont postérieures.",
        ),
        Say(
            team(_TRESCLAU),
            "ostrowicz",
            "Alors ce n'est pas un mauvais jour, c'est une explication. Nous le produisons, commenté.",
            quotes=10,
        ),
    )


def _measures() -> tuple[Step, ...]:
    return (
        File(JOINT, "ostrowicz", "journal-essais.csv", files.test_log, "Journal d'essais, ligne n° 2"),
        Say(
            JOINT,
            "ostrowicz",
            "Monsieur le Président,\n\n"
            "La défenderesse produit son journal d'essais, sans en retirer une ligne. Elle relève que les données brutes "
            "de M. Orsel ne sont pas jointes à son rapport et demande :\n"
            "(a) leur communication sous huit jours ;\n"
            "(b) un report d'autant de son mémoire en défense.\n\n"
            "À défaut, elle réserve expressément son objection tirée du principe de la contradiction.",
        ),
        Say(
            JOINT,
            "prigent",
            "Aucune opposition à (a) : les fichiers seront déposés demain. La demanderesse s'en rapporte sur (b), pourvu "
            "que la date d'audience ne bouge pas.",
            quotes=13,
        ),
        Say(
            JOINT,
            "kessel",
            "Une question à M. Orsel, à laquelle la défenderesse pourra naturellement répondre : le niveau de 83,4 dB(A) "
            "est-il mesuré ventilation du hall comprise ? Si oui, quelle est la part de celle-ci ?",
        ),
        Say(
            JOINT,
            "orsel",
            "Oui, ventilation comprise. Sa part, mesurée isolément, conduit à une correction de 0,9 dB environ. Le détail "
            "figurera avec les données brutes.",
            quotes=15,
        ),
    )


def _deliberation(agenda: Agenda) -> tuple[Step, ...]:
    return (
        Say(
            DELIBERATION,
            "loisel",
            "Chers collègues, deux questions pour ce soir : la communication des données brutes, sur laquelle il n'y a "
            f"plus de débat, et le report du mémoire en défense du {agenda.weekday(facts.HALVORNE_DEFENCE)}. Je suis "
            "favorable aux deux, sans toucher à l'audience.",
        ),
        Say(
            DELIBERATION,
            "kessel",
            "I agree. Eight days is proportionate, and the reply can absorb it. On the merits, and very provisionally: "
            "even after the 0.9 dB correction we would still be above 82. The real question may be what Annex C means by "
            '"machine alone". Could we ask both sides to address it?',
        ),
        Say(
            DELIBERATION,
            "adjoumani",
            "D'accord sur le report. Sur l'annexe C, je préférerais que la question vienne du tribunal, posée de façon "
            "neutre et aux deux parties, plutôt qu'à l'audience. Nul ne doit découvrir le point dans la sentence.",
            quotes=18,
        ),
        Say(
            DELIBERATION,
            "loisel",
            "Parfait, je rédige en ce sens et je publie sous ma signature, après avoir consulté chacun de vous, comme le "
            "prévoit l'ordonnance n° 1.",
        ),
        Say(
            notes("adjoumani"),
            "adjoumani",
            "Relire l'annexe C avec l'article 6.2 : « niveau garanti, machine seule, hall à vide ». La réception "
            "provisoire a-t-elle été prononcée avec ou sans réserve acoustique ? À vérifier au contrat.",
        ),
        Say(
            notes("loisel"),
            "loisel",
            "Prévoir à l'audience un temps égal pour chaque partie, chronomètre visible. Demander aux conseils un projet "
            "de calendrier des témoins dix jours avant.",
        ),
    )


def _decision(agenda: Agenda) -> tuple[Step, ...]:
    return (
        Say(
            JOINT,
            "loisel",
            "Le tribunal, après en avoir délibéré,\n\n"
            "1. invite la demanderesse à déposer les données brutes de M. Orsel sous huit jours ;\n"
            f"2. reporte le mémoire en défense au {agenda.weekday(facts.HALVORNE_DEFENCE_EXTENDED)}, 18 h ;\n"
            "3. maintient la date de l'audience ;\n"
            "4. invite les deux parties à préciser, dans leurs prochaines écritures, le sens qu'elles donnent aux mots "
            "« machine seule » de l'annexe C.\n\n"
            "Fait au siège de l'arbitrage, à Valmoncel.",
        ),
        Say(
            JOINT,
            "ostrowicz",
            "La défenderesse en prend acte et remercie le tribunal.",
            quotes=23,
        ),
    )
