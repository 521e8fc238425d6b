"""One way in for whatever is to be erased: an entry, a room, or the whole case."""

from __future__ import annotations

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.audit import queries as ledger
from caseroom.cases.access import access_case
from caseroom.db import Work
from caseroom.errors import NotFound, invalid_field
from caseroom.ids import is_id
from caseroom.retention.records import Grounds
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.services.items import access_erasable, erase_item
from caseroom.retention.services.rooms import ask_to_destroy
from caseroom.retention.words import Level


def ask_erasure(
    work: Work,
    actor: Actor,
    case_id: str,
    of: str,
    *,
    grounds: Grounds,
    proof: SecondFactor,
    level: Level | None = None,
) -> str:
    """Erase an entry of a case, or ask that a room or the case itself be destroyed. ``of``: its id; ``level``, where
    stated, has to be that of what ``of`` names. Returns the erasure's id.

    Raises NotFound to whoever is not in the case or does not read it; Invalid (``level``); what ``erase_item`` and
    ``ask_to_destroy`` raise."""
    access_case(work, actor, case_id, Permission.CASE_READ)
    is_entry = is_id(of) and ledger.room_of_entry(work, of) is not None
    if not is_entry:
        _check_level(level, Level.CASE if of == case_id else Level.ROOM)
        return ask_to_destroy(work, actor, case_id, of, grounds=grounds, proof=proof)
    opened, _ = access_erasable(work, actor, of)
    if opened.case.id != case_id:
        raise NotFound(reason="an entry of another case")
    _check_level(level, Level.ITEM)
    return erase_item(work, actor, of, grounds=grounds, proof=proof)


def _check_level(stated: Level | None, level: Level) -> None:
    if stated not in (None, level):
        raise invalid_field("level", "unknown_value")
