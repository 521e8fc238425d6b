"""One pure table: kind x room x role x permission x state -> Allowed | Denied(reason).

Membership is not decided here: the door (``rooms.access``) proves it first. The table says what a member may do."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from caseroom.access.permissions import Permission
from caseroom.access.words import CaseKind, Role, RoomKind, State


@dataclass(frozen=True, slots=True)
class Allowed:
    pass


@dataclass(frozen=True, slots=True)
class Denied:
    """``reason`` is a stable code: it goes to the log, and to the person where the thing's existence is known."""

    reason: str


Decision = Allowed | Denied

# A neutral who decides must hear nobody alone: in these kinds no room joins a neutral to one side.
DECIDED_KINDS = frozenset({CaseKind.ARBITRATION, CaseKind.SMALL_CLAIM})
# Here counsel of all sides steer together; a neutral, where there is one, steers too.
COUNSEL_STEERED = frozenset({CaseKind.COLLABORATIVE, CaseKind.INSTRUCTION})

# Who answers for a room as a whole: who merely lends an opinion or looks on does not.
ROOM_KEEPERS = frozenset({Role.NEUTRAL, Role.COUNSEL, Role.PARTY})

ROOM_ROLES: dict[RoomKind, frozenset[Role]] = {
    RoomKind.JOINT: frozenset(Role),
    RoomKind.CAUCUS: frozenset({Role.NEUTRAL, Role.COUNSEL, Role.PARTY, Role.EXPERT}),
    RoomKind.TEAM: frozenset({Role.COUNSEL, Role.PARTY, Role.EXPERT}),
    RoomKind.COUNSEL: frozenset({Role.COUNSEL}),
    RoomKind.DELIBERATION: frozenset({Role.NEUTRAL}),
    RoomKind.NOTES: frozenset({Role.NEUTRAL}),
}


def decide_room(permission: Permission, *, kind: CaseKind, room: RoomKind, role: Role, state: State) -> Decision:
    """Decide what a *member* of a room may do in it."""
    if kind in DECIDED_KINDS and room is RoomKind.CAUCUS:
        return Denied("one_sided_communication")
    if role not in ROOM_ROLES[room]:
        return Denied("role_outside_room")
    # What one said oneself may be taken back whenever: a person's right does not end with the case.
    if permission in (Permission.ROOM_READ, Permission.LEDGER_READ, Permission.ENTRY_ERASE_OWN):
        return Allowed()
    if permission is Permission.ENTRY_ERASE:
        return Allowed() if steers(role, kind=kind) else Denied("not_a_steward")
    if permission is Permission.ROOM_SHRED:
        return _decide_shredding(room, role)
    if permission not in (Permission.ENTRY_POST, Permission.ENTRY_FILE):
        return Denied("not_a_room_permission")
    if state is State.CLOSED:
        return Denied("room_closed")
    if role is Role.OBSERVER:
        return Denied("observers_read_only")
    return Allowed()


def _decide_shredding(room: RoomKind, role: Role) -> Decision:
    """Who may ask that a whole room be destroyed, or agree to it. The joint room goes with the whole case only."""
    if room is RoomKind.JOINT:
        return Denied("joint_room_stays")
    return Allowed() if role in ROOM_KEEPERS else Denied("cannot_destroy_room")


def steers(role: Role, *, kind: CaseKind) -> bool:
    """True for the roles that steer a case of this kind."""
    return role in (Role.NEUTRAL, Role.SECRETARY) or (role is Role.COUNSEL and kind in COUNSEL_STEERED)


def decide_case(permission: Permission, *, kind: CaseKind, role: Role, state: State) -> Decision:
    """Decide what a participant may do in the case as a whole."""
    if permission is Permission.CASE_READ:
        return Allowed()
    if permission not in (Permission.CASE_STEER, Permission.CASE_CLOSE, Permission.CASE_ERASE):
        return Denied("not_a_case_permission")
    if permission is Permission.CASE_ERASE:
        if state is not State.CLOSED:
            return Denied("case_open")
    elif state is State.CLOSED:
        return Denied("case_closed")
    if not steers(role, kind=kind):
        return Denied("not_a_steward")
    if permission is Permission.CASE_CLOSE and kind in COUNSEL_STEERED and role is not Role.COUNSEL:
        return Denied("counsel_close_together")
    return Allowed()


def takes_back_alone(*, kind: CaseKind, room: RoomKind, exhibit: bool) -> bool:
    """True if an author may erase alone what he said or filed in such a room. An exhibit before the other side is no
    longer only his, nor is anything said before those who decide: there a steward erases it, on request."""
    if room in (RoomKind.TEAM, RoomKind.CAUCUS, RoomKind.NOTES):
        return True
    return not exhibit and kind not in DECIDED_KINDS


def answers_for(side: str | None, *, kind: CaseKind, own: str | None) -> bool:
    """True if a steward of the side ``own`` has the say over the people of ``side``. Where counsel steer, whoever else
    steers has the say over no side: a secretary brought in by one side would otherwise be its way into the rooms of the
    other."""
    return side is None or side == own or kind not in COUNSEL_STEERED


def may_invite_for(side: str | None, *, kind: CaseKind, own: str | None, represented: Container[str | None]) -> bool:
    """True if a steward of the side ``own`` may invite for ``side``, and so knows whom it has invited. Until a side is
    ``represented`` by counsel of its own, whoever sets up the case does it."""
    return answers_for(side, kind=kind, own=own) or side not in represented


def decide_room_kind(*, kind: CaseKind, room: RoomKind) -> Decision:
    """Decide whether a case of this kind may have such a room at all."""
    if kind in DECIDED_KINDS and room is RoomKind.CAUCUS:
        return Denied("one_sided_communication")
    return Allowed()
