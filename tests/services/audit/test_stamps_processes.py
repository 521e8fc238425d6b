"""Several processes, and their sudden ends: nothing is asked for twice or forgotten, no authority is left over."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from caseroom import clock
from caseroom.access.words import CaseKind
from caseroom.audit.stamps import local_tsa, openssl
from caseroom.audit.stamps.asking import Authority, obtain
from caseroom.audit.stamps.local_authority import OpensslMissing
from caseroom.audit.stamps.local_tsa import LocalTsa
from caseroom.audit.stamps.tokens import Verdict, check_token
from tests.stamping import Stamping, roots_of

ROOT = Path(__file__).parents[3]
CASES = 6

KEEPER = """
import sys
from pathlib import Path
from caseroom.audit.stamps.local_tsa import LocalTsa
if sys.argv[2] == "eventlet":
    import warnings
    warnings.simplefilter("ignore")
    import eventlet
    eventlet.monkey_patch()
tsa = LocalTsa(Path(sys.argv[1])).start()
print(tsa._process.pid, tsa.url, flush=True)
sys.stdin.readline()
tsa.stop()
print("stopped", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def tsa(tmp_path):
    with LocalTsa(tmp_path / "tsa") as made:
        yield made


def process(house, tsa, what):
    arguments = [str(house.folder), tsa.url, str(tsa.roots_file), what]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.services.audit.stamping_process", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def keeper(folder, *, mode="plain"):
    return subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(folder), mode],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ends(pid):
    """True once no process has this number any more; a child of nobody is reaped by the system."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return True
        time.sleep(0.02)
    return False


def test_two_processes_that_have_read_the_same_queue_ask_once_for_each_epoch(house, tsa):
    stamping = Stamping(house, (tsa,))
    affairs = [house.open_case(CaseKind.MEDIATION) for _ in range(CASES)]
    both = [process(house, tsa, "together") for _ in range(2)]
    assert [each.stdout.readline() for each in both] == [f"{CASES}\n"] * 2, "both must have read all of them"
    for each in both:
        each.stdin.write("go\n")
        each.stdin.flush()
    kept = [int(each.communicate(timeout=60)[0]) for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert sum(kept) == tsa.asked == CASES
    assert [stamping.states(affair.id) for affair in affairs] == [["kept"]] * CASES


def test_a_death_between_the_answer_and_the_commit_loses_nothing_the_epoch_is_asked_for_again(house, tsa):
    stamping = Stamping(house, (tsa,))
    affair = house.open_case(CaseKind.MEDIATION)
    killed = process(house, tsa, "killed")
    killed.communicate(timeout=60)
    assert (killed.returncode, tsa.asked) == (-signal.SIGKILL, 1)
    assert stamping.states(affair.id) == ["waiting"]
    [waiting] = stamping.stamps(affair.id)
    assert waiting.tries == 0
    assert stamping.stamp(waiting.next_try - timedelta(seconds=1)) == 0, "another process may be asking"
    assert waiting.next_try <= clock.now() + timedelta(minutes=1)
    assert stamping.stamp(waiting.next_try) == 1
    assert (stamping.states(affair.id), tsa.asked) == (["kept"], 2)


@pytest.mark.parametrize("mode", ["plain", "eventlet"])
def test_the_local_authority_ends_when_it_is_told_to(tmp_path, mode):
    parent = keeper(tmp_path / "kept", mode=mode)
    pid, url = parent.stdout.readline().split()
    assert url.startswith("http://127.0.0.1:")
    parent.stdin.write("\n")
    parent.stdin.flush()
    assert parent.stdout.readline() == "stopped\n"
    assert ends(int(pid)), "while who started it lives on"
    parent.communicate("\n", timeout=30)


def test_the_local_authority_does_not_outlive_a_killed_parent(tmp_path):
    parent = keeper(tmp_path / "kept")
    pid = int(parent.stdout.readline().split()[0])
    os.kill(pid, 0)
    parent.kill()
    parent.communicate()
    assert ends(pid)


def test_a_local_authority_that_starts_again_has_the_same_root_so_that_kept_tokens_stay_good(tmp_path):
    note = b"the same note\n"
    with LocalTsa(tmp_path / "kept") as first:
        roots = roots_of(first)
        token = obtain(Authority(first.url), note, roots=roots).response
    with LocalTsa(tmp_path / "kept") as again:
        assert roots_of(again) == roots
        assert check_token(token, note, roots=roots_of(again)).state is Verdict.GOOD
        following = obtain(Authority(again.url), note, roots=roots)
    assert following.checked.serial == check_token(token, note, roots=roots).serial + 1


def test_the_keys_of_a_local_authority_are_its_owners_alone(tmp_path):
    with LocalTsa(tmp_path / "kept") as tsa:
        folder = tsa.roots_file.parent
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "tsa.key").stat().st_mode & 0o077 == 0
    assert not list(folder.glob("*.new"))


def test_where_openssl_is_missing_the_local_authority_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(local_tsa, "openssl_path", lambda: None)
    with pytest.raises(OpensslMissing, match="no openssl command"):
        LocalTsa(tmp_path / "tsa").start()
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert openssl.openssl_path() is None
    with pytest.raises(OpensslMissing):
        LocalTsa(tmp_path / "tsa").start()
