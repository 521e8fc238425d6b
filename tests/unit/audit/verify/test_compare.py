"""Step 16: two packs of one case side by side. An operator who shows two histories has signed the proof of it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from caseroom.audit import verify
from tests.evidence.building import PackBuilder, small_case
from tests.evidence.judging import named


def history(text: str, *, epochs: int = 3, rooms: tuple[int, ...] = (11,)) -> PackBuilder:
    """A case whose joint room says ``text`` in its second hour, as the operator would show it to somebody."""
    builder = PackBuilder()
    for slot in rooms:
        builder.space(slot).admit(builder.exporter, at=builder.opened)
    for n in range(epochs):
        if n == 2:
            builder.space(11).event("message.posted", {"text": text}, at=builder.due(1) + timedelta(minutes=5))
        builder.seal()
    return builder


@pytest.fixture
def compare(tmp_path: Path) -> Any:
    def compare(a: PackBuilder, b: PackBuilder) -> verify.Comparison:
        return verify.compare_packs(a.write(tmp_path / "a.zip"), b.write(tmp_path / "b.zip"))

    return compare


def test_two_packs_of_one_history_agree_although_one_is_newer(compare: Any) -> None:
    found = compare(history("yes", epochs=3), history("yes", epochs=6))
    assert (found.same_case, found.equivocation) == (True, [])
    assert (found.a.verified, found.b.verified) == (True, True)


def test_a_history_rewritten_with_the_signing_key_is_found_with_both_signed_texts(compare: Any) -> None:
    found = compare(history("yes"), history("no"))
    assert (found.a.verified, found.b.verified) == (True, True)
    assert [(each["what"], each.get("n"), each.get("seq")) for each in found.equivocation] == [
        ("checkpoint", 2, None),
        ("event", None, 1),
    ]
    note, event = found.equivocation
    assert note["a"] != note["b"]
    assert all(text.startswith(history("yes").origin) for text in (note["a"], note["b"]))
    assert event["space"] == 11
    assert json.loads(event["a"])["in"]["f"] != json.loads(event["b"])["in"]["f"]


def test_a_fork_of_the_room_alone_is_found_before_any_epoch_seals_it(compare: Any) -> None:
    one, other = history("same"), history("same")
    one.space(11).event("message.posted", {"text": "to A"})
    other.space(11).event("message.posted", {"text": "to B"})
    found = compare(one, other)
    assert [each["what"] for each in found.equivocation] == ["event"]


def test_a_pack_that_anybody_could_have_damaged_proves_nothing_against_the_operator(tmp_path: Path) -> None:
    builder = small_case()
    files = builder.files()
    path = "spaces/11/events.jsonl"
    damaged = files | {path: files[path].replace(b'"seq":1', b'"seq":7')}
    damaged["case/checkpoints/000001.note"] = b"forged"
    whole, other = builder.write(tmp_path / "a.zip"), builder.write(tmp_path / "b.zip", damaged)
    found = verify.compare_packs(whole, other)
    assert found.equivocation == []
    assert {"checkpoint", "head"} <= named(found.b)
    assert verify.main(["compare", str(whole), str(other), "--json"]) == 1


def test_the_exit_codes_and_the_json_of_a_comparison(tmp_path: Path, capsys: Any) -> None:
    same, fork, stranger = (tmp_path / name for name in ("same.zip", "fork.zip", "stranger.zip"))
    history("yes").write(same)
    history("no").write(fork)
    small_case(seed="another case").write(stranger)
    assert verify.main(["compare", str(same), str(same), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"same_case", "equivocation", "a", "b"}
    assert verify.main(["compare", str(same), str(fork), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["equivocation"][0]["n"] == 2
    assert verify.main(["compare", str(same), str(stranger), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["same_case"] is False
    assert verify.main(["compare", str(same), str(tmp_path / "absent.zip")]) == 2


@pytest.mark.parametrize(("language", "words"), [("en", "TWO HISTORIES"), ("fr", "DEUX HISTOIRES")])
def test_a_person_reads_what_a_comparison_found(tmp_path: Path, capsys: Any, language: str, words: str) -> None:
    history("yes").write(tmp_path / "a.zip")
    history("no").write(tmp_path / "b.zip")
    assert verify.main(["compare", str(tmp_path / "a.zip"), str(tmp_path / "b.zip"), "--lang", language]) == 1
    assert capsys.readouterr().out.startswith(words)


def test_packs_of_two_people_with_different_rooms_are_compared_where_they_meet(compare: Any) -> None:
    one, other = history("yes", rooms=(11, 2)), history("yes", rooms=(11, 2))
    del one.spaces[2]
    found = compare(one, other)
    assert (found.same_case, found.equivocation, found.a.verified) == (True, [], True)
