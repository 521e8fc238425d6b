"""Work in real threads, under each event library and without one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from caseroom import workers

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30.0  # seconds until a process that must end counts as hanging; never a promise about speed

PATCHES = {
    "eventlet": "import eventlet; eventlet.monkey_patch()",
    "gevent": "from gevent import monkey; monkey.patch_all()",
}
# The task ends only once its starter has gone on and written to the pipe: were it waited for, both would hang.
BEGUN_AND_LEFT = """
import io, os
from caseroom import workers

reading, writing = os.pipe()
outcome = workers.start(io.FileIO(reading).read, 4)
workers.give_way()
io.FileIO(writing, "w").write(b"done")
print(outcome().decode())
"""


def refuse() -> None:
    raise OSError("the disk is full")


@pytest.mark.parametrize("library", PATCHES)
def test_work_that_was_started_goes_on_while_its_starter_does(library: str) -> None:
    script = f"{PATCHES[library]}\n{BEGUN_AND_LEFT}"
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr


def test_the_result_of_started_work_can_be_asked_for_more_than_once() -> None:
    outcome = workers.start(int, "11")
    assert [outcome(), outcome()] == [11, 11]


def test_what_started_work_raised_is_raised_where_its_result_is_asked_for() -> None:
    outcome = workers.start(refuse)
    with pytest.raises(OSError, match="the disk is full"):
        outcome()


@pytest.mark.parametrize("library", PATCHES)
def test_work_that_fails_under_an_event_library_says_so_to_who_asks_and_to_nobody_else(library: str) -> None:
    script = f"""{PATCHES[library]}
from caseroom import workers

outcome = workers.start(int, "no number")
workers.give_way()
try:
    outcome()
except ValueError:
    print("told")
"""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "told\n", "")
