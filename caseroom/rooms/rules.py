"""Who reads which room: one pure rule, the whole of "rights management". Tested against a model for every kind."""

from __future__ import annotations

from caseroom.access.words import Role, RoomKind

SIDE_ROLES = frozenset({Role.PARTY, Role.COUNSEL, Role.EXPERT})


def belongs(
    room: RoomKind, *, room_side: str | None, holder: str | None, role: Role, side: str | None, participant: str
) -> bool:
    """True if a participant with this role and side reads a room of this kind, side and holder."""
    of_this_side = side is not None and side == room_side and role in SIDE_ROLES
    match room:
        case RoomKind.JOINT:
            return True
        case RoomKind.CAUCUS:
            return role is Role.NEUTRAL or of_this_side
        case RoomKind.TEAM:
            return of_this_side
        case RoomKind.COUNSEL:
            return role is Role.COUNSEL
        case RoomKind.DELIBERATION:
            return role is Role.NEUTRAL
        case RoomKind.NOTES:
            return role is Role.NEUTRAL and holder == participant
