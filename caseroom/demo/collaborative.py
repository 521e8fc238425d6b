"""The sample collaborative process: a couple separates, keeps one house in mind, and two lawyers steer together."""

from __future__ import annotations

from typing import Final

from caseroom.access.words import CaseKind, Role
from caseroom.demo import facts, files
from caseroom.demo.agenda import Agenda
from caseroom.demo.script import COUNSEL, JOINT, Case, File, Participant, Say, Spec, Step, team

_VAUQUELET: Final = 0
_LAMBERJAC: Final = 1


def collaborative(agenda: Agenda) -> Case:
    """Build the collaborative process of Mme Vauquelet and M. Lamberjac around the given days."""
    return Case(
        kind=CaseKind.COLLABORATIVE,
        title="Séparation Vauquelet et Lamberjac",
        language="fr",
        sides=("Mme Vauquelet", "M. Lamberjac"),
        participants=(
            Participant("sarrazac", Role.COUNSEL, _VAUQUELET),
            Participant("vauquelet", Role.PARTY, _VAUQUELET),
            Participant("coetlogant", Role.COUNSEL, _LAMBERJAC),
            Participant("lamberjac", Role.PARTY, _LAMBERJAC),
        ),
        script=(*_needs(agenda), *_teams(), *_house(), *_counsel(agenda), *_next(agenda)),
        spec=Spec(reference=f"C-{agenda.year}-009", agenda=agenda),
    )


def _needs(agenda: Agenda) -> tuple[Step, ...]:
    return (
        Say(
            JOINT,
            "sarrazac",
            f"Bonjour Clarisse, bonjour Antonin, cher Rémi.\n\nLa charte que nous avons signée tous les quatre le "
            f"{agenda.full(facts.VAUQUELET_CHARTER)} tient en trois engagements : nous mettons sur la table tout ce qui "
            "est utile, nous négocions sans menacer de saisir le juge, et si nous échouons, Rémi et moi nous retirons "
            "tous les deux.\n\nAujourd'hui, pas de chiffres : dites chacun ce dont vous avez besoin.",
        ),
        Say(
            JOINT,
            "vauquelet",
            "J'ai besoin que Lise et Gabin restent dans leur école, et de savoir d'ici l'été où je vivrai. La maison, j'y "
            "suis attachée, mais moins qu'à une vie sans découvert.",
        ),
        Say(
            JOINT,
            "lamberjac",
            "J'ai besoin de voir les enfants autant que leur mère. Et de ne pas perdre ce que mes parents ont mis dans la "
            "maison, pas pour l'argent, pour eux.",
        ),
        Say(
            JOINT,
            "coetlogant",
            "Merci à tous les deux. Je reformule, corrigez-moi : une école qui ne change pas, un toit décidé avant l'été, "
            "un temps partagé, et l'apport des parents d'Antonin reconnu. Nous n'avons pas encore parlé d'argent et vous "
            "êtes déjà d'accord sur la moitié.",
        ),
    )


def _teams() -> tuple[Step, ...]:
    return (
        Say(
            team(_VAUQUELET),
            "vauquelet",
            "Judith, je n'ai pas osé le dire devant lui : ma promotion sera confirmée le mois prochain. Est-ce que je "
            "dois en parler ?",
        ),
        Say(
            team(_VAUQUELET),
            "sarrazac",
            "Oui. La charte nous engage à la transparence sur les revenus, et c'est aussi ce qui protégera l'accord plus "
            "tard. Vous choisissez le moment et les mots, avant que nous parlions du budget.",
            quotes=4,
        ),
        Say(team(_VAUQUELET), "vauquelet", "Alors je le dirai jeudi, avec le tableau des dépenses. Merci."),
        Say(
            team(_LAMBERJAC),
            "lamberjac",
            "Si Clarisse garde la maison, je ne veux pas qu'elle se saigne pour me payer. Mais j'ai peur d'avoir l'air de "
            "renoncer à ce que mes parents ont donné.",
        ),
        Say(
            team(_LAMBERJAC),
            "coetlogant",
            "On peut distinguer les deux : reconnaître la somme, et étaler son remboursement. Apportez-moi l'acte de "
            "donation et les relevés de l'année d'achat, je vérifie ce qui relève d'une créance entre époux.",
        ),
        Say(team(_LAMBERJAC), "lamberjac", "Je les demande à ma mère ce week-end.", quotes=8),
    )


def _house() -> tuple[Step, ...]:
    return (
        File(JOINT, "coetlogant", "avis-de-valeur-maison.pdf", files.house_valuation, "Avis de valeur de la maison"),
        File(JOINT, "vauquelet", "budget-familial.csv", files.family_budget, "Budget familial, douze derniers mois"),
        Say(
            JOINT,
            "vauquelet",
            "J'ai rempli le tableau ligne par ligne. Une chose doit y être ajoutée : mon salaire augmentera de 310 € par "
            "mois à partir du mois prochain. Je préfère que vous l'appreniez de moi.",
        ),
        Say(JOINT, "lamberjac", "Merci de l'avoir dit. Et félicitations, vraiment.", quotes=12),
        File(
            JOINT,
            "sarrazac",
            "options-maison.docx",
            files.house_options,
            "Trois options pour la maison, document de travail",
        ),
    )


def _counsel(agenda: Agenda) -> tuple[Step, ...]:
    return (
        Say(
            COUNSEL,
            "sarrazac",
            "Rémi, entre nous et sous le sceau du confidentiel : l'option B, rachat par Clarisse avec une soulte étalée, "
            "me paraît la plus solide. La banque a-t-elle un avis sur la désolidarisation du prêt ?",
        ),
        Say(
            COUNSEL,
            "coetlogant",
            "Accord de principe par téléphone, rien d'écrit. Je propose de ne pas en parler aux clients avant la lettre : "
            "une fausse joie ferait plus de dégâts qu'un retard.",
            quotes=15,
        ),
        Say(
            COUNSEL,
            "sarrazac",
            "D'accord. Pour la suite, convention de divorce par acte contresigné et dépôt chez le notaire ; je rappelle "
            "le délai de réflexion de quinze jours de l'article 229-4 du code civil. Il nous faut aussi l'information des "
            "enfants sur leur droit d'être entendus : je prépare les formulaires.",
        ),
        Say(
            COUNSEL,
            "coetlogant",
            f"Très bien. Je rédige l'état liquidatif avec l'étude notariale, projet pour le "
            f"{agenda.weekday(facts.VAUQUELET_DRAFT)}. Relecture croisée, comme d'habitude.",
        ),
    )


def _next(agenda: Agenda) -> tuple[Step, ...]:
    return (
        Say(
            JOINT,
            "coetlogant",
            f"Prochaine rencontre à quatre le {agenda.weekday(facts.VAUQUELET_MEETING)}, 17 h 30, au cabinet de "
            "Me Sarrazac. D'ici là :\n"
            "- Clarisse et Antonin lisent les trois options, séparément, un crayon à la main ;\n"
            "- chacun note ce qui lui convient dans l'option qu'il aime le moins.",
        ),
        Say(JOINT, "lamberjac", "Ça marche. Gabin a un match à 16 h, je viendrai directement après."),
        Say(JOINT, "vauquelet", "J'y serai aussi, au match. On pourra faire la route ensemble.", quotes=20),
    )
