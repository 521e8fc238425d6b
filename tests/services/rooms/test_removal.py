"""Coming and going: what is written, who is told, what stops at once."""

import pytest
from sqlalchemy import select

from caseroom.access.words import Role
from caseroom.audit.models import LedgerEvent
from caseroom.audit.signer import Signer, SignerRefused
from caseroom.errors import AudienceChanged, LedgerHalted, NotFound
from caseroom.rooms import queries, services
from caseroom.rooms.models import Draft, Room
from caseroom.rooms.queries import my_cases
from caseroom.vault.models import SpaceKeyWrap
from tests.house import NAMES

ADAS = ("joint", "caucus:0", "team:0")
NOT_ADAS = ("caucus:1", "team:1", "counsel", "notes:neus")
READER = {
    "joint": "neus",
    "caucus:0": "neus",
    "team:0": "clara",
    "caucus:1": "basile",
    "team:1": "basile",
    "counsel": "clara",
}


def sizes(house, affair):
    with house.database.reading() as work:
        found = work.session.scalars(select(LedgerEvent.room_id)).all()
    return {word: found.count(room) for word, room in affair.rooms.items()}


def audiences(house, affair):
    with house.database.reading() as work:
        return {word: work.session.get_one(Room, room).audience for word, room in affair.rooms.items()}


def key_versions(house, affair):
    with house.database.reading() as work:
        slots = {word: work.session.get_one(Room, room).slot for word, room in affair.rooms.items()}
        wraps = list(work.session.scalars(select(SpaceKeyWrap).where(SpaceKeyWrap.case_id == affair.id)))
    return {word: max(wrap.version for wrap in wraps if wrap.slot == slot) for word, slot in slots.items()}


def test_an_admission_is_an_entry_in_every_room_entered_and_in_no_other(house, mediation):
    before = sizes(house, mediation)
    house.admit(mediation, "otto", Role.EXPERT, 0)
    grown = {word for word, size in sizes(house, mediation).items() if size != before[word]}
    assert grown == set(ADAS)
    for word in ADAS:
        last = house.entries(READER[word], mediation[word])[-1]
        assert (last.kind, last.facts["subject"]) == ("participant.admitted", NAMES["otto"])


def test_a_removal_is_an_entry_in_every_room_left_and_in_no_other(house, mediation):
    before = sizes(house, mediation)
    house.remove(mediation, "ada", by="neus")
    after = sizes(house, mediation)
    assert {word for word in after if after[word] != before[word]} == set(ADAS)
    for word in ADAS:
        last = house.entries(READER[word], mediation[word])[-1]
        assert (last.kind, last.facts["subject"], last.author.name) == (
            "participant.removed",
            NAMES["ada"],
            NAMES["neus"],
        )


@pytest.mark.parametrize("leaving", [True, False])
def test_the_audience_version_changes_in_exactly_the_rooms_whose_readers_change(house, mediation, leaving):
    before = audiences(house, mediation)
    if leaving:
        house.remove(mediation, "ada", by="neus")
    else:
        house.admit(mediation, "otto", Role.PARTY, 0)
    after = audiences(house, mediation)
    assert {word for word in after if after[word] != before[word]} == set(ADAS)


def test_what_is_written_after_a_removal_is_sealed_with_a_new_key_in_the_rooms_left_and_what_was_before_still_opens(
    house, mediation
):
    house.say("ada", mediation["caucus:0"], "avant")
    assert set(key_versions(house, mediation).values()) == {1}
    house.remove(mediation, "ada", by="neus")
    versions = key_versions(house, mediation)
    assert {word: versions[word] for word in ADAS} == dict.fromkeys(ADAS, 2)
    assert {word: versions[word] for word in NOT_ADAS} == dict.fromkeys(NOT_ADAS, 1)
    house.say("clara", mediation["caucus:0"], "après")
    with house.database.reading() as work:
        rows = list(work.session.scalars(select(LedgerEvent).where(LedgerEvent.room_id == mediation["caucus:0"])))
    assert [row.key_version for row in sorted(rows, key=lambda row: row.seq)][-3:] == [1, 2, 2]
    assert house.texts("clara", mediation["caucus:0"]) == ["avant", "après"]


def test_an_admission_changes_no_key(house, mediation):
    house.admit(mediation, "otto", Role.PARTY, 0)
    assert set(key_versions(house, mediation).values()) == {1}


def test_a_removed_person_is_told_to_close_the_case_and_receives_nothing_sent_afterwards(house, mediation):
    house.say("neus", mediation["joint"], "Bonjour")
    assert house.received_by("ada")[-1].payload["kind"] == "message.posted", "she must have received what came before"
    house.publisher.events.clear()
    house.remove(mediation, "ada", by="neus")
    house.say("neus", mediation["joint"], "Sans elle")
    house.say("clara", mediation["caucus:0"], "Sans elle non plus")
    told = house.received_by("ada")
    assert [(event.name, event.payload) for event in told] == [("gone", {"case": mediation.id})]


def test_the_others_are_told_who_left_in_the_rooms_they_share_and_nobody_else_is_told_anything(house, mediation):
    house.publisher.events.clear()
    house.remove(mediation, "ada", by="neus")
    for person, words in (
        ("clara", set(ADAS)),
        ("neus", {"joint", "caucus:0"}),
        ("bruno", {"joint"}),
        ("basile", {"joint"}),
        ("otto", set()),
    ):
        received = house.received_by(person)
        assert {event.payload["room"] for event in received} == {mediation[word] for word in words}, person
        assert sorted(event.name for event in received) == sorted(["entry", "audience"] * len(words))
    for event in house.publisher.events:
        if event.name == "audience":
            assert NAMES["ada"] not in [reader["name"] for reader in event.payload["readers"]]


def test_a_newcomer_and_the_readers_of_each_room_entered_are_told_and_nobody_else(house, mediation):
    house.publisher.events.clear()
    house.admit(mediation, "otto", Role.PARTY, 1)
    expected = {
        "otto": {"joint", "caucus:1", "team:1"},
        "basile": {"joint", "caucus:1", "team:1"},
        "neus": {"joint", "caucus:1"},
        "ada": {"joint"},
    }
    for person, words in expected.items():
        rooms = {event.payload["room"] for event in house.received_by(person)}
        assert rooms == {mediation[word] for word in words}, person


def test_to_somebody_removed_the_case_and_its_rooms_are_as_absent_as_to_a_stranger(house, mediation):
    entry = house.say("ada", mediation["joint"], "Je pars bientôt")
    exhibit = house.file("ada", mediation["joint"], "devis.txt", b"un devis")
    house.remove(mediation, "ada", by="neus")
    attempts = {
        "view": lambda person: house.view(person, mediation.id),
        "entries": lambda person: house.entries(person, mediation["joint"]),
        "post": lambda person: house.say(person, mediation["joint"], "x"),
        "content": lambda person: house.content(person, exhibit.entry.id),
        "receipt": lambda person: receipt(house, person, entry.id),
    }
    for name, attempt in attempts.items():
        refusals = []
        for person in ("ada", "otto"):
            with pytest.raises(NotFound) as refused:
                attempt(person)
            refusals.append((refused.value.code, refused.value.data, refused.value.status))
        assert refusals[0] == refusals[1], name
        if name != "post":
            assert attempt("neus")


def receipt(house, person, entry_id):
    with house.database.reading() as work:
        return queries.receipt_of(work, house.actors[person], entry_id)


def test_what_somebody_removed_had_written_stays_with_the_name(house, mediation):
    house.say("ada", mediation["joint"], "Je l'ai dit")
    house.remove(mediation, "ada", by="neus")
    said = [entry for entry in house.entries("bruno", mediation["joint"]) if entry.text]
    assert [(entry.text, entry.author.name) for entry in said] == [("Je l'ai dit", NAMES["ada"])]


def test_the_drafts_of_somebody_removed_are_deleted_and_those_of_the_others_stay(house, mediation):
    for person in ("ada", "clara"):
        with house.database.unit_of_work() as work:
            services.save_draft(work, house.actors[person], mediation["caucus:0"], f"brouillon de {person}")
    house.remove(mediation, "ada", by="neus")
    with house.database.reading() as work:
        left = [row.participant_id for row in work.session.scalars(select(Draft))]
    assert left == [mediation.participants["clara"]]


def test_a_message_written_for_readers_who_have_changed_is_refused_with_the_new_names(house, mediation):
    seen = house.audience("bruno", mediation["joint"])
    house.remove(mediation, "ada", by="neus")
    with pytest.raises(AudienceChanged) as refused:
        house.say("bruno", mediation["joint"], "Bonjour Ada", audience=seen)
    names = [reader["name"] for reader in refused.value.data["readers"]]
    assert NAMES["ada"] not in names
    assert NAMES["neus"] in names
    assert house.say("bruno", mediation["joint"], "Bonjour", audience=refused.value.data["audience"])


def test_a_removal_elsewhere_does_not_disturb_what_is_being_written_here(house, mediation):
    seen = house.audience("bruno", mediation["caucus:1"])
    house.remove(mediation, "ada", by="neus")
    assert house.say("bruno", mediation["caucus:1"], "Toujours nous", audience=seen)


def test_a_removed_person_stays_in_the_other_cases(house, mediation):
    other = house.mediation(title="Une autre affaire")
    house.remove(mediation, "ada", by="neus")
    assert house.say("ada", other["joint"], "Je suis encore là")
    with house.database.reading() as work:
        assert [case.id for case in my_cases(work, house.actors["ada"])] == [other.id]


def test_a_neutral_removed_leaves_notes_that_nobody_reads_any_more(house):
    affair = house.arbitration()
    house.admit(affair, "otto", Role.NEUTRAL)
    notes = affair["notes:otto"]
    house.say("otto", notes, "Mes doutes")
    house.remove(affair, "otto", by="neus")
    for person in affair.participants:
        with pytest.raises(NotFound):
            house.entries(person, notes)


def test_a_removed_persons_pages_are_closed_even_where_signing_fails(house, mediation):
    house.publisher.events.clear()
    house.database.tool(Signer).sign = refuse
    with pytest.raises(LedgerHalted):
        house.remove(mediation, "bruno", by="neus")
    told = [event for event in house.publisher.events if event.name == "gone"]
    assert [set(event.audience.people) for event in told] == [{house.actors["bruno"].person}]


def refuse(*_args, **_named):
    raise SignerRefused("the signer is not reachable")
