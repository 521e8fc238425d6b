"""The receipt that an answer carries is made where the head is signed; the ledger keeps the same one."""

from __future__ import annotations

from caseroom.audit.sealing import Seals
from caseroom.rooms import queries
from caseroom.rooms.services import NewMessage, post_message


def posted_and_receipted(house, person, room, text, *, client_id=None):
    """As the edges do it: the receipt is asked for once the unit of work has ended."""
    command = NewMessage(body=text, audience=house.audience(person, room), client_id=client_id)
    with house.database.unit_of_work() as work:
        posted = post_message(work, house.actors[person], room, command)
        assert work.part(Seals).receipt(posted.entry.id) is None, "nothing is receipted before it is committed"
    return posted, queries.receipt_after(work, house.actors[person], posted.entry.id)


def kept_receipt(house, person, entry_id):
    with house.database.reading() as work:
        return queries.receipt_of(work, house.actors[person], entry_id)


def test_the_receipt_given_with_a_message_is_the_one_the_ledger_keeps(house, mediation):
    for number in range(9):  # past the sizes at which a tree gains a level
        posted, given = posted_and_receipted(house, "ada", mediation["joint"], f"message {number}")
        assert given == kept_receipt(house, "ada", posted.entry.id)


def test_a_message_repeated_under_its_key_gets_the_receipt_of_the_first(house, mediation):
    first, given = posted_and_receipted(house, "ada", mediation["joint"], "une fois", client_id="k1")
    house.say("bruno", mediation["joint"], "entre les deux")
    again, given_again = posted_and_receipted(house, "ada", mediation["joint"], "une fois", client_id="k1")
    assert (again.replayed, again.entry.id) == (True, first.entry.id)
    assert given_again == given
