"""The socket events of rooms: parse, call one service or query, answer. Identity is proved by the gateway each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.accounts.services import note_use
from caseroom.audit.seen import Seen
from caseroom.config import LOCALES
from caseroom.db import Database
from caseroom.errors import Invalid, invalid_field
from caseroom.ids import PersonId, is_id
from caseroom.realtime.audience import Audience
from caseroom.realtime.gateway import Gateway
from caseroom.realtime.outbox import Event
from caseroom.rooms import queries, services
from caseroom.rooms.access import access_room
from caseroom.rooms.catch_up import catch_up
from caseroom.rooms.services import CLIENT_ID, NewMessage

LARGEST_SEQ = 2**53 - 1


class RoomSockets:
    """Registers ``post``, ``since``, ``typing``, ``read`` and the presence of people in their cases."""

    def __init__(self, gateway: Gateway, database: Database) -> None:
        self._gateway = gateway
        self._database = database
        gateway.on("post", self.post)
        gateway.on("since", self.since)
        gateway.on("typing", self.typing)
        gateway.on("read", self.read)
        gateway.on_presence(self.presence)

    def post(self, actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
        known = {"room", "body", "audience", "client_id", "quotes", "seen"}
        _refuse_unknown(data, known)
        command = NewMessage(
            body=_text(data, "body"),
            audience=_text_or_none(data, "audience"),
            client_id=_client_id(data),
            quotes=_text_or_none(data, "quotes"),
            seen=_seen(data),
        )
        room = _room(data)
        with self._database.unit_of_work() as work:
            posted = services.post_message(work, actor, room, command)
        receipt = queries.receipt_after(work, actor, posted.entry.id)
        return {"id": posted.entry.id, "seq": posted.entry.seq, "receipt": receipt, "replayed": posted.replayed}

    def since(self, actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
        """Everything after a number, in order: what a page asks for after a gap or a reconnection."""
        _refuse_unknown(data, {"room", "seq", "locale"})
        after = _seq(data, least=-1)
        with self._database.reading() as work:
            opened = access_room(work, actor, _room(data), Permission.ROOM_READ)
            wanted = (data.get("locale"), actor.locale, opened.case.language)
            return catch_up(work, opened, after=after, locale=next((each for each in wanted if each in LOCALES), "fr"))

    def typing(self, actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
        """Stays inside the room, and says who, never what."""
        _refuse_unknown(data, {"room", "on"})
        on = data.get("on")
        if not isinstance(on, bool):
            raise invalid_field("on", "wrong_type")
        with self._database.reading() as work:
            opened = access_room(work, actor, _room(data), Permission.ENTRY_POST)
            others = Audience(opened.audience.people - {actor.person})
            me = opened.me.id
        payload = {"room": opened.room.id, "person": me, "on": on}
        self._gateway.publish(Event(name="typing", audience=others, payload=payload))
        return {}

    def read(self, actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
        _refuse_unknown(data, {"room", "seq"})
        with self._database.unit_of_work() as work:
            services.mark_read(work, actor, _room(data), _seq(data, least=0))
            note_use(work, actor)  # a page that only listens must not run out while somebody reads it
        return {}

    def presence(self, person: str, case_id: str | None, *, on: bool) -> None:
        """Tell those who share a room with this person that he is connected to the case, or no longer: the same in
        every room, so that nobody's absence from one tells of another."""
        with self._database.reading() as work:
            found = queries.companions(work, person, case_id=case_id)
        for case, (participant, people) in found.items():
            if not on and self._gateway.is_present(person, case):
                continue  # another page is still open: one that named the case, or one that named none
            audience = Audience.of(PersonId(each) for each in people)
            payload = {"case": case, "person": participant, "on": on}
            self._gateway.publish(Event(name="presence", audience=audience, payload=payload))


def _room(data: Mapping[str, Any]) -> str:
    room = data.get("room")
    if not isinstance(room, str):
        raise invalid_field("room", "wrong_type")
    return room if is_id(room) else ""


def _text(data: Mapping[str, Any], field: str) -> str:
    value = data.get(field)
    if not isinstance(value, str):
        raise invalid_field(field, "wrong_type")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # JSON can hold half of a surrogate pair; UTF-8, and so the ledger, cannot
        raise invalid_field(field, "bad_unicode") from error
    return value


def _text_or_none(data: Mapping[str, Any], field: str) -> str | None:
    return None if data.get(field) is None else _text(data, field)


def _client_id(data: Mapping[str, Any]) -> str | None:
    value = _text_or_none(data, "client_id")
    if value is not None and not CLIENT_ID.fullmatch(value):
        raise invalid_field("client_id", "malformed")
    return value


def _seen(data: Mapping[str, Any]) -> Seen | None:
    stated = data.get("seen")
    if stated is None:
        return None
    if not isinstance(stated, Mapping) or set(stated) != {"n", "root"}:
        raise invalid_field("seen", "wrong_type")
    return Seen.of(stated["n"], stated["root"])


def _seq(data: Mapping[str, Any], *, least: int) -> int:
    value = data.get("seq")
    if type(value) is not int or not least <= value <= LARGEST_SEQ:
        raise invalid_field("seq", "wrong_type")
    return value


def _refuse_unknown(data: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(str(key)[:40] for key in set(data) - known)
    if unknown:
        raise Invalid(errors=[{"field": name, "code": "unknown_field"} for name in unknown])
