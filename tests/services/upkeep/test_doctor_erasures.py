"""A closed case and an erased entry are healthy; made to look closed or erased by hand they are not."""

import pytest
from sqlalchemy import select

from caseroom.audit.models import CaseLog, ErasedEvent, LedgerEvent
from caseroom.audit.scheduler import close_case_log
from caseroom.cases.models import Case
from caseroom.clock import now
from caseroom.retention.models import Erasure


@pytest.fixture
def closed(instance):
    """The mediation is closed, its key destroyed, and one message erased after that."""
    house, case_id = instance.opened(), instance.affair.id
    with house.database.unit_of_work() as work:
        close_case_log(work, case_id)
        work.session.get_one(Case, case_id).state = "closed"
    with house.database.unit_of_work() as work:
        log = work.session.get_one(CaseLog, case_id)
        house.signer.destroy(log.origin)
        log.key_destroyed_at = now()
        row = work.session.scalars(
            select(LedgerEvent).where(LedgerEvent.room_id == instance.joint).order_by(LedgerEvent.seq.desc()).limit(1)
        ).one()
        facts = {"practice_id": house.actors["neus"].practice, "case_id": case_id, "level": "E1", "basis": "request"}
        work.session.add(
            Erasure(id="e" * 32, state="done", in_ledger=False, asked_at=now(), keys_gone_by=now(), **facts)
        )
        work.session.add(ErasedEvent(room_id=row.room_id, seq=row.seq, leaf=row.leaf, erasure_id="e" * 32))
        row.event_key = row.values = None
    house.close()
    return instance


def test_a_closed_case_with_an_erased_entry_is_healthy(closed):
    assert closed.examined().findings == []


@pytest.mark.parametrize(
    ("change", "checks"),
    [
        ("UPDATE case_log SET closed_at = closed_at + 1 WHERE closed_at IS NOT NULL", {"epoch"}),
        ("UPDATE case_log SET closed_at = NULL", {"epoch", "commitment"}),
        ("UPDATE case_log SET key_destroyed_at = NULL", {"key"}),
        ("UPDATE case_log SET next_due = 1 WHERE closed_at IS NOT NULL", {"schedule"}),
        ("UPDATE legal_case SET state = 'open'", {"case"}),
        ("UPDATE erased_event SET leaf = zeroblob(32)", {"erasure", "commitment"}),
        ("UPDATE erased_event SET seq = seq - 1", {"erasure"}),
        ("UPDATE erased_event SET erasure_id = replace(erasure_id, 'e', 'f')", {"erasure"}),
        ("UPDATE erased_event SET room_id = replace(room_id, substr(room_id, 1, 1), 'x')", {"commitment", "room"}),
        ("DELETE FROM erased_event", {"commitment"}),
    ],
)
def test_what_was_made_to_look_so_by_hand_is_found(closed, change, checks):
    closed.sql(change)
    assert checks <= closed.checks()
