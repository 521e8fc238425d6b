"""What is said apart in the sample mediation: the two caucuses, the teams, the lawyers' table and the mediator's notes.

None of it may be guessed from the joint room; a test reads both and compares.
"""

from __future__ import annotations

from typing import Final

from caseroom.demo import facts, files
from caseroom.demo.agenda import Agenda
from caseroom.demo.script import COUNSEL, File, Say, Step, caucus, notes, team

_TILLEULS: Final = 0
_BREVIGNON: Final = 1


def preparation(agenda: Agenda) -> tuple[Step, ...]:
    """Each side, alone with its lawyer, before the windows are discussed."""
    return (
        Say(
            team(_TILLEULS),
            "ferrand",
            "Odile, c'était juste, et dit comme il fallait. On laisse Mme Roy mener la matinée sur le calendrier. Tant "
            "que nous n'avons pas la date de reprise, nous ne parlons pas du solde.",
        ),
        Say(
            team(_TILLEULS),
            "aubier",
            "D'accord. Mon frère m'a encore écrit hier soir : il veut assigner. Je lui ai répondu que nous avions "
            f"jusqu'au {agenda.full(facts.TILLEULS_MEETING)} pour essayer autrement.",
        ),
        Say(
            team(_BREVIGNON),
            "diaz",
            "Paul, ce que vous venez de dire compte plus que dix courriers. Restez sur ce ton. Rien sur les joints en "
            "salle commune : ce point se traite d'abord avec moi.",
        ),
        Say(
            team(_BREVIGNON),
            "brevignon",
            "Compris. Et pour les volets, je n'en démords pas : la teinte a été validée par leur architecte, j'ai le "
            "courriel quelque part. Je le cherche ce midi.",
        ),
    )


def caucus_tilleuls() -> tuple[Step, ...]:
    """What the SCI confides: its means, its ceiling, and the sale it has in view."""
    room = caucus(_TILLEULS)
    return (
        Say(
            room,
            "roy",
            "Ce que vous m'écrivez ici, je ne le répète à personne sans votre accord écrit. Qu'est-ce qui compte le plus "
            "pour la SCI, au-delà du montant ?",
        ),
        Say(
            room,
            "aubier",
            "Nous accepterions un paiement échelonné sur six mois si les volets sont repris avant l'été. Dites-le si "
            "cela débloque.",
        ),
        File(room, "aubier", "tresorerie-sci.csv", files.treasury_table, "Trésorerie de la SCI, pour Mme Roy seule"),
        Say(
            room,
            "ferrand",
            "À ne pas révéler, en revanche : la SCI dispose de 22 000 € aujourd'hui, pas davantage. En étalant, elle peut "
            "aller jusqu'à 31 000 € au total, volets compris, et renoncerait alors aux pénalités de retard. "
            "C'est un plafond, pas une ouverture.",
        ),
        Say(
            room,
            "aubier",
            "Il y a autre chose. Nous voulons vendre l'immeuble l'an prochain. L'acquéreur demande un dossier de travaux "
            "sans litige ni réserve. Si M. Brévignon l'apprend, il n'a plus qu'à attendre que je sois pressée.",
        ),
        Say(
            room,
            "roy",
            "Je comprends mieux. Une question à laquelle vous n'êtes pas obligée de répondre : si rien n'est signé dans "
            "deux mois, que se passe-t-il pour vous, concrètement ?",
            quotes=24,
        ),
        Say(
            room,
            "ferrand",
            "Un référé-expertise, sans doute un an, une provision de 6 000 à 8 000 € à notre charge au départ, et la "
            "vente décalée d'autant. Les locataires du 204 et du 206 ont déjà donné congé. Nous avons donc intérêt à un "
            "accord, mais pas à n'importe lequel.",
        ),
        Say(
            room,
            "roy",
            "Je garde pour moi la trésorerie, le plafond, la vente et les congés. Pour l'échelonnement, j'attends votre "
            "bon de levée : je citerai vos mots et rien d'autre.",
        ),
    )


def caucus_brevignon() -> tuple[Step, ...]:
    """What the joiner confides: the cause, his costs, and his floor."""
    room = caucus(_BREVIGNON)
    return (
        Say(
            room,
            "roy",
            "Nous sommes entre nous : M. Brévignon, Me Diaz et moi. Rien de ce que vous direz ici n'ira dans la salle "
            "commune sans que vous l'ayez écrit. Par où voulez-vous commencer ?",
        ),
        Say(
            room,
            "brevignon",
            "Par la vérité. Le fournisseur a changé la référence du joint en cours de livraison. Sur la série posée "
            "au deuxième, il est trop mince. Je l'ai compris il y a deux mois. L'enduit n'arrange rien, mais les joints, "
            "c'est moi.",
        ),
        Say(
            room,
            "diaz",
            "Ne pas révéler à ce stade, s'il vous plaît. La déclaration à l'assureur part aujourd'hui et je ne veux pas "
            "d'une reconnaissance de responsabilité qui nous priverait de la garantie. Nous pouvons nous engager sur la "
            "reprise sans parler de la cause.",
        ),
        File(
            room,
            "brevignon",
            "cout-reel-reprises.docx",
            files.repair_costing,
            "Coût réel des reprises, pour Mme Roy seule",
        ),
        Say(
            room,
            "brevignon",
            "Les chiffres sont dans le document. Les volets me coûtent 6 750 € en atelier, pas les 11 400 € que "
            "j'annonçais. Je dois 19 350 € au fournisseur à la fin du mois. Il me faut 15 000 € tout de suite, sinon je "
            "perds la remise et le bois du chantier suivant.",
        ),
        Say(
            room,
            "roy",
            "Merci de votre franchise. Et à l'arrivée, tout compris : en dessous de quel montant un accord ne vous sert "
            "plus à rien ?",
            quotes=32,
        ),
        Say(
            room,
            "diaz",
            "28 000 € encaissés, dont la moitié à la signature, et les volets repris à notre charge. En dessous, "
            "M. Brévignon préfère attendre un jugement. Ce chiffre ne sort pas d'ici.",
        ),
        Say(
            room,
            "brevignon",
            "Et une phrase, si c'est possible : que personne n'écrive que j'ai mal travaillé. J'ai deux appels d'offres "
            "publics en cours. Vous pouvez dire à Mme Aubier que je viendrai poser moi-même, pas un intérimaire.",
        ),
    )


def between_sessions(agenda: Agenda) -> tuple[Step, ...]:
    """The mediator's notes, and the lawyers speaking to each other as colleagues."""
    return (
        Say(
            notes("roy"),
            "roy",
            "Zone d'accord réelle : plafond 31 000 d'un côté, plancher 28 000 de l'autre. Ni l'un ni l'autre ne le sait, "
            "et ce n'est pas à moi de le leur laisser deviner.\n"
            "Piste : offres à l'aveugle en fin de réunion, seul le recouvrement s'affiche.",
        ),
        Say(
            notes("roy"),
            "roy",
            "Vigilance sur l'équilibre des temps : 42 minutes avec la SCI, 27 avec l'entreprise. Reprendre par "
            "M. Brévignon.",
        ),
        Say(
            COUNSEL,
            "ferrand",
            "Cher confrère, entre nous : la suspension de l'article 2238 du code civil vise la prescription. La garantie "
            f"de parfait achèvement expire le {agenda.anniversary(facts.TILLEULS_HANDOVER)} et c'est une forclusion. Je "
            "ne voudrais pas avoir à assigner à titre conservatoire en pleine médiation.",
        ),
        Say(
            COUNSEL,
            "diaz",
            "Je partage la lecture. Le plus sûr est de signer avant. Si nous n'y sommes pas un mois avant l'échéance, "
            "vous délivrez votre référé et nous demandons ensemble un renvoi : je ne le prendrai pas pour une rupture.",
            quotes=38,
        ),
        Say(
            COUNSEL,
            "ferrand",
            "C'est noté, merci. Pour la forme, je pense à une transaction contresignée par nous deux, que le greffe "
            "revêtira de la formule exécutoire (article L. 111-3, 7°, du code des procédures civiles d'exécution).",
        ),
        Say(
            COUNSEL,
            "diaz",
            "Cela me convient. Préparez la trame, sans aucun chiffre ; je m'occupe du calendrier des travaux en annexe.",
        ),
    )
