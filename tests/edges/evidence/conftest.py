"""The same rooms, people and browsers as for the pages of a room; and the hand of the scheduler."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caseroom import clock
from caseroom.audit.case_log import head_of, seal_epoch
from caseroom.audit.epoch_bytes import Why
from caseroom.audit.models import TimeStamp
from tests.edges.rooms.conftest import Visitor, app, house, mediation, visitor

__all__ = ["Visitor", "app", "house", "mediation", "visitor"]


@pytest.fixture
def seals(house):
    """``seals(case)``: the next checkpoint of a case is made, signed, and its time stamp asked for."""

    def seal(case_id, *, why=Why.GRID):
        with house.database.unit_of_work() as work:
            due = (clock.now() + timedelta(hours=head_of(work, case_id).size)).replace(microsecond=0)
            return seal_epoch(work, case_id, why=why, due=due).n

    return seal


@pytest.fixture
def stamps(house):
    """``stamps(case, n)``: an authority's time stamp of a checkpoint has come. ``came=False``: it is waited for."""

    def stamp(case_id, n, *, came=True, late=False):
        now = clock.now()
        asked = {"tries": 1, "asked_since": now, "next_try": now, "tsa": "https://tsa.example.net/qualified"}
        state = {"state": "kept", "gen_time": now, "token": b"token"} if came else {"state": "waiting"}
        with house.database.unit_of_work() as work:
            work.session.merge(TimeStamp(case_id=case_id, n=n, late=late, **asked, **state))

    return stamp
