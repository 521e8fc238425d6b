"""The bytes of events: those of the golden pack, and refusal of every other form."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from caseroom.audit.canonical import CanonicalError, canonical
from caseroom.audit.event_bytes import (
    FIELDS,
    NO_PREVIOUS,
    SYSTEM,
    Event,
    EventError,
    Kind,
    Values,
    build_event,
    build_intent,
    check_event,
    commitment,
    event_salt,
    link,
    parse_event,
    parse_intent,
)

CASE = bytes.fromhex("a9e18803a60705d16eaa7848dd023409")
ADA = "ca978112ca1bbdcafac231b39a23dc4d"
MORNING = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)


def intent_bytes(**changes: Any) -> bytes:
    parts: dict[str, Any] = {
        "actor": ADA,
        "case": CASE,
        "kind": Kind.MESSAGE_POSTED,
        "space": 11,
        "seen_size": 1,
        "seen_root": bytes(32),
        "t": MORNING,
        "x": bytes(16),
        "commitments": Values.of({"text": "Bonjour"}).commitments(bytes(32)),
    }
    return build_intent(**(parts | changes))


def event_after(previous: Event | None, **changes: Any) -> Event:
    parts: dict[str, Any] = {
        "at": MORNING,
        "prev": NO_PREVIOUS if previous is None else previous.leaf,
        "seq": 0 if previous is None else previous.seq + 1,
    }
    return parse_event(build_event(intent_bytes(), **(parts | changes)))


def changed(line: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    members = json.loads(line)
    change(members)
    return canonical(members)


def test_every_event_of_the_golden_pack_is_built_from_its_disclosed_values(golden: Any) -> None:
    rebuilt = 0
    for slot, space in golden["bundle"]["spaces"].items():
        previous = None
        for line, disclosure in zip(space["events"], space["disclosures"], strict=True):
            event = parse_event(line.encode())
            values = Values.of(
                json.loads(disclosure["values"]["body"]),
                meta=json.loads(disclosure["values"]["meta"]),
                who=json.loads(disclosure["values"]["who"]),
            )
            assert values.body.decode() == disclosure["values"]["body"]
            intent = build_intent(
                actor=event.intent.actor,
                case=bytes.fromhex(golden["bundle"]["case"]),
                kind=event.intent.kind,
                space=int(slot),
                seen_size=event.intent.seen_size,
                seen_root=event.intent.seen_root,
                t=event.intent.t,
                x=event.intent.x,
                commitments=values.commitments(bytes.fromhex(disclosure["ek"])),
            )
            prev = NO_PREVIOUS if previous is None else previous.leaf
            assert build_event(intent, at=event.at, prev=prev, seq=disclosure["seq"]) == line.encode()
            check_event(event, case=CASE, space=int(slot), previous=previous)
            previous = event
            rebuilt += 1
    assert rebuilt == 15


def test_the_golden_release_names_its_consent_by_a_salted_link_and_not_by_its_hash(golden: Any) -> None:
    spaces = golden["bundle"]["spaces"]
    who = json.loads(spaces["11"]["disclosures"][2]["values"]["who"])
    consent = parse_event(spaces["2"]["events"][10].encode())
    assert consent.intent.kind is Kind.RELEASE_CONSENTED
    assert who["consent"] != consent.leaf.hex()
    assert link(bytes(32), consent.leaf) != link(b"\x01" * 32, consent.leaf)


def test_a_commitment_changes_with_its_field_salt_and_value() -> None:
    ek = bytes(range(32))
    salts = {event_salt(ek, field) for field in FIELDS}
    assert len(salts) == 3
    salt = event_salt(ek, "body")
    different = {
        commitment("body", salt, b"{}"),
        commitment("meta", salt, b"{}"),
        commitment("body", bytes(32), b"{}"),
        commitment("body", salt, b'{"text":""}'),
    }
    assert len(different) == 4


def test_secrets_of_another_length_and_unknown_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        event_salt(bytes(31), "body")
    with pytest.raises(ValueError, match="field"):
        event_salt(bytes(32), "text")
    with pytest.raises(ValueError, match="32"):
        commitment("body", bytes(16), b"{}")
    with pytest.raises(ValueError, match="field"):
        commitment("other", bytes(32), b"{}")
    with pytest.raises(ValueError, match="32"):
        link(bytes(31), bytes(32))


def test_values_hold_canonical_json_and_do_not_show_it_when_printed() -> None:
    values = Values.of({"text": "our floor is 40,000"}, meta={"b": 1, "a": 2})
    assert (values.body, values.meta, values.who) == (b'{"text":"our floor is 40,000"}', b'{"a":2,"b":1}', b"{}")
    assert "floor" not in repr(values)
    with pytest.raises(CanonicalError):
        Values.of({"text": None})


def test_every_kind_of_the_table_is_written_and_no_other() -> None:
    table = """case.opened room.opened room.closed participant.admitted participant.removed message.posted exhibit.filed
        exhibit.opened exhibit.downloaded release.consented release.withdrawn exhibit.released message.released
        item.erased space.shredded notice"""
    assert [kind.value for kind in Kind] == table.split()
    for kind in Kind:
        assert parse_intent(intent_bytes(kind=kind)).kind is kind
    with pytest.raises(EventError):
        intent_bytes(kind="message.deleted")


def test_an_intent_says_what_was_put_in() -> None:
    intent = parse_intent(intent_bytes(actor=SYSTEM, space=127, seen_size=7))
    assert (intent.actor, intent.case, intent.space, intent.seen_size, intent.t) == (SYSTEM, CASE, 127, 7, MORNING)
    assert set(intent.commitments) == set(FIELDS)


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "Ada"},
        {"actor": ADA.upper()},
        {"case": bytes(15)},
        {"space": 128},
        {"space": -1},
        {"space": True},
        {"seen_size": -1},
        {"seen_root": bytes(31)},
        {"x": bytes(17)},
        {"commitments": {"body": bytes(32)}},
        {"commitments": {"body": bytes(32), "meta": bytes(32), "who": bytes(31)}},
        {"commitments": {"body": bytes(32), "meta": bytes(32), "who": bytes(32), "more": bytes(32)}},
    ],
)
def test_an_intent_of_another_form_is_not_built(change: dict[str, Any]) -> None:
    assert intent_bytes()
    with pytest.raises(EventError):
        intent_bytes(**change)


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.update(more=1),
        lambda event: event.pop("sig"),
        lambda event: event.update(v="caseroom/v2/event"),
        lambda event: event.update(sig="00"),
        lambda event: event.update(sig="A" * 64),
        lambda event: event.update(seq="0"),
        lambda event: event.update(seq=True),
        lambda event: event.update(seq=1),
        lambda event: event.update(prev="11" * 32),
        lambda event: event.update(at="2026-11-22T08:20:00Z"),
        lambda event: event["in"].update(more=1),
        lambda event: event["in"].pop("x"),
        lambda event: event["in"].update(v="caseroom/v1/event"),
        lambda event: event["in"].update(k=["notice"]),
        lambda event: event["in"].update(f=[]),
        lambda event: event["in"]["f"].pop("who"),
        lambda event: event["in"].update(seen={"n": 0}),
        lambda event: event["in"]["seen"].update(n=False),
        lambda event: event.update({"in": "intent"}),
    ],
)
def test_an_event_of_another_form_is_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    line = event_after(None).data
    assert parse_event(changed(line, lambda _: None)).data == line
    with pytest.raises(EventError):
        parse_event(changed(line, change))


@pytest.mark.parametrize("line", [b"", b"[]", b"{}", b"null", b'{"v":"caseroom/v1/event"}'])
def test_a_line_that_is_no_event_is_refused(line: bytes) -> None:
    with pytest.raises(EventError):
        parse_event(line)


def test_an_event_line_with_its_newline_is_not_the_event() -> None:
    line = event_after(None).data
    with pytest.raises(EventError):
        parse_event(line + b"\n")


def test_the_hash_of_an_act_signature_stands_in_the_event() -> None:
    assert event_after(None).sig is None
    assert event_after(None, sig=b"\x07" * 32).sig == b"\x07" * 32


def test_an_event_is_accepted_at_its_own_place_only() -> None:
    first = event_after(None)
    second = event_after(first)
    check_event(first, case=CASE, space=11, previous=None)
    check_event(second, case=CASE, space=11, previous=first)
    misplaced = [
        (second, CASE, 11, None),
        (first, CASE, 11, first),
        (first, bytes(16), 11, None),
        (first, CASE, 12, None),
        (event_after(first, prev=b"\x01" * 32), CASE, 11, first),
        (event_after(first, seq=2), CASE, 11, first),
        (event_after(first, at=MORNING - timedelta(milliseconds=1)), CASE, 11, first),
        (second, CASE, 11, replace(first, data=first.data + b" ")),
    ]
    for event, case, space, previous in misplaced:
        with pytest.raises(EventError):
            check_event(event, case=case, space=space, previous=previous)


def test_an_intent_that_is_not_canonical_is_not_made_an_event() -> None:
    with pytest.raises(EventError):
        build_event(intent_bytes() + b"\n", at=MORNING, seq=0)
