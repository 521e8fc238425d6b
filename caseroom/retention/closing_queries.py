"""A case's end as its participants may know it: whether it can be closed, and what its closing left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import Allowed, decide_case
from caseroom.access.words import State
from caseroom.audit.case_log import head_of
from caseroom.audit.epochs import CaseCheckpoint, Stamp, case_checkpoint, stamp_from
from caseroom.cases.access import access_case
from caseroom.cases.people import case_people, case_title
from caseroom.config import Settings
from caseroom.db import Work
from caseroom.errors import Conflict
from caseroom.retention.models import ClosingConsent
from caseroom.retention.services.closing import is_shared, sides_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingView:
    """``missing``: labels of the sides whose counsel has not agreed yet, where they close together; ``agreed``: this
    person has. ``key_due``: when the signing key is, or was to be, destroyed. Times are UTC."""

    case_id: str
    title: str
    closed: bool
    may_close: bool
    shared: bool
    agreed: bool
    missing: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None
    key_due: datetime | None
    key_destroyed_at: datetime | None
    key_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingFacts:
    """What a closing certificate prints: the last checkpoint of all, and the time stamp it got."""

    view: ClosingView
    checkpoint: CaseCheckpoint
    stamp: Stamp | None


def closing_view(work: Work, actor: Actor, case_id: str) -> ClosingView:
    """Raises NotFound to whoever is not in the case."""
    opened = access_case(work, actor, case_id, Permission.CASE_READ)
    state, log = State(opened.case.state), head_of(work, opened.case.id)
    decision = decide_case(Permission.CASE_CLOSE, kind=opened.kind, role=opened.role, state=state)
    labels = {side.id: side.label for side in case_people(work, opened.case.id, opened.keys).sides}
    days = work.tool(Settings).key_days_after_closing
    return ClosingView(
        case_id=opened.case.id,
        title=case_title(opened.case, opened.keys),
        closed=state is State.CLOSED,
        may_close=isinstance(decision, Allowed),
        shared=is_shared(opened.kind),
        agreed=work.session.get(ClosingConsent, (opened.case.id, opened.me.id)) is not None,
        missing=tuple(labels[side] for side in sides_missing(work, opened)),
        opened_at=opened.case.opened_at,
        closed_at=log.closed_at,
        key_due=log.closed_at + timedelta(days=days) if log.closed_at else None,
        key_destroyed_at=log.key_destroyed_at,
        key_days=days,
    )


def closing_facts(work: Work, actor: Actor, case_id: str) -> ClosingFacts:
    """Raises NotFound, and Conflict (``case_open``) before the closing or while its last checkpoint is not signed."""
    view = closing_view(work, actor, case_id)
    log, checkpoint = head_of(work, view.case_id), case_checkpoint(work, view.case_id)
    if not view.closed or checkpoint is None or checkpoint.size != log.size:
        raise Conflict("case_open")
    found = stamp_from(work, view.case_id, log.size - 1)
    return ClosingFacts(view=view, checkpoint=checkpoint, stamp=found[1] if found else None)
