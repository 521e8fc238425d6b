"""Steps 11 and 12: what is disclosed, and the exhibits."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from caseroom.audit.canonical import canonical, parse_canonical
from caseroom.audit.event_bytes import Values
from tests.evidence.building import PackBuilder, drawn, small_case
from tests.evidence.judging import named, places

Files = dict[str, bytes]
DISCLOSED = "spaces/11/disclosures.jsonl"


def rewritten(files: Files, path: str, change: Callable[[list[Any]], Any]) -> Files:
    values = [parse_canonical(line) for line in files[path].splitlines()]
    values = change(values) or values
    return files | {path: b"".join(canonical(value) + b"\n" for value in values)}


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[1].update(ek="0" * 64),
        lambda lines: lines[1].update(ek="0" * 63),
        lambda lines: lines[1]["values"].update(body='{"pid":"nobody"}'),
        lambda lines: lines[1]["values"].update(body=1),
        lambda lines: lines[1]["values"].pop("who"),
        lambda lines: lines[1].update(more=1),
        lambda lines: lines[1].update(seq=2),
        lambda lines: lines[1].update(seq=0),
        lambda lines: lines[1].update(seq="1"),
        lambda lines: lines[:1] + lines[2:],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [*lines, {"seq": 6, "salts": {}, "values": {}}],
        lambda lines: [*lines[:1], {"seq": 1, "salts": {"body": "0" * 64}, "values": {}}, *lines[2:]],
        lambda lines: [*lines[:1], {"seq": 1, "salts": {"more": "0" * 64}, "values": {"more": ""}}, *lines[2:]],
    ],
)
def test_a_disclosure_that_is_not_what_was_recorded_is_found(judge: Any, change: Callable[[list[Any]], Any]) -> None:
    builder = small_case()
    report = judge(builder, rewritten(builder.files(), DISCLOSED, change))
    assert "commitment" in named(report)


def test_a_value_committed_to_in_another_spelling_is_found(judge: Any) -> None:
    """The commitment verifies; the value still is not canonical JSON, so two readers could disagree about it."""
    builder = small_case()
    event = builder.space(11).events[2]
    spelled = b'{"text": "two spaces"}'
    ek = drawn("other")
    event.values, event.ek = Values(spelled, b"{}", b"{}"), ek
    again = PackBuilder()
    room = again.space(11)
    room.admit(again.exporter, at=again.opened)
    made = room.event(
        "message.posted",
        {"text": "x"},
        change=lambda e: e["in"].update(f={k: v.hex() for k, v in event.values.commitments(ek).items()}),
    )
    made.values, made.ek = event.values, ek
    again.seal()
    report = judge(again)
    assert named(report) == {"commitment"}
    assert report.spaces[11].states == ["ok", "missing"]


def test_what_is_not_disclosed_is_withheld_and_no_finding(judge: Any) -> None:
    builder = small_case()
    events = builder.space(11).events
    events[2].disclosed, events[3].disclosed = (), ("body", "who")
    report = judge(builder)
    assert report.findings == []
    assert report.spaces[11].states == ["ok", "ok", "withheld", "withheld", "ok", "ok"]


@pytest.mark.parametrize("line", [None, ()])
def test_what_an_entry_says_was_erased_is_erased_with_or_without_a_line(judge: Any, line: Any) -> None:
    builder = small_case()
    room = builder.space(2)
    room.event("item.erased", {"of": room.events[1].leaf.hex(), "basis": "GDPR 17"}, who={"auth": "AL1+"})
    room.events[1].disclosed = line
    erased = next(iter(room.files))
    del room.files[erased]
    builder.seal()
    report = judge(builder)
    assert report.findings == []
    assert report.spaces[2].states == ["ok", "erased", "ok", "ok", "ok"]
    assert report.spaces[2].files_present == 2
    # The same gap without an entry that says so is one.
    room.events[2].disclosed = None
    report = judge(builder)
    assert places(report, "commitment") == [(2, 2, None)]
    assert report.spaces[2].states[2] == "missing"


def test_an_erasure_that_is_itself_not_disclosed_erases_nothing(judge: Any) -> None:
    builder = small_case()
    room = builder.space(2)
    room.event("item.erased", {"of": room.events[1].leaf.hex(), "basis": "x"}, disclosed=())
    room.events[1].disclosed = ()
    assert judge(builder).spaces[2].states[1] == "withheld"


# --- exhibits ---


def test_exhibits_left_out_are_absent_and_no_finding(judge: Any) -> None:
    builder = small_case()
    builder.space(2).files = {}
    report = judge(builder)
    assert report.findings == []
    assert (report.spaces[2].files_present, report.spaces[2].files_absent) == (0, 3)


def test_an_exhibit_with_other_bytes_or_nobody_s_is_found(judge: Any) -> None:
    builder = small_case()
    files = builder.files()
    path = f"spaces/2/files/{next(iter(builder.space(2).files))}"
    assert named(judge(builder, files | {path: b"other"})) == {"file"}
    builder.space(2).events[1].disclosed = ("meta", "who")
    assert named(judge(builder)) == {"file"}
    moved = {name.replace("spaces/2/files", "spaces/11/files"): data for name, data in files.items()}
    assert named(judge(small_case(), moved)) == {"file"}


def test_an_exhibit_of_another_size_than_was_filed_is_found(judge: Any) -> None:
    builder = small_case()
    data = b"bytes"
    digest = hashlib.sha256(data).hexdigest()
    builder.space(2).files[digest] = data
    builder.space(2).event("exhibit.filed", {"files": [{"sha256": digest, "size": 6, "type": "text/plain"}]})
    assert named(judge(builder)) == {"file"}
