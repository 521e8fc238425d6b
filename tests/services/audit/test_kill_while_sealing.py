"""kill -9 while epochs are sealed: none is lost, none is forked, and the schedule goes on."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from caseroom import clock
from caseroom.audit import tree
from caseroom.audit.epoch_bytes import parse_epoch
from caseroom.audit.models import CaseEpoch, CaseLog
from caseroom.audit.notes import open_note, parse_checkpoint, parse_vkey
from caseroom.audit.scheduler import seal_due
from caseroom.audit.sealing import sign_unsigned

ROOT = Path(__file__).parents[3]


def sealing(house, affair, *moment):
    arguments = [str(house.folder), affair.id, *moment]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.services.audit.sealing_on", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def check_case_log(house, affair):
    """Every epoch chained and signed, and the log as long as its epochs. Returns how many."""
    with house.database.reading() as work:
        log = work.session.get_one(CaseLog, affair.id)
        rows = work.session.scalars(select(CaseEpoch).where(CaseEpoch.case_id == affair.id).order_by(CaseEpoch.n)).all()
    nodes, previous, verifier = tree.MemoryNodes(), bytes(32), parse_vkey(log.vkey)
    for n, row in enumerate(rows):
        epoch = parse_epoch(row.line)
        assert (epoch.n, epoch.prev) == (n, previous)
        nodes.append(epoch.leaf)
        previous = epoch.leaf
        signed = parse_checkpoint(open_note(row.note.encode(), [verifier]).text)
        assert (signed.size, signed.root) == (n + 1, tree.root(n + 1, nodes))
    assert (log.size, log.root) == (nodes.size, tree.root(nodes.size, nodes))
    return len(rows)


@pytest.mark.parametrize("moment", ["unsigned", "signed"])
def test_a_death_around_the_signature_of_an_epoch_is_made_good_at_the_next_start(house, mediation, moment):
    process = sealing(house, mediation, moment)
    told = process.communicate(timeout=60)[0].splitlines()
    assert (process.returncode, len(told)) == (-9, 3)
    assert sign_unsigned(house.database) == 1
    assert check_case_log(house, mediation) == 5, "the opening, the three told of, and the one that was being signed"
    assert seal_due(house.database, now=clock.now() + timedelta(days=2)) == 1
    assert check_case_log(house, mediation) == 6


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.009])
def test_a_death_at_any_other_moment_loses_no_epoch_that_was_signed(house, mediation, delay):
    process = sealing(house, mediation)
    try:
        told = [int(process.stdout.readline()) for _ in range(6)]
        time.sleep(delay)
    finally:
        process.kill()
        rest = process.communicate()[0]
    told += [int(line) for line in rest[: rest.rfind("\n") + 1].splitlines()]
    sign_unsigned(house.database)
    assert check_case_log(house, mediation) in (told[-1], told[-1] + 1)
