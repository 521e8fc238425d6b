"""What a room is called, in the language asked for. Words, not codes: docs/glossary.md has them in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from caseroom.access.words import RoomKind

WORDS: Mapping[str, Mapping[RoomKind, str]] = {
    "fr": {
        RoomKind.JOINT: "Salle commune",
        RoomKind.CAUCUS: "Aparté {side}",
        RoomKind.TEAM: "Équipe {side}",
        RoomKind.COUNSEL: "Table des avocats",
        RoomKind.DELIBERATION: "Délibéré",
        RoomKind.NOTES: "Mes notes",
    },
    "en": {
        RoomKind.JOINT: "Joint room",
        RoomKind.CAUCUS: "Caucus {side}",
        RoomKind.TEAM: "Team {side}",
        RoomKind.COUNSEL: "Counsel’s table",
        RoomKind.DELIBERATION: "Deliberation",
        RoomKind.NOTES: "My notes",
    },
}


def room_name(kind: RoomKind, *, side_label: str | None, language: str) -> str:
    return WORDS.get(language, WORDS["fr"])[kind].format(side=side_label or "").strip()
