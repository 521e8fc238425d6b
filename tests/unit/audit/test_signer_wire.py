"""The lines between the ledger and a signer in a process of its own: what is no question gets no answer, and no call
gives anything away."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseroom.audit.notes import checkpoint_text
from caseroom.audit.signer import Signer, SigningService
from caseroom.audit.signer_wire import LONGEST_LINE, LONGEST_PROOF, answer
from caseroom.audit.tree import consistency_proof, root
from tests.unit.audit.logs import CASE, KEY, log


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    opened = Signer(tmp_path_factory.mktemp("signer"), key=KEY)
    opened.create(CASE)
    yield opened
    opened.close()


def asked(signer: SigningService, members: Any) -> tuple[Any, bool]:
    line = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    reply, goes_on = answer(signer, line)
    assert reply.endswith(b"\n")
    assert len(reply) <= LONGEST_LINE
    return json.loads(reply), goes_on


def signing(old: int, new: int, **other: Any) -> dict[str, Any]:
    nodes = log(max(old, new))
    proof = [each.hex() for each in consistency_proof(old, new, nodes)] if old <= new else []
    members = {"call": "sign", "origin": CASE, "old_size": old, "new_size": new, "root": root(new, nodes).hex()}
    return {**members, "proof": proof, **other}


def test_each_call_is_answered_in_one_line(tmp_path: Path) -> None:
    fresh = Signer(tmp_path, key=KEY)
    public, _ = asked(fresh, {"call": "create", "origin": CASE})
    assert bytes.fromhex(public["answer"])
    assert asked(fresh, {"call": "last", "origin": CASE}) == ({"answer": []}, True)
    note, _ = asked(fresh, signing(0, 3))
    assert note["answer"].startswith(checkpoint_text(CASE, 3, root(3, log(3))))
    assert asked(fresh, {"call": "last", "origin": CASE})[0] == {"answer": [3, root(3, log(3)).hex()]}
    assert asked(fresh, {"call": "vkey", "origin": CASE})[0] == {"answer": fresh.vkey(CASE)}
    assert asked(fresh, {"call": "origins", "after": ""})[0] == {"answer": [CASE]}
    assert asked(fresh, {"call": "forget", "origin": CASE})[0] == {"answer": False}
    assert asked(fresh, {"call": "destroy", "origin": CASE})[0] == {"answer": True}
    assert asked(fresh, signing(3, 4)) == ({"refused": "destroyed"}, True)
    fresh.close()


HASH = "0" * 64


@pytest.mark.parametrize(
    "members",
    [
        [],
        "sign",
        {},
        {"call": 1},
        {"call": "export", "origin": CASE},
        {"call": "rewrap", "key": HASH},
        {"call": "_key", "origin": CASE},
        {"call": "close"},
        {"call": "last"},
        {"call": "last", "origin": 7},
        {"call": "last", "origin": CASE, "more": 1},
        {"call": "origins", "origin": CASE},
        signing(0, 3, old_size=True),
        signing(0, 3, new_size="3"),
        signing(0, 3, root=HASH[:-2]),
        signing(0, 3, root=HASH.replace("0", "A")),
        signing(0, 3, proof=HASH),
        signing(0, 3, proof=[1]),
        signing(0, 3, proof=[HASH] * (LONGEST_PROOF + 1)),
        signing(0, 3, text="anything else to sign"),
        signing(0, 3, size=3),
    ],
)
def test_what_is_no_question_is_told_so_and_ends_the_connection(signer: Signer, members: Any) -> None:
    reply, goes_on = asked(signer, members)
    assert list(reply) == ["malformed"]
    assert not goes_on
    assert signer.last(CASE) is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b'{"call": "vkey", "origin": ""}',
        b'{"call":"vkey","call":"vkey","origin":""}',
        b'{"call":"vkey","origin":null}',
        b'{"call":"vkey","origin":"\\ud800"}',
        b"[" * 60_000,
        b"GET / HTTP/1.1\r",
    ],
)
def test_bytes_that_are_not_canonical_json_are_no_question(signer: Signer, line: bytes) -> None:
    reply, goes_on = answer(signer, line)
    assert list(json.loads(reply)) == ["malformed"]
    assert not goes_on


@given(st.binary(max_size=200))
def test_no_bytes_at_all_make_the_signer_fail(line: bytes) -> None:
    reply, goes_on = answer(_Untouched(), line)
    assert list(json.loads(reply)) == ["malformed"]
    assert not goes_on


class _Untouched(Signer):
    """Nothing may be asked of it."""

    def __init__(self) -> None:
        pass


@pytest.mark.parametrize(
    "members",
    [
        {"call": "vkey", "origin": f"rooms.example.org/c/{'0' * 32}"},
        {"call": "create", "origin": CASE},
        {"call": "create", "origin": f"a\0b/c/{'0' * 32}/s/1"},
        {"call": "destroy", "origin": "no log at all\nREFUSED"},
        signing(0, 3, root=HASH, old_size=9),
    ],
)
def test_a_refusal_says_why_and_the_connection_goes_on(
    signer: Signer, members: Any, caplog: pytest.LogCaptureFixture
) -> None:
    reply, goes_on = asked(signer, members)
    assert list(reply) == ["refused"]
    assert goes_on
    assert len(caplog.records) == 1
    assert "\n" not in caplog.records[0].getMessage()


def test_a_signer_that_breaks_says_nothing_of_its_inside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    closed = Signer(tmp_path, key=KEY)
    closed.close()
    reply, goes_on = asked(closed, {"call": "vkey", "origin": CASE})
    assert reply == {"unavailable": "the signer failed, and its own log says why"}
    assert goes_on
    assert "closed" in caplog.text


def test_no_answer_ever_holds_a_private_key(tmp_path: Path) -> None:
    fresh = Signer(tmp_path, key=KEY)
    answers = [asked(fresh, {"call": "create", "origin": CASE}), asked(fresh, signing(0, 3))]
    secret = fresh._key(CASE).private.private_bytes_raw()
    answers += [
        asked(fresh, {"call": call, "origin": CASE}) for call in ("create", "vkey", "last", "forget", "destroy")
    ]
    answers.append(asked(fresh, {"call": "origins", "after": ""}))
    said = json.dumps(answers)
    assert len(secret) == 32
    assert secret.hex() not in said
    fresh.close()
