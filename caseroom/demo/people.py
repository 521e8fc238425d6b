"""The sample practice and its people. All of them are invented, and their addresses can never receive a letter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PRACTICE_NAME: Final = "Centre de médiation de Valmoncel"


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the sample.

    `name` carries the civility; `occupation` is one line, in the person's own language, for the list of sign-in links;
    `staff` tells who belongs to the practice itself rather than being invited into a case.
    """

    key: str
    name: str
    email: str
    occupation: str
    locale: str = "fr"
    time_zone: str = "Europe/Paris"
    staff: bool = False


_CENTRE: Final = (
    Person("roy", "Mme Hélène Roy", "helene.roy@centre-valmoncel.example", "Médiatrice", staff=True),
    Person(
        "tavernol",
        "Mme Salomé Tavernol",
        "salome.tavernol@centre-valmoncel.example",
        "Secrétaire du centre",
        staff=True,
    ),
)

_MEDIATION: Final = (
    Person("ferrand", "Me Nadia Ferrand", "n.ferrand@ferrand-avocats.example", "Avocate de la SCI des Tilleuls"),
    Person("aubier", "Mme Odile Aubier", "odile.aubier@example.org", "Gérante de la SCI des Tilleuls"),
    Person("diaz", "Me Tomás Diaz", "tomas.diaz@cabinet-diaz.example", "Avocat de Menuiserie Brévignon"),
    Person("brevignon", "M. Paul Brévignon", "paul@menuiserie-brevignon.example", "Dirigeant de Menuiserie Brévignon"),
)

_ARBITRATION: Final = (
    Person("loisel", "M. Bertrand Loisel-Ferrant", "b.loisel-ferrant@example.net", "Président du tribunal arbitral"),
    Person(
        "kessel",
        "Mme Imogen Kessel-Roche",
        "imogen@kessel-roche.example",
        "Arbitrator",
        locale="en",
        time_zone="Europe/London",
    ),
    Person("adjoumani", "M. Yao Adjoumani", "yao.adjoumani@example.net", "Arbitre"),
    Person("prigent", "Me Solène Prigent", "s.prigent@prigent-avocats.example", "Avocate de Halvorne Énergie"),
    Person("queverec", "Mme Maud Quéverec", "maud.queverec@halvorne.example", "Directrice juridique, Halvorne Énergie"),
    Person("orsel", "M. Denis Orsel", "denis.orsel@cabinet-orsel.example", "Acousticien, expert de Halvorne Énergie"),
    Person("ostrowicz", "Me Casimir Ostrowicz", "c.ostrowicz@ostrowicz.example", "Avocat de Trésclau Ingénierie"),
    Person("tresclau", "M. Lucien Trésclau", "lucien@tresclau-ingenierie.example", "Président, Trésclau Ingénierie"),
)

_COLLABORATIVE: Final = (
    Person("sarrazac", "Me Judith Sarrazac", "j.sarrazac@sarrazac-thouvel.example", "Avocate de Mme Vauquelet"),
    Person("vauquelet", "Mme Clarisse Vauquelet", "clarisse.vauquelet@example.org", "Épouse"),
    Person("coetlogant", "Me Rémi Coëtlogant", "r.coetlogant@belcourbe.example", "Avocat de M. Lamberjac"),
    Person("lamberjac", "M. Antonin Lamberjac", "antonin.lamberjac@example.net", "Époux"),
)

_INSTRUCTION: Final = (
    Person("dembreval", "Me Aïssata Dembreval", "a.dembreval@dembreval.example", "Avocate des époux Mortefon"),
    Person("mortefon", "Mme Lucie Mortefon", "lucie.mortefon@example.org", "Demanderesse, 14 chemin des Aulnes"),
    Person("pontarlec", "Me Hugues Pontarlec", "h.pontarlec@pontarlec-associes.example", "Avocat de M. Kerbrézel"),
    Person("kerbrezel", "M. Gaël Kerbrézel", "gael.kerbrezel@example.net", "Défendeur, 16 chemin des Aulnes"),
    Person("escoulas", "M. Firmin Escoulas", "firmin.escoulas@example.net", "Technicien acousticien"),
)

PEOPLE: Final[tuple[Person, ...]] = (*_CENTRE, *_MEDIATION, *_ARBITRATION, *_COLLABORATIVE, *_INSTRUCTION)


def person_named(key: str) -> Person:
    """Return the person of that key; KeyError when the sample has none."""
    for person in PEOPLE:
        if person.key == key:
            return person
    raise KeyError(key)
