"""Who reads a room may change while somebody looks or writes: it holds at once, and nobody sends to names they did not
see."""

from __future__ import annotations

SAID = "What Bruno may have read until now."


def test_somebody_removed_sees_the_page_empty_itself_and_then_the_page_of_what_does_not_exist(neus, bruno, case):
    # Given Bruno reading the joint room
    room = f"/rooms/{case.rooms['joint']}"
    for person in (neus, bruno):
        person.opens(room)
        person.is_in_room("Joint room")
    neus.writes(SAID)
    bruno.sees(SAID)

    # When Neus removes him
    neus.goes_to_case(case.title)
    neus.removes("Bruno Sommer")
    neus.sees("Removed")

    # Then nothing of the case is left on his screen, though he did nothing
    bruno.sees("This case is closed to you")
    assert SAID not in bruno.traces()
    assert case.title not in bruno.traces()
    assert bruno.title() == "Caseroom"

    # And whatever he asks for, he gets the answer to an id that never was, to the byte
    unknown = "0" * len(case.id)
    for path in (room, f"{room}/register", f"{room}/exhibits", f"/cases/{case.id}", f"/api/v1{room}"):
        hidden = bruno.asks(path)
        absent = bruno.asks(path.replace(case.rooms["joint"], unknown).replace(case.id, unknown))
        assert hidden["status"] == 404
        assert hidden == absent, path
    bruno.opens(room)
    bruno.reads_heading("Nothing here")


def test_whoever_writes_while_somebody_comes_in_is_asked_before_it_is_sent(practice, accounts, neus, ada, bruno, case):
    # Given Ada, who is writing in the joint room
    clara = accounts["clara"]
    for person in (ada, bruno):
        person.opens(f"/rooms/{case.rooms['joint']}")
        person.is_in_room("Joint room")
    ada.types("Between the three of us: yes.")

    # When Neus invites Clara, who comes in
    neus.opens(f"/cases/{case.id}")
    link = neus.invites(clara.name, clara.email, role="Counsel", side="Claimant")
    clara.call("POST", f"/invitations/{link.rpartition('/')[2]}/accept", {"undertaking": True})
    ada.sees("Clara Herbst")

    # Then sending asks first, and says who came
    ada.sends()
    dialog = ada.is_asked("The readers of this room have changed")
    assert "Clara Herbst" in dialog
    assert "Between the three of us: yes." in dialog
    assert bruno.thread() == [], "nothing was sent meanwhile"

    # And Ada may think again: the text is hers again
    ada.answers("Do not send")
    ada.has_nothing_waiting()
    assert ada.draft() == "Between the three of us: yes."

    # And once she has seen the names, the button sends
    assert "Clara Herbst" in ada.readers_on_the_button()
    ada.sends()
    bruno.sees("Between the three of us: yes.")
    assert ada.thread() == bruno.thread() == ["Between the three of us: yes."]


def test_whoever_confirms_the_new_readers_sends_to_them(practice, accounts, ada, bruno, case):
    # Given a message of Ada that waits for the network, written for three readers
    clara = accounts["clara"]
    for person in (ada, bruno):
        person.opens(f"/rooms/{case.rooms['joint']}")
        person.is_in_room("Joint room")
    ada.loses_the_network()
    ada.writes_without_network("I agree to Tuesday.")

    # When Clara has come in and the network is back
    practice.admit(case.id, clara, "counsel", case.sides[0])
    ada.finds_the_network_again()

    # Then Ada is asked, and her yes sends
    assert "Clara Herbst" in ada.is_asked("The readers of this room have changed")
    assert bruno.thread() == []
    ada.answers("Send to 4")
    bruno.sees("I agree to Tuesday.")
    ada.has_nothing_waiting()
    assert ada.thread() == ["I agree to Tuesday."]
