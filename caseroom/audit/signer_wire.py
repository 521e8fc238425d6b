"""What passes between the ledger and a signer in a process of its own (docs/evidence.md §5): one line of canonical JSON
for each question, one for each answer, at most LONGEST_LINE bytes with the newline.

    {"call":"last","origin":"rooms.example.org/c/…/s/4"}      {"answer":[12,"<root, hex>"]}
    {"call":"sign","new_size":13,"old_size":12,"origin":…,"proof":["<hex>",…],"root":"<hex>"}
                                                              {"answer":"<note>"} or {"refused":"<why>"}

`{"unavailable":…}` is a signer that could not, `{"malformed":…}` a line that is no question; the connection ends there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from caseroom.audit.canonical import CanonicalError, canonical, parse_canonical, parse_hex
from caseroom.audit.notes import NoteError
from caseroom.audit.signer import SignerRefused, SignerUnavailable, SigningService
from caseroom.audit.tree import HASH_SIZE

log = logging.getLogger("caseroom.signer")

LONGEST_LINE = 64 * 1024
LONGEST_PROOF = 128  # hashes; a proof between trees of up to 2^63 leaves has fewer

ANSWER, REFUSED, UNAVAILABLE, MALFORMED = "answer", "refused", "unavailable", "malformed"

Members = dict[str, Any]


class NotAQuestion(Exception):
    """A line that no client of ours writes."""


def write_line(members: Mapping[str, Any]) -> bytes:
    return canonical(members) + b"\n"


def read_line(line: bytes) -> Members:
    """The object in a line without its newline. Raises NotAQuestion."""
    try:
        members = parse_canonical(line)
    except CanonicalError as error:
        raise NotAQuestion(str(error)) from error
    if not isinstance(members, dict):
        raise NotAQuestion("not an object")
    return members


def answer(signer: SigningService, line: bytes) -> tuple[bytes, bool]:
    """The line that answers a line (without its newline), and whether the connection may go on."""
    try:
        members = read_line(line)
        call = _call(members)
    except NotAQuestion as error:
        log.warning("a line that is no question: %s", error)
        return write_line({MALFORMED: str(error)}), False
    asked = f"{members['call']} {members.get('origin', '')!r:.200}"  # repr: a line of the log stays one line
    try:
        return write_line({ANSWER: call(signer, members)}), True
    except NotAQuestion as error:
        log.warning("%s is no question: %s", asked, error)
        return write_line({MALFORMED: str(error)}), False
    except (SignerRefused, NoteError) as error:
        log.warning("refused %s: %s", asked, error)
        return write_line({REFUSED: str(error)}), True
    except SignerUnavailable as error:
        log.error("cannot %s: %s", asked, error)  # noqa: TRY400 - the cause says it all
        return write_line({UNAVAILABLE: str(error)}), True
    except Exception:
        log.exception("%s failed", asked)
        return write_line({UNAVAILABLE: "the signer failed, and its own log says why"}), True


def _call(members: Members) -> Callable[[SigningService, Members], Any]:
    known = _CALLS.get(_text(members, "call"))
    if known is None:
        raise NotAQuestion("no such call")
    wanted, call = known
    if members.keys() != wanted | {"call"}:
        raise NotAQuestion("other members than the call has")
    return call


def _sign(signer: SigningService, members: Members) -> str:
    proof = members["proof"]
    if not isinstance(proof, list) or len(proof) > LONGEST_PROOF:
        raise NotAQuestion("not a proof")
    return signer.sign(
        _text(members, "origin"),
        old_size=_size(members, "old_size"),
        new_size=_size(members, "new_size"),
        root=_hash(members["root"]),
        proof=[_hash(each) for each in proof],
    )


def _last(signer: SigningService, members: Members) -> list[Any]:
    last = signer.last(_text(members, "origin"))
    return [] if last is None else [last[0], last[1].hex()]


def _destroy(signer: SigningService, members: Members) -> bool:
    signer.destroy(_text(members, "origin"))
    return True


_ORIGIN = frozenset({"origin"})
_CALLS: Mapping[str, tuple[frozenset[str], Callable[[SigningService, Members], Any]]] = {
    "create": (_ORIGIN, lambda signer, members: signer.create(_text(members, "origin")).hex()),
    "vkey": (_ORIGIN, lambda signer, members: signer.vkey(_text(members, "origin"))),
    "last": (_ORIGIN, _last),
    "sign": (_ORIGIN | {"old_size", "new_size", "root", "proof"}, _sign),
    "destroy": (_ORIGIN, _destroy),
    "origins": (frozenset({"after"}), lambda signer, members: signer.origins(after=_text(members, "after"))),
    "forget": (_ORIGIN, lambda signer, members: signer.forget(_text(members, "origin"))),
}


def _text(members: Members, name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise NotAQuestion(f"{name} is not a text")
    return value


def _size(members: Members, name: str) -> int:
    value = members[name]
    if type(value) is not int:  # True is an int to isinstance
        raise NotAQuestion(f"{name} is not a number")
    return value


def _hash(value: Any) -> bytes:
    try:
        return parse_hex(value, HASH_SIZE)
    except CanonicalError as error:
        raise NotAQuestion(str(error)) from error
