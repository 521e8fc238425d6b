"""The whole policy as text: who may do what, in which room of which kind of case.

`python -m tests.architecture.policy_matrix` writes it again; a right that was widened is then a line of the diff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from caseroom.access.permissions import Permission
from caseroom.access.policy import Allowed, Decision, decide_case, decide_room, decide_room_kind
from caseroom.access.words import CaseKind, Role, RoomKind, State

FILE = Path(__file__).with_suffix(".txt")


def matrix() -> str:
    lines = ["What the policy answers to a participant of a case, and to a member of a room: yes, or no and why."]
    for kind in CaseKind:
        for state in State:
            lines += ["", f"## {kind}, {state}", "", row("case", list(Role))]
            lines += table(lambda permission, role, kind=kind, state=state: case(permission, kind, role, state))
            for room in RoomKind:
                may_exist = answer(decide_room_kind(kind=kind, room=room))
                lines += ["", row(f"{room} (may exist: {may_exist})", list(Role))]
                lines += table(
                    lambda permission, role, kind=kind, room=room, state=state: in_room(
                        permission, kind, room, role, state
                    )
                )
    return "\n".join(lines) + "\n"


def table(ask: Callable[[Permission, Role], str]) -> list[str]:
    """One row for all permissions that are answered alike."""
    rows: dict[tuple[str, ...], list[Permission]] = {}
    for permission in Permission:
        rows.setdefault(tuple(ask(permission, role) for role in Role), []).append(permission)
    return [row(", ".join(permissions), list(answers)) for answers, permissions in rows.items()]


def case(permission: Permission, kind: CaseKind, role: Role, state: State) -> str:
    return answer(decide_case(permission, kind=kind, role=role, state=state))


def in_room(permission: Permission, kind: CaseKind, room: RoomKind, role: Role, state: State) -> str:
    return answer(decide_room(permission, kind=kind, room=room, role=role, state=state))


def answer(decision: Decision) -> str:
    return "yes" if isinstance(decision, Allowed) else decision.reason


def row(name: str, cells: list[str]) -> str:
    return (f"{name:<90}" + "".join(f"{cell:<25}" for cell in cells)).rstrip()


if __name__ == "__main__":
    FILE.write_text(matrix(), encoding="utf-8")
