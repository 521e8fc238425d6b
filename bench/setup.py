"""Builds what is measured: a practice, its people with tokens, and one mediation per size, all through the services.

Run as a process of its own, before the server: ``setup.py SIZE [SIZE...]`` with CASEROOM_DATA set. Prints JSON: per
size the case, its joint room, the audience to state, and one token per member; the first is the mediator's."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from caseroom.access.actor import Actor
from caseroom.access.words import CaseKind, Role
from caseroom.accounts.queries import resolve_token
from caseroom.accounts.services import create_person, create_token, found_practice, prepare_person
from caseroom.app import open_database
from caseroom.cases.services import NewCase, NewParticipant
from caseroom.config import load_settings
from caseroom.db import Database
from caseroom.realtime.outbox import Event, Publisher
from caseroom.rooms.admission import accept_invitation, invite_participant
from caseroom.rooms.announce import EntryRenderer
from caseroom.rooms.entries import EntryView
from caseroom.rooms.opening import open_case
from caseroom.rooms.queries import audience_of, case_view

PASSWORD = "eine Messung ist kein Beweis"  # noqa: S105 - of people who exist while the bench runs


class NobodyIsThere:
    """Publisher and EntryRenderer while the case is built: no server runs yet, so nobody is to be told."""

    def publish(self, event: Event) -> None:
        pass

    def cut_session(self, session: str) -> None:
        pass

    def render(self, entry: EntryView, *, locale: str) -> str:
        return ""


def build(database: Database, sizes: list[int]) -> dict[int, dict[str, object]]:
    database.provide(Publisher, NobodyIsThere())  # type: ignore[type-abstract]
    database.provide(EntryRenderer, NobodyIsThere())  # type: ignore[type-abstract]
    people = make_people(database, max(sizes))
    return {size: build_case(database, people[:size]) for size in sizes}


def make_people(database: Database, number: int) -> list[tuple[str, Actor]]:
    """Tokens and actors; the first is the mediator. One password hash serves all: Argon2 is not what is measured."""
    owner = prepare_person(
        database, email=address(0), name="Neus Mediadora", password=PASSWORD, practice="Mesures", founding=True
    )
    with database.unit_of_work() as work:
        found_practice(work, owner)
        for index in range(1, number):
            create_person(work, replace(owner, email=address(index), name=name(index), practice_name=""))
    with database.unit_of_work() as work:
        tokens = [create_token(work, email=address(index), label="bench") for index in range(number)]
    with database.reading() as work:
        actors = [resolve_token(work, token) for token in tokens]
    return [(token, actor) for token, actor in zip(tokens, actors, strict=True) if actor]


def build_case(database: Database, people: list[tuple[str, Actor]]) -> dict[str, object]:
    """A mediation whose joint room has all these people: half on each side, as counsel and parties."""
    mediator = people[0][1]
    command = NewCase(
        kind=CaseKind.MEDIATION, title="Mesures", language="fr", sides=("SCI des Tilleuls", "Ateliers Morel")
    )
    with database.unit_of_work() as work:
        opened = open_case(work, mediator, command, email=address(0))
    with database.reading() as work:
        sides = [side.id for side in case_view(work, mediator, opened.case_id).sides]
    for index, (_, actor) in enumerate(people[1:], start=1):
        role = Role.PARTY if index % 4 else Role.COUNSEL
        guest = NewParticipant(email=address(index), name=name(index), role=role, side_id=sides[index % 2])
        with database.unit_of_work() as work:
            code = invite_participant(work, mediator, opened.case_id, guest).code
        with database.unit_of_work() as work:
            accept_invitation(work, actor, code=code, locale="fr")
    with database.reading() as work:
        audience = audience_of(work, mediator, opened.joint_room_id)
    return {
        "case": opened.case_id,
        "room": opened.joint_room_id,
        "audience": audience,
        "tokens": [token for token, _ in people],
    }


def address(index: int) -> str:
    return f"person-{index}@bench.example"


def name(index: int) -> str:
    return f"Personne Numéro {index}"


if __name__ == "__main__":
    print(json.dumps(build(open_database(load_settings()), [int(size) for size in sys.argv[1:]])))
