"""The pack of an independent prototype verifies, and each of its bytes matters."""

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from caseroom.audit import verify
from caseroom.audit.canonical import canonical
from tests.evidence.building import small_case, write_zip
from tests.evidence.judging import named

VECTORS = Path(__file__).parents[3] / "vectors"
OWNER = "ca978112ca1bbdcafac231b39a23dc4d"


@pytest.fixture(scope="session")
def golden() -> Any:
    return json.loads((VECTORS / "construction_v1_A.json").read_text(encoding="utf-8"))


def lines(values: list[Any]) -> bytes:
    return b"".join((value.encode() if isinstance(value, str) else canonical(value)) + b"\n" for value in values)


def golden_files(golden: Any) -> dict[str, bytes]:
    """The files of docs/evidence.md §9.1 but the manifest."""
    bundle = golden["bundle"]
    files = {"case/vkey": f"{bundle['vkey']}\n".encode(), "case/epochs.jsonl": lines(bundle["epochs"])}
    files |= {f"case/checkpoints/{n:06d}.note": note.encode() for n, note in enumerate(bundle["notes"])}
    for slot, space in bundle["spaces"].items():
        files[f"spaces/{slot}/vkey"] = f"{space['vkey']}\n".encode()
        files[f"spaces/{slot}/head.note"] = space["head"].encode()
        for name in ("events", "disclosures", "openings"):
            files[f"spaces/{slot}/{name}.jsonl"] = lines(space[name])
    return files


def write_golden(golden: Any, path: Path, files: dict[str, bytes]) -> Path:
    listed = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    manifest = {
        "v": "caseroom/v1/pack",
        "case": golden["bundle"]["case"],
        "exporter": OWNER,
        "at": "2026-11-22T11:30:00.000Z",
        "files": listed,
    }
    return write_zip(path, files | {"manifest.json": canonical(manifest) + b"\n"})


@pytest.fixture
def golden_pack(golden: Any, tmp_path: Path) -> Path:
    return write_golden(golden, tmp_path / "golden.zip", golden_files(golden))


def test_the_golden_pack_verifies_and_says_what_the_prototype_expects(golden: Any, golden_pack: Path) -> None:
    report = verify.verify_pack(golden_pack)
    assert report.findings == []
    expected = {int(slot): (each["events"], each["sealed"], each["states"]) for slot, each in golden["expect"].items()}
    assert {slot: (each.events, each.sealed, each.states) for slot, each in report.spaces.items()} == expected
    assert (report.epochs, report.stamped, report.last_due) == (4, 0, "2026-11-22T11:00:00Z")
    assert {each.files_absent for each in report.spaces.values()} == {1, 2}


def test_the_link_of_the_golden_release_is_found_by_trying_no_other_consent(golden: Any, tmp_path: Path) -> None:
    """The prototype gave no salt, so a pack with links and none for its release is incomplete."""
    files = golden_files(golden) | {"links.jsonl": b""}
    report = verify.verify_pack(write_golden(golden, tmp_path / "golden.zip", files))
    assert [(each.check, each.space, each.seq) for each in report.findings] == [("link", 11, 2)]


def test_a_changed_character_anywhere_in_the_golden_case_or_rooms_is_found(golden: Any, tmp_path: Path) -> None:
    """With a manifest made anew: one change in each line of each file."""
    files = golden_files(golden)
    tried = 0
    for path, data in files.items():
        for place in range(len(data) // 3, len(data), max(1, len(data) // 3)):
            changed = bytes([data[place] ^ 1])
            other = data[:place] + changed + data[place + 1 :]
            report = verify.verify_pack(write_golden(golden, tmp_path / "other.zip", files | {path: other}))
            assert named(report), (path, place)
            tried += 1
    assert tried > 30


def test_the_file_runs_alone_and_imports_nothing_of_caseroom(golden_pack: Path, tmp_path: Path) -> None:
    source = Path(verify.__file__).read_text(encoding="utf-8")
    alone = tmp_path / "alone" / "verify.py"
    alone.parent.mkdir()
    alone.write_text(source, encoding="utf-8")
    command = [sys.executable, "-I", str(alone), str(golden_pack), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=alone.parent)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["verified"] is True
    assert "caseroom.audit" not in source
    assert "rfc8785" not in source


def test_the_json_report_has_the_members_of_the_specification(golden_pack: Path, capsys: Any) -> None:
    assert verify.main([str(golden_pack), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    specified = {
        *("verified", "findings", "spaces", "epochs", "stamped", "late", "catchups"),
        *("last_due", "key_source", "roots_source"),
    }
    assert set(told) == specified
    assert set(told["spaces"]["11"]) == {"events", "sealed", "states", "files_present", "files_absent"}


def test_what_could_not_be_checked_is_told_to_a_person_and_is_no_finding(golden_pack: Path) -> None:
    """The prototype made no tokens, and gave no salt for the link of its release."""
    report = verify.verify_pack(golden_pack)
    assert report.findings == []
    assert {(each.check, each.message) for each in report.notes} == {
        ("timestamp", "unstamped: no token yet"),
        ("link", "the link to its consent is missing"),
    }


@pytest.mark.parametrize(("language", "verdict"), [("en", "VERIFIED."), ("fr", "VÉRIFIÉ.")])
def test_a_person_reads_the_verdict_first(golden_pack: Path, capsys: Any, language: str, verdict: str) -> None:
    assert verify.main([str(golden_pack), "--lang", language]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith(verdict)
    assert any("11" in line for line in rest)


def test_a_key_obtained_elsewhere_is_compared_with_that_of_the_pack(golden: Any, golden_pack: Path) -> None:
    own = golden["bundle"]["vkey"]
    report = verify.verify_pack(golden_pack, key=own)
    assert (report.verified, report.key_source) == (True, "given")
    other = verify.parse_key(own)._replace(public=bytes(32)).named(verify.parse_key(own).name)
    assert named(verify.verify_pack(golden_pack, key=other.text)) == {"key"}
    with pytest.raises(verify.NotAPack, match="--key"):
        verify.verify_pack(golden_pack, key="no key")


def test_a_reader_who_has_read_enough_is_no_error(golden_pack: Path) -> None:
    command = [sys.executable, verify.__file__, str(golden_pack)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        told = running.stderr.read()
    assert told == b""


def test_the_reading_tells_how_far_it_is(tmp_path: Path) -> None:
    builder = small_case()
    builder.space(2).exhibit(random.Random(1).randbytes(8 << 20))
    steps: list[tuple[int, int]] = []
    report = verify.verify_pack(builder.write(tmp_path / "pack.zip"), progress=lambda *step: steps.append(step))
    assert report.verified
    assert len(steps) >= 7
    assert steps == sorted(steps)
    assert all(0 < done <= total for done, total in steps)
