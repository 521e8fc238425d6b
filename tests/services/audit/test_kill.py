"""kill -9 at any moment: what was acknowledged is there, receipted, and the log goes on."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from caseroom.audit.sealing import sign_unsigned
from caseroom.exhibits.queries import check_register
from caseroom.rooms import queries

ROOT = Path(__file__).parents[3]


def posting(house, affair, *moment):
    """A process that posts as Ada without end."""
    arguments = [str(house.folder), house.actors["ada"].person, affair["joint"], *moment]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.services.audit.posting", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def acknowledged_before_the_kill(house, affair, *, moments):
    """Acks printed by a process that is killed a few milliseconds after the given number of them."""
    process = posting(house, affair)
    try:
        lines = [process.stdout.readline() for _ in range(moments[0])]
        time.sleep(moments[1])
    finally:
        process.kill()
        rest = process.communicate()[0]
    assert process.returncode == -9
    # A last line that was cut in two was not read by anybody: it is no acknowledgement.
    whole = "".join(lines) + rest
    return [line.split() for line in whole[: whole.rfind("\n")].splitlines()]


@pytest.mark.parametrize("moments", [(5, 0.0), (9, 0.004), (14, 0.0075)])
def test_nothing_that_was_acknowledged_is_lost_when_the_process_is_killed(house, mediation, moments):
    acks = acknowledged_before_the_kill(house, mediation, moments=moments)
    assert len(acks) >= moments[0], "it must have been acknowledged for its loss to mean anything"
    sign_unsigned(house.database)
    entries = {entry.id: entry for entry in house.entries("bruno", mediation["joint"])}
    for seq, entry_id, number in acks:
        assert (entries[entry_id].seq, entries[entry_id].text) == (int(seq), f"message {number}")
        with house.database.reading() as work:
            assert queries.receipt_of(work, house.actors["bruno"], entry_id)
    said = house.texts("bruno", mediation["joint"])
    assert said == [f"message {number}" for number in range(len(said))]
    assert len(acks) <= len(said) <= len(acks) + 1, "at most the one that was being answered came through besides"


@pytest.mark.parametrize("moment", ["unsigned", "signed"])
def test_a_death_around_the_signature_loses_nothing_and_the_next_start_makes_it_good(house, mediation, moment):
    process = posting(house, mediation, moment)
    acks = process.communicate(timeout=30)[0].splitlines()
    assert (process.returncode, len(acks)) == (-9, 3)
    assert house.texts("bruno", mediation["joint"]) == [f"message {number}" for number in range(3)]
    assert sign_unsigned(house.database) == 1
    assert house.texts("bruno", mediation["joint"]) == [f"message {number}" for number in range(4)]
    assert house.post("ada", mediation["joint"], "message 3", client_id="k-3").replayed
    house.say("bruno", mediation["joint"], "la suite")
    with house.database.reading() as work:
        assert check_register(work, house.actors["bruno"], mediation["joint"]).intact


def test_after_a_kill_the_log_verifies_and_a_retry_of_the_last_post_doubles_nothing(house, mediation):
    acks = acknowledged_before_the_kill(house, mediation, moments=(6, 0.003))
    sign_unsigned(house.database)
    said = house.texts("bruno", mediation["joint"])
    for number in range(len(acks), len(acks) + 2):
        house.post("ada", mediation["joint"], f"message {number}", client_id=f"k-{number}")
    assert house.texts("bruno", mediation["joint"]) == [f"message {number}" for number in range(len(acks) + 2)]
    assert len(said) in (len(acks), len(acks) + 1)
    with house.database.reading() as work:
        report = check_register(work, house.actors["bruno"], mediation["joint"])
    assert report.intact, report
