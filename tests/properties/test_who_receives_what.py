"""People come, go, write and file in several cases at once, in any order. After each step: what every person receives
and sees is what the model says, and whoever had no part in the step sees byte for byte what he saw before."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from caseroom.access.words import CaseKind, Role
from caseroom.errors import AudienceChanged, Conflict, Forbidden, NotFound
from caseroom.rooms import admission, queries
from tests.house import NAMES, House
from tests.properties import model
from tests.properties.shown import overview

PEOPLE = list(NAMES)
KINDS = [CaseKind.MEDIATION, CaseKind.ARBITRATION, CaseKind.COLLABORATIVE]
# Roles with the side they come with; None where the role has no side.
PARTS = [
    (Role.PARTY, 0),
    (Role.PARTY, 1),
    (Role.COUNSEL, 0),
    (Role.COUNSEL, 1),
    (Role.EXPERT, 0),
    (Role.EXPERT, 1),
    (Role.EXPERT, None),
    (Role.NEUTRAL, None),
    (Role.SECRETARY, None),
    (Role.OBSERVER, None),
]

any_case = st.integers(0, 2)
chance = st.integers(0, 10_000)


def likely(these: set[str], number: int) -> str:
    """Somebody: three times out of four one of these people, otherwise anybody, so that refusals are met too."""
    chosen = sorted(these) if these and number % 4 else PEOPLE
    return chosen[number // 4 % len(chosen)]


class Rooms(RuleBasedStateMachine):
    schema: Path

    @initialize(kinds=st.lists(st.sampled_from(KINDS), min_size=2, max_size=2))
    def two_cases_are_open(self, kinds):
        self.folder = Path(tempfile.mkdtemp(prefix="caseroom-"))
        self.house = House(self.folder, schema=self.schema)
        self.affairs, self.cases, self.links, self.seen = [], [], {}, {}
        for kind in kinds:
            self.opens_a_case(kind)

    def teardown(self):
        if hasattr(self, "house"):
            self.everybody_reads_what_the_model_says()
            self.house.close()
            shutil.rmtree(self.folder)

    # --- what people do ---

    @precondition(lambda self: len(self.cases) < 3)
    @rule(kind=st.sampled_from(KINDS))
    def another_case_is_opened(self, kind):
        with self.step() as expected:
            self.opens_a_case(kind)
            self.house.publisher.events.clear()  # what its people were told at its opening is not this step's question
            expected.noticing = set(self.cases[-1].members)

    def opens_a_case(self, kind):
        """With the people of its first meeting; who comes and goes later is chance."""
        opened = model.Case(kind=kind.value, sides=2)
        affair = self.house.open_case(kind, title=f"Affaire {len(self.cases)}")
        person, role, side = ("clara", "counsel", 0) if kind is CaseKind.COLLABORATIVE else ("neus", "neutral", None)
        opened.open(person, role, side)
        for person, role, side in (("basile", Role.COUNSEL, 1), ("ada", Role.PARTY, 0)):
            self.house.admit(affair, person, role, side)
            opened.admit(person, role.value, side)
        self.affairs.append(affair)
        self.cases.append(opened)

    @rule(index=any_case, who=chance, whom=chance, part=st.sampled_from(PARTS))
    def somebody_is_invited(self, index, who, whom, part):
        affair, case = self.case(index)
        role, side = part
        by = likely(case.stewards(), who)
        person = likely(set(PEOPLE) - set(case.members) - set(case.invited), whom)
        with self.step() as expected:
            if not case.steers(by):
                self.refused(
                    lambda: self.invite(affair, person, role, side, by), Forbidden if by in case.members else NotFound
                )
            elif not case.may_admit_to(by, side):
                self.refused(lambda: self.invite(affair, person, role, side, by), Forbidden)
            elif person in case.members or person in case.invited:
                self.refused(lambda: self.invite(affair, person, role, side, by), Conflict)
            else:
                self.links[affair.id, person] = self.invite(affair, person, role, side, by)
                case.invited[person] = (role.value, side)
                expected.noticing = case.stewards()

    @rule(index=any_case, who=chance, whom=chance, part=st.sampled_from(PARTS))
    def somebody_is_invited_and_comes(self, index, who, whom, part):
        self.somebody_is_invited(index, who, whom, part)
        self.an_invitation_is_accepted_by_whom_it_was_for_and_by_nobody_else(index, whom | 1)

    @rule(index=any_case, whom=chance)
    def an_invitation_is_accepted_by_whom_it_was_for_and_by_nobody_else(self, index, whom):
        affair, case = self.case(index)
        person = likely(set(case.invited), whom)
        for other in sorted(set(PEOPLE) - {person}):
            if person in case.invited:
                self.refused(
                    lambda other=other: self.accept(affair, other, self.links[affair.id, person].code), Forbidden
                )
                break
        if person not in case.invited:
            return
        self.everybody_is_writing(index)
        with self.step() as expected:
            stewards = case.stewards()
            entered = case.admit(person, *case.invited[person])
            self.accept(affair, person, self.links[affair.id, person].code)
            for word in entered:
                expected.hears(case, affair, word, ("entry", "audience"))
            expected.noticing |= {person} | stewards
        self.some_send_what_they_were_writing(whom)

    @rule(index=any_case, who=chance, whom=chance)
    def somebody_is_removed(self, index, who, whom):
        affair, case = self.case(index)
        by = likely(case.stewards(), who)
        person = likely(set(case.members) - {by}, whom)
        if person in case.invited or person not in affair.participants:
            return
        self.everybody_is_writing(index)
        with self.step() as expected:
            remove = lambda: self.house.remove(affair, person, by=by)  # noqa: E731
            if not case.steers(by):
                self.refused(remove, Forbidden if by in case.members else NotFound)
            elif person not in case.members or person == by:
                self.refused(remove, Conflict)
            elif not case.may_remove(by, person):
                self.refused(remove, Forbidden)
            else:
                stewards = case.stewards()
                remove()
                for word in case.remove(person):
                    expected.hears(case, affair, word, ("entry", "audience"))
                expected.told.setdefault(person, []).append(("gone", affair.id))
                expected.noticing |= {person} | stewards
        self.some_send_what_they_were_writing(whom)

    @rule(index=any_case, number=chance, who=chance, text=st.sampled_from(["oui", "non", "peut-être"]))
    def somebody_speaks(self, index, number, who, text):
        affair, case = self.case(index)
        word, room = self.room(case, number)
        person = likely(case.readers(word), who)
        with self.step() as expected:
            if not case.writes(person, word):
                self.refused(
                    lambda: self.house.say(person, affair[word], text, audience="x"), self.shut(case, person, word)
                )
                return
            self.house.say(person, affair[word], text)
            case.rooms[word].texts.append(text)
            room.speak(person)
            expected.hears(case, affair, word, ("entry",))

    @rule(index=any_case, number=chance, who=chance)
    def somebody_files(self, index, number, who):
        affair, case = self.case(index)
        word, room = self.room(case, number)
        person = likely(case.readers(word), who)
        with self.step() as expected:
            if not case.writes(person, word):
                self.refused(
                    lambda: self.house.receive(person, affair[word], b"x", audience="x"), self.shut(case, person, word)
                )
                return
            side = case.members[person][1]
            room.numbers[side] = room.numbers.get(side, 0) + 1
            filed = self.house.file(person, affair[word], "piece.txt", b"une piece")
            assert filed.number == room.numbers[side]
            room.speak(person)
            expected.hears(case, affair, word, ("entry",))

    @rule(index=any_case, number=chance, who=chance)
    def somebody_reads_to_the_end(self, index, number, who):
        affair, case = self.case(index)
        word, room = self.room(case, number)
        person = likely(case.readers(word), who)
        with self.step() as expected:
            if word not in case.reads(person):
                self.refused(lambda: self.house.marks_read(person, affair[word], 0), NotFound)
                return
            news = room.mark[person] < room.size - 1
            self.house.marks_read(person, affair[word], 1000)
            room.mark[person] = room.size - 1
            expected.noticing = {person}
            if news:
                expected.hears(case, affair, word, ("room",))

    def everybody_is_writing(self, index):
        """Each of a case has a text begun for the readers of one room, whatever happens next."""
        affair, case = self.case(index)
        for number, person in enumerate(sorted(case.members)):
            words = sorted(word for word in case.reads(person) if case.writes(person, word))
            if words:
                word = words[number % len(words)]
                audience = self.house.audience(person, affair[word])
                self.seen[person] = (index % len(self.cases), word, audience, case.rooms[word].version)

    def some_send_what_they_were_writing(self, number):
        for offset in range(min(2, len(self.seen))):
            self.sends_to_the_names_seen_before(sorted(self.seen)[(number + offset) % len(self.seen)])

    def sends_to_the_names_seen_before(self, person):
        index, word, audience, version = self.seen.pop(person)
        affair, case = self.case(index)
        with self.step() as expected:
            send = lambda: self.house.say(person, affair[word], "à qui je voyais", audience=audience)  # noqa: E731
            if not case.writes(person, word):
                self.refused(send, self.shut(case, person, word))
            elif case.rooms[word].version != version:
                self.refused(send, AudienceChanged)
            else:
                send()
                case.rooms[word].texts.append("à qui je voyais")
                case.rooms[word].speak(person)
                expected.hears(case, affair, word, ("entry",))

    # --- how it is done ---

    def case(self, index):
        return self.affairs[index % len(self.cases)], self.cases[index % len(self.cases)]

    def room(self, case, number):
        word = sorted(case.rooms)[number % len(case.rooms)]
        return word, case.rooms[word]

    def shut(self, case, person, word):
        return Forbidden if word in case.reads(person) else NotFound

    def refused(self, attempt, error):
        try:
            attempt()
        except error:
            return
        raise AssertionError(f"this should have been refused with {error.__name__}")

    def invite(self, affair, person, role, side, by):
        return self.house.invite(affair, person, role, side, by=by)

    def accept(self, affair, person, code):
        with self.house.database.unit_of_work() as work:
            accepted = admission.accept_invitation(work, self.house.actors[person], code=code, locale="fr")
        affair.participants[person] = accepted.participant_id

    def step(self):
        return Step(self)

    # --- what must hold ---

    def shown(self, case_ids):
        return {person: overview(self.house, person, case_ids) for person in PEOPLE}

    def sees_what_the_model_says(self, person):
        with self.house.database.reading() as work:
            listed = {brief.id: brief.unread for brief in queries.my_cases(work, self.house.actors[person])}
        expected = {}
        for affair, case in zip(self.affairs, self.cases, strict=True):
            if person not in case.members:
                continue
            expected[affair.id] = sum(case.rooms[word].unread(person) for word in case.reads(person))
            rooms = affair.rooms
            view = self.house.view(person, affair.id)
            names = {participant: who for who, participant in affair.participants.items()}
            shown = {room.id: ({names[reader.id] for reader in room.readers}, room.unread) for room in view.rooms}
            assert shown == {
                rooms[word]: (case.readers(word), case.rooms[word].unread(person)) for word in case.reads(person)
            }
            assert view.steward == case.steers(person)
            if not view.steward:
                met = set().union(*(case.readers(word) for word in case.reads(person)))
                assert {names[each.id] for each in view.people} == met
        assert listed == expected

    def everybody_reads_what_the_model_says(self):
        for affair, case in zip(self.affairs, self.cases, strict=True):
            rooms = affair.rooms
            assert set(rooms) == set(case.rooms)
            for word, room in case.rooms.items():
                for person in PEOPLE:
                    if word in case.reads(person):
                        assert [entry.seq for entry in self.house.entries(person, rooms[word])] == list(
                            range(room.size)
                        )
                        assert self.house.texts(person, rooms[word]) == room.texts
                    else:
                        self.refused(partial(self.house.entries, person, rooms[word]), NotFound)


class Step:
    """One thing that happens. On leaving: each person received exactly what is in ``told``, those not in ``noticing``
    see what they saw before, and everybody who may have noticed sees what the model says."""

    def __init__(self, machine):
        self.machine = machine
        self.told: dict[str, list[tuple[str, str]]] = {}
        self.noticing: set[str] = set()

    def hears(self, case, affair, word, names):
        for person in case.readers(word):
            self.told.setdefault(person, []).extend((name, affair[word]) for name in names)
        self.noticing |= case.readers(word)

    def __enter__(self):
        self.cases = [affair.id for affair in self.machine.affairs]
        self.before = self.machine.shown(self.cases)
        self.machine.house.publisher.events.clear()
        return self

    def __exit__(self, kind, error, trace):
        if error is not None:
            return
        house, after = self.machine.house, self.machine.shown(self.cases)
        for person in PEOPLE:
            received = [
                (event.name, event.payload["case"] if event.name == "gone" else event.payload["room"])
                for event in house.received_by(person)
            ]
            assert sorted(received) == sorted(self.told.get(person, [])), person
            if person not in self.noticing:
                assert after[person] == self.before[person], f"{person} had no part in this"
        for person in self.noticing:
            self.machine.sees_what_the_model_says(person)


def test_everybody_receives_and_sees_what_the_model_says_and_nothing_else(schema):
    machine = type("RoomsOf", (Rooms,), {"schema": schema})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=7,
            stateful_step_count=18,
            derandomize=True,
            database=None,
            deadline=None,
            # Without shrinking, which would take minutes: a failure tells its steps, twenty at most.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
