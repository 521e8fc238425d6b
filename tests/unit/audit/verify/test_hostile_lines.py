"""Lines and damage of every kind end in a named finding, with little memory and never in a trace."""

import io
import json
import random
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from caseroom.audit import verify
from tests.evidence.building import small_case
from tests.evidence.judging import named


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return small_case().write(tmp_path / "pack.zip")


# --- lines that are made to do harm ---


@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("case/epochs.jsonl", "canonical"),
        ("spaces/11/events.jsonl", "canonical"),
        ("spaces/11/disclosures.jsonl", "commitment"),
        ("spaces/11/openings.jsonl", "opening"),
        ("links.jsonl", "link"),
    ],
)
@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"text"',
        b"-1",
        b"1.5",
        b"1e400",
        b"NaN",
        b'{"seq":0,"seq":0}',
        b'{"n":99999999999999999999}',
        b'{"seq":' + b"9" * 50_000 + b"}",
        b"[" * 50_000 + b"]" * 50_000,
        b'{"a":' * 50_000,
        b'"\\ud800"',
        b"\x00",
    ],
)
def test_a_line_of_any_kind_is_a_finding_of_its_file(judge: Any, path: str, check: str, line: bytes) -> None:
    builder = small_case()
    files = builder.files()
    report = judge(builder, files | {path: files.get(path, b"") + line + b"\n"})
    assert check in named(report)
    assert not any("to its end" in each.message for each in report.findings)


@pytest.mark.parametrize(
    "path", ["case/epochs.jsonl", "spaces/11/events.jsonl", "spaces/11/disclosures.jsonl", "spaces/11/openings.jsonl"]
)
def test_a_line_or_a_number_of_lines_without_end_takes_little_memory(tmp_path: Path, path: str) -> None:
    builder = small_case()
    for damage in (b"x" * (40 << 20), b"\n" * (20 << 20), b'"' + b"x" * (3 << 20) + b'"\n' * 2):
        written = builder.write(tmp_path / "pack.zip", builder.files() | {path: damage})
        tracemalloc.start()
        start = time.monotonic()
        report = verify.verify_pack(written)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert not report.verified
        assert len(report.findings) < 5_000
        assert peak < 64 << 20
        assert time.monotonic() - start < 20


def test_a_manifest_or_a_note_without_end_is_refused(judge: Any, tmp_path: Path) -> None:
    builder = small_case()
    files = builder.files()
    report = judge(builder, files | {"case/checkpoints/000001.note": b"x" * (2 << 20)})
    assert named(report) == {"checkpoint"}
    report = judge(builder, files | {"spaces/11/head.note": b"\n" * (2 << 20)})
    assert named(report) == {"head"}


def test_thousands_of_alike_findings_are_counted_not_kept(judge: Any) -> None:
    builder = small_case()
    events = builder.files()["spaces/11/events.jsonl"]
    report = judge(
        builder, builder.files() | {"spaces/11/events.jsonl": events + events[: events.index(b"\n") + 1] * 3000}
    )
    counted = [each for each in report.findings if each.check == "prev"]
    assert len(counted) == 1001
    assert "more findings" in counted[-1].message


# --- chance ---


def damaged(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    kind = chance.randrange(4)
    if kind == 0:
        return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]
    if kind == 1:
        return data[:place] + data[place + 1 :]
    if kind == 2:
        return data[:place] + bytes([chance.randrange(256)]) + data[place:]
    return data[:place] + data[place : place + 40] + data[place:]


def test_random_damage_to_the_members_of_a_pack_is_always_found(tmp_path: Path) -> None:
    builder = small_case()
    files = builder.files()
    chance = random.Random(9)
    paths = [path for path in sorted(files) if path.startswith(("case/", "spaces/"))]
    for _ in range(300):
        path = chance.choice(paths)
        data = damaged(files[path], chance)
        if data != files[path]:
            report = verify.verify_pack(builder.write(tmp_path / "pack.zip", files | {path: data}))
            assert named(report), (path, data)
            assert not any("to its end" in each.message for each in report.findings)


def test_random_damage_to_the_zip_never_ends_in_a_trace(pack: Path, capsys: Any) -> None:
    whole = pack.read_bytes()
    chance = random.Random(10)
    for _ in range(300):
        data = damaged(whole, chance)
        if chance.random() < 0.3:
            place = chance.randrange(len(data) - 4)
            data = data[:place] + struct.pack("<I", chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF))) + data[place + 4 :]
        pack.write_bytes(data)
        assert verify.main([str(pack), "--json"]) in (0, 1, 2)
    outcomes = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(outcomes) == 300
    messages = [finding["message"] for each in outcomes for finding in each.get("findings", [])]
    assert not any("to its end" in message for message in messages)


def test_the_last_resort_is_a_finding(judge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_arguments: Any) -> None:
        raise KeyError("unforeseen")

    monkeypatch.setattr(verify, "step_13_acts", stumble)
    report = judge(small_case())
    assert named(report) == {"act"}
    assert "KeyError" in report.findings[0].message


def test_a_report_can_be_printed_on_any_terminal(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(verify.sys, "stdout", plain)
    assert verify.main([str(pack), "--lang", "fr"]) == 0
    plain.flush()
    assert b"V\\xc9RIFI\\xc9" in plain.buffer.getvalue()  # type: ignore[attr-defined]
