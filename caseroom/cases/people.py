"""The people of a case as its rooms see them. A name is unsealed when it is asked for: most acts in a room of fifty
name one person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select

from caseroom.access.words import CaseKind, Role
from caseroom.accounts import fields
from caseroom.cases.models import Case, Participant, Side
from caseroom.db import Work, table_of
from caseroom.vault.keyring import RoomKeys

CASE = table_of(Case)
PARTICIPANT = table_of(Participant)
PARTICIPANTS = (
    select(
        PARTICIPANT.c.id,
        PARTICIPANT.c.person_id,
        PARTICIPANT.c.role,
        PARTICIPANT.c.side_id,
        PARTICIPANT.c.state,
        PARTICIPANT.c.name,
        CASE.c.kind,
    )
    .join(CASE, CASE.c.id == PARTICIPANT.c.case_id)
    .where(PARTICIPANT.c.case_id == bindparam("case_id"))
    .order_by(PARTICIPANT.c.invited_at, PARTICIPANT.c.id)
)
SIDE = table_of(Side)
SIDES = (
    select(SIDE.c.id, SIDE.c.position, SIDE.c.label)
    .where(SIDE.c.case_id == bindparam("case_id"))
    .order_by(SIDE.c.position)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    id: str
    position: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInCase:
    """A participant. ``id`` is the participant id; ``person`` never leaves the server. ``kind`` is that of the case: it
    decides what a neutral is called."""

    id: str
    person: str | None
    kind: CaseKind
    role: Role
    side: SideView | None
    state: str
    sealed_name: bytes = field(repr=False)
    keys: RoomKeys = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        return open_name(self.id, self.sealed_name, self.keys)

    @property
    def initials(self) -> str:
        return fields.initials(self.name)


@dataclass(frozen=True, slots=True)
class CasePeople:
    """Everybody ever invited to a case, by participant id, and its sides in order."""

    people: Mapping[str, PersonInCase]
    sides: tuple[SideView, ...]

    def side(self, side_id: str | None) -> SideView | None:
        return next((side for side in self.sides if side.id == side_id), None)


def case_people(work: Work, case_id: str, keys: RoomKeys) -> CasePeople:
    sides = tuple(
        SideView(id=side_id, position=position, label=keys.open("side.label", bytes.fromhex(side_id), label).decode())
        for side_id, position, label in work.execute(SIDES, {"case_id": case_id})
    )
    return CasePeople(_People(work.execute(PARTICIPANTS, {"case_id": case_id}).all(), sides, keys), sides)


class _People(Mapping[str, PersonInCase]):
    """Rows of ``PARTICIPANTS`` by participant id, each made a person when it is asked for."""

    def __init__(self, rows: Iterable[Any], sides: tuple[SideView, ...], keys: RoomKeys) -> None:
        self._rows = {row[0]: row for row in rows}
        self._sides = {side.id: side for side in sides}
        self._keys = keys

    def __getitem__(self, participant_id: str) -> PersonInCase:
        pid, person, role, side_id, state, name, kind = self._rows[participant_id]
        return PersonInCase(
            id=pid,
            person=person,
            kind=CaseKind(kind),
            role=Role(role),
            side=self._sides.get(side_id),
            state=state,
            sealed_name=name,
            keys=self._keys,
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def open_name(participant_id: str, sealed: bytes, keys: RoomKeys) -> str:
    return keys.open("participant.name", bytes.fromhex(participant_id), sealed).decode()


def participant_name(row: Participant, keys: RoomKeys) -> str:
    return open_name(row.id, row.name, keys)


def participant_email(row: Participant, keys: RoomKeys) -> str:
    return keys.open("participant.email", bytes.fromhex(row.id), row.email).decode()


def case_title(case: Case, keys: RoomKeys) -> str:
    return keys.open("case.title", bytes.fromhex(case.id), case.title).decode()
