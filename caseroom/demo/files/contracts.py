"""Three agreements on paper: the works contract, the supply contract of the arbitration, the instruction agreement."""

from __future__ import annotations

from collections.abc import Sequence

from caseroom.demo import facts
from caseroom.demo.files.sheet import Flow, Sheet, gap, print_sheet
from caseroom.demo.script import Spec


def works_contract(spec: Spec) -> bytes:
    """Make the PDF of the contract between the SCI and the joiner."""
    agenda = spec.agenda
    signed = agenda.full(facts.TILLEULS_CONTRACT)
    sheet = Sheet(
        issuer="SCI des Tilleuls",
        address="Réhabilitation de la résidence des Tilleuls, 12 rue des Tanneurs, Valmoncel",
        title="Marché de travaux, lot menuiseries extérieures",
        reference=f"Marché privé, lot n° 6, {signed}",
        accent="#2c3e66",
        serif=True,
    )
    articles = (
        (
            "Objet",
            (
                "La SCI des Tilleuls, maître d'ouvrage, confie à Menuiserie Brévignon, entrepreneur, la fourniture et la pose "
                "de quarante-deux châssis bois et aluminium et de vingt-quatre paires de volets, suivant le descriptif et les "
                "plans annexés."
            ),
        ),
        (
            "Prix",
            (
                "Le prix est global, forfaitaire, ferme et non révisable : 148 600,00 € hors taxes, soit 163 460,00 € toutes "
                "taxes comprises au taux de TVA de 10 %."
            ),
        ),
        (
            "Délai et pénalités",
            (
                "Les travaux durent vingt semaines à compter de l'ordre de service. Tout retard imputable à l'entrepreneur "
                "donne lieu, après mise en demeure, à une pénalité de 1/1000 du montant hors taxes par jour calendaire, "
                "plafonnée à 5 % de ce montant."
            ),
        ),
        (
            "Paiement",
            (
                "Trente pour cent à la commande, puis sur situations ; le solde à la levée des réserves et au plus tard trente "
                "jours après la facture correspondante."
            ),
        ),
        (
            "Volets",
            (
                "La teinte est arrêtée par le maître d'ouvrage sur échantillon, avant fabrication. L'échantillon accepté, "
                "daté et signé, est conservé par le maître d'œuvre."
            ),
        ),
        (
            "Réception et garanties",
            (
                "La réception est prononcée contradictoirement, avec ou sans réserves. Elle est le point de départ des "
                "garanties légales, dont la garantie de parfait achèvement pendant un an (article 1792-6 du code civil)."
            ),
        ),
        (
            "Différends",
            (
                "En cas de différend, les parties tentent une médiation avant toute action au fond. La présente clause ne "
                "fait obstacle ni aux mesures conservatoires ni au référé."
            ),
        ),
    )
    parties = ("Pour le maître d'ouvrage, Mme Odile Aubier", "Pour l'entrepreneur, M. Paul Brévignon")
    return _agreement(
        sheet, "MARCHÉ DE TRAVAUX", f"Lot n° 6, menuiseries extérieures, signé le {signed}", articles, parties
    )


def supply_contract(spec: Spec) -> bytes:
    """Make the PDF of the contract the arbitration is about."""
    signed = spec.agenda.full(facts.HALVORNE_CONTRACT)
    sheet = Sheet(
        issuer="Trésclau Ingénierie",
        address="Bancs et lignes d'essai, 3 quai du Canal, Montferrel",
        title="Contrat de fourniture, ligne d'essai n° 2",
        reference=f"Contrat TI-0447 du {signed}",
        accent="#1f4f5c",
    )
    articles = (
        (
            "Objet",
            (
                "Trésclau Ingénierie, fournisseur, conçoit, livre et met en service sur le site de Montferrel une ligne "
                "d'essai de groupes compresseurs, dite ligne n° 2, au profit de Halvorne Énergie, client."
            ),
        ),
        (
            "Prix et paiement",
            (
                "2 340 000 € hors taxes, payables à raison de 30 % à la commande, 50 % à la livraison, 15 % à la réception "
                "provisoire et 5 % à la réception définitive."
            ),
        ),
        (
            "Performances garanties",
            (
                "6.1 Puissance d'essai : 1 200 kW en continu. 6.2 Niveau sonore au poste de conduite : 78 dB(A) au plus, "
                "machine seule, hall à vide, dans les conditions de l'annexe C."
            ),
        ),
        (
            "Pénalités de performance",
            (
                "Par décibel entier au-delà de la garantie : 0,5 % du prix hors taxes, dans la limite de 5 %. Le fournisseur "
                "dispose d'un délai de quatre mois pour remédier, à ses frais, avant que les pénalités ne soient exigibles."
            ),
        ),
        (
            "Réceptions",
            (
                "La réception provisoire est prononcée à l'issue de dix jours d'essais. Elle peut être assortie de réserves, "
                "qui sont levées au plus tard à la réception définitive."
            ),
        ),
        (
            "Confidentialité",
            (
                "Chaque partie tient pour confidentielles les informations techniques de l'autre, pendant le contrat et cinq "
                "ans après sa fin."
            ),
        ),
        (
            "Droit applicable et arbitrage",
            (
                "Le contrat est soumis au droit français. Tout différend né du contrat ou en relation avec lui est tranché "
                "définitivement par un tribunal de trois arbitres. Le siège est Valmoncel, la langue est le français."
            ),
        ),
        (
            "Annexe C, conditions de mesure (extrait)",
            (
                "Sonomètre de classe 1, moyenne sur trois minutes, à 1,50 m du sol, au poste de conduite. La mesure est faite "
                "contradictoirement. Le bruit de fond est relevé immédiatement avant et après l'essai."
            ),
        ),
    )
    parties = ("Pour Halvorne Énergie", "Pour Trésclau Ingénierie")
    return _agreement(sheet, "CONTRAT DE FOURNITURE", f"Ligne d'essai n° 2, signé le {signed}", articles, parties)


def instruction_agreement(spec: Spec) -> bytes:
    """Make the PDF of the agreement by which two lawyers ready a case for the court."""
    agenda = spec.agenda
    signed = agenda.full(facts.MORTEFON_AGREEMENT)
    sheet = Sheet(
        issuer="Tribunal judiciaire de Valmoncel, première chambre civile",
        address="M. et Mme Mortefon contre M. Kerbrézel",
        title="Convention d'instruction simplifiée",
        reference=f"{spec.reference}, convention du {signed}",
        accent="#4a3b6b",
        serif=True,
    )
    articles = (
        (
            "Objet",
            (
                "Les parties, représentées par leurs avocats, conviennent d'instruire conventionnellement l'affaire pendante "
                "devant le tribunal, en la forme simplifiée (articles 127 et 129-1 et suivants du code de procédure civile)."
            ),
        ),
        (
            "Limites du débat",
            (
                "Le débat porte sur deux points : le caractère anormal du trouble allégué, au sens de l'article 1253 du code "
                "civil ; la nature et le coût des mesures propres à le faire cesser. Chacun garde ses moyens et ses demandes."
            ),
        ),
        (
            "Calendrier",
            (
                f"Conclusions en demande : {agenda.full(facts.MORTEFON_CLAIM)}. Conclusions en défense : "
                f"{agenda.full(facts.MORTEFON_DEFENCE)}. Date de clôture proposée au juge : "
                f"{agenda.full(facts.MORTEFON_CLOSING)}. Une prorogation suppose l'accord écrit des deux avocats, dont le juge "
                "est informé."
            ),
        ),
        (
            "Pièces",
            (
                "Les pièces sont numérotées par partie, communiquées sur bordereau, et ne changent plus de numéro. Une pièce "
                "tardive est signalée comme telle ; l'autre partie dispose d'un délai de réponse égal au retard."
            ),
        ),
        (
            "Technicien",
            (
                "Les parties désignent d'un commun accord M. Firmin Escoulas, acousticien. Il mesure de nuit, en présence de "
                "chacun, répond par une note écrite, et ne donne pas d'avis sur le droit. Sa rémunération est partagée par "
                "moitié, sans préjudice de la décision à venir sur les dépens."
            ),
        ),
        (
            "Rôle du juge",
            (
                "Le juge est informé de la présente convention, dont copie lui est transmise. Il peut à tout moment reprendre "
                "l'instruction de l'affaire dans les cas prévus par la loi."
            ),
        ),
    )
    parties = ("Me Aïssata Dembreval, pour les demandeurs", "Me Hugues Pontarlec, pour le défendeur")
    return _agreement(sheet, "CONVENTION D'INSTRUCTION SIMPLIFIÉE", f"signée le {signed}", articles, parties)


def _agreement(
    sheet: Sheet, title: str, under: str, articles: Sequence[tuple[str, str]], parties: Sequence[str]
) -> bytes:
    def story() -> list[Flow]:
        body: list[Flow] = sheet.banner(title, under)
        for number, (name, text) in enumerate(articles, start=1):
            body += [sheet.heading(f"Article {number}. {name}"), sheet.text(text)]
        return [*body, gap(14), sheet.signatures(parties)]

    return print_sheet(sheet, story)
