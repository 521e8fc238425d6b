"""What is filed arrives as it was filed, under a number of its room; what must not be filed is refused before it is."""

from __future__ import annotations

import re

import pytest

from caseroom.audit.receipts import ReceiptError
from tests.e2e import samples
from tests.e2e.in_rooms import sha256
from tests.e2e.practice import LARGEST_EXHIBIT


def test_exhibits_arrive_byte_for_byte_under_their_numbers_and_with_a_receipt(practice, ada, bruno, case, tmp_path):
    # Given Ada and Bruno in the joint room
    for person in (ada, bruno):
        person.opens(f"/rooms/{case.rooms['joint']}")
        person.is_in_room("Joint room")

    # When Ada files a contract and a photograph at once
    filed = {
        "The contract": samples.contract(tmp_path),
        "The façade on Monday": samples.photograph(tmp_path),
    }
    ada.files(*((file, title) for title, file in filed.items()))

    # Then Bruno sees both cards as they come, numbered in the order of the list
    cards = [bruno.card(title) for title in filed]
    assert [number_of(card) for card in cards] == ["1", "2"]
    assert {card["author"] for card in cards} == {"Ada Winter"}

    # And each download is the file that was filed, under its name, as the card says
    for title, file in filed.items():
        received = bruno.downloads(title)
        assert received.name == file.name
        assert sha256(received) == sha256(file) == bruno.card(title)["sha256"]

    # And the receipt proves the entry under the case's key, and no other entry
    receipt = bruno.downloads_receipt("The contract")
    bruno.opens(f"/rooms/{case.rooms['joint']}/register")
    leaves = bruno.leaves()
    seq = seq_of(cards[0])
    assert practice.check_receipt(receipt, leaves[seq], case.id) > seq
    with pytest.raises(ReceiptError):
        practice.check_receipt(receipt, leaves[seq_of(cards[1])], case.id)

    # And the room's register says that Bruno took them
    bruno.sees("Bruno Sommer downloaded")


def test_an_exhibit_filed_in_caucus_leaves_no_gap_in_the_joint_numbers(neus, ada, bruno, case, tmp_path):
    # Given one exhibit in the joint room
    page = samples.contract(tmp_path)
    for person in (ada, bruno):
        person.opens(f"/rooms/{case.rooms['joint']}")
        person.is_in_room("Joint room")
    ada.files((page, "First at the table"))

    # When Ada files in her caucus, which the mediator sees, and then at the table again
    neus.opens(f"/rooms/{case.rooms['caucus']}")
    ada.goes_to_room("Caucus")
    ada.files((page, "For the mediator alone"))
    assert number_of(neus.card("For the mediator alone")) == "1", "it has a number of its own room"
    ada.goes_to_room("Joint room")
    ada.files((page, "Second at the table"))

    # Then Bruno counts one, two, in numbers and in entries
    numbers = [number_of(bruno.card(title)) for title in ("First at the table", "Second at the table")]
    assert numbers == ["1", "2"]
    entries = bruno.numbers()
    assert entries == list(range(entries[0], entries[0] + len(entries)))
    assert "For the mediator alone" not in bruno.traces()


@pytest.mark.parametrize("name", ["invoice.exe", "invoice.pdf"])
def test_a_program_is_refused_with_a_sentence_whatever_its_name(ada, case, tmp_path, name):
    # Given Ada in the joint room
    ada.opens(f"/rooms/{case.rooms['joint']}")
    ada.is_in_room("Joint room")

    # When she files a program
    ada.chooses_files((samples.program(tmp_path, name), "An invoice"))
    ada.presses_file()

    # Then she reads why not, and nothing is filed
    ada.sees("Programs and scripts are not accepted")
    ada.opens(f"/rooms/{case.rooms['joint']}/exhibits")
    ada.sees("No exhibit yet")


def test_a_file_above_the_limit_is_refused_before_a_byte_of_it_is_sent(ada, case, tmp_path):
    # Given Ada in the joint room of a practice that takes 300 kB at most
    ada.opens(f"/rooms/{case.rooms['joint']}")
    ada.is_in_room("Joint room")

    # When she chooses a larger file
    ada.chooses_too_large(samples.too_large(tmp_path, LARGEST_EXHIBIT))

    # Then she reads the limit, is offered no way to send it, and nothing was sent
    ada.sees("This file is too large: 300 kB at most.")
    assert not ada.may_file()
    assert [address for address in ada.browser.requested() if address.endswith("/exhibits")] == []


def number_of(card: dict[str, str]) -> str:
    return re.findall(r"\d+", card["number"])[-1]


def seq_of(card: dict[str, str]) -> int:
    return int(card["id"].removeprefix("entry-"))
