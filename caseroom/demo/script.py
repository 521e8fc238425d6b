"""The shapes a sample case is written in: who takes part, which rooms exist, and what is said and filed in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from caseroom.access.words import CaseKind, Role
from caseroom.demo.agenda import Agenda

# A room of a case, named before it has an identifier: the second member is a side's index or, for notes, a person's key.
Room: TypeAlias = (
    tuple[Literal["joint", "counsel", "deliberation"]]
    | tuple[Literal["caucus", "team"], int]
    | tuple[Literal["notes"], str]
)

JOINT: Final[Room] = ("joint",)
COUNSEL: Final[Room] = ("counsel",)
DELIBERATION: Final[Room] = ("deliberation",)


def caucus(side: int) -> Room:
    """Name the room shared by one side, given by its index, and the neutral."""
    return ("caucus", side)


def team(side: int) -> Room:
    """Name the room one side, given by its index, keeps to itself."""
    return ("team", side)


def notes(person: str) -> Room:
    """Name the private notes of one neutral, given by her key."""
    return ("notes", person)


@dataclass(frozen=True, slots=True)
class Spec:
    """What a file maker needs to know of the case it works for: its printed reference and the dates around today."""

    reference: str
    agenda: Agenda


Maker: TypeAlias = Callable[[Spec], bytes]


@dataclass(frozen=True, slots=True)
class Participant:
    """A person, by key, in a case: one role and, for those who belong to one, the index of a side."""

    person: str
    role: Role
    side: int | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """A message; `quotes` is the index, in the case's script, of an earlier message of the same room."""

    room: Room
    author: str
    text: str
    quotes: int | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A filing; `maker(case.spec)` gives the bytes, whose real type is the one `filename` announces."""

    room: Room
    author: str
    filename: str
    maker: Maker
    title: str


Step: TypeAlias = Say | File


@dataclass(frozen=True, slots=True)
class Case:
    """A whole sample case: `sides` are labels in the order the indexes refer to, `script` is played from first to last."""

    kind: CaseKind
    title: str
    language: str
    sides: tuple[str, ...]
    participants: tuple[Participant, ...]
    script: tuple[Step, ...]
    spec: Spec
