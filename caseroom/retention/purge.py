"""The daily clearing up: what rules say, erasures that were waiting, keys of closed cases, links and keys of requests
that have run out. Prints numbers, never content."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from caseroom import clock
from caseroom.accounts.models import OneTimeLink
from caseroom.audit.models import CaseLog
from caseroom.audit.signer import Signer
from caseroom.config import Settings
from caseroom.db import Database, Work
from caseroom.retention.applying import apply_rule
from caseroom.retention.due import DueContent, content_due, keys_due
from caseroom.retention.finishing import finish_erasures
from caseroom.retention.models import Erasure
from caseroom.retention.words import UNFINISHED
from caseroom.rooms.models import Replay
from caseroom.rooms.services import REPLAY_HOURS
from caseroom.vault.objects import ObjectStore

log = logging.getLogger("caseroom.retention")

LINKS_KEPT = timedelta(days=30)  # after they ran out, for whoever asks why one did not work


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeReport:
    """What was done, or with ``dry_run`` would be. ``rules``: by kind of content, in how many cases. ``finished`` and
    ``waiting``: erasures that came to their end, and those that cannot yet. ``keys``: signing keys destroyed."""

    dry_run: bool
    rules: Mapping[str, int] = field(default_factory=dict)
    finished: int = 0
    waiting: int = 0
    keys: int = 0
    links: int = 0
    replays: int = 0
    set_aside: int = 0
    failed: int = 0

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    def as_text(self) -> str:
        lines = [
            *(f"retention rule, {content}: {number} cases" for content, number in sorted(self.rules.items())),
            f"erasures carried out: {self.finished}",
            f"erasures waiting for the next epoch or a reader: {self.waiting}",
            f"signing keys of closed cases destroyed: {self.keys}",
            f"expired links removed: {self.links}",
            f"old request keys removed: {self.replays}",
            f"files removed that no record named for longer than keys are kept: {self.set_aside}",
        ]
        if self.failed:
            lines.append(f"FAILED, see the log: {self.failed}")
        return "\n".join([*(["nothing was done; this is what would be:"] if self.dry_run else []), *lines])


def purge(database: Database, *, now: datetime | None = None, dry_run: bool = False) -> PurgeReport:
    """Do what is due at ``now`` (the present by default), each in a transaction of its own; one that fails is told to
    the log and does not keep the others waiting."""
    moment = now or clock.now()
    with database.reading() as work:
        due, keys = content_due(work, moment), keys_due(work, moment)
        if dry_run:
            return PurgeReport(
                dry_run=True,
                rules=dict(Counter(each.content.value for each in due)),
                waiting=_count_waiting(work),
                keys=len(keys),
                links=_count_links(work, moment),
                replays=_count_replays(work, moment),
            )
    applied = [each for each in due if _apply(database, each)]
    finished = finish_erasures(database)
    destroyed = sum(_destroy_key(database, case_id) for case_id in keys)
    with database.unit_of_work() as work:
        links, replays = _count_links(work, moment), _count_replays(work, moment)
        work.session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < moment - LINKS_KEPT))
        work.session.execute(delete(Replay).where(Replay.created_at < moment - timedelta(hours=REPLAY_HOURS)))
        waiting = _count_waiting(work)
    return PurgeReport(
        dry_run=False,
        rules=dict(Counter(each.content.value for each in applied)),
        finished=finished,
        waiting=waiting,
        keys=destroyed,
        links=links,
        replays=replays,
        set_aside=_remove_set_aside(database, moment),
        failed=len(due) - len(applied) + len(keys) - destroyed,
    )


class DailyPurge:
    """A chore of the serving process: purges once a day, the first time soon after the start."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next = clock.now()

    def __call__(self) -> None:
        if clock.now() >= self._next:
            self._next = clock.now() + timedelta(days=1)
            purge(self._database)


def _apply(database: Database, due: DueContent) -> bool:
    try:
        with database.unit_of_work() as work:
            apply_rule(work, due.case_id, due.content)
    except Exception:
        log.exception("case %s: its rule for %s could not be applied", due.case_id, due.content)
        return False
    return True


def _destroy_key(database: Database, case_id: str) -> bool:
    """The signer first, and without a transaction, for it rewrites its file: a crash in between leaves a key that is
    gone and is destroyed again, which changes nothing."""
    try:
        with database.reading() as work:
            origin = work.session.get_one(CaseLog, case_id).origin
        database.tool(Signer).destroy(origin)
        with database.unit_of_work() as work:
            work.session.get_one(CaseLog, case_id).key_destroyed_at = clock.now()
    except Exception:
        log.exception("case %s: its signing key could not be destroyed", case_id)
        return False
    log.info("case %s: its signing key is destroyed", case_id)
    return True


def _remove_set_aside(database: Database, moment: datetime) -> int:
    """What no record named for so long that no backup holds its key any more: nobody could open it again."""
    store: ObjectStore = database.tool(ObjectStore)  # type: ignore[type-abstract]
    return store.delete_set_aside(moment - timedelta(days=database.tool(Settings).key_backup_days + 1))


def _count_waiting(work: Work) -> int:
    return work.session.scalars(select(func.count()).where(Erasure.state.in_(UNFINISHED))).one()


def _count_links(work: Work, now: datetime) -> int:
    return work.session.scalars(select(func.count()).where(OneTimeLink.expires_at < now - LINKS_KEPT)).one()


def _count_replays(work: Work, now: datetime) -> int:
    before = now - timedelta(hours=REPLAY_HOURS)
    return work.session.scalars(select(func.count()).where(Replay.created_at < before)).one()
