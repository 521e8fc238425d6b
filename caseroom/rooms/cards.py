"""What the pages of a room show about it and its readers: frozen values in the running language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.words import Role
from caseroom.audit.epochs import CaseCheckpoint, case_checkpoint
from caseroom.cases.people import PersonInCase
from caseroom.db import Work
from caseroom.errors import Forbidden
from caseroom.realtime.gateway import Gateway
from caseroom.rooms.access import OpenRoom, access_room
from caseroom.rooms.names import room_name
from caseroom.rooms.queries import RoomBrief
from caseroom.rooms.rendering import person_label
from caseroom.web.words import error_sentence

Presence = Callable[[PersonInCase], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomCard:
    """``word`` is the kind alone: what a browser's tab may show over somebody's shoulder."""

    id: str
    kind: str
    side_index: int | None
    title: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderCard:
    pid: str
    name: str
    initials: str
    role_label: str
    is_neutral: bool
    present: bool
    is_you: bool

    def plain(self) -> dict[str, str | bool]:
        """For the page's script, which names who came and who left."""
        return {
            "pid": self.pid,
            "name": self.name,
            "initials": self.initials,
            "role": self.role_label,
            "neutral": self.is_neutral,
            "you": self.is_you,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPage:
    """What every page of a room shows about its room. ``refusal`` says why this person may only read, or is empty.
    ``checkpoint``: the case's newest, which the page's script holds against the last one that it saw."""

    room: RoomCard
    readers: tuple[ReaderCard, ...]
    viewer: ReaderCard
    audience: str
    refusal: str
    checkpoint: CaseCheckpoint | None

    @property
    def named(self) -> list[dict[str, str | bool]]:
        return [reader.plain() for reader in self.readers]


def reading_page(work: Work, actor: Actor, opened: OpenRoom, *, gateway: Gateway, locale: str) -> ReadingPage:
    readers = reader_cards(opened.readers, opened.me.id, present_in(gateway, opened.case.id))
    return ReadingPage(
        room=opened_card(opened, locale),
        readers=readers,
        viewer=readers[-1],
        audience=opened.room.audience,
        refusal=_refusal(work, actor, opened.room.id),
        checkpoint=case_checkpoint(work, opened.case.id),
    )


def opened_card(opened: OpenRoom, locale: str) -> RoomCard:
    side = opened.people.side(opened.room.side_id)
    return RoomCard(
        id=opened.room.id,
        kind=opened.kind.value,
        side_index=side.position if side else None,
        title=opened.title(locale),
        word=room_name(opened.kind, side_label=None, language=locale),
    )


def brief_card(brief: RoomBrief, locale: str) -> RoomCard:
    return RoomCard(
        id=brief.id,
        kind=brief.kind.value,
        side_index=brief.side.position if brief.side else None,
        title=brief.title,
        word=room_name(brief.kind, side_label=None, language=locale),
    )


def reader_cards(readers: Iterable[PersonInCase], me: str, present: Presence) -> tuple[ReaderCard, ...]:
    """In the order in which the button names them, "you" last."""
    ordered = sorted(readers, key=lambda reader: reader.id == me)
    return tuple(reader_card(each, is_you=each.id == me, present=each.id == me or present(each)) for each in ordered)


def reader_card(person: PersonInCase, *, is_you: bool, present: bool) -> ReaderCard:
    return ReaderCard(
        pid=person.id,
        name=person.name,
        initials=person.initials,
        role_label=person_label(person),
        is_neutral=person.role is Role.NEUTRAL,
        present=present,
        is_you=is_you,
    )


def present_in(gateway: Gateway, case_id: str) -> Presence:
    """Connected to the case: the same answer in each of its rooms."""
    return lambda reader: reader.person is not None and gateway.is_present(reader.person, case_id)


def _refusal(work: Work, actor: Actor, room_id: str) -> str:
    try:
        access_room(work, actor, room_id, Permission.ENTRY_POST)
    except Forbidden as error:
        return error_sentence(error.code, error.data)
    return ""
