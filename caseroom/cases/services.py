"""Writing a case: the case itself, its sides and its participants. Rooms follow in ``rooms.opening``."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from caseroom import clock
from caseroom.access.policy import COUNSEL_STEERED, answers_for, may_invite_for
from caseroom.access.words import SIDED_ROLES, CaseKind, Role, State
from caseroom.cases.access import OpenCase
from caseroom.cases.models import Case, Participant, Side
from caseroom.cases.queries import represented_sides
from caseroom.cases.templates import MAX_SIDES, MIN_SIDES, TEMPLATES
from caseroom.cases.text import clean_line
from caseroom.config import LOCALES
from caseroom.db import Work
from caseroom.errors import Conflict, Forbidden, invalid_field
from caseroom.ids import new_id
from caseroom.vault.keyring import Keyring, RoomKeys
from caseroom.vault.keys import CASE_SLOT


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What a person states to open a case. ``my_side`` is an index into ``sides``."""

    kind: CaseKind
    title: str
    language: str
    sides: tuple[str, ...]
    my_role: Role = Role.NEUTRAL
    my_side: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewParticipant:
    email: str
    name: str
    role: Role
    side_id: str | None = None


def create_case(work: Work, command: NewCase, *, practice_id: str) -> tuple[Case, list[Side], RoomKeys]:
    """Write the case and its sides. Raises Invalid for what a case of this kind cannot be."""
    check_new_case(command)
    case_id = new_id()
    keys = work.tool(Keyring).create(work, case_id=case_id, slot=CASE_SLOT)
    title = clean_line("title", command.title)
    case = Case(
        id=case_id,
        practice_id=practice_id,
        kind=command.kind,
        rules=TEMPLATES[command.kind].rules,
        language=command.language,
        state=State.OPEN,
        title=keys.seal("case.title", bytes.fromhex(case_id), title.encode()),
        opened_at=clock.now(),
    )
    work.session.add(case)
    work.session.flush()
    sides = [_new_side(case_id, position, label, keys) for position, label in enumerate(command.sides)]
    work.session.add_all(sides)
    work.session.flush()
    return case, sides, keys


def check_new_case(command: NewCase) -> None:
    if command.language not in LOCALES:
        raise invalid_field("language", "unknown_value")
    if not MIN_SIDES <= len(command.sides) <= MAX_SIDES:
        raise invalid_field("sides", "number_of_sides", least=MIN_SIDES, most=MAX_SIDES)
    labels = [clean_line(f"sides.{index}.label", label) for index, label in enumerate(command.sides)]
    for index, label in enumerate(labels):
        if label.casefold() in {other.casefold() for other in labels[:index]}:
            raise invalid_field(f"sides.{index}.label", "same_label_twice")
    opener_roles = {Role.NEUTRAL, Role.SECRETARY} | ({Role.COUNSEL} if command.kind in COUNSEL_STEERED else set())
    if command.my_role not in opener_roles:
        raise invalid_field("me.role", "role_cannot_open")
    check_side("me.side", command.my_role, command.my_side)
    if command.my_side is not None and not 0 <= command.my_side < len(command.sides):
        raise invalid_field("me.side", "unknown_value")


def check_side(field: str, role: Role, side: object | None) -> None:
    """Parties and counsel belong to a side, an expert may, nobody else does."""
    if side is None and role in SIDED_ROLES:
        raise invalid_field(field, "side_required")
    if side is not None and role not in SIDED_ROLES | {Role.EXPERT}:
        raise invalid_field(field, "side_not_for_role")


def _new_side(case_id: str, position: int, label: str, keys: RoomKeys) -> Side:
    side_id = new_id()
    cleaned = clean_line(f"sides.{position}.label", label)
    sealed = keys.seal("side.label", bytes.fromhex(side_id), cleaned.encode())
    return Side(id=side_id, case_id=case_id, position=position, label=sealed)


def add_participant(
    work: Work,
    case_id: str,
    keys: RoomKeys,
    *,
    name: str,
    email: str,
    role: Role,
    side_id: str | None,
    person_id: str | None,
) -> Participant:
    """Write a participant: admitted at once where ``person_id`` is given (who opens the case), else invited."""
    pid, now = new_id(), clock.now()
    participant = Participant(
        id=pid,
        case_id=case_id,
        person_id=person_id,
        role=role,
        side_id=side_id,
        state="admitted" if person_id else "invited",
        name=keys.seal("participant.name", bytes.fromhex(pid), clean_line("name", name, longest=120).encode()),
        email=keys.seal("participant.email", bytes.fromhex(pid), email.encode()),
        invited_at=now,
        admitted_at=now if person_id else None,
    )
    work.session.add(participant)
    work.session.flush()
    return participant


def check_may_admit(work: Work, opened: OpenCase, *, role: Role, side_id: str | None) -> None:
    """Where counsel steer together each answers for the own side: nobody slips a reader into the other side's rooms.
    Until that side has a lawyer of its own, whoever sets up the case may invite for it. Raises Forbidden or Invalid."""
    check_side("side_id", role, side_id)
    if (
        side_id is not None
        and work.session.scalars(select(Side.id).where(Side.id == side_id, Side.case_id == opened.case.id)).first()
        is None
    ):
        raise invalid_field("side_id", "unknown_value")
    if not _may_invite_for(work, opened, side_id):
        raise Forbidden("other_sides_people")


def check_may_remove(work: Work, opened: OpenCase, participant: Participant) -> None:
    """The same rule for leaving, and the last steward stays. An invitation for a side that has no lawyer yet may be
    taken back by those who may make it: a mistyped address must not keep a way into that side's rooms."""
    if participant.state == "removed":
        raise Conflict("already_removed")
    if participant.id == opened.me.id:
        raise Conflict("cannot_remove_yourself")
    if answers_for(participant.side_id, kind=opened.kind, own=opened.me.side_id):
        return
    if participant.state == "invited" and _may_invite_for(work, opened, participant.side_id):
        return
    raise Forbidden("other_sides_people")


def _may_invite_for(work: Work, opened: OpenCase, side_id: str | None) -> bool:
    represented = represented_sides(work, opened.case.id)
    return may_invite_for(side_id, kind=opened.kind, own=opened.me.side_id, represented=represented)
