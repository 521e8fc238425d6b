"""All that a person can learn from the read side, as one text, so that two moments or two worlds can be compared."""

from __future__ import annotations

import json
import re

from caseroom.errors import NotFound
from caseroom.exhibits.queries import check_register, exhibits_of
from caseroom.rooms import queries


def overview(house, person: str, case_ids) -> str:
    """The list of cases and the page of each of these cases, as canonical text."""
    actor = house.actors[person]
    with house.database.reading() as work:
        listed = [plain(vars_of(case)) for case in queries.my_cases(work, actor)]
        pages = {}
        for case_id in case_ids:
            try:
                pages[case_id] = plain(vars_of(queries.case_view(work, actor, case_id)))
            except NotFound as error:
                pages[case_id] = [error.code, error.data]
        presence = {case: [me, sorted(others)] for case, (me, others) in queries.companions(work, actor.person).items()}
    return json.dumps({"cases": listed, "pages": pages, "presence": presence}, sort_keys=True)


def everything(house, person: str) -> str:
    """The overview, and of each room one reads: entries, receipts, register, marks, draft, key of the log."""
    actor = house.actors[person]
    with house.database.reading() as work:
        case_ids = [case.id for case in queries.my_cases(work, actor)]
        rooms = {}
        for case_id in case_ids:
            for room in queries.case_view(work, actor, case_id).rooms:
                opened = house.opened(work, person, room.id)
                entries, _ = queries.room_entries(work, opened)
                draft = queries.draft_of(work, opened)
                rooms[room.id] = {
                    "entries": [plain(vars_of(entry)) for entry in entries],
                    "receipts": [queries.receipt_of(work, actor, entry.id, at_head=True) for entry in entries],
                    "first receipts": [queries.receipt_of(work, actor, entry.id) for entry in entries],
                    "exhibits": [plain(vars_of(each)) for each in exhibits_of(work, opened)],
                    "check": plain(vars_of(check_register(work, actor, room.id))),
                    "head": plain(vars_of(queries.head_of(work, opened))),
                    "marks": queries.reading_marks(work, opened),
                    "draft": draft.text if draft else None,
                }
    events = [[event.name, plain(event.payload), plain(event.by_locale)] for event in house.received_by(person)]
    return json.dumps(
        {"overview": overview(house, person, case_ids), "rooms": list(rooms.values()), "events": events}, sort_keys=True
    )


MASKS = (
    (re.compile(r"[A-Za-z0-9+/]{91}="), "<signature>"),
    (re.compile(r"[0-9a-f]{64}"), "<hash>"),
    (re.compile(r"[0-9a-f]{32}"), "<id>"),
    (re.compile(r"[0-9a-f]{16}"), "<audience>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?"), "<time>"),
    (re.compile(r"/s/\d+"), "/s/<slot>"),
    (re.compile(r"[A-Za-z0-9+/]{43}="), "<base64>"),
)


def masked(text: str) -> str:
    """Without what must differ from world to world: random ids, hashes, signatures, times, slots."""
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text


def vars_of(view) -> dict[str, object]:
    """The fields of a frozen view, with the names that its people unseal on demand instead of keys and ciphertext."""
    fields = {name: getattr(view, name) for name in view.__slots__ if name not in ("sealed_name", "keys")}
    return fields | ({"name": view.name} if "sealed_name" in view.__slots__ else {})


def plain(value):
    """As JSON can hold it, in a fixed order."""
    if hasattr(value, "__slots__") and not isinstance(value, str | bytes | int):
        return plain(vars_of(value))
    if hasattr(value, "items"):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, str | int | bool) else str(value)
