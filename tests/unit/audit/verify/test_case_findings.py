"""Steps 1 to 5: the manifest, the key, the epochs, their checkpoints and the schedule."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from caseroom.audit.verify import verify_pack
from tests.evidence.building import PackBuilder, changed, drawn, small_case, write_zip
from tests.evidence.judging import named, places

Files = dict[str, bytes]


def test_the_pack_of_a_small_case_verifies(judge: Any) -> None:
    report = judge(small_case())
    assert report.findings == []
    assert {slot: each.states for slot, each in report.spaces.items()} == {2: ["ok"] * 4, 11: ["ok"] * 6}
    assert (report.spaces[11].sealed, report.spaces[11].events) == (5, 6)


@pytest.mark.parametrize(
    ("path", "data", "checks"),
    [
        ("extra.txt", b"x", {"manifest"}),
        ("spaces/11/notes.txt", b"x", {"manifest"}),
        ("spaces/011/vkey", b"x", {"manifest"}),
        ("tsa/.pem", b"x", {"manifest", "timestamp"}),
        ("case/checkpoints/000009.note", b"x", {"checkpoint"}),
        ("case/checkpoints/000009.tsr", b"x", {"timestamp"}),
        ("tsa/root.pem", b"no certificate", {"timestamp"}),
        ("case/vkey", b"no key\n", {"key"}),
        ("spaces/11/vkey", b"no key\n", {"key"}),
        ("spaces/11/files/" + "0" * 64, b"x", {"file"}),
        ("spaces/11/acts/" + "0" * 64, b"x", {"act"}),
        ("links.jsonl", b"{}\n", {"link"}),
    ],
)
def test_a_file_that_does_not_belong_is_found(judge: Any, path: str, data: bytes, checks: set[str]) -> None:
    builder = small_case()
    assert named(judge(builder, builder.files() | {path: data})) == checks


@pytest.mark.parametrize(
    ("path", "checks"),
    [
        ("README.txt", set()),
        ("case/vkey", {"key"}),
        ("case/checkpoints/000002.note", {"checkpoint"}),
        ("spaces/11/vkey", {"key"}),
        ("spaces/11/head.note", {"head"}),
        ("spaces/11/disclosures.jsonl", {"commitment"}),
    ],
)
def test_a_file_that_is_left_out_is_found(judge: Any, path: str, checks: set[str]) -> None:
    """Of these, only the letter to the reader may be missing."""
    builder = small_case()
    files = builder.files()
    del files[path]
    assert named(judge(builder, files)) == checks


def test_openings_that_are_left_out_are_found(judge: Any) -> None:
    builder = small_case()
    builder.spaces[11].openings = []
    report = judge(builder)
    # The exporter was admitted at the opening, so that nothing excuses later epochs.
    assert named(report) == {"opening"}
    assert places(report, "opening") == [(11, None, 0)]


def test_a_manifest_that_lists_what_is_not_there_or_another_hash_is_found(judge: Any, tmp_path: Any) -> None:
    builder = small_case()
    files = builder.files()
    manifest = builder.manifest(files)
    changed_file = files | {"README.txt": b"other"}
    assert named(verify_pack(write_zip(tmp_path / "a.zip", changed_file | {"manifest.json": manifest}))) == {"manifest"}
    without = {path: data for path, data in files.items() if path != "README.txt"}
    assert named(verify_pack(write_zip(tmp_path / "b.zip", without | {"manifest.json": manifest}))) == {"manifest"}
    more = files | {"verify.py": b"pass\n"}
    assert named(verify_pack(write_zip(tmp_path / "c.zip", more | {"manifest.json": manifest}))) == {"manifest"}


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.update(more=1),
        lambda members: members.update(case="00" * 16),
        lambda members: members.pop("at"),
        lambda members: members.update(at="2026-11-22T08:00:00Z"),
        lambda members: members.update(exporter="A"),
    ],
)
def test_a_manifest_of_another_form_or_case_is_found(judge: Any, tmp_path: Any, change: Callable[[Any], Any]) -> None:
    builder = small_case()
    files = builder.files()
    manifest = changed(builder.manifest(files)[:-1], change) + b"\n"
    report = verify_pack(write_zip(tmp_path / "pack.zip", files | {"manifest.json": manifest}))
    assert "manifest" in named(report)
    padded = builder.manifest(files)[:-1] + b"\n\n"
    assert named(verify_pack(write_zip(tmp_path / "pad.zip", files | {"manifest.json": padded}))) == {"manifest"}


def four_epochs(n: int, change: Callable[[dict[str, Any]], Any]) -> PackBuilder:
    """Four epochs of a case without rooms, the operator having written epoch ``n`` otherwise."""
    builder = PackBuilder()
    for each in range(4):
        builder.seal(change=change if each == n else None)
    return builder


@pytest.mark.parametrize(
    ("n", "change", "checks"),
    [
        (2, lambda epoch: epoch.update(n=3), {"epoch"}),
        (2, lambda epoch: epoch.update(prev="0" * 64), {"epoch"}),
        (2, lambda epoch: epoch.update(case="0" * 32), {"epoch"}),
        (2, lambda epoch: epoch.update(slots=64), {"epoch"}),
        (2, lambda epoch: epoch.update(more=1), {"canonical"}),
        (2, lambda epoch: epoch.update(v="caseroom/v2/epoch"), {"canonical"}),
        (2, lambda epoch: epoch.update(due="2026-11-22T10:00:00.000Z"), {"canonical"}),
        (2, lambda epoch: epoch.update(due="2026-02-30T10:00:00Z"), {"canonical"}),
        (2, lambda epoch: epoch.update(stamps=[]), {"canonical"}),
        (2, lambda epoch: epoch.update(sroot="0" * 63), {"canonical"}),
        (2, lambda epoch: epoch.update(stamps=[1]), {"timestamp"}),
        (2, lambda epoch: epoch.update(tst="0" * 64, stamps=[1]), {"timestamp"}),
        (2, lambda epoch: epoch.update(why="caucus"), {"schedule"}),
        (2, lambda epoch: epoch.update(why="open"), {"schedule"}),
        (2, lambda epoch: epoch.update(due="2026-11-22T10:00:01Z"), {"schedule"}),
        (2, lambda epoch: epoch.update(due="2026-11-22T09:00:00Z"), {"schedule"}),
        (2, lambda epoch: epoch.update(gen={"interval": 60, "vkey": "x"}), {"schedule", "key"}),
        (0, lambda epoch: epoch.pop("gen"), {"epoch", "schedule"}),
    ],
)
def test_an_epoch_that_is_not_the_next_one_is_found(
    judge: Any, n: int, change: Callable[[Any], Any], checks: set[str]
) -> None:
    assert judge(four_epochs(9, change)).verified
    assert named(judge(four_epochs(n, change))) >= checks


def test_an_epoch_line_in_another_spelling_is_found_although_its_checkpoint_is_over_it(judge: Any) -> None:
    builder = PackBuilder()
    builder.seal()
    spaced = builder.epochs[0].replace(b":", b": ", 1)
    other = PackBuilder()
    other.seal()
    files = other.files() | {"case/epochs.jsonl": spaced + b"\n"}
    assert {"canonical", "checkpoint"} <= named(judge(other, files))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda note: note.replace(b"\n3\n", b"\n4\n"), "signature"),
        (lambda note: note + note.splitlines(keepends=True)[-1], "signatures"),
        (lambda note: note.rstrip(b"\n"), "signed note"),
        (lambda note: b"\xff" + note, "UTF-8"),
        (lambda note: note.replace("— ".encode(), b"- "), "signature"),
    ],
)
def test_a_checkpoint_note_that_was_touched_is_found(judge: Any, damage: Callable[[bytes], bytes], told: str) -> None:
    builder = small_case()
    path = "case/checkpoints/000002.note"
    files = builder.files()
    report = judge(builder, files | {path: damage(files[path])})
    assert named(report) == {"checkpoint"}
    assert places(report, "checkpoint") == [(None, None, 2)]
    assert told in report.findings[0].message


def test_a_checkpoint_signed_over_another_root_is_found(judge: Any) -> None:
    builder, other = small_case(), small_case()
    other.seal(why="joint", due=other.now)
    files = builder.files() | {"case/checkpoints/000002.note": other.notes[3].encode()}
    assert named(judge(builder, files)) == {"checkpoint"}


def test_a_renewed_key_signs_with_the_old_one_and_then_alone(judge: Any) -> None:
    builder = PackBuilder()
    joint = builder.space(11)
    joint.admit(builder.exporter, at=builder.opened)
    builder.seal()
    builder.seal(rekey=True)
    joint.event("message.posted", {"text": "after"})
    builder.seal()
    assert builder.notes[1].count("— ") == 2
    assert judge(builder).findings == []
    files = builder.files()
    alone = "\n".join(builder.notes[1].split("\n")[:-2]) + "\n"
    assert named(judge(builder, files | {"case/checkpoints/000001.note": alone.encode()})) == {"checkpoint"}
    builder.keys.pop()
    assert named(judge(builder)) == {"key", "head"}


@pytest.mark.parametrize(
    "change",
    [
        lambda epoch: epoch["gen"].update(interval=60),
        lambda epoch: epoch["gen"].update(vkey="other" + epoch["gen"]["vkey"]),
    ],
)
def test_a_renewed_key_keeps_the_name_and_the_interval(judge: Any, change: Callable[[Any], Any]) -> None:
    builder = PackBuilder()
    builder.seal()
    builder.seal(rekey=True, change=change)
    assert named(judge(builder)) & {"key", "schedule"}


# --- the schedule ---


def scheduled(*epochs: tuple[str, float]) -> PackBuilder:
    """A case opened and then sealed for these reasons at these hours after the opening."""
    builder = PackBuilder()
    builder.seal()
    for why, hours in epochs:
        builder.seal(why=why, due=builder.opened + timedelta(hours=hours))
    return builder


@pytest.mark.parametrize(
    ("epochs", "catchups"),
    [
        ([("grid", 1), ("grid", 2)], []),
        ([("joint", 0.5), ("grid", 1), ("joint", 1), ("close", 1.25)], []),
        ([("joint", 1), ("grid", 1), ("grid", 2)], []),
        ([("grid", 1), ("catchup", 5), ("grid", 6)], [2]),
        ([("catchup", 3), ("catchup", 7), ("joint", 7.5)], [1, 2]),
    ],
)
def test_a_schedule_that_was_kept_or_caught_up_is_no_finding(judge: Any, epochs: Any, catchups: list[int]) -> None:
    report = judge(scheduled(*epochs))
    assert report.findings == []
    assert report.catchups == catchups


@pytest.mark.parametrize(
    "epochs",
    [
        [("grid", 1), ("grid", 3)],
        [("joint", 1.5)],
        [("grid", 1), ("close", 2.5)],
        [("grid", 1), ("joint", 2), ("grid", 3)],
        [("grid", 1), ("grid", 1)],
        [("grid", 1), ("joint", 0.5), ("grid", 2)],
        [("close", 0.5), ("grid", 1)],
        [("catchup", 1.5), ("grid", 2)],
        [("grid", 1), ("catchup", 1)],
    ],
)
def test_a_schedule_with_a_missing_a_doubled_or_a_replaced_instant_is_found(judge: Any, epochs: Any) -> None:
    assert named(judge(scheduled(*epochs))) == {"schedule"}


def test_a_pack_that_ends_long_before_it_was_made_says_so(judge: Any) -> None:
    """A restored backup, or an end cut off: the exporter's clock alone is no proof of either."""
    builder = scheduled(("grid", 1))
    assert [note for note in judge(builder).notes if note.check == "schedule"] == []
    builder.now += timedelta(hours=9)
    report = judge(builder)
    assert report.findings == []
    assert [note.check for note in report.notes if note.check == "schedule"] == ["schedule"]


def test_everything_that_is_wrong_is_reported_not_only_the_first(judge: Any) -> None:
    builder = small_case()
    files = builder.files()
    files["case/vkey"] = b"no key\n"
    files["case/checkpoints/000001.note"] = b"no note"
    files["spaces/2/head.note"] = b"no note"
    files["stranger"] = drawn("x")
    assert named(judge(builder, files)) == {"key", "checkpoint", "head", "manifest"}
