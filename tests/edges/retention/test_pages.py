"""Erasing, closing and keeping through the pages, without a script."""

import io
import re

from pypdf import PdfReader

from caseroom.audit.case_log import head_of
from caseroom.audit.epochs import case_checkpoint
from caseroom.audit.scheduler import seal_due
from caseroom.retention.finishing import finish_erasures


def pdf_text(answer):
    (page,) = PdfReader(io.BytesIO(answer.data)).pages
    return page.extract_text()


def get(browser, path):
    return browser.client.get(path, base_url="https://rooms.example.org", headers={"Accept-Language": "en"})


def test_the_register_leads_to_the_page_that_erases_and_that_to_a_certificate(house, mediation, visitor, code):
    said = house.say("ada", mediation["joint"], "Des mots de trop")
    ada = visitor("ada").open(f"/rooms/{mediation['joint']}/register")
    assert f"/entries/{said.id}/erase" in ada.page
    ada.open(f"/entries/{said.id}/erase")
    assert (ada.status, "Des mots de trop" in ada.words()) == (200, True)
    assert "Backups may hold the keys until" in ada.words(), "nobody is promised more than is true today"
    ada.send(f"/entries/{said.id}/erase", basis="", code="")
    assert (ada.status, house.texts("bruno", mediation["joint"])) == (422, ["Des mots de trop"])
    ada.send(f"/entries/{said.id}/erase", basis="mistake", reason="Mauvaise salle", code=code("ada"))
    assert ada.status == 303
    ada.open(ada.location)
    assert "Certificate of destruction" in ada.words()
    assert "Mauvaise salle" in ada.words()
    assert said.leaf in ada.page
    (path,) = re.findall(r'href="([^"]+certificate\.pdf)"', ada.page)
    text = pdf_text(get(ada, path))
    assert said.leaf[:32] in text.replace("\n", "")
    assert re.search(r"\(Europe/Paris\), 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", text.replace("\n", " ")), "no zone"
    assert "Des mots de trop" not in text
    room = ada.open(f"/rooms/{mediation['joint']}").words()
    assert "Des mots de trop" not in room
    assert "A message from Ada Quilliam was erased." in room
    assert get(visitor("otto"), path).status_code == 404


def test_only_the_author_and_the_mediator_are_offered_to_erase_a_message(house, mediation, visitor):
    said = house.say("ada", mediation["joint"], "bonjour")
    offered = {
        person: f"/entries/{said.id}/erase" in visitor(person).open(f"/rooms/{mediation['joint']}/register").page
        for person in ("ada", "neus", "bruno", "clara")
    }
    assert offered == {"ada": True, "neus": True, "bruno": False, "clara": False}


def test_a_room_is_destroyed_by_two_people_through_the_pages(house, mediation, visitor, code, keepers):
    room = mediation["caucus:0"]
    house.say("ada", room, "confidence")
    neus, clara = visitor("neus"), visitor("clara")
    neus.open(f"/cases/{mediation.id}/erasures")
    neus.send(f"/cases/{mediation.id}/erasures", of="", basis="agreement", code=code("neus"))
    assert neus.status == 422
    neus.send(f"/cases/{mediation.id}/erasures", of=room, basis="agreement", reason="Convenu", code=code("neus"))
    place = neus.location
    neus.open(place)
    assert "Agree: destroy it" not in neus.words()
    clara.open(f"/cases/{mediation.id}/erasures")
    assert place in clara.page
    assert "Convenu" in clara.open(place).words()
    clara.send(f"{place}/approval", do="agree", code="000000")
    assert (clara.status, "This code is not right" in clara.words()) == (422, True)
    clara.send(f"{place}/approval", do="agree", code=code("clara"))
    assert clara.status == 303
    assert get(clara, f"{place}/certificate.pdf").status_code == 303, "there is nothing to certify yet"
    assert visitor("bruno").open(f"/cases/{mediation.id}/erasures").page.count(place) == 0
    assert (
        "Two people agreed that a room of this case be destroyed"
        in visitor("bruno").open(f"/rooms/{mediation['joint']}").words()
    )
    with house.database.reading() as work:
        due = head_of(work, mediation.id).next_due
    seal_due(house.database, now=due)
    assert finish_erasures(house.database) >= 1, "and what other stories of this house left waiting"
    text = pdf_text(get(clara, f"{place}/certificate.pdf"))
    assert "Clara Vasseroux" in text
    assert "Neus Ferrerola" in text
    assert "confidence" not in text
    assert visitor("ada").open(place).status == 200
    assert visitor("bruno").open(place).status == 404
    assert visitor("ada").open(f"/rooms/{room}").status == 404


def test_the_owner_agrees_from_outside_the_case_where_nobody_within_can(house, mediation, visitor, code, keepers):
    keepers.makes_owner("basile")
    house.remove(mediation, "basile", by="neus")
    neus, owner = visitor("neus"), visitor("basile")
    neus.open(f"/cases/{mediation.id}/erasures")
    neus.send(f"/cases/{mediation.id}/erasures", of=mediation["notes:neus"], basis="request", code=code("neus"))
    place = neus.location
    assert place in owner.open("/practice/retention").page
    assert owner.open(f"/cases/{mediation.id}").status == 404
    words = owner.open(place).words()
    assert "Agree: destroy it" in words
    assert "Verrière" not in words, "the owner is not told which case"
    owner.send(f"{place}/approval", do="agree", code=code("basile"))
    assert owner.status == 303
    keepers.makes_owner("basile", owner=False)


def test_a_case_is_closed_through_the_page_and_its_certificate_shows_the_last_checkpoint(
    house, mediation, visitor, code
):
    neus, bruno = visitor("neus"), visitor("bruno")
    assert "Close the case" not in bruno.open(f"/cases/{mediation.id}").words()
    assert f"/cases/{mediation.id}/closing" in neus.open(f"/cases/{mediation.id}").page
    assert get(neus, f"/cases/{mediation.id}/closing.pdf").status_code == 303
    neus.open(f"/cases/{mediation.id}/closing")
    neus.send(f"/cases/{mediation.id}/closing", code="")
    assert neus.status == 422
    neus.send(f"/cases/{mediation.id}/closing", code=code("neus"))
    assert neus.status == 303
    assert "The case is closed" in bruno.open(f"/cases/{mediation.id}/closing").words()
    with house.database.reading() as work:
        checkpoint = case_checkpoint(work, mediation.id)
    text = pdf_text(get(bruno, f"/cases/{mediation.id}/closing.pdf")).replace("\n", "")
    origin, size, root = checkpoint.note.split("\n")[:3]
    for printed in (origin, size, root, checkpoint.vkey[:40]):
        assert printed in text
    assert get(visitor("otto"), f"/cases/{mediation.id}/closing.pdf").status_code == 404
    for page in (f"/rooms/{mediation['joint']}", f"/rooms/{mediation['joint']}/register", f"/cases/{mediation.id}"):
        assert neus.open(page).status == 200


def test_counsel_agree_one_after_the_other_and_may_take_it_back(house, app, visitor, code):
    affair = house.collaborative()
    clara = visitor("clara")
    clara.open(f"/cases/{affair.id}/closing")
    clara.send(f"/cases/{affair.id}/closing", code=code("clara"))
    assert "Still missing: Marchettino et fils" in clara.open(f"/cases/{affair.id}/closing").words()
    clara.send(f"/cases/{affair.id}/closing/withdraw")
    assert "You have agreed" not in clara.open(f"/cases/{affair.id}/closing").words()


def test_the_owner_sets_the_rules_and_other_members_read_them(house, app, visitor, code, keepers):
    keepers.makes_owner("neus")
    neus, clara = visitor("neus"), visitor("clara")
    neus.open("/practice/retention")
    neus.send("/practice/retention", messages="abc", code=code("neus"))
    assert (neus.status, 'value="abc"' in neus.page) == (422, True)
    neus.send("/practice/retention", messages="24", case="", code=code("neus"))
    assert neus.status == 303
    assert "24 months" in clara.open("/practice/retention").words()
    clara.send("/practice/retention", messages="1", code=code("clara"))
    assert clara.status == 403
    assert visitor("ada").open("/practice/retention").status == 403
    neus.send("/practice/retention", messages="", code=code("neus"))
    keepers.makes_owner("neus", owner=False)


def test_outside_the_sample_no_page_tells_a_code(mediation, visitor, code):
    code("neus")
    words = visitor("neus").open(f"/cases/{mediation.id}/closing").words()
    assert "Asked for again because this cannot be undone." in words
    assert not re.search(r"\b\d{6}\b", words)
