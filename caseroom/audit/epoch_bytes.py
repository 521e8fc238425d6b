"""The bytes of one epoch, which are one leaf of the case log, and what it commits to (docs/evidence.md §2 and §4).

Every epoch commits to all slots of the case with fresh salts, used or not, moved or not: the root over the
slots tells nobody which room was active.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any, NoReturn

from caseroom.audit.canonical import (
    CanonicalError,
    canonical,
    format_due,
    parse_canonical,
    parse_due,
    parse_hex,
)
from caseroom.audit.tree import HASH_SIZE, leaf_hash, tree_path, tree_root

ID_SIZE = 16
SLOT_COUNTS = (32, 64, 128)
NO_PREVIOUS = bytes(HASH_SIZE)

_VERSION = "caseroom/v1/epoch"
_MEMBERS = {"case", "due", "n", "prev", "slots", "sroot", "tst", "v", "why"}
_OPTIONAL_MEMBERS = {"gen", "stamps"}


class EpochError(ValueError):
    """An epoch that is not of the format."""


class Why(StrEnum):
    """What an epoch was made for."""

    OPEN = "open"
    GRID = "grid"
    JOINT = "joint"
    CLOSE = "close"
    CATCHUP = "catchup"


@dataclass(frozen=True, slots=True)
class Gen:
    """The schedule's interval in seconds and the key that signs from here on, as a verifier key."""

    interval: int
    vkey: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """One parsed epoch line; `data` are its exact bytes, `tst` pins the tokens of the epochs in `stamps`."""

    data: bytes
    case: bytes
    due: datetime
    gen: Gen | None
    n: int
    prev: bytes
    slots: int
    sroot: bytes
    stamps: tuple[int, ...]
    tst: bytes | None
    why: Why

    @property
    def leaf(self) -> bytes:
        """The leaf hash of the epoch, the `prev` of the next one."""
        return leaf_hash(self.data)


def slot_salt(blind_key: bytes, n: int) -> bytes:
    """The 32-byte salt of one slot in epoch `n`: `HMAC-SHA-256(bk, "caseroom/v1/slot-salt" 00 || u64 n)`."""
    if len(blind_key) != HASH_SIZE:
        raise ValueError("a blind key has 32 bytes")
    return hmac.digest(blind_key, b"caseroom/v1/slot-salt\x00" + n.to_bytes(8, "big"), "sha256")


def slot_value(salt: bytes, *, case: bytes, slot: int, n: int, size: int, root: bytes) -> bytes:
    """The 32-byte value of one slot in epoch `n`, hiding the size and root of its room's tree behind the salt."""
    if len(salt) != HASH_SIZE or len(case) != ID_SIZE or len(root) != HASH_SIZE:
        raise ValueError("a slot value is made of parts of fixed length")
    place = slot.to_bytes(4, "big") + n.to_bytes(8, "big") + size.to_bytes(8, "big")
    return hashlib.sha256(b"caseroom/v1/slot\x00" + salt + case + place + root).digest()


def slot_root(values: Sequence[bytes]) -> bytes:
    """The `sroot` over the values of all slots, in slot order."""
    _check_slots(values)
    return tree_root(values)


def slot_path(values: Sequence[bytes], slot: int) -> list[bytes]:
    """The log2(slots) hashes that open one slot against `slot_root`."""
    _check_slots(values)
    return tree_path(values, slot)


def pin_tokens(token_hashes: Sequence[bytes]) -> bytes:
    """The `tst` of an epoch: SHA-256 over the SHA-256 of each token file (32 bytes), in the order of `stamps`."""
    if not token_hashes or any(len(each) != HASH_SIZE for each in token_hashes):
        raise ValueError("a pin is made of SHA-256 hashes")
    return hashlib.sha256(b"".join(token_hashes)).digest()


def build_epoch(
    *,
    case: bytes,
    due: datetime,
    n: int,
    prev: bytes = NO_PREVIOUS,
    slots: int,
    sroot: bytes,
    why: Why,
    gen: Gen | None = None,
    tst: bytes | None = None,
    stamps: Sequence[int] = (),
) -> bytes:
    """The canonical bytes of an epoch.

    `due` is the scheduled instant (whole seconds), `prev` the leaf hash of epoch n-1. Epoch 0 is `open` and
    has `gen`; later ones have it on a re-key only. `tst` and `stamps` come together. Raises EpochError.
    """
    members: dict[str, Any] = {
        "case": case.hex(),
        "due": format_due(due),
        "n": n,
        "prev": prev.hex(),
        "slots": slots,
        "sroot": sroot.hex(),
        "tst": tst.hex() if tst is not None else "",
        "v": _VERSION,
        "why": why,
    }
    if gen is not None:
        members["gen"] = {"interval": gen.interval, "vkey": gen.vkey}
    if stamps:
        members["stamps"] = list(stamps)
    try:
        data = canonical(members)
    except CanonicalError as error:
        raise EpochError(str(error)) from error
    parse_epoch(data)
    return data


def parse_epoch(line: bytes) -> Epoch:
    """Read the canonical bytes of an epoch (without newline); anything else raises EpochError."""
    try:
        members = parse_canonical(line)
        if not isinstance(members, dict) or not _MEMBERS <= set(members) <= _MEMBERS | _OPTIONAL_MEMBERS:
            _refuse("not the members of an epoch")
        if members["v"] != _VERSION:
            _refuse("not an epoch of version 1")
        epoch = Epoch(
            data=line,
            case=parse_hex(members["case"], ID_SIZE),
            due=parse_due(members["due"]),
            gen=_read_gen(members["gen"]) if "gen" in members else None,
            n=_number(members["n"]),
            prev=parse_hex(members["prev"], HASH_SIZE),
            slots=_number(members["slots"]),
            sroot=parse_hex(members["sroot"], HASH_SIZE),
            stamps=_read_stamps(members["stamps"]) if "stamps" in members else (),
            tst=parse_hex(members["tst"], HASH_SIZE) if members["tst"] != "" else None,
            why=_read_why(members["why"]),
        )
    except CanonicalError as error:
        raise EpochError(str(error)) from error
    _check(epoch)
    return epoch


def _check(epoch: Epoch) -> None:
    """What must be true of an epoch alone, without its neighbours."""
    if epoch.slots not in SLOT_COUNTS:
        _refuse("a case has 32, 64 or 128 slots")
    first = epoch.n == 0
    if first != (epoch.why is Why.OPEN) or first != (epoch.prev == NO_PREVIOUS):
        _refuse("the first epoch, and no other, opens the case and has no previous one")
    if first and epoch.gen is None:
        _refuse("the first epoch names the interval and the key")
    if (epoch.tst is None) != (not epoch.stamps):
        _refuse("the pin of tokens and the epochs they belong to come together")
    if any(stamped >= epoch.n for stamped in epoch.stamps):
        _refuse("an epoch pins tokens of earlier epochs only")


def _read_gen(value: Any) -> Gen:
    if not isinstance(value, dict) or set(value) != {"interval", "vkey"} or not isinstance(value["vkey"], str):
        _refuse("not an interval and a key")
    interval = _number(value["interval"])
    if interval == 0:
        _refuse("an interval is at least one second")
    return Gen(interval, value["vkey"])


def _read_stamps(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        _refuse("stamps are a list of epochs")
    stamps = tuple(_number(each) for each in value)
    if any(later <= earlier for earlier, later in pairwise(stamps)):
        _refuse("stamps are ascending")
    return stamps


def _read_why(value: Any) -> Why:
    try:
        return Why(value)
    except ValueError as error:
        raise EpochError("not a reason for an epoch") from error


def _number(value: Any) -> int:
    if type(value) is not int:  # True is an int to isinstance
        _refuse("not a number of the ledger")
    return int(value)


def _check_slots(values: Sequence[bytes]) -> None:
    if len(values) not in SLOT_COUNTS or any(len(value) != HASH_SIZE for value in values):
        raise ValueError("an epoch has one value of 32 bytes for each of 32, 64 or 128 slots")


def _refuse(reason: str) -> NoReturn:
    raise EpochError(reason)
