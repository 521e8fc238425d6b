"""The bytes of epochs and slots: those of the golden pack, and refusal of every other form."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from caseroom.audit.canonical import canonical
from caseroom.audit.epoch_bytes import (
    NO_PREVIOUS,
    EpochError,
    Gen,
    Why,
    build_epoch,
    parse_epoch,
    pin_tokens,
    slot_path,
    slot_root,
    slot_salt,
    slot_value,
)
from caseroom.audit.notes import open_note, parse_checkpoint, parse_vkey
from caseroom.audit.tree import EMPTY_ROOT, leaf_hash, tree_root, verify_inclusion

CASE = bytes.fromhex("a9e18803a60705d16eaa7848dd023409")
DUE = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
GEN = Gen(3600, "vkey")


def golden_slots(golden: Any, n: int) -> list[bytes]:
    """The values of all slots in epoch n, rebuilt from the blind keys and what each slot's room held."""
    values = []
    for slot, blind_key in enumerate(golden["blind_keys"]):
        held = golden["bundle"]["spaces"].get(str(slot))
        opening = held["openings"][n] if held else {"size": 0, "root": EMPTY_ROOT.hex()}
        values.append(
            slot_value(
                slot_salt(bytes.fromhex(blind_key), n),
                case=bytes.fromhex(golden["bundle"]["case"]),
                slot=slot,
                n=n,
                size=opening["size"],
                root=bytes.fromhex(opening["root"]),
            )
        )
    return values


def epoch_bytes(**changes: Any) -> bytes:
    parts: dict[str, Any] = {
        "case": CASE,
        "due": DUE,
        "n": 1,
        "prev": b"\x01" * 32,
        "slots": 32,
        "sroot": bytes(32),
        "why": Why.GRID,
    }
    return build_epoch(**(parts | changes))


OPENING: dict[str, Any] = {"n": 0, "prev": NO_PREVIOUS, "why": Why.OPEN, "gen": GEN}


def test_every_epoch_of_the_golden_pack_is_built_again(golden: Any) -> None:
    lines = [line.encode() for line in golden["bundle"]["epochs"]]
    for n, line in enumerate(lines):
        epoch = parse_epoch(line)
        members = json.loads(line)
        gen = Gen(3600, golden["bundle"]["vkey"]) if n == 0 else None
        rebuilt = build_epoch(
            case=CASE,
            due=epoch.due,
            n=n,
            prev=parse_epoch(lines[n - 1]).leaf if n else NO_PREVIOUS,
            slots=32,
            sroot=bytes.fromhex(members["sroot"]),
            why=Why(members["why"]),
            gen=gen,
        )
        assert rebuilt == line
        assert epoch.leaf == leaf_hash(line)
    assert len(lines) == 4


def test_every_checkpoint_of_the_golden_pack_is_over_its_epochs(golden: Any) -> None:
    lines = [line.encode() for line in golden["bundle"]["epochs"]]
    for n, note in enumerate(golden["bundle"]["notes"]):
        checkpoint = parse_checkpoint(open_note(note.encode(), [parse_vkey(golden["bundle"]["vkey"])]).text)
        assert (checkpoint.size, checkpoint.root) == (n + 1, tree_root(lines[: n + 1]))


def golden_values_of_epoch_1(golden: Any) -> list[bytes]:
    return [bytes.fromhex(value) for value in golden["slot_values_epoch_1"]]


def test_the_golden_slot_values_and_their_root_are_reproduced(golden: Any) -> None:
    published = golden_values_of_epoch_1(golden)
    assert golden_slots(golden, 1) == published
    assert slot_root(published) == parse_epoch(golden["bundle"]["epochs"][1].encode()).sroot


def test_every_golden_opening_leads_to_the_slot_root_of_its_epoch(golden: Any) -> None:
    opened = 0
    for slot, space in golden["bundle"]["spaces"].items():
        blind_key = bytes.fromhex(golden["blind_keys"][int(slot)])
        for opening in space["openings"]:
            n = opening["n"]
            assert slot_salt(blind_key, n).hex() == opening["salt"]
            root = bytes.fromhex(opening["root"])
            assert root == tree_root([line.encode() for line in space["events"][: opening["size"]]])
            value = slot_value(slot_salt(blind_key, n), case=CASE, slot=int(slot), n=n, size=opening["size"], root=root)
            verify_inclusion(
                index=int(slot),
                size=32,
                leaf=leaf_hash(value),
                proof=[bytes.fromhex(each) for each in opening["path"]],
                root=parse_epoch(golden["bundle"]["epochs"][n].encode()).sroot,
            )
            opened += 1
    assert opened == 8


def test_the_golden_paths_of_epoch_1_are_made(golden: Any) -> None:
    values = golden_values_of_epoch_1(golden)
    for slot, space in golden["bundle"]["spaces"].items():
        assert [each.hex() for each in slot_path(values, int(slot))] == space["openings"][1]["path"]


def test_a_slot_that_did_not_move_has_another_value_in_every_epoch() -> None:
    values = {slot_value(slot_salt(bytes(32), n), case=CASE, slot=3, n=n, size=5, root=bytes(32)) for n in range(100)}
    assert len(values) == 100


@pytest.mark.parametrize("slots", [32, 64, 128])
def test_a_path_has_as_many_hashes_as_the_logarithm_of_the_slots(slots: int) -> None:
    values = [bytes([slot]) * 32 for slot in range(slots)]
    assert len(slot_path(values, slots - 1)) == slots.bit_length() - 1


def test_slots_of_another_number_or_length_have_no_root() -> None:
    assert slot_root([bytes(32)] * 32)
    for values in ([bytes(32)] * 31, [bytes(31)] * 32, [], [bytes(32)] * 256):
        with pytest.raises(ValueError, match="slots"):
            slot_root(values)
    with pytest.raises(ValueError, match="32 bytes"):
        slot_salt(bytes(31), 0)
    with pytest.raises(ValueError, match="fixed length"):
        slot_value(bytes(31), case=CASE, slot=0, n=0, size=0, root=bytes(32))


def test_an_epoch_says_what_was_put_in() -> None:
    epoch = parse_epoch(epoch_bytes(n=7, why=Why.CATCHUP, tst=b"\x05" * 32, stamps=[2, 3, 6], gen=GEN))
    assert (epoch.n, epoch.due, epoch.why, epoch.gen) == (7, DUE, Why.CATCHUP, GEN)
    assert (epoch.tst, epoch.stamps) == (b"\x05" * 32, (2, 3, 6))
    assert parse_epoch(epoch_bytes(**OPENING)).gen == GEN


def test_gen_and_stamps_stand_in_an_epoch_only_where_given() -> None:
    assert set(json.loads(epoch_bytes())) == {"case", "due", "n", "prev", "slots", "sroot", "tst", "v", "why"}


@pytest.mark.parametrize(
    "change",
    [
        OPENING | {"gen": None},
        OPENING | {"why": Why.GRID},
        OPENING | {"prev": b"\x01" * 32},
        OPENING | {"n": 1},
        OPENING | {"gen": Gen(0, "vkey")},
        {"prev": NO_PREVIOUS},
        {"why": Why.OPEN},
        {"why": "caucus"},
        {"slots": 33},
        {"case": bytes(17)},
        {"sroot": bytes(31)},
        {"tst": b"\x05" * 32},
        {"stamps": [0]},
        {"tst": b"\x05" * 32, "stamps": [1]},
        {"n": 9, "tst": b"\x05" * 32, "stamps": [2, 2]},
        {"n": 9, "tst": b"\x05" * 32, "stamps": [3, 2]},
        {"n": -1},
        {"n": True},
    ],
)
def test_an_epoch_of_another_form_is_not_built(change: dict[str, Any]) -> None:
    assert epoch_bytes(**OPENING)
    assert epoch_bytes()
    with pytest.raises(EpochError):
        epoch_bytes(**change)


@pytest.mark.parametrize(
    "change",
    [
        lambda epoch: epoch.update(more=1),
        lambda epoch: epoch.pop("tst"),
        lambda epoch: epoch.update(v="caseroom/v2/epoch"),
        lambda epoch: epoch.update(due="2026-11-22T08:00:00.000Z"),
        lambda epoch: epoch.update(stamps=[]),
        lambda epoch: epoch.update(stamps="0"),
        lambda epoch: epoch.update(gen={"interval": 3600}),
        lambda epoch: epoch.update(gen={"interval": 3600, "vkey": 1}),
        lambda epoch: epoch.update(gen=[]),
        lambda epoch: epoch.update(why=1),
        lambda epoch: epoch.update(slots=True),
    ],
)
def test_an_epoch_of_another_form_is_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    members = json.loads(epoch_bytes())
    assert parse_epoch(canonical(members))
    change(members)
    with pytest.raises(EpochError):
        parse_epoch(canonical(members))


def test_a_pin_is_the_hash_of_the_token_hashes_in_order() -> None:
    first, second = hashlib.sha256(b"first").digest(), hashlib.sha256(b"second").digest()
    assert pin_tokens([first, second]) == hashlib.sha256(first + second).digest() != pin_tokens([second, first])
    for hashes in ([], [b"short"]):
        with pytest.raises(ValueError, match="pin"):
            pin_tokens(hashes)
