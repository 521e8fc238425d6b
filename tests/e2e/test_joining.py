"""From the invitation to the room, and how few actions it takes to get there."""

from __future__ import annotations

from tests.e2e import samples
from tests.e2e.chromium import PHONE

MOST_ACTIONS = 12  # DESIGN, section 6
FOUR_WORDS = "sept cailloux bleus au matin"


def test_two_invited_parties_go_from_their_links_to_the_joint_room_in_one_flow(accounts, open_browser, tmp_path):
    # Given a mediator who opens a case and gets a link for each side
    nils = open_browser(accounts["nils"])
    nils.signs_in()
    links = nils.opens_a_mediation(
        "Rivera and Lindqvist", ("Alma Rivera", "alma@example.org"), ("Bo Lindqvist", "bo@example.org")
    )
    assert len(set(links)) == 2, links
    assert "alma" not in " ".join(links).casefold(), "a link says nothing about its person"

    # When each of the two opens theirs, one of them on a phone
    alma = open_browser(("Alma Rivera", "alma@example.org"), size=PHONE)
    bo = open_browser(("Bo Lindqvist", "bo@example.org"))
    for person, link in ((alma, links[0]), (bo, links[1])):
        person.opens_invitation(link)
        person.chooses_password(FOUR_WORDS)
        person.sets_up_codes()
        assert len(set(person.keeps_recovery_codes())) == 10
        person.accepts_undertaking()
        person.is_in_room("Joint room")

    # Then both stand in the joint room, told who reads, and what one writes the other has
    assert "Bo Lindqvist" in alma.readers_on_the_button()
    assert "Alma Rivera" in bo.readers_on_the_button()
    alma.writes("I am here, on my phone.")
    bo.sees("I am here, on my phone.")
    bo.writes("And I at my desk.")
    alma.sees("And I at my desk.")

    # And Alma, who never saw such a place, files a photograph and finds her caucus, on her phone
    alma.files((samples.photograph(tmp_path), "My wall"))
    bo.card("My wall")
    alma.goes_to_room("Caucus Claimant")
    assert "Bo Lindqvist" not in alma.readers_on_the_button()

    # And a link that was used leads nowhere, like one that never was
    bo.opens(links[0])
    bo.reads_heading("Nothing here")


def test_from_sign_in_to_a_case_with_an_invited_party_takes_at_most_twelve_actions(practice, accounts, open_browser):
    # Given a mediator before the sign-in page
    nils = open_browser(accounts["nils"])

    # When he signs in and opens a mediation with a party invited
    nils.signs_in()
    (link,) = nils.opens_a_mediation("Keller and Öztürk", ("Ida Keller", "ida@example.org"))

    # Then the link to pass on is before him, after at most twelve fields, choices and presses
    assert link.startswith(practice.server.origin)
    assert 5 <= nils.actions <= MOST_ACTIONS, nils.actions
