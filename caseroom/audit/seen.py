"""What the person's own page last saw of the case's history (docs/evidence.md §3, ``seen``).

Every post states it and the ledger keeps it. A server that later shows another history would contradict not only the
copies that people hold but the very entries it shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from caseroom.audit import tree
from caseroom.audit.canonical import CanonicalError, parse_hex
from caseroom.audit.nodes import StoredNodes
from caseroom.db import Work
from caseroom.errors import Conflict, invalid_field

LONGEST_NUMBER = 9  # digits: no case has a thousand million epochs


@dataclass(frozen=True, slots=True)
class Seen:
    """The size and root of the case log in the last checkpoint that a client saw and checked."""

    size: int
    root: bytes

    @classmethod
    def of(cls, size: Any, root: Any) -> Self:
        """From what a client sent: a number and 64 hex digits. Raises Invalid (``seen``)."""
        if type(size) is not int or not 0 <= size < 10**LONGEST_NUMBER:  # True is an int to isinstance
            raise invalid_field("seen", "out_of_range")
        try:
            return cls(size, parse_hex(root, tree.HASH_SIZE))
        except CanonicalError as error:
            raise invalid_field("seen", "wrong_type") from error

    @classmethod
    def parse(cls, header: str) -> Self:
        """From the header ``Case-Seen: <size> <root hex>``. Raises Invalid (``seen``)."""
        size, _, root = header.strip().partition(" ")
        if not (size.isascii() and size.isdigit() and len(size) <= LONGEST_NUMBER):
            raise invalid_field("seen", "wrong_type")
        return cls.of(int(size), root)


def check_seen(work: Work, case_id: str, seen: Seen, *, size: int, root: bytes) -> None:
    """Check that the case log, which stands at ``size`` and ``root``, extends what the client saw.

    Raises Conflict (``history_differs``): the client, not the server, is then to decide whom to believe."""
    if seen == Seen(size, root):
        return
    if seen.size > size or tree.root(seen.size, StoredNodes(work, case_id)) != seen.root:
        raise Conflict("history_differs", reason="the client saw another history of this case")
