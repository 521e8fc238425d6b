"""Going on after a loss that cannot be made good (docs/operating.md, After restoring an older copy).

A log that the signer has signed further than the database holds can never go on: whatever came next would contradict
receipts that people hold. Its case is closed, read-only, and continued as a new case; what was lost is written down in
``accepted-loss.json``, and the doctor then says it as a note instead of a finding. Nothing is hidden by it: the
checkpoints that others hold prove the loss."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import update

from caseroom import clock
from caseroom.access.words import State
from caseroom.audit.models import CaseLog
from caseroom.cases.models import Case
from caseroom.db import Work

FILE = "accepted-loss.json"


@dataclass(frozen=True, slots=True)
class AcceptedLoss:
    """A log of which the signer signed ``signed`` entries (or epochs) and the database has ``held``."""

    origin: str
    held: int
    signed: int
    at: str


def read_accepted(data: Path) -> Mapping[str, AcceptedLoss]:
    """By the log's origin; empty where nothing was ever accepted. Raises ValueError, KeyError, TypeError."""
    path = data / FILE
    if not path.exists():
        return {}
    return {each["origin"]: AcceptedLoss(**each) for each in json.loads(path.read_bytes())}


def accept_loss(work: Work, data: Path, lagging: Iterable[tuple[str, int, int]]) -> list[str]:
    """Close the cases of the logs given as (origin, held, signed), and write down what is lost. Returns the case ids.

    To be called in a unit of work of a stopped instance."""
    at = clock.now().isoformat()
    accepted = dict(read_accepted(data))
    cases: dict[str, None] = {}
    for origin, held, signed in lagging:
        accepted[origin] = AcceptedLoss(origin, held, signed, at)
        cases[origin.partition("/s/")[0].rpartition("/c/")[2]] = None
    for case_id in cases:
        work.session.execute(update(Case).where(Case.id == case_id).values(state=State.CLOSED))
        work.session.execute(update(CaseLog).where(CaseLog.case_id == case_id).values(next_due=None))
    _write(data / FILE, json.dumps([asdict(each) for each in accepted.values()], indent=1))
    return list(cases)


def _write(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
