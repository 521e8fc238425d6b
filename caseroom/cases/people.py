"""The people of a case as its rooms see them: names unsealed once per unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from caseroom.access.words import Role
from caseroom.cases.models import Case, Participant, Side
from caseroom.db import Work
from caseroom.vault.keyring import RoomKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    id: str
    position: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInCase:
    """A participant. ``id`` is the participant id; ``person`` never leaves the server."""

    id: str
    person: str | None
    name: str
    role: Role
    side: SideView | None
    state: str

    @property
    def initials(self) -> str:
        """HR for "Mme Hélène Roy": civilities are passed over."""
        words = [word for word in self.name.split() if word[:1].isalpha() and word not in CIVILITIES]
        return "".join(word[0].upper() for word in (words[:1] + words[-1:] if len(words) > 1 else words))


CIVILITIES = frozenset({"M.", "Mme", "Mlle", "Me", "Maître", "Mr", "Mr.", "Mrs", "Mrs.", "Ms", "Ms.", "Dr", "Pr"})


@dataclass(frozen=True, slots=True)
class CasePeople:
    """Everybody ever invited to a case, by participant id, and its sides in order."""

    people: Mapping[str, PersonInCase]
    sides: tuple[SideView, ...]

    def side(self, side_id: str | None) -> SideView | None:
        return next((side for side in self.sides if side.id == side_id), None)


def case_people(work: Work, case_id: str, keys: RoomKeys) -> CasePeople:
    rows = work.session.scalars(select(Side).where(Side.case_id == case_id).order_by(Side.position))
    sides = tuple(
        SideView(
            id=row.id, position=row.position, label=keys.open("side.label", bytes.fromhex(row.id), row.label).decode()
        )
        for row in rows
    )
    by_id = {side.id: side for side in sides}
    people = {
        row.id: PersonInCase(
            id=row.id,
            person=row.person_id,
            name=participant_name(row, keys),
            role=Role(row.role),
            side=by_id.get(row.side_id or ""),
            state=row.state,
        )
        for row in work.session.scalars(
            select(Participant).where(Participant.case_id == case_id).order_by(Participant.invited_at, Participant.id)
        )
    }
    return CasePeople(people, sides)


def participant_name(row: Participant, keys: RoomKeys) -> str:
    return keys.open("participant.name", bytes.fromhex(row.id), row.name).decode()


def participant_email(row: Participant, keys: RoomKeys) -> str:
    return keys.open("participant.email", bytes.fromhex(row.id), row.email).decode()


def case_title(case: Case, keys: RoomKeys) -> str:
    return keys.open("case.title", bytes.fromhex(case.id), case.title).decode()
