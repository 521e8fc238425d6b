"""The page of a room: who reads is said before one writes, and nothing of another room is on it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from caseroom.access.words import Role
from caseroom.accounts import services as accounts
from caseroom.accounts.models import Person
from caseroom.accounts.services import PreparedPerson
from caseroom.audit.signer import SignerUnavailable
from caseroom.web.words import error_sentence
from tests import house as cast

OTHERS = ("Neus Ferrerola", "Clara Vasseroux", "Bruno Marchettino", "Basile Fontanglade")


def button(page):
    found = re.search(r'<button class="btn btn--room send"[^>]*data-send.*?</button>', page, re.DOTALL)
    assert found, "the page has a composer"
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


@pytest.fixture
def newcomer(house, monkeypatch):
    """``newcomer("eva")``: somebody the house does not know yet, with an account."""

    def make(person):
        with house.database.unit_of_work() as work:
            model = work.session.get_one(Person, house.actors["otto"].person)
            prepared = PreparedPerson(
                email=cast.email_of(person), name=person.title(), password_hash=model.password_hash
            )
            found = accounts.create_person(work, prepared)
        house.actors[person] = replace(house.actors["otto"], person=found, name=person.title(), practice=None)
        monkeypatch.setitem(cast.NAMES, person, person.title())

    return make


def test_the_send_button_names_every_reader_and_you_last(mediation, visitor):
    words = button(visitor("ada").opens(f"/rooms/{mediation['joint']}").page)
    assert all(name in words for name in OTHERS)
    assert "Ada" not in words
    assert words.endswith(", you")


def test_the_names_on_the_button_are_those_of_the_version_that_goes_with_the_message(house, mediation, visitor):
    room = mediation["caucus:0"]
    ada = visitor("ada").opens(f"/rooms/{room}")
    assert ada.data["audience"] == house.audience("ada", room)
    assert f'data-audience="{ada.data["audience"]}"' in ada.page
    assert {reader["name"] for reader in ada.data["readers"]} == {"Neus Ferrerola", "Clara Vasseroux", "Ada Quilliam"}


def test_above_seven_readers_the_button_has_the_count_and_all_names_stand_above_it(house, visitor, newcomer):
    mediation = house.mediation()
    guests = ("eva", "ivo", "noa")
    for person in guests:
        newcomer(person)
        house.admit(mediation, person, Role.OBSERVER)
    ada = visitor("ada").opens(f"/rooms/{mediation['joint']}")
    assert button(ada.page) == "Send to 8 people"
    line = re.search(r'<p class="composer__readers" id="composer-readers">.*?</p>', ada.page, re.DOTALL)
    assert line
    assert all(name in line[0] for name in (*OTHERS, *(person.title() for person in guests)))


def test_an_observer_finds_a_reason_where_the_others_write(app, house, visitor, newcomer):
    mediation = house.mediation()
    newcomer("uma")
    house.admit(mediation, "uma", Role.OBSERVER)
    uma = visitor("uma").opens(f"/rooms/{mediation['joint']}")
    assert uma.status == 200
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert error_sentence("observers_read_only", {}) in uma.words
    assert "data-composer" not in uma.page
    assert "data-composer" in visitor("ada").opens(f"/rooms/{mediation['joint']}").page


def test_the_title_of_the_page_is_the_word_of_the_room_and_names_no_party(mediation, visitor):
    ada = visitor("ada").opens(f"/rooms/{mediation['caucus:0']}")
    assert "<title>Caucus · Caseroom</title>" in ada.page
    assert "Atelier Quilliam" in ada.page


def test_a_stranger_gets_for_a_room_the_bytes_of_a_room_that_is_not(mediation, visitor):
    otto = visitor("otto")
    for path in ("", "/entries?before=3", "/since?after=-1", "/readers", "/exhibits", "/register"):
        hidden, absent = otto.ask(f"/rooms/{mediation['joint']}{path}"), otto.ask(f"/rooms/{'0' * 32}{path}")
        assert (hidden.status_code, hidden.data) == (404, absent.data)
        assert visitor("ada").ask(f"/rooms/{mediation['joint']}{path}").status_code == 200


def test_a_caucus_leaves_nothing_on_any_page_of_the_other_side(house, mediation, visitor):
    caucus = mediation["caucus:0"]
    house.say("ada", caucus, "between-us")
    house.file("ada", caucus, "secret-plan.txt", b"plan")
    bruno, joint = visitor("bruno"), mediation["joint"]
    for path in (f"/rooms/{joint}", f"/rooms/{joint}/exhibits", f"/rooms/{joint}/register", f"/rooms/{joint}/readers"):
        page = bruno.opens(path).page
        assert bruno.status == 200
        assert not any(trace in page for trace in (caucus, "between-us", "secret-plan"))
    assert "between-us" in visitor("ada").opens(f"/rooms/{caucus}").page


def test_the_newest_fifty_open_the_page_and_the_earlier_ones_follow_in_order(house, mediation, visitor):
    room = mediation["joint"]
    for number in range(60):
        house.say("ada", room, f"message {number}.")
    bruno = visitor("bruno").opens(f"/rooms/{room}")
    shown = [int(seq) for seq in re.findall(r'data-seq="(\d+)"', bruno.page)]
    assert (len(shown), shown) == (50, list(range(shown[0], shown[0] + 50)))
    earlier = bruno.opens(f"/rooms/{room}/entries?before={shown[0]}").page
    assert [int(seq) for seq in re.findall(r'data-seq="(\d+)"', earlier)] == list(range(shown[0]))
    assert "data-earlier" not in earlier


def test_what_is_new_to_somebody_begins_below_a_line_and_ones_own_is_not_new(house, mediation, visitor):
    room = mediation["joint"]
    said = house.say("ada", room, "first")
    house.marks_read("bruno", room, said.seq)
    assert (
        "data-unread-line"
        not in visitor("bruno").opens(f"/rooms/{room}").page.partition('<template data-template="unread">')[0]
    )
    new = house.say("ada", room, "second")
    before_templates = visitor("bruno").opens(f"/rooms/{room}").page.partition('<template data-template="unread">')[0]
    assert before_templates.index("data-unread-line") < before_templates.index(f'id="entry-{new.seq}"')
    assert (
        "data-unread-line"
        not in visitor("ada").opens(f"/rooms/{room}").page.partition('<template data-template="unread">')[0]
    )


def test_what_is_typed_as_markup_is_shown_as_text(house, mediation, visitor):
    room = mediation["joint"]
    house.say("ada", room, "</script><img src=x onerror=alert(1)>")
    bruno = visitor("bruno").opens(f"/rooms/{room}")
    assert "<img src=x" not in bruno.page
    assert "&lt;img src=x onerror=alert(1)&gt;" in bruno.page


def test_the_missed_entries_come_in_order_with_the_version_and_the_marks(house, mediation, visitor):
    room = mediation["joint"]
    start = house.say("ada", room, "one").seq
    house.say("ada", room, "two")
    answer = visitor("bruno").ask(f"/rooms/{room}/since?after={start}").get_json()
    assert [item["seq"] for item in answer["items"]] == [start + 1]
    assert "two" in answer["items"][0]["html"]
    assert (answer["next"], answer["audience"], len(answer["marks"])) == (None, house.audience("bruno", room), 5)


@pytest.mark.parametrize("after", ["", "x", "-2", "9" * 17, "1.5", "²"])
def test_a_number_that_is_none_is_refused(mediation, visitor, after):
    answer = visitor("ada").ask(f"/rooms/{mediation['joint']}/since?after={after}")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid")


def test_a_draft_is_kept_for_its_writer_in_its_room_alone(house, mediation, visitor):
    room = mediation["joint"]
    ada = visitor("ada").opens(f"/rooms/{room}")
    assert ada.put(f"/rooms/{room}/draft", {"text": "half a thought"}).status_code == 200
    assert ada.opens(f"/rooms/{room}").data["draft"]["text"] == "half a thought"
    assert "half a thought" not in ada.opens(f"/rooms/{mediation['caucus:0']}").page
    assert "half a thought" not in visitor("clara").opens(f"/rooms/{room}").page
    house.say("ada", room, "a whole one")
    assert ada.opens(f"/rooms/{room}").data["draft"] is None


def test_a_draft_needs_the_pages_token_and_the_right_shape(mediation, visitor):
    room = mediation["joint"]
    ada = visitor("ada").opens(f"/rooms/{room}")
    assert ada.put(f"/rooms/{room}/draft", {"text": "x"}, token=False).status_code == 400
    for body in ({}, {"text": 3}, {"text": "x", "room": "y"}, ["text"], {"text": "x" * 20_001}):
        assert ada.put(f"/rooms/{room}/draft", body).status_code in (400, 422)
    assert ada.opens(f"/rooms/{room}").data["draft"] is None


def test_reading_marks_move_forward_only_and_by_members_only(house, mediation, visitor):
    room = mediation["joint"]
    seq = house.say("ada", room, "hello").seq
    bruno = visitor("bruno").opens(f"/rooms/{room}")
    assert bruno.put(f"/rooms/{room}/read", {"seq": seq}).status_code == 204
    assert bruno.put(f"/rooms/{room}/read", {"seq": 0}).status_code == 204
    assert bruno.ask(f"/rooms/{room}/since?after={seq}").get_json()["marks"].count(seq) == 2
    assert bruno.put(f"/rooms/{room}/read", {"seq": True}).status_code == 422
    otto = visitor("otto").opens("/")
    assert otto.put(f"/rooms/{room}/read", {"seq": seq}).status_code == 404


def test_without_a_script_the_form_posts_once_even_when_sent_twice(house, mediation, visitor):
    room = mediation["joint"]
    ada = visitor("ada").opens(f"/rooms/{room}")
    fields = {"body": "by form", "audience": ada.data["audience"], "client_id": "form-1", "quotes": ""}
    for _ in range(2):
        assert ada.sends(f"/rooms/{room}/messages", **fields).status == 303
    assert house.texts("bruno", room).count("by form") == 1


def test_a_form_written_for_other_readers_comes_back_with_its_text_and_the_new_names(house, mediation, visitor):
    room = mediation["joint"]
    ada = visitor("ada").opens(f"/rooms/{room}")
    stale = ada.data["audience"]
    house.remove(mediation, "bruno", by="neus")
    ada.sends(f"/rooms/{room}/messages", body="for five", audience=stale)
    assert ada.status == 412
    assert "The readers of this room have changed." in ada.words
    assert ada.data["typed"] == "for five"
    assert "Bruno" not in button(ada.page)
    assert "for five" not in house.texts("ada", room)


def test_the_readers_part_changes_with_the_readers(house, mediation, visitor):
    room = mediation["joint"]
    ada = visitor("ada")
    assert "Bruno Marchettino" in ada.opens(f"/rooms/{room}/readers").page
    house.remove(mediation, "bruno", by="neus")
    page = ada.opens(f"/rooms/{room}/readers").page
    assert "Bruno Marchettino" not in page
    assert f'data-audience="{house.audience("ada", room)}"' in page


def test_a_receipt_is_a_file_for_readers_whose_name_tells_nothing(house, mediation, visitor):
    said = house.say("ada", mediation["caucus:0"], "hello")
    answer = visitor("neus").ask(f"/entries/{said.id}/receipt")
    assert answer.text.startswith("c2sp.org/tlog-proof@v1\n")
    assert answer.mimetype == "text/plain"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="receipt-{said.seq}.txt"'
    hidden, absent = (
        visitor("bruno").ask(f"/entries/{said.id}/receipt"),
        visitor("bruno").ask(f"/entries/{'0' * 32}/receipt"),
    )
    assert (hidden.status_code, hidden.data) == (404, absent.data)


def test_while_the_register_cannot_be_signed_a_form_comes_back_unless_its_message_is_kept(
    house, mediation, visitor, monkeypatch
):
    room = mediation["joint"]
    ada = visitor("ada").opens(f"/rooms/{room}")
    audience = ada.data["audience"]

    def halt(*_args, **_named):
        raise SignerUnavailable("no socket")

    with monkeypatch.context() as halted:
        halted.setattr(house.signer, "sign", halt)
        ada.sends(f"/rooms/{room}/messages", body="kept", audience=audience, client_id="form-1")
        assert (ada.status, "This is kept" in ada.words) == (503, True)
        ada.sends(f"/rooms/{room}/messages", body="not written", audience=audience, client_id="form-2")
        assert (ada.status, ada.data["typed"]) == (503, "not written")
        assert "nothing was sent" in ada.words
    assert house.texts("bruno", room) == []
    ada.sends(f"/rooms/{room}/messages", body="not written", audience=audience, client_id="form-2")
    assert house.texts("bruno", room) == ["kept", "not written"]
