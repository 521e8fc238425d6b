"""Files made to do harm, given to the program that lies in every pack, with little memory: it ends soon, with a named
finding or with "not a pack", and never in a traceback."""

import io
import json
import random
import subprocess
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from caseroom.audit import verify
from tests.evidence.building import small_case
from tests.evidence.hostile import MAKERS, lied

MEMORY = 640 << 20  # bytes of address space; the interpreter and the library take about half of them
SECONDS = 60  # a hang, not a promise about speed
WHOLE_REFUSALS = ("a million entries", "a manifest of 100 MB", "a manifest nested 100,000 deep")
PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
sys.argv = ["verify.py", *sys.argv[3:]]
names = {"__name__": "__main__", "__file__": "verify.py"}
exec(compile(open("verify.py", encoding="utf-8").read(), "verify.py", "exec"), names)
"""


def outcome(path: Path, *options: str) -> tuple[int, dict]:
    """Exit code and report of the verifier as a process of its own, in little memory."""
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(MEMORY), "--", str(path), "--json", *options],
        cwd=Path(verify.__file__).parent,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr[-2000:]
    assert ended.returncode in (1, 2), (ended.returncode, ended.stderr[-2000:])
    assert time.monotonic() - started < SECONDS
    return ended.returncode, json.loads(ended.stdout)


def test_an_honest_pack_needs_no_more_memory_than_that(tmp_path):
    path = small_case().write(tmp_path / "pack.zip")
    ended = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(MEMORY), "--", str(path), "--json"],
        cwd=Path(verify.__file__).parent,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert json.loads(ended.stdout)["verified"]


@pytest.mark.parametrize("what", MAKERS)
def test_a_file_that_is_made_to_do_harm_does_none(what, tmp_path):
    path = tmp_path / "pack.zip"
    MAKERS[what](path)
    code, report = outcome(path)
    if what in WHOLE_REFUSALS:
        assert code == 2
    if code == 2:
        assert len(report["error"]) < 300
        assert report["error"].isprintable()
        return
    assert report["findings"], "what is not refused whole is named"
    assert all(each["message"].isprintable() and len(each["message"]) < 400 for each in report["findings"])
    assert not [each for each in report["findings"] if "to its end" in each["message"]]


def judged(path: Path) -> int:
    """The exit code, in this process."""
    with redirect_stdout(io.StringIO()) as said:
        code = verify.main([str(path), "--json"])
    report = json.loads(said.getvalue())
    assert not [each for each in report.get("findings", []) if "to its end" in each["message"]]
    return code


def test_a_pack_cut_after_any_kilobyte_is_no_pack(tmp_path):
    path = small_case().write(tmp_path / "pack.zip")
    data = path.read_bytes()
    assert judged(path) == 0
    for length in range(0, len(data), 1024):
        path.write_bytes(data[:length])
        assert judged(path) == 2, length
        path.write_bytes(data[length:] if length else b"")
        assert judged(path) in (1, 2), length


def test_any_number_of_a_zips_headers_may_lie(tmp_path):
    path = small_case().write(tmp_path / "pack.zip")
    data, codes = path.read_bytes(), []
    for seed in range(300):
        path.write_bytes(lied(data, random.Random(f"lie-{seed}")))
        codes.append(judged(path))
    assert set(codes) == {0, 1, 2}, "a date or an attribute may be another; sizes and places may not"
    assert codes.count(0) < 200
