"""One exhibit shown to an outsider verifies with the same file, and each of its parts matters."""

import json
import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from caseroom.audit import verify
from caseroom.audit.canonical import canonical, parse_canonical
from tests.evidence.building import PackBuilder, small_case
from tests.evidence.disclosing import disclosure_files, write_disclosure
from tests.evidence.judging import named
from tests.evidence.tokens import Authority

SLOT, SEQ = 2, 2

JudgeFiles = Callable[[PackBuilder, Mapping[str, bytes]], verify.Report]


@pytest.fixture
def judge_files(tmp_path: Path) -> JudgeFiles:
    return lambda builder, files: verify.verify_pack(write_disclosure(builder, tmp_path / "one.zip", dict(files)))


@pytest.fixture(scope="module")
def stamped() -> PackBuilder:
    authority = Authority.new()
    builder = small_case()
    builder.roots["authority"] = authority.pem
    builder.stamp(2, authority.at(builder.due(2) + timedelta(seconds=1)))
    return builder


def test_the_disclosure_of_one_exhibit_verifies(stamped: PackBuilder, tmp_path: Path, capsys: Any) -> None:
    path = write_disclosure(stamped, tmp_path / "one.zip", disclosure_files(stamped, SLOT, SEQ))
    assert verify.main([str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["spaces"] == {
        str(SLOT): {"events": 1, "sealed": 1, "states": ["ok"], "files_present": 1, "files_absent": 0}
    }
    assert (told["epochs"], told["stamped"]) == (4, 1)
    assert verify.main([str(path), "--lang", "en"]) == 0
    assert "one entry disclosed" in capsys.readouterr().out


def test_nothing_of_another_entry_is_in_it(stamped: PackBuilder) -> None:
    files = disclosure_files(stamped, SLOT, SEQ)
    whole = b"".join(files.values())
    others = [event for seq, event in enumerate(stamped.spaces[SLOT].events) if seq != SEQ]
    assert others
    assert not any(event.line in whole or event.ek.hex().encode() in whole for event in others)


def test_an_exhibit_that_is_not_sealed_yet_has_its_receipt_only(judge_files: JudgeFiles) -> None:
    builder = small_case()
    builder.space(SLOT).exhibit(b"new")
    files = disclosure_files(builder, SLOT, 4)
    assert "disclosure/opening.json" not in files
    report = judge_files(builder, files)
    assert report.findings == []
    assert (report.spaces[SLOT].events, report.spaces[SLOT].sealed) == (1, 0)


def edited(files: dict[str, bytes], name: str, **changes: Any) -> dict[str, bytes]:
    members = parse_canonical(files[f"disclosure/{name}"][:-1]) | changes
    return files | {f"disclosure/{name}": canonical(members) + b"\n"}


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda files: edited(files, "event.json", seq=3), "head"),
        (lambda files: edited(files, "event.json", more=1), "canonical"),
        (lambda files: edited(files, "event.json", at="2026-11-22T09:00:00.000Z"), "opening"),
        (lambda files: edited(files, "values.json", ek="0" * 64), "commitment"),
        (lambda files: edited(files, "values.json", seq=1), "commitment"),
        (lambda files: edited(files, "opening.json", salt="0" * 64), "opening"),
        (lambda files: edited(files, "inclusion.json", index=1), "opening"),
        (lambda files: edited(files, "inclusion.json", size=9), "opening"),
        (lambda files: edited(files, "inclusion.json", path=[]), "opening"),
        (lambda files: files | {"disclosure/vkey": files["case/vkey"]}, "key"),
        (lambda files: files | {"disclosure/receipt.txt": b"c2sp.org/tlog-proof@v1\n"}, "head"),
        (lambda files: files | {"disclosure/notes.txt": b""}, "manifest"),
        (lambda files: files | {"spaces/2/vkey": files["disclosure/vkey"]}, "manifest"),
        (lambda files: files | {"disclosure/files/" + "0" * 64: b""}, "file"),
        (lambda files: {name: data for name, data in files.items() if not name.endswith("event.json")}, "sequence"),
        (lambda files: {name: data for name, data in files.items() if not name.endswith("values.json")}, "commitment"),
        (lambda files: {name: data for name, data in files.items() if not name.endswith("inclusion.json")}, "opening"),
    ],
)
def test_a_part_that_was_touched_or_left_out_is_found(
    judge_files: JudgeFiles, stamped: PackBuilder, change: Callable[[dict[str, bytes]], dict[str, bytes]], check: str
) -> None:
    report = judge_files(stamped, change(disclosure_files(stamped, SLOT, SEQ)))
    assert check in named(report)
    assert not any("to its end" in each.message for each in report.findings)


def test_an_exhibit_with_other_bytes_is_found(judge_files: JudgeFiles, stamped: PackBuilder) -> None:
    files = disclosure_files(stamped, SLOT, SEQ)
    path = next(name for name in files if "/files/" in name)
    assert named(judge_files(stamped, files | {path: b"other"})) == {"file"}


def test_random_damage_is_always_found(judge_files: JudgeFiles, stamped: PackBuilder) -> None:
    files = disclosure_files(stamped, SLOT, SEQ)
    chance = random.Random(4)
    unpinned = "case/checkpoints/000002.tsr"
    paths = [path for path in sorted(files) if path.startswith(("case/", "disclosure/")) and path != unpinned]
    for _ in range(200):
        path = chance.choice(paths)
        place = chance.randrange(len(files[path]))
        data = files[path]
        data = data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]
        report = judge_files(stamped, files | {path: data})
        assert named(report), (path, place)
        assert not any("to its end" in each.message for each in report.findings)


def test_a_disclosure_and_a_pack_of_the_same_case_are_compared(stamped: PackBuilder, tmp_path: Path) -> None:
    one = write_disclosure(stamped, tmp_path / "one.zip", disclosure_files(stamped, SLOT, SEQ))
    pack = stamped.write(tmp_path / "pack.zip")
    found = verify.compare_packs(one, pack)
    assert (found.same_case, found.equivocation, found.a.verified, found.b.verified) == (True, [], True, True)
