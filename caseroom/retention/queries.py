"""Reading erasures and closings, for those whose business they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.accounts.models import Person, Practice
from caseroom.audit.models import CaseEpoch
from caseroom.cases.access import OpenCase, access_case, case_keys
from caseroom.cases.models import Case, Participant
from caseroom.db import Work
from caseroom.errors import CaseroomError, Forbidden, NotFound
from caseroom.ids import is_id
from caseroom.retention.approvers import access_request, own_request, second_people
from caseroom.retention.finishing import sealing_epoch
from caseroom.retention.models import Erasure, RetentionRule
from caseroom.retention.records import Facts, facts_of, reason_of
from caseroom.retention.services.items import access_erasable
from caseroom.retention.words import Basis, Content, Level, Progress
from caseroom.rooms.access import OpenRoom
from caseroom.rooms.entries import EntryView
from caseroom.rooms.models import RoomMember
from caseroom.rooms.queries import entry_of
from caseroom.vault.keys import SealBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureView:
    """One erasure as those may see it who could read what it erases. ``may_agree``: this person is the second one that
    it waits for; ``may_withdraw``: the one who asked. ``sealed_due``: of the epoch ``sealed_in``, which covers its
    entry. Times are UTC."""

    id: str
    case_id: str
    level: Level
    basis: Basis
    state: Progress
    content: Content | None
    facts: Facts
    reason: str
    room_id: str | None
    entry_id: str | None
    slot: int | None
    entries: int
    files: int
    asked_at: datetime
    approved_at: datetime | None
    done_at: datetime | None
    keys_gone_by: datetime
    in_ledger: bool
    leaf: str | None
    seq: int | None
    sealed_in: int | None
    sealed_due: datetime | None
    may_agree: bool
    may_withdraw: bool

    @property
    def whole_case(self) -> bool:
        return self.level is Level.CASE


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeView:
    """``rules``: months by content, for what has one. ``waiting``: requests that only an owner can agree to. ``past``:
    what rules destroyed, the newest first."""

    name: str
    owner: bool
    rules: dict[Content, int]
    waiting: tuple[ErasureView, ...]
    past: tuple[ErasureView, ...]


def erasures_of(work: Work, actor: Actor, case_id: str) -> list[ErasureView]:
    """The erasures of a case that are this person's business, the newest first: of what they could read, and those they
    asked for or agreed to. Raises NotFound to whoever is not in the case and has no such business."""
    rows = list(
        work.session.scalars(
            select(Erasure).where(Erasure.case_id == case_id).order_by(Erasure.asked_at.desc(), Erasure.id)
        )
    )
    me = _me(work, actor, case_id)
    found = [_view(work, actor, row) for row in rows if _concerns(work, actor, row, me)]
    if me is None and not found:
        raise NotFound(reason="no such case for this person")
    return found


def erasure(work: Work, actor: Actor, case_id: str, erasure_id: str) -> ErasureView:
    """Raises NotFound to whoever could not read what it erases, and has no part in it."""
    row = work.session.get(Erasure, erasure_id) if is_id(erasure_id) else None
    if row is None or row.case_id != case_id or not _concerns(work, actor, row, _me(work, actor, case_id)):
        raise NotFound(reason="no such erasure for this person")
    return _view(work, actor, row)


def erasable_entry(work: Work, actor: Actor, entry_id: str) -> tuple[OpenRoom, EntryView]:
    """An entry for the page that asks once more before it is erased. Raises as ``erase_item``."""
    opened, entry = access_erasable(work, actor, entry_id)
    return opened, entry_of(work, opened, entry.id)


def practice_view(work: Work, actor: Actor) -> PracticeView:
    """For members of a practice. Raises Forbidden (``practice_required``)."""
    if actor.practice is None:
        raise Forbidden("practice_required")
    practice = work.session.get_one(Practice, actor.practice)
    owner = work.session.get_one(Person, actor.person).owner
    rules = work.session.scalars(select(RetentionRule).where(RetentionRule.practice_id == practice.id))
    ours = select(Erasure).where(Erasure.practice_id == practice.id).order_by(Erasure.asked_at.desc(), Erasure.id)
    waiting = work.session.scalars(ours.where(Erasure.state == Progress.ASKED)).all() if owner else []
    past = work.session.scalars(ours.where(Erasure.content.is_not(None)).limit(100)).all() if owner else []
    return PracticeView(
        name=practice.name,
        owner=owner,
        rules={Content(rule.content): rule.months for rule in rules},
        waiting=tuple(_view(work, actor, row) for row in waiting if _may_agree(work, actor, row)),
        past=tuple(_view(work, actor, row) for row in past if row.entries),
    )


def _me(work: Work, actor: Actor, case_id: str) -> OpenCase | None:
    try:
        return access_case(work, actor, case_id, Permission.CASE_READ)
    except NotFound:
        return None


def _concerns(work: Work, actor: Actor, row: Erasure, me: OpenCase | None) -> bool:
    if row.approved_person == actor.person or _may_agree(work, actor, row):
        return True
    if me is None:
        return False
    if me.me.id in (row.asked_by, row.approved_by):
        return True
    if row.level == Level.CASE:
        return any(each.id == me.me.id for each in second_people(work, row, me.case))
    return me.me.id in facts_of(row, me.keys).readers or _reads(work, me.me, row)


def _reads(work: Work, me: Participant, row: Erasure) -> bool:
    member = work.session.get(RoomMember, (row.room_id, me.id)) if row.room_id else None
    return member is not None and member.removed_at is None


def _may_agree(work: Work, actor: Actor, row: Erasure) -> bool:
    try:
        access_request(work, actor, row.case_id, row.id)
    except CaseroomError:
        return False
    return True


def _view(work: Work, actor: Actor, row: Erasure) -> ErasureView:
    facts, reason = _sealed_part(work, row)
    sealed_in = sealing_epoch(work, row)
    epoch = work.session.get(CaseEpoch, (row.case_id, sealed_in)) if sealed_in is not None else None
    return ErasureView(
        id=row.id,
        case_id=row.case_id,
        level=Level(row.level),
        basis=Basis(row.basis),
        state=Progress(row.state),
        content=Content(row.content) if row.content else None,
        facts=facts,
        reason=reason,
        room_id=row.room_id,
        entry_id=row.entry_id,
        slot=row.slot,
        entries=row.entries,
        files=row.files,
        asked_at=row.asked_at,
        approved_at=row.approved_at,
        done_at=row.done_at,
        keys_gone_by=row.keys_gone_by,
        in_ledger=row.in_ledger,
        leaf=row.leaf,
        seq=row.seq,
        sealed_in=sealed_in,
        sealed_due=epoch.due if epoch else None,
        may_agree=_may_agree(work, actor, row),
        may_withdraw=own_request(work, actor, row.case_id, row.id) is not None,
    )


def _sealed_part(work: Work, row: Erasure) -> tuple[Facts, str]:
    """Nothing once the whole case is gone, and its key with it."""
    if work.session.get(Case, row.case_id) is None:
        return Facts(what="case"), ""
    try:
        keys = case_keys(work, row.case_id)
    except SealBroken:
        return Facts(what="case"), ""
    return facts_of(row, keys), reason_of(row, keys)
