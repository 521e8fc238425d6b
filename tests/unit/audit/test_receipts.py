"""Receipts: the golden one, and no receipt for another event, log or place."""

from collections.abc import Callable
from typing import Any

import pytest

from caseroom.audit.notes import parse_vkey
from caseroom.audit.receipts import ReceiptError, format_receipt, parse_receipt, verify_receipt
from caseroom.audit.tree import leaf_hash, tree_path


def test_the_golden_receipt_is_made_and_proves_its_event(golden: Any) -> None:
    space = golden["bundle"]["spaces"]["2"]
    events = [line.encode() for line in space["events"]]
    text = golden["space_receipt_tlog_proof_A_0"]
    assert format_receipt(0, tree_path(events, 0), space["head"]) == text
    checkpoint = verify_receipt(text, leaf_hash(events[0]), parse_vkey(space["vkey"]))
    assert checkpoint.size == 12


def test_a_receipt_proves_no_other_event_and_convinces_no_other_log(golden: Any) -> None:
    space = golden["bundle"]["spaces"]["2"]
    leaf = leaf_hash(space["events"][0].encode())
    text = golden["space_receipt_tlog_proof_A_0"]
    verify_receipt(text, leaf, parse_vkey(space["vkey"]))
    with pytest.raises(ReceiptError):
        verify_receipt(text, leaf_hash(space["events"][1].encode()), parse_vkey(space["vkey"]))
    with pytest.raises(ReceiptError):
        verify_receipt(text, leaf, parse_vkey(golden["bundle"]["spaces"]["11"]["vkey"]))


def test_every_changed_byte_of_the_golden_receipt_is_refused(golden: Any) -> None:
    space = golden["bundle"]["spaces"]["2"]
    leaf = leaf_hash(space["events"][0].encode())
    verifier = parse_vkey(space["vkey"])
    text = golden["space_receipt_tlog_proof_A_0"]
    for place, char in enumerate(text):
        for other in ("A", "0", "\n", " ", "é"):
            if other == char:
                continue
            with pytest.raises(ReceiptError):
                verify_receipt(text[:place] + other + text[place + 1 :], leaf, verifier)
        with pytest.raises(ReceiptError):
            verify_receipt(text[:place] + text[place + 1 :], leaf, verifier)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("@v1", "@v2", 1),
        lambda text: text.replace("index 0", "index 00", 1),
        lambda text: text.replace("index 0", "index -0", 1),
        lambda text: text.replace("index 0", "index ٠", 1),
        lambda text: text.replace("index 0", "extra AAAA\nindex 0", 1),
        lambda text: text.replace("index 0\n", "", 1),
        lambda text: text.replace("index 0", "index 0\n" + "A" * 42 + "B=", 1),
        lambda text: text.replace("index 0", "index 0\nAAAA", 1),
        lambda text: text.replace("index 0", "index 0" + ("\n" + "A" * 43 + "=") * 64, 1),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n\n", "\n", 1),
        lambda _: "",
        lambda _: "c2sp.org/tlog-proof@v1\n\n",
        lambda text: text + "\ud800",
    ],
)
def test_a_receipt_in_another_form_is_refused(golden: Any, change: Callable[[str], str]) -> None:
    space = golden["bundle"]["spaces"]["2"]
    leaf = leaf_hash(space["events"][0].encode())
    text = golden["space_receipt_tlog_proof_A_0"]
    assert parse_receipt(text).index == 0
    with pytest.raises(ReceiptError):
        verify_receipt(change(text), leaf, parse_vkey(space["vkey"]))


def test_a_receipt_without_path_is_that_of_the_only_event(golden: Any) -> None:
    receipt = parse_receipt(format_receipt(0, [], golden["bundle"]["notes"][0]))
    assert (receipt.index, receipt.path, receipt.checkpoint_note) == (0, (), golden["bundle"]["notes"][0])
    epoch = golden["bundle"]["epochs"][0].encode()
    text = format_receipt(0, [], golden["bundle"]["notes"][0])
    assert verify_receipt(text, leaf_hash(epoch), parse_vkey(golden["bundle"]["vkey"])).size == 1


def test_a_receipt_is_not_made_of_what_is_no_index_or_path(golden: Any) -> None:
    for index, path in ((-1, []), (0, [bytes(31)]), (0, [bytes(32)] * 64)):
        with pytest.raises(ReceiptError):
            format_receipt(index, path, golden["bundle"]["notes"][0])
