"""Asking that a room, or a whole closed case, be destroyed (E2, E3). Nothing happens until a second person agrees."""

from __future__ import annotations

from sqlalchemy import select

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.cases.access import access_case, case_keys
from caseroom.cases.models import Case
from caseroom.cases.people import participant_name
from caseroom.db import Work
from caseroom.errors import Conflict, NotFound
from caseroom.retention.approvers import anybody_second
from caseroom.retention.models import Erasure
from caseroom.retention.records import Facts, Grounds, count_contents, new_erasure
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.words import Level, Progress
from caseroom.rooms.access import access_room


def ask_to_destroy(work: Work, actor: Actor, case_id: str, of: str, *, grounds: Grounds, proof: SecondFactor) -> str:
    """Ask that a room (``of`` its id) or a closed case (``of`` the case's id) be destroyed. Returns the erasure's id.

    Raises NotFound to whoever does not read the room or takes no part in the case; Forbidden (``joint_room_stays``,
    ``cannot_destroy_room``, ``case_open``, ``not_a_steward``); Conflict (``already_asked``,
    ``no_second_person``); what ``proof`` raises."""
    if of == case_id:
        return _ask_case(work, actor, case_id, grounds=grounds, proof=proof)
    access_case(work, actor, case_id, Permission.CASE_READ)
    opened = access_room(work, actor, of, Permission.ROOM_SHRED)
    if opened.case.id != case_id:
        raise NotFound(reason="a room of another case")
    _check_first(work, case_id, room_id=opened.room.id)
    proof.prove(work, actor)
    case = work.session.get_one(Case, case_id)
    facts = Facts(
        what="room",
        room=opened.kind.value,
        asked_by=opened.people.people[opened.me.id].name,
        readers=tuple(opened.members),
    )
    erasure = new_erasure(work, case, case_keys(work, case_id), level=Level.ROOM, grounds=grounds, facts=facts)
    erasure.room_id, erasure.asked_by, erasure.slot = opened.room.id, opened.me.id, opened.room.slot
    _check_second(work, erasure, case)
    count_contents(work, erasure)
    work.session.flush()
    return erasure.id


def _ask_case(work: Work, actor: Actor, case_id: str, *, grounds: Grounds, proof: SecondFactor) -> str:
    opened = access_case(work, actor, case_id, Permission.CASE_ERASE)
    _check_first(work, case_id, room_id=None)
    proof.prove(work, actor)
    facts = Facts(what="case", asked_by=participant_name(opened.me, opened.keys))
    erasure = new_erasure(work, opened.case, opened.keys, level=Level.CASE, grounds=grounds, facts=facts)
    erasure.asked_by = opened.me.id
    _check_second(work, erasure, opened.case)
    count_contents(work, erasure)
    work.session.flush()
    return erasure.id


def _check_second(work: Work, erasure: Erasure, case: Case) -> None:
    """A request that nobody can ever agree to would only wait."""
    work.session.flush()
    if not anybody_second(work, erasure, case):
        raise Conflict("no_second_person")


def _check_first(work: Work, case_id: str, *, room_id: str | None) -> None:
    """One request at a time for one thing."""
    level = Level.ROOM if room_id else Level.CASE
    query = select(Erasure.id).where(
        Erasure.case_id == case_id,
        Erasure.level == level,
        Erasure.room_id == room_id if room_id else Erasure.room_id.is_(None),
        Erasure.state != Progress.REFUSED,
    )
    if work.session.scalars(query).first() is not None:
        raise Conflict("already_asked")
