"""Every page, in light and dark, at a desk and on a phone: no barrier found by axe-core, no complaint in the console,
nothing asked from elsewhere, the same protections on every answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import samples
from tests.e2e.chromium import DESK, PHONE
from tests.e2e.inspection import Inspection, header_problems
from tests.e2e.navigators import Person
from tests.e2e.practice import LARGEST_EXHIBIT, Server

WORDS = "sept cailloux bleus au matin"


@pytest.fixture
def inspection():
    inspection = Inspection()
    yield inspection
    assert inspection.pages, "no page was looked at"
    assert inspection.problems == [], "\n".join(dict.fromkeys(inspection.problems))


def test_the_first_start_leads_through_pages_without_barrier_to_an_empty_list(inspection, open_browser, tmp_path):
    # Given a server without a practice, which printed a link
    server = Server(tmp_path, {})
    server.start()
    try:
        owner = open_browser(("Odile Roca", "odile@example.org"))
        owner.origin = server.origin
        owner.opens(server.setup_link())

        # When the owner founds the practice
        inspection.look(owner, "setup")
        owner.fills("practice", "Cabinet Roca")
        owner.fills("name", "Odile Roca")
        owner.fills("email", "odile@example.org")
        owner.chooses_password("short")
        inspection.look(owner, "setup, refused", refused=True)
        owner.chooses_password(WORDS)
        owner.sets_up_codes()
        owner.keeps_recovery_codes()

        # Then an empty list of cases is before her
        owner.reads_heading("My cases")
        inspection.look(owner, "cases, none")
    finally:
        server.stop()


def test_the_pages_before_the_sign_in_are_without_barrier(accounts, inspection, open_browser):
    clara = open_browser(accounts["clara"])
    for path, heading in (("/about", "Legal notice"), ("/accessibility", "Accessibility"), ("/sign-in", "Sign in")):
        clara.opens(path)
        clara.reads_heading(heading)
        inspection.look(clara, path)
    clara.fills("email", clara.email)
    clara.fills("password", "not her password")
    clara.presses("Go on")
    clara.sees("not")
    inspection.look(clara, "/sign-in, refused", refused=True)
    clara.opens("/sign-in")
    clara.gives_their_password()
    inspection.look(clara, "/sign-in/code")
    clara.presses("Use a recovery code")
    clara.reads_heading("One of your recovery codes")
    inspection.look(clara, "/sign-in/recovery")


def test_the_steps_of_an_invitation_are_without_barrier(practice, accounts, inspection, open_browser, case):
    invite = {"email": "gael@example.org", "name": "Gaël Winter", "role": "counsel", "side_id": case.sides[0]}
    link = practice.neus.call("POST", f"/cases/{case.id}/participants", invite)["invitation_url"]
    gael = open_browser(("Gaël Winter", "gael@example.org"))
    gael.opens_invitation(link)
    inspection.look(gael, "invitation")
    gael.fills("password", "short")
    gael.presses("Go on")
    gael.sees("characters")
    inspection.look(gael, "invitation, refused", refused=True)
    gael.chooses_password(WORDS)
    inspection.look(gael, "invitation, codes")
    gael.sets_up_codes()
    inspection.look(gael, "invitation, recovery codes")
    gael.keeps_recovery_codes()
    gael.reads_heading("Undertaking of confidentiality")
    inspection.look(gael, "invitation, undertaking")
    gael.accepts_undertaking()
    gael.is_in_room("Joint room")

    # The same address again, elsewhere; and somebody else's link in her browser
    other = practice.mediation("Another matter", accounts["ada"], accounts["bruno"])
    body = {**invite, "side_id": other.sides[0]}
    again = practice.neus.call("POST", f"/cases/{other.id}/participants", body)["invitation_url"]
    elsewhere = {"email": "hanna@example.org", "name": "Hanna", "role": "party", "side_id": other.sides[0]}
    foreign = practice.neus.call("POST", f"/cases/{other.id}/participants", elsewhere)["invitation_url"]
    gael.opens(foreign)
    gael.reads_heading("This invitation is for another address")
    inspection.look(gael, "invitation of somebody else")
    gael.signs_out()
    gael.opens_invitation(again)
    inspection.look(gael, "invitation of a known person")


@pytest.fixture(params=["English", "Français"])
def language(request, neus: Person) -> Iterator[str]:
    """Neus reads in this language; her sign-in keeps English for the other stories."""
    neus.opens("/")
    neus.chooses_language(request.param)
    yield request.param
    neus.opens("/")
    neus.chooses_language("English")


def test_the_pages_of_a_case_are_without_barrier(practice, inspection, language, neus, ada, case, tmp_path):
    a_case_in_full_use(practice, neus, ada, case, tmp_path)
    # Longer words show where there is least room.
    sizes = (DESK, PHONE) if language == "English" else (PHONE,)
    pages = {
        "cases": "/",
        "new case": "/cases/new",
        "account": "/account",
        "overview": f"/cases/{case.id}",
        "walls": f"/cases/{case.id}/walls",
    }
    for word in ("joint", "notes"):
        room = f"/rooms/{case.rooms[word]}"
        pages |= {word: room, f"{word} exhibits": f"{room}/exhibits", f"{word} register": f"{room}/register"}
    for name, path in pages.items():
        neus.opens(path)
        inspection.look(neus, f"{name}, {language}", sizes=sizes)

    neus.opens(pages["joint register"])
    neus.follows(".verdict button")
    neus.waits_for(".verdict .checks li")
    inspection.look(neus, f"register checked, {language}", sizes=sizes)
    neus.opens(pages["overview"])
    neus.follows("a[href$='/remove']")
    neus.waits_for(".btn--danger")
    inspection.look(neus, f"removal, {language}", sizes=sizes)
    neus.opens(pages["new case"])
    neus.follows(".form__acts [value=open]")
    neus.waits_for("#errors")
    inspection.look(neus, f"new case refused, {language}", sizes=sizes, refused=True)
    neus.opens("/")
    neus.opens_menu()
    inspection.look(neus, f"menu, {language}", sizes=sizes)
    neus.opens(f"/cases/{'0' * len(case.id)}")
    inspection.look(neus, f"nothing here, {language}", sizes=sizes, refused=True)


def test_what_appears_while_people_work_is_without_barrier(
    practice, accounts, inspection, neus, ada, bruno, case, tmp_path
):
    room = f"/rooms/{case.rooms['joint']}"
    for person in (neus, ada, bruno):
        person.opens(room)
        person.is_in_room("Joint room")

    # Files before they are filed, one of them refused; who is here, on a phone
    ada.chooses_files((samples.contract(tmp_path), "The contract"), (samples.photograph(tmp_path), "The façade"))
    ada.chooses_too_large(samples.too_large(tmp_path, LARGEST_EXHIBIT))
    ada.sees("too large")
    inspection.look(ada, "files chosen")
    bruno.browser.looks_like(PHONE)
    bruno.presses("Who is here")
    inspection.look(bruno, "who is here", sizes=(PHONE,))

    # A message that waits, and the question about new readers
    ada.opens(room)
    ada.is_in_room("Joint room")
    ada.loses_the_network()
    ada.writes_without_network("I agree to Tuesday.")
    ada.sees("sending waits for the network")
    ada.browser.complaints.clear()
    inspection.look(ada, "without network", refused=True)
    practice.admit(case.id, accounts["clara"], "counsel", case.sides[0])
    ada.finds_the_network_again()
    ada.is_asked("The readers of this room have changed")
    inspection.look(ada, "new readers", refused=True)

    # Links that are shown once, and the page of somebody who was removed
    neus.opens(f"/cases/{case.id}")
    neus.invites("Jana Fuchs", f"jana.{case.id[:6]}@example.org", role="Observer", side="Choose a side")
    inspection.look(neus, "links")
    neus.goes_to_case(case.title)
    neus.removes("Bruno Sommer")
    bruno.sees("This case is closed to you")
    inspection.look(bruno, "removed", refused=True)


def test_every_kind_of_room_is_without_barrier_in_its_own_colours(practice, accounts, inspection, neus, ada):
    # Given a mediation of ten sides, in which Ada is counsel, and an arbitration
    large = practice.open_case("mediation", "Ten neighbours", *(f"Side {number}" for number in range(1, 11)))
    sides = [side["id"] for side in large["sides"]]
    practice.admit(large["id"], accounts["ada"], "counsel", sides[0])
    practice.admit(large["id"], accounts["bruno"], "counsel", sides[1])
    arbitration = practice.open_case("arbitration", "Before a tribunal", "Claimant", "Respondent")

    # When each goes through the rooms they have
    seen = set()
    for person, account, case in (
        (neus, practice.neus, large["id"]),
        (ada, accounts["ada"], large["id"]),
        (neus, practice.neus, arbitration["id"]),
    ):
        for room in account.call("GET", f"/cases/{case}")["rooms"]:
            look = (room["kind"], room["side_id"] if room["kind"] == "caucus" else None)
            if look not in seen:
                seen.add(look)
                person.opens(f"/rooms/{room['id']}")
                person.is_in_room(room["title"])
                inspection.look(person, f"{room['kind']}: {room['title']}", sizes=(DESK,))

    # Then all six kinds were among them, and a caucus of each side
    assert {kind for kind, _side in seen} == {"joint", "caucus", "team", "counsel", "deliberation", "notes"}
    assert len(seen) == 5 + 10


def test_the_inspection_finds_what_it_looks_for(ada):
    # Given a page with a field nobody can name, grey words, something wide, and a script that complains
    ada.opens("/account")
    script = """const main = document.querySelector("main");
        main.insertAdjacentHTML("beforeend", "<input id=nameless><p id=grey>hardly to be read</p><p id=wide>wide</p>");
        document.getElementById("grey").style.color = "#c8c8c8"; document.getElementById("wide").style.width = "3000px";
        setTimeout(() => { throw new Error("complaint") })"""
    ada.browser.run(script)

    # When it is inspected
    inspection = Inspection()
    inspection.look(ada, "spoiled")

    # Then each is named
    found = "\n".join(inspection.problems)
    for what in ("label at #nameless", "color-contrast at #grey", "wider than the phone", "console:"):
        assert what in found, found
    bare = {"url": f"{ada.origin}/account", "headers": {"Content-Security-Policy": "script-src 'unsafe-inline'"}}
    assert len(header_problems(bare)) == 6


def a_case_in_full_use(practice, neus: Person, ada: Person, case, folder: Path) -> None:
    """Messages with a link, a quotation, exhibits, somebody invited, a draft."""
    ada.opens(f"/rooms/{case.rooms['joint']}")
    ada.is_in_room("Joint room")
    ada.writes("See https://www.example.org/contract?a=1&b=2 for the terms.")
    ada.quotes("for the terms")
    ada.writes("And what follows from them.")
    ada.files((samples.contract(folder), "The contract"), (samples.photograph(folder), "The façade"))
    neus.opens(f"/rooms/{case.rooms['caucus']}")
    neus.writes("Between us.")
    body = {"email": f"ivo.{case.id[:6]}@example.org", "name": "Ivo", "role": "observer", "side_id": None}
    practice.neus.call("POST", f"/cases/{case.id}/participants", body)
