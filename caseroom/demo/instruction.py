"""The sample conventional instruction: a heat pump under a neighbour's window, readied for the court by two lawyers."""

from __future__ import annotations

from typing import Final

from caseroom.access.words import CaseKind, Role
from caseroom.demo import facts, files
from caseroom.demo.agenda import Agenda
from caseroom.demo.script import COUNSEL, JOINT, Case, File, Participant, Say, Spec, Step, team

_MORTEFON: Final = 0
_KERBREZEL: Final = 1


def instruction(agenda: Agenda) -> Case:
    """Build the conventional instruction of Mortefon against Kerbrézel around the given days."""
    return Case(
        kind=CaseKind.INSTRUCTION,
        title="Mortefon contre Kerbrézel, mise en état",
        language="fr",
        sides=("M. et Mme Mortefon", "M. Kerbrézel"),
        participants=(
            Participant("dembreval", Role.COUNSEL, _MORTEFON),
            Participant("mortefon", Role.PARTY, _MORTEFON),
            Participant("pontarlec", Role.COUNSEL, _KERBREZEL),
            Participant("kerbrezel", Role.PARTY, _KERBREZEL),
            Participant("escoulas", Role.EXPERT),
        ),
        script=(*_agreement(), *_teams(), *_evidence(), *_counsel(agenda), *_closing(agenda)),
        spec=Spec(reference=f"I-{agenda.year}-022", agenda=agenda),
    )


def _agreement() -> tuple[Step, ...]:
    return (
        Say(
            JOINT,
            "dembreval",
            "Mon cher confrère, Madame, Messieurs,\n\n"
            "Le tribunal judiciaire de Valmoncel est saisi et nous avons choisi d'instruire l'affaire par convention "
            "(articles 127 et 129-1 du code de procédure civile). Cette salle sert à préparer les échanges ; les "
            "conclusions, elles, restent notifiées par la voie électronique habituelle.\n"
            "https://www.legifrance.gouv.fr/codes/texte_lc/LEGITEXT000006070716/",
        ),
        File(
            JOINT,
            "dembreval",
            "convention-mise-en-etat.pdf",
            files.instruction_agreement,
            "Convention d'instruction simplifiée, signée",
        ),
        Say(
            JOINT,
            "pontarlec",
            "Bien reçu. Je confirme les deux points auxquels nous limitons le débat : le caractère anormal du trouble "
            "(article 1253 du code civil), et le coût des mesures propres à y mettre fin. La régularité de l'urbanisme "
            "n'est pas discutée.",
        ),
    )


def _teams() -> tuple[Step, ...]:
    return (
        Say(
            team(_MORTEFON),
            "mortefon",
            "Maître, j'ai enregistré le bruit depuis la chambre, fenêtre entrouverte, deux nuits de suite. Est-ce que "
            "cela vaut quelque chose ?",
        ),
        Say(
            team(_MORTEFON),
            "dembreval",
            "Comme illustration, oui ; comme mesure, non. Un téléphone n'est pas un sonomètre. Je le dépose en le disant, "
            "pour que personne ne nous le reproche, et nous laissons parler les mesures de M. Escoulas.",
            quotes=3,
        ),
        Say(
            team(_MORTEFON),
            "mortefon",
            "Entendu. Mon mari voudrait surtout dormir. S'ils la déplacent de l'autre côté, nous ne demanderons pas "
            "grand-chose d'autre.",
        ),
        Say(
            team(_KERBREZEL),
            "kerbrezel",
            "L'installateur me dit qu'un caisson acoustique coûte 2 900 € et un déplacement 4 600 €. Je peux payer l'un, "
            "pas les deux avec des dommages-intérêts en plus.",
        ),
        Say(
            team(_KERBREZEL),
            "pontarlec",
            "Demandez-lui les deux devis par écrit, et la courbe de puissance en mode nuit. S'il faut bouger, mieux vaut "
            "le proposer avant le rapport qu'après.",
            quotes=6,
        ),
        Say(
            team(_KERBREZEL),
            "kerbrezel",
            "Je les aurai vendredi. Le mode nuit, je l'ai programmé le soir des mesures, à vrai dire : il se met en route à 1 h.",
        ),
    )


def _evidence() -> tuple[Step, ...]:
    return (
        File(
            JOINT,
            "dembreval",
            "bruit-pompe-a-chaleur.wav",
            files.heat_pump_sound,
            "Bruit de la pompe à chaleur, enregistré depuis la chambre",
        ),
        File(
            JOINT, "pontarlec", "croquis-implantation.png", files.site_sketch, "Croquis d'implantation des deux fonds"
        ),
        Say(
            JOINT,
            "dembreval",
            "L'enregistrement est versé à titre d'illustration seulement : il a été fait avec un téléphone, de nuit, "
            "fenêtre entrouverte. Les demandeurs ne lui prêtent aucune valeur de mesure.",
        ),
        File(JOINT, "escoulas", "releve-sonometre.csv", files.sound_level_readings, "Relevé du sonomètre, une nuit"),
        File(
            JOINT, "escoulas", "note-technicien.pdf", files.neighbour_noise_note, "Note du technicien, mesures de nuit"
        ),
        Say(
            JOINT,
            "escoulas",
            "Voici ma note et le relevé complet, dix points de mesure sur une nuit. J'ai retenu l'émergence, c'est-à-dire "
            "l'écart entre le bruit avec et sans la pompe.\n\n"
            "Les seuils de l'article R. 1336-7 du code de la santé publique n'y figurent qu'à titre de repère : ils ne "
            "visent pas directement un équipement domestique, et ce n'est pas à moi de qualifier le trouble.",
        ),
        Say(
            JOINT,
            "pontarlec",
            "Merci. Une observation : à partir de quelle heure l'appareil était-il en mode nuit ? Le relevé montre une "
            "baisse nette après 1 h.",
            quotes=14,
        ),
        Say(
            JOINT,
            "escoulas",
            "D'après la régulation de l'appareil, que M. Kerbrézel m'a laissé lire, le mode nuit s'est engagé à 1 h. Je "
            "l'ai indiqué en page 2.",
            quotes=15,
        ),
    )


def _counsel(agenda: Agenda) -> tuple[Step, ...]:
    return (
        Say(
            COUNSEL,
            "pontarlec",
            "Chère consœur, confidentiel entre avocats. La note est équilibrée. Avant d'écrire cinquante pages, votre "
            "cliente entendrait-elle une solution technique ?",
        ),
        Say(
            COUNSEL,
            "dembreval",
            "Elle l'entendrait, si c'est un engagement daté et vérifié par M. Escoulas après coup. Je ne peux pas en dire "
            "plus sans l'avoir consultée.",
            quotes=17,
        ),
        Say(
            COUNSEL,
            "pontarlec",
            "Naturellement. Je reviens vers vous avec quelque chose d'écrit, officiel celui-là. En attendant, nous tenons "
            "le calendrier : le juge garde la main et je ne veux pas qu'il reprenne l'instruction parce que nous aurons "
            "traîné.",
        ),
        Say(
            COUNSEL,
            "dembreval",
            f"D'accord. Mes conclusions partent le {agenda.weekday(facts.MORTEFON_CLAIM)}, comme prévu.",
        ),
    )


def _closing(agenda: Agenda) -> tuple[Step, ...]:
    return (
        Say(
            JOINT,
            "dembreval",
            "Le calendrier reste celui de la convention :\n"
            f"- conclusions en demande, {agenda.weekday(facts.MORTEFON_CLAIM)} ;\n"
            f"- conclusions en défense, {agenda.weekday(facts.MORTEFON_DEFENCE)} ;\n"
            f"- clôture demandée au juge, {agenda.weekday(facts.MORTEFON_CLOSING)}.",
        ),
        Say(JOINT, "pontarlec", "Sans observation. Bonne fin de semaine à tous.", quotes=21),
    )
