"""Plays the sample practice through the same services as a real person's browser: nothing is written behind them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.access.words import AuthLevel, CaseKind, Role
from caseroom.accounts import queries as account_queries
from caseroom.accounts import services as accounts
from caseroom.accounts.services import DEMO
from caseroom.cases.services import NewCase, NewParticipant
from caseroom.config import Settings
from caseroom.db import Database
from caseroom.demo.cases import sample_cases
from caseroom.demo.people import PEOPLE, PRACTICE_NAME, person_named
from caseroom.demo.script import Case, File, Room, Say
from caseroom.exhibits.services import NewExhibit, begin_filing, examine, file_exhibit
from caseroom.ids import PersonId
from caseroom.rooms import queries as rooms
from caseroom.rooms.admission import accept_invitation, invite_participant
from caseroom.rooms.opening import open_case
from caseroom.rooms.services import NewMessage, mark_read, post_message

LINK_DAYS = 3650


def seed_practice(database: Database) -> None:
    """Fill an empty sample folder; a folder that is already filled stays as it is."""
    with database.reading() as work:
        if account_queries.has_practice(work):
            return
    actors = _people(database)
    for case in sample_cases(datetime.now(ZoneInfo("Europe/Paris")).date()):
        _Player(database, case, actors).play()


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A one-click link, under the heading of the case in which the person is met first."""

    heading: str
    who: str
    url: str


def sign_in_links(database: Database, settings: Settings) -> list[SignInLink]:
    """A fresh one-click link for each person of the sample, case by case; older ones stop working."""
    links = []
    done: set[str] = set()
    with database.unit_of_work() as work:
        for case in sample_cases(clock.now().date()):
            for participant in case.participants:
                person = person_named(participant.person)
                row = account_queries.person_by_email(work, person.email)
                if row is None or person.key in done:
                    continue
                done.add(person.key)
                accounts.revoke_links(work, DEMO, row.person)
                code = accounts.make_link(work, purpose=DEMO, subject=row.person, email=person.email, days=LINK_DAYS)
                who = f"{person.name}, {person.occupation}"
                links.append(SignInLink(case.title, who, f"{settings.origin}/demo/{code}"))
    return links


def _people(database: Database) -> dict[str, Actor]:
    """Create everybody with a random password that nobody knows: the sample is entered by its links."""
    actors = {}
    # One hash for all of them: nobody knows the password, and 23 times Argon2 would be three seconds of waiting.
    first = PEOPLE[0]
    model = accounts.prepare_person(database, email=first.email, name=first.name, password=secrets.token_urlsafe(24))
    prepared = {person.key: replace(model, email=person.email, name=person.name) for person in PEOPLE}
    openers = _openers()
    with database.unit_of_work() as work:
        practice = accounts.create_practice(work, name=PRACTICE_NAME)
        for index, person in enumerate(PEOPLE):
            mine = practice if person.staff or person.key in openers else None
            person_id = accounts.create_person(
                work,
                prepared[person.key],
                practice_id=mine,
                owner=index == 0,
                locale=person.locale,
                zone=person.time_zone,
            )
            accounts.trust_totp(work, person_id)
            actors[person.key] = Actor(
                person=PersonId(person_id),
                name=person.name,
                session="",
                level=AuthLevel.AL1,
                locale=person.locale,
                zone=person.time_zone,
                practice=mine,
            )
    return actors


def _openers() -> set[str]:
    return {case.participants[0].person for case in sample_cases(clock.now().date())}


class _Player:
    """One case, opened by its first participant, joined by the others, then played step by step."""

    def __init__(self, database: Database, case: Case, actors: dict[str, Actor]) -> None:
        self._database = database
        self._case = case
        self._actors = actors
        self._rooms: dict[tuple[str, str], str] = {}  # (person, room's name) -> room id

    def play(self) -> None:
        case_id, sides = self._open()
        joining = self._case.participants[1:]
        for participant in sorted(joining, key=lambda each: each.role is not Role.COUNSEL):
            self._admit(case_id, participant.person, participant.role, participant.side, sides)
        for participant in self._case.participants:
            self._learn_rooms(case_id, participant.person, sides)
        entries: dict[int, str] = {}
        for index, step in enumerate(self._case.script):
            if isinstance(step, Say):
                quotes = entries.get(step.quotes) if step.quotes is not None else None
                entries[index] = self._say(step, quotes)
            else:
                entries[index] = self._file(step)
        self._read_some()

    def _open(self) -> tuple[str, list[str]]:
        opener = self._case.participants[0]
        actor = self._actors[opener.person]
        command = NewCase(
            kind=CaseKind(self._case.kind),
            title=self._case.title,
            language=self._case.language,
            sides=self._case.sides,
            my_role=Role(opener.role),
            my_side=opener.side,
        )
        with self._database.unit_of_work() as work:
            opened = open_case(work, actor, command, email=person_named(opener.person).email)
        with self._database.reading() as work:
            return opened.case_id, [side.id for side in rooms.case_view(work, actor, opened.case_id).sides]

    def _admit(self, case_id: str, key: str, role: Role, side: int | None, sides: list[str]) -> None:
        person = person_named(key)
        command = NewParticipant(
            email=person.email, name=person.name, role=Role(role), side_id=sides[side] if side is not None else None
        )
        steward = self._actors[self._steward_for(role, side)]
        with self._database.unit_of_work() as work:
            invited = invite_participant(work, steward, case_id, command)
        with self._database.unit_of_work() as work:
            accept_invitation(work, self._actors[key], code=invited.code, locale=person.locale)

    def _steward_for(self, role: Role, side: int | None) -> str:
        """Where counsel steer together, each brings the own side's people; the opener brings everybody else."""
        opener = self._case.participants[0]
        if opener.role is Role.COUNSEL and role is not Role.COUNSEL and side not in (None, opener.side):
            return next(p.person for p in self._case.participants if p.role is Role.COUNSEL and p.side == side)
        return opener.person

    def _learn_rooms(self, case_id: str, key: str, sides: list[str]) -> None:
        with self._database.reading() as work:
            for room in rooms.case_view(work, self._actors[key], case_id).rooms:
                place = key if room.kind == "notes" else str(sides.index(room.side.id)) if room.side else ""
                self._rooms[(key, f"{room.kind}:{place}")] = room.id

    def _room(self, author: str, room: Room) -> str:
        return self._rooms[(author, f"{room[0]}:{room[1] if len(room) > 1 else ''}")]

    def _audience(self, author: str, room_id: str) -> str:
        with self._database.reading() as work:
            return rooms.audience_of(work, self._actors[author], room_id)

    def _say(self, step: Say, quotes: str | None) -> str:
        room_id = self._room(step.author, step.room)
        command = NewMessage(body=step.text, audience=self._audience(step.author, room_id), quotes=quotes)
        with self._database.unit_of_work() as work:
            return post_message(work, self._actors[step.author], room_id, command).entry.id

    def _file(self, step: File) -> str:
        room_id, actor = self._room(step.author, step.room), self._actors[step.author]
        audience = self._audience(step.author, room_id)
        with self._database.reading() as work:
            intake = begin_filing(work, actor, room_id, audience=audience)
        intake.write(step.maker(self._case.spec))
        received = intake.keep()
        filename, kind = examine(received, step.filename)
        command = NewExhibit(filename=filename, kind=kind, title=step.title, audience=audience)
        with self._database.unit_of_work() as work:
            return file_exhibit(work, actor, room_id, command, received).exhibit.facts.id

    def _read_some(self) -> None:
        """Most have read most of it: the sample shows unread marks and "read by 3 of 5" as real life does."""
        for index, ((key, _name), room_id) in enumerate(sorted(self._rooms.items())):
            with self._database.reading() as work:
                size = rooms.size_of(work, self._actors[key], room_id)
            seen = size - 1 - (index % 3 if size > 4 else 0)
            if seen >= 0:
                with self._database.unit_of_work() as work:
                    mark_read(work, self._actors[key], room_id, seen)
