"""The fixed schedule of a case's epochs (docs/evidence.md §4), as arithmetic without clock or database.

Epochs are due at the instants ``start + k * interval`` from the opening to the closing, whether anything happened or
not: who holds the checkpoints can tell nothing from them about any room. After an interruption one ``catchup`` epoch,
due at the latest missed instant, stands for all those missed before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from caseroom.audit.epoch_bytes import Why

ON_TIME = timedelta(seconds=60)
"""How long after its instant an epoch may be sealed and still count as made on it; half an interval where that is
longer. What comes later was interrupted, and says so."""


@dataclass(frozen=True, slots=True)
class Due:
    """An epoch to be sealed now: why, and at which instant of the grid it was due (whole seconds, UTC)."""

    why: Why
    at: datetime


def next_instant(*, start: datetime, interval: int, after: datetime) -> datetime:
    """The first instant of the grid later than ``after``. ``start``: when epoch 0 was due; ``interval`` in seconds."""
    if after < start:
        return start
    step = timedelta(seconds=interval)
    return start + ((after - start) // step + 1) * step


def due_now(*, next_due: datetime, interval: int, now: datetime) -> Due | None:
    """What is to be sealed at ``now``, where ``next_due`` is the first instant of the grid without an epoch; None
    before it. One instant is a ``grid`` epoch; several, or one long past, are one ``catchup`` at the latest of them."""
    if now < next_due:
        return None
    step = timedelta(seconds=interval)
    missed = (now - next_due) // step
    latest = next_due + missed * step
    if missed == 0 and now - latest <= max(ON_TIME, step / 2):
        return Due(Why.GRID, latest)
    return Due(Why.CATCHUP, latest)
