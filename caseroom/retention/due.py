"""What has reached its time: content whose rule has run out, and signing keys of closed cases."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from caseroom.audit.models import CaseEpoch, CaseLog, RoomLog, TimeStamp
from caseroom.cases.models import Case
from caseroom.config import Settings
from caseroom.db import Work
from caseroom.retention.models import Erasure, RetentionRule
from caseroom.retention.words import UNFINISHED, Content, Level

PATIENCE = timedelta(days=7)
"""How long past its time a key is kept for a last time stamp that does not come. The stamp needs no key, it would be
kept whenever it came; the key waits so that an authority's outage is seen while something can still be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueContent:
    """One kind of content of one closed case, whose time is over."""

    case_id: str
    content: Content


def content_due(work: Work, now: datetime) -> list[DueContent]:
    """In the order in which cases were closed; where the whole case goes, nothing else of it is named."""
    rows = work.session.execute(
        select(Case.id, CaseLog.closed_at, RetentionRule.content, RetentionRule.months)
        .join(CaseLog, CaseLog.case_id == Case.id)
        .join(RetentionRule, RetentionRule.practice_id == Case.practice_id)
        .where(CaseLog.closed_at.is_not(None))
        .order_by(CaseLog.closed_at, Case.id)
    ).all()
    done = {
        (case_id, content)
        for case_id, content in work.session.execute(
            select(Erasure.case_id, Erasure.content).where(Erasure.content.is_not(None))
        )
    }
    due = [
        DueContent(case_id=case_id, content=Content(content))
        for case_id, closed_at, content, months in rows
        if closed_at is not None and months_later(closed_at, months) <= now and (case_id, content) not in done
    ]
    gone = {each.case_id for each in due if each.content is Content.CASE} | _going(work)
    return [each for each in due if each.content is Content.CASE or each.case_id not in gone]


def keys_due(work: Work, now: datetime) -> list[str]:
    """The closed cases whose signing key is to be destroyed now: some days after the closing, and never before every
    log of the case is signed to its end. Where a time stamp of the last checkpoint is waited for, ``PATIENCE``
    longer."""
    ready = now - timedelta(days=work.tool(Settings).key_days_after_closing)
    closed = work.session.execute(
        select(CaseLog.case_id, CaseLog.closed_at, CaseLog.size).where(
            CaseLog.closed_at <= ready, CaseLog.key_destroyed_at.is_(None)
        )
    ).all()
    return [
        case_id
        for case_id, closed_at, size in closed
        if closed_at is not None
        and _is_signed(work, case_id)
        and (closed_at + PATIENCE <= ready or not _awaits_stamp(work, case_id, size - 1))
    ]


def months_later(moment: datetime, months: int) -> datetime:
    """The same day and time so many calendar months later, or the last day of a shorter month."""
    year, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + year, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def _going(work: Work) -> set[str]:
    """The cases agreed to go. One that was only asked for may wait for ever, and the rules must not wait with it."""
    agreed = select(Erasure.case_id).where(Erasure.level == Level.CASE, Erasure.state.in_(UNFINISHED))
    return set(work.session.scalars(agreed))


def _is_signed(work: Work, case_id: str) -> bool:
    epochs = select(func.count()).where(CaseEpoch.case_id == case_id, CaseEpoch.note.is_(None))
    rooms = select(func.count()).where(RoomLog.case_id == case_id, RoomLog.signed_size < RoomLog.size)
    return work.session.scalars(epochs).one() == work.session.scalars(rooms).one() == 0


def _awaits_stamp(work: Work, case_id: str, n: int) -> bool:
    """True where an authority is configured and its word on the last checkpoint has not come."""
    if not work.tool(Settings).tsa_urls:
        return False
    stamp = work.session.get(TimeStamp, (case_id, n))
    return stamp is not None and stamp.state != "kept"
