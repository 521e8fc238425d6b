"""Steps 7 to 10 and 14: the chain of a room, what its authors saw, its openings, its head and its times."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from caseroom.audit.canonical import canonical, format_instant, parse_canonical
from tests.evidence.building import PackBuilder, SpaceBuilder, small_case
from tests.evidence.judging import named, places

Change = Callable[[dict[str, Any]], Any]


def room_with(change: Change | None, *, seq: int = 2) -> PackBuilder:
    """One room of four sealed events, the operator having written entry ``seq`` otherwise."""
    builder = PackBuilder()
    builder.seal()
    room = builder.space(11)
    room.admit(builder.exporter, change=change if seq == 0 else None)
    for each in range(1, 4):
        room.event("message.posted", {"text": f"m{each}"}, change=change if seq == each else None)
    # A room without an opening in epoch 0 is one the exporter was admitted to later.
    builder.seal()
    return builder


@pytest.mark.parametrize("kind", ["hearing.opened2", "x509.Seen", "a"])
def test_an_event_of_a_kind_that_is_new_to_the_verifier_is_no_finding(judge: Any, kind: str) -> None:
    assert judge(room_with(lambda event: event["in"].update(k=kind))).findings == []


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda event: event.update(seq=3), "sequence"),
        (lambda event: event["in"].update(space=12), "sequence"),
        (lambda event: event["in"].update(case="0" * 32), "sequence"),
        (lambda event: event.update(prev="0" * 64), "prev"),
        (lambda event: event.update(at="2026-11-22T08:01:30.000Z"), "clock"),
        (lambda event: event["in"]["seen"].update(n=2), "seen"),
        (lambda event: event["in"]["seen"].update(n=9_007_199_254_740_991), "seen"),
        (lambda event: event["in"]["seen"].update(root="0" * 64), "seen"),
        (lambda event: event.update(more=1), "canonical"),
        (lambda event: event["in"].update(more=1), "canonical"),
        (lambda event: event["in"]["f"].update(more="0" * 64), "canonical"),
        (lambda event: event["in"].pop("x"), "canonical"),
        (lambda event: event.update(v="caseroom/v2/event"), "canonical"),
        (lambda event: event.update(at="2026-02-30T08:56:00.000Z"), "canonical"),
        (lambda event: event["in"].update(t="2026-11-22T24:00:00.000Z"), "canonical"),
        (lambda event: event["in"].update(actor="A" * 32), "canonical"),
        (lambda event: event.update(seq="2"), "canonical"),
        (lambda event: event.update(sig="0" * 63), "canonical"),
        (lambda event: event["in"]["f"].update(body="0" * 64), "commitment"),
    ],
)
def test_an_event_that_the_operator_wrote_wrongly_is_found(judge: Any, change: Change, check: str) -> None:
    assert judge(room_with(None)).findings == []
    report = judge(room_with(change))
    assert check in named(report)
    assert (11, 2) in {place[:2] for place in places(report, check)}


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line.replace(b":", b": ", 1),
        lambda line: line.replace(b'"k":', b'"\\u006b":'),
        lambda line: b'{"at":0,' + line[1:],
        lambda line: line + b" ",
        lambda line: b"\xef\xbb\xbf" + line,
        lambda _: b"",
        lambda _: b"null",
        lambda _: b"\xff",
        lambda _: b"[" * 100_000,
        lambda _: b'{"a":' + b"9" * 100_000 + b"}",
    ],
)
def test_a_line_that_is_no_event_in_its_one_spelling_is_found(judge: Any, damage: Callable[[bytes], bytes]) -> None:
    builder = small_case()
    files = builder.files()
    first, second, *rest = files["spaces/11/events.jsonl"].split(b"\n")
    changed = b"\n".join([first, damage(second), *rest])
    report = judge(builder, files | {"spaces/11/events.jsonl": changed})
    assert (11, 1, None) in places(report, "canonical")
    assert report.spaces[11].states[1] == "missing"


def test_events_cut_off_added_or_exchanged_are_found(judge: Any) -> None:
    builder = small_case()
    files = builder.files()
    path = "spaces/11/events.jsonl"
    lines = files[path].splitlines(keepends=True)
    for wrong in (lines[:-1], lines[:3], [*lines, lines[-1]], [lines[1], lines[0], *lines[2:]], []):
        assert "head" in named(judge(builder, files | {path: b"".join(wrong)}))
    assert "canonical" in named(judge(builder, files | {path: files[path][:-1]}))


def test_a_room_beyond_the_slots_of_the_case_is_found(judge: Any) -> None:
    builder = small_case()
    files = builder.files()
    moved = {path.replace("spaces/2/", "spaces/40/"): data for path, data in files.items()}
    assert {"sequence", "opening", "head", "key"} <= named(judge(builder, moved))


# --- openings ---


def rewrite(files: dict[str, bytes], path: str, change: Callable[[list[Any]], Any]) -> dict[str, bytes]:
    values = [parse_canonical(line) for line in files[path].splitlines()]
    values = change(values) or values
    return files | {path: b"".join(canonical(value) + b"\n" for value in values)}


@pytest.mark.parametrize(
    "change",
    [
        lambda openings: openings[1].update(salt="0" * 64),
        lambda openings: openings[1].update(root="0" * 64),
        lambda openings: openings[1].update(size=2),
        lambda openings: openings[1].update(n=2),
        lambda openings: openings[1].update(more=1),
        lambda openings: openings[1].pop("salt"),
        lambda openings: openings[1].update(n="1"),
        lambda openings: openings[1].update(n=99),
        lambda openings: openings[1]["path"].pop(),
        lambda openings: openings[1]["path"].append("0" * 64),
        lambda openings: openings[1]["path"].reverse(),
        lambda openings: openings[:1] + openings[2:],
        lambda openings: openings[2:],
        lambda openings: openings[:-1],
        lambda openings: openings[::-1],
        lambda openings: [*openings, openings[-1]],
    ],
)
def test_an_opening_that_was_touched_or_left_out_is_found(judge: Any, change: Callable[[list[Any]], Any]) -> None:
    builder = small_case()
    files = rewrite(builder.files(), "spaces/11/openings.jsonl", change)
    assert "opening" in named(judge(builder, files))


def test_a_room_that_the_operator_made_smaller_is_found(judge: Any) -> None:
    builder = small_case()
    room = builder.space(11)
    room.events = room.events[:3]
    room.log = type(room.log)()
    for event in room.events:
        room.log.append(event.leaf)
    builder.seal()
    assert "opening" in named(judge(builder))


def late_joiner(*, admitted: int, opened_from: int) -> PackBuilder:
    """A pack of somebody admitted after epoch ``admitted`` - 1, opening the room from one epoch on."""
    builder = PackBuilder()
    room = builder.space(11)
    early = builder.due(-1)
    room.event("case.opened", {"rules": "test@1"}, actor="system", at=early, disclosed=("body",))
    for n in range(5):
        if n == admitted:
            room.admit(builder.exporter, at=builder.due(n - 1) + timedelta(minutes=10))
        builder.seal()
    room.openings = room.openings[opened_from:]
    return builder


def test_a_late_joiner_opens_the_room_from_the_first_epoch_after_the_admission(judge: Any) -> None:
    report = judge(late_joiner(admitted=2, opened_from=2))
    assert report.findings == []
    assert report.spaces[11].states == ["withheld", "ok"]
    assert named(judge(late_joiner(admitted=2, opened_from=4))) == {"opening"}
    assert named(judge(late_joiner(admitted=0, opened_from=1))) == {"opening"}


def test_somebody_admitted_since_the_last_epoch_opens_nothing_yet(judge: Any) -> None:
    builder = PackBuilder()
    builder.seal()
    builder.space(11).admit(builder.exporter)
    report = judge(builder)
    assert report.findings == []
    assert (report.spaces[11].events, report.spaces[11].sealed) == (1, 0)


def away(*, hidden: range, removed: int = 2, readmitted: int = 5) -> PackBuilder:
    """The exporter leaves after epoch ``removed`` - 1 was sealed and is back before epoch ``readmitted``."""
    builder = PackBuilder()
    room = builder.space(11)
    room.admit(builder.exporter, at=builder.opened)
    for n in range(7):
        if n == removed:
            gone = builder.due(n - 1) + timedelta(minutes=10)
            room.event("participant.removed", {"pid": builder.exporter}, actor="system", at=gone)
        if n == readmitted:
            room.admit(builder.exporter, at=builder.due(n - 1) + timedelta(minutes=10))
        builder.seal()
    room.openings = [opening for opening in room.openings if opening["n"] not in hidden]
    return builder


def test_a_hole_in_the_openings_is_that_of_an_absence_and_no_larger(judge: Any) -> None:
    assert judge(away(hidden=range(2, 5))).findings == []
    assert named(judge(away(hidden=range(2, 6)))) == {"opening"}
    assert named(judge(away(hidden=range(1, 5)))) == {"opening"}
    assert named(judge(away(hidden=range(5, 7)))) == {"opening"}
    assert named(judge(away(hidden=range(2, 5), removed=9, readmitted=9))) == {"opening"}


# --- times ---


def posted_at(room: SpaceBuilder, moment: Any) -> Change:
    return lambda event: event.update(at=format_instant(moment))


@pytest.mark.parametrize(("minutes", "clean"), [(1, True), (-4, True), (-6, False)])
def test_an_event_older_than_the_epoch_before_its_own_is_found(judge: Any, minutes: int, clean: bool) -> None:
    builder = PackBuilder()
    room = builder.space(11)
    room.admit(builder.exporter, at=builder.opened)
    builder.seal()
    builder.seal()
    moment = builder.due(1) + timedelta(minutes=minutes)
    room.event("message.posted", {"text": "back-dated"}, change=posted_at(room, moment))
    builder.seal()
    report = judge(builder)
    assert report.verified is clean
    assert clean or named(report) == {"window"}
    assert clean or places(report, "window") == [(11, 1, 2)]


def test_an_event_that_saw_a_later_epoch_than_its_own_is_found(judge: Any) -> None:
    builder = PackBuilder()
    builder.seal()
    room = builder.space(11)
    room.admit(builder.exporter)
    later = PackBuilder()
    later.seal()
    later.space(11).admit(later.exporter)
    later.seal()
    head = later.log.read([(1, 0)])[0].hex()
    room.event("message.posted", {"text": "clairvoyant"}, change=lambda e: e["in"]["seen"].update(n=2, root=head))
    # It is in the tree that epoch 1 seals, and states the root that the case log only has with epoch 1 in it.
    builder.seal()
    assert named(judge(builder)) == {"seen"}
