"""Who is to receive an event. Resolved from membership inside the transaction, by person, never by room: a removed
member has no subscription left to forget, and the timing of a private room reaches nobody outside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from caseroom.ids import PersonId


@dataclass(frozen=True, slots=True)
class Audience:
    people: frozenset[PersonId]

    @classmethod
    def of(cls, people: Iterable[PersonId]) -> Audience:
        return cls(frozenset(people))
