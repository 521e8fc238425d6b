"""Messages: for readers who were named, once, for good, and only in their room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from caseroom.access.words import Role
from caseroom.cases.text import clean_text
from caseroom.errors import AudienceChanged, AudienceRequired, Forbidden, Invalid, Malformed, NotFound
from caseroom.ids import new_id
from caseroom.rooms import queries, services
from caseroom.rooms.models import Room
from caseroom.rooms.services import LONGEST_MESSAGE, REPLAY_HOURS
from tests.house import NAMES


def code_of(refused):
    return refused.value.data["errors"][0]["code"] if "errors" in refused.value.data else refused.value.code


def receipt(house, person, entry_id):
    with house.database.reading() as work:
        return queries.receipt_of(work, house.actors[person], entry_id)


def test_a_message_reaches_every_reader_of_its_room_at_once_and_nobody_else(house, mediation):
    for word, author, readers in (
        ("joint", "ada", {"ada", "clara", "bruno", "basile", "neus"}),
        ("caucus:0", "ada", {"ada", "clara", "neus"}),
        ("team:1", "bruno", {"bruno", "basile"}),
        ("counsel", "basile", {"clara", "basile"}),
        ("notes:neus", "neus", {"neus"}),
    ):
        house.publisher.events.clear()
        entry = house.say(author, mediation[word], f"dit dans {word}")
        assert {person for person in NAMES if house.received_by(person)} == readers, word
        (event,) = house.publisher.events
        assert (event.name, event.payload["id"], event.payload["seq"]) == ("entry", entry.id, entry.seq)
        assert f"dit dans {word}" in event.by_locale["fr"]["html"]
        for person in NAMES:
            if person in readers:
                assert house.texts(person, mediation[word]) == [f"dit dans {word}"]
            else:
                with pytest.raises(NotFound):
                    house.texts(person, mediation[word])


def test_the_live_event_carries_no_identifier_of_a_person_beyond_the_case(house, mediation):
    house.say("ada", mediation["joint"], "Bonjour")
    everything = repr([(event.payload, event.by_locale) for event in house.publisher.events])
    for actor in house.actors.values():
        assert actor.person not in everything


def test_a_message_without_stated_readers_is_refused(house, mediation):
    for missing in (None, ""):
        with pytest.raises(AudienceRequired):
            house.say("ada", mediation["joint"], "À qui ?", audience=missing)
    assert house.texts("ada", mediation["joint"]) == []


@pytest.mark.parametrize("stated", ["*", "0" * 16, "é", "\ud800", "x" * 10_000])
def test_a_message_for_other_readers_than_the_rooms_is_refused_with_their_names(house, mediation, stated):
    with pytest.raises(AudienceChanged) as refused:
        house.say("ada", mediation["caucus:0"], "Pour qui ?", audience=stated)
    assert refused.value.data["audience"] == house.audience("ada", mediation["caucus:0"])
    assert {reader["name"] for reader in refused.value.data["readers"]} == {
        NAMES[each] for each in ("ada", "clara", "neus")
    }
    assert house.texts("ada", mediation["caucus:0"]) == []


def test_the_audience_of_another_room_does_not_serve(house, mediation):
    with pytest.raises(AudienceChanged):
        house.say("ada", mediation["joint"], "Trompé de salle", audience=house.audience("ada", mediation["caucus:0"]))


@pytest.mark.parametrize("person", ["bruno", "otto"])
@pytest.mark.parametrize("audience", [None, "*", "seen-by-ada"])
def test_to_somebody_outside_a_room_is_absent_whatever_audience_is_stated(house, mediation, person, audience):
    stated = house.audience("ada", mediation["caucus:0"]) if audience == "seen-by-ada" else audience
    for room in (mediation["caucus:0"], new_id(), "", "joint", "../x"):
        with pytest.raises(NotFound):
            house.say(person, room, "Je m'invite", audience=stated)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\u200b\ufeff", "empty"),
        ("a\x00b", "control_characters"),
        ("a\x1bb", "control_characters"),
        ("\ud83d", "bad_unicode"),
        ("x" * (LONGEST_MESSAGE + 1), "too_long"),
        (None, "wrong_type"),
        (b"x", "wrong_type"),
    ],
)
def test_a_text_that_cannot_stand_is_refused_by_its_reason_and_nothing_is_written(house, mediation, body, code):
    before = house.kinds("ada", mediation["joint"])
    with pytest.raises(Invalid) as refused:
        house.say("ada", mediation["joint"], body)
    assert code_of(refused) == code
    assert house.kinds("ada", mediation["joint"]) == before


@pytest.mark.parametrize(
    "body",
    [
        "x" * LONGEST_MESSAGE,
        "🧑‍⚖️ Équité, naïveté : « ça va » ?\n\n\tTabulé",
        "שלום \u202eabc",
        "  espaces gardés  ",
        "\U0001fae9",
    ],
)
def test_a_text_is_kept_as_it_was_written(house, mediation, body):
    house.say("ada", mediation["joint"], body)
    assert house.texts("bruno", mediation["joint"]) == [body]


def test_line_ends_have_one_form(house, mediation):
    house.say("ada", mediation["joint"], "un\r\ndeux\rtrois\nquatre")
    assert house.texts("ada", mediation["joint"]) == ["un\ndeux\ntrois\nquatre"]


# --- once ---


def test_a_repeated_client_id_gives_the_first_entry_again_and_tells_nobody_twice(house, mediation):
    first = house.post("ada", mediation["joint"], "Une fois", client_id="k-1")
    house.publisher.events.clear()
    again = house.post("ada", mediation["joint"], "Une fois", client_id="k-1")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.entry == first.entry
    assert house.publisher.events == []
    assert house.texts("bruno", mediation["joint"]) == ["Une fois"]


def test_a_retry_is_answered_even_when_the_readers_have_changed_meanwhile(house, mediation):
    seen = house.audience("ada", mediation["joint"])
    first = house.post("ada", mediation["joint"], "Une fois", client_id="k-1", audience=seen)
    house.admit(mediation, "otto", Role.OBSERVER)
    assert house.post("ada", mediation["joint"], "Une fois", client_id="k-1", audience=seen).entry.id == first.entry.id


def test_a_retry_is_answered_even_when_a_removal_has_renewed_the_rooms_key_meanwhile(house, mediation):
    seen = house.audience("ada", mediation["joint"])
    first = house.post("ada", mediation["joint"], "Une fois", client_id="k-1", audience=seen)
    house.remove(mediation, "bruno", by="neus")
    again = house.post("ada", mediation["joint"], "Une fois", client_id="k-1", audience=seen)
    assert (again.replayed, again.entry.id) == (True, first.entry.id)


def test_a_client_id_with_another_body_or_quotation_is_a_conflict(house, mediation):
    quoted = house.say("bruno", mediation["joint"], "Source")
    house.post("ada", mediation["joint"], "Une fois", client_id="k-1")
    for change in ({"text": "Autre chose"}, {"quotes": quoted.id}):
        options = {"text": "Une fois", "quotes": None} | change
        with pytest.raises(Invalid) as refused:
            house.post("ada", mediation["joint"], options["text"], client_id="k-1", quotes=options["quotes"])
        assert refused.value.code == "idempotency_conflict"


def test_a_client_id_belongs_to_one_person_in_one_room(house, mediation):
    posts = [
        house.post("ada", mediation["joint"], "A", client_id="k"),
        house.post("ada", mediation["caucus:0"], "B", client_id="k"),
        house.post("bruno", mediation["joint"], "C", client_id="k"),
    ]
    assert not any(post.replayed for post in posts)
    assert len({post.entry.id for post in posts}) == 3


def test_a_client_id_is_remembered_for_a_day(house, mediation, present):
    first = house.post("ada", mediation["joint"], "Une fois", client_id="k")
    present.move(hours=REPLAY_HOURS, seconds=-1)
    assert house.post("ada", mediation["joint"], "Une fois", client_id="k").replayed
    present.move(seconds=2)
    later = house.post("ada", mediation["joint"], "Deux fois", client_id="k")
    assert not later.replayed
    assert later.entry.id != first.entry.id


def test_forgotten_client_ids_are_swept_and_fresh_ones_stay(house, mediation, present):
    house.post("ada", mediation["joint"], "Ancien", client_id="old")
    present.move(hours=REPLAY_HOURS, seconds=1)
    house.post("ada", mediation["joint"], "Neuf", client_id="new")
    with house.database.unit_of_work() as work:
        services.forget_replays(work)
    assert house.post("ada", mediation["joint"], "Neuf", client_id="new").replayed
    assert not house.post("ada", mediation["joint"], "Autre", client_id="old").replayed


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 101, "a\n", "../../x y"])
def test_a_client_id_out_of_shape_is_refused(house, mediation, key):
    with pytest.raises(Malformed) as refused:
        house.post("ada", mediation["joint"], "x", client_id=key)
    assert refused.value.code == "malformed_client_id"
    assert house.post("ada", mediation["joint"], "x", client_id="aZ0._:-" + "x" * 93)


def test_a_retry_after_the_signer_failed_is_answered_with_a_receipt(house, mediation, monkeypatch):
    """The first answer was lost after the commit: the same post again must end in a receipt, not in a 404."""
    real = house.signer.sign
    monkeypatch.setattr(house.signer, "sign", raising(OSError("the signer's disk is full")))
    with pytest.raises(OSError, match="disk is full"):
        house.post("ada", mediation["joint"], "Tient bon", client_id="k")
    monkeypatch.setattr(house.signer, "sign", real)
    again = house.post("ada", mediation["joint"], "Tient bon", client_id="k")
    assert again.replayed
    assert receipt(house, "ada", again.entry.id).startswith("c2sp.org/tlog-proof@v1\n")
    assert house.texts("bruno", mediation["joint"]) == ["Tient bon"]


def raising(error):
    def fail(*_args, **_kwargs):
        raise error

    return fail


# --- for good ---


def test_nothing_that_happens_later_changes_a_byte_of_what_was_written(house, mediation):
    def rows():
        with house.database.reading() as work:
            return work.session.execute(
                text("SELECT * FROM event WHERE room_id = :room ORDER BY seq"), {"room": mediation["joint"]}
            ).all()

    said = house.say("ada", mediation["joint"], "Pour toujours")
    house.file("ada", mediation["joint"], "a.txt", b"pour toujours")
    before = rows()
    house.say("bruno", mediation["joint"], "Je cite", quotes=said.id)
    house.marks_read("bruno", mediation["joint"], 100)
    house.remove(mediation, "ada", by="neus")
    house.admit(mediation, "otto", Role.OBSERVER)
    after = rows()
    assert len(after) == len(before) + 3
    assert after[: len(before)] == before


# --- quotations ---


def test_a_quotation_names_the_entry_its_author_and_its_beginning(house, mediation):
    source = house.say("bruno", mediation["joint"], "Un long discours " * 40)
    reply = house.say("ada", mediation["joint"], "Je réponds", quotes=source.id)
    assert reply.quoted.entry_id == source.id
    assert reply.quoted.author.name == NAMES["bruno"]
    assert reply.quoted.excerpt.startswith("Un long discours")
    assert len(reply.quoted.excerpt) <= 160
    assert house.entries("neus", mediation["joint"])[-1] == reply


def test_an_exhibit_can_be_quoted_by_its_number(house, mediation):
    exhibit = house.file("bruno", mediation["joint"], "plan.txt", b"un plan", title="Plan")
    reply = house.say("ada", mediation["joint"], "Voir la pièce", quotes=exhibit.entry.id)
    assert reply.quoted.excerpt == "Pièce n°\u00a01, Plan"


def test_an_entry_of_another_room_is_as_unknown_to_a_quotation_as_one_that_never_was(house, mediation):
    elsewhere = house.say("ada", mediation["caucus:0"], "Confidence")
    of_other_case = house.say("ada", house.mediation()["joint"], "Ailleurs")
    notice = house.entries("ada", mediation["joint"])[0]
    refusals = []
    for quoted in (elsewhere.id, of_other_case.id, notice.id, new_id(), "x", "0" * 31):
        with pytest.raises(Invalid) as refused:
            house.say("ada", mediation["joint"], "Je cite", quotes=quoted)
        refusals.append((refused.value.code, refused.value.data))
    assert refusals == [("invalid", {"errors": [{"field": "quotes", "code": "unknown_value"}]})] * len(refusals)
    assert house.texts("bruno", mediation["joint"]) == []


# --- roles ---


def test_an_observer_reads_along_and_does_not_write(house, mediation):
    house.admit(mediation, "otto", Role.OBSERVER)
    house.say("ada", mediation["joint"], "Bonjour")
    assert house.texts("otto", mediation["joint"]) == ["Bonjour"]
    for attempt in (
        lambda: house.say("otto", mediation["joint"], "Je parle"),
        lambda: house.file("otto", mediation["joint"], "a.txt", b"x"),
    ):
        with pytest.raises(Forbidden) as refused:
            attempt()
        assert refused.value.code == "observers_read_only"


def test_a_closed_room_is_read_and_no_longer_written_in(house, mediation):
    house.say("ada", mediation["joint"], "Dernier mot")
    with house.database.unit_of_work() as work:
        work.session.get_one(Room, mediation["joint"]).state = "closed"
    with pytest.raises(Forbidden) as refused:
        house.say("ada", mediation["joint"], "Encore")
    assert refused.value.code == "room_closed"
    assert house.texts("ada", mediation["joint"]) == ["Dernier mot"]


def test_the_server_time_never_decreases_inside_a_room_even_if_the_clock_does(house, mediation, present):
    house.say("ada", mediation["joint"], "un")
    present.move(hours=-1)
    house.say("ada", mediation["joint"], "deux")
    times = [entry.at for entry in house.entries("ada", mediation["joint"])]
    assert times == sorted(times)


@given(typed=st.text(min_size=1, max_size=60))
def test_whatever_is_accepted_as_text_comes_back_unchanged_but_for_line_ends(typed):
    try:
        cleaned = clean_text("body", typed, longest=50)
    except Invalid:
        return
    assert cleaned == typed.replace("\r\n", "\n").replace("\r", "\n")
    assert clean_text("body", cleaned, longest=50) == cleaned


def test_a_retry_is_recognised_after_a_removal_has_renewed_the_key_of_the_room(house, mediation):
    first = house.post("ada", mediation["joint"], "Une fois", client_id="k")
    house.remove(mediation, "bruno", by="neus")
    again = house.post("ada", mediation["joint"], "Une fois", client_id="k")
    assert again.replayed
    assert again.entry.id == first.entry.id
