"""An operator who holds the signing key writes history again. What shows it: the copies that others hold, what honest
entries say they had seen, and the clock of the time-stamping authority."""

import json
from datetime import timedelta

import pytest

from caseroom.audit.case_log import head_of, slot_values_of
from caseroom.audit.models import CaseEpoch
from caseroom.audit.notes import open_note, parse_vkey
from caseroom.audit.scheduler import seal_due
from caseroom.audit.seen import Seen
from caseroom.audit.stamps.asking import build_request
from caseroom.audit.stamps.local_authority import LocalAuthority
from caseroom.audit.verify import compare_packs, verify_pack
from caseroom.errors import Conflict
from caseroom.rooms.services import NewMessage, post_message
from tests.evidence.building import OPENED, PackBuilder, write_zip
from tests.evidence.forging import Operator, lines_of
from tests.evidence.judging import named, places
from tests.evidence.mutating import renewed
from tests.evidence.storied import storied
from tests.house import House
from tests.services.evidence.packs import pack_of

LIE = "Nous avions dit cinquante."


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """What everybody holds; and what the operator has besides: the key, out of the signer, and the slots' values."""
    folder = tmp_path_factory.mktemp("story")
    with storied(folder) as story:
        house, case = story.house, story.affair.id
        with house.database.reading() as work:
            origin = head_of(work, case).origin
            values = {n: slot_values_of(work, work.session.get_one(CaseEpoch, (case, n))) for n in range(9)}
        authority = LocalAuthority(folder / "authority")

        def stamper(n, note):
            return authority.reply_at(build_request(note).as_bytes(), story.present.now() + timedelta(hours=n))

        yield Held(
            packs={person: story.pack(person).members for person in ("neus", "bruno", "ada")},
            early={person: pack.members for person, pack in story.early.items()},
            key=house.signer._key(origin).private,
            values=values,
            joint=story.slot("neus", "joint"),
            vkey=story.vkey,
            stamper=stamper,
        )


class Held:
    def __init__(self, **given):
        self.__dict__.update(given)

    def said(self):
        """The place of something that was said in the joint room early on."""
        told = lines_of(self.packs["neus"], f"spaces/{self.joint}/disclosures.jsonl")
        return next(line["seq"] for line in told if "Nous attendons" in line["values"].get("body", ""))

    def rewritten(self, **how):
        operator = Operator(dict(self.packs["neus"]), self.key, self.values, **how)
        operator.change(self.joint, self.said(), LIE)
        return operator.rewrite()


@pytest.fixture
def kept(tmp_path):
    """Write members as a pack; return its path."""
    return lambda name, members: write_zip(tmp_path / f"{name}.zip", members)


def test_a_history_written_again_without_a_change_is_the_same_byte_for_byte(held):
    """Or nothing below would mean anything: the operator of these tests can do all that the product does."""
    operator = Operator(dict(held.packs["neus"]), held.key, held.values)
    assert operator.rewrite() == held.packs["neus"]


def test_a_thorough_rewrite_passes_alone_and_is_found_beside_the_pack_of_anybody_else(held, kept):
    forged = kept("forged", held.rewritten())
    alone = verify_pack(forged, key=held.vkey)
    assert alone.findings == [], "whoever has the key can make this"
    said = held.rewritten()[f"spaces/{held.joint}/disclosures.jsonl"].decode()
    assert LIE in said
    for person in ("neus", "bruno", "ada"):
        whole = kept(person, held.packs[person])
        assert verify_pack(whole, key=held.vkey).verified
        found = compare_packs(whole, forged)
        assert found.same_case
        assert {each["what"] for each in found.equivocation} == {"checkpoint", "event"}
        first = found.equivocation[0]
        verifier = parse_vkey(held.vkey)
        texts = [open_note(first[side].encode(), [verifier]) for side in ("a", "b")]
        assert all(text.verified and not text.unverified for text in texts), "both are the operator's own signature"
        assert texts[0].text != texts[1].text
        assert texts[0].text.split("\n")[:2] == texts[1].text.split("\n")[:2], "of one log at one size"
        events = [each["seq"] for each in found.equivocation if each.get("space") == held.joint]
        assert min(events) == held.said()


def test_an_older_copy_of_ones_own_is_enough_to_find_it(held, kept):
    forged = kept("forged", held.rewritten())
    for person, members in held.early.items():
        found = compare_packs(kept(person, members), forged)
        assert (found.a.findings, found.a.epochs, found.b.epochs) == ([], 5, 9)
        assert [each["n"] for each in found.equivocation if each["what"] == "checkpoint"] == [3, 4]


def self_and_forged(held, kept):
    return kept("own", held.packs["neus"]), kept("forged", held.rewritten())


def test_what_honest_entries_had_seen_breaks_the_forged_pack_alone(held, kept):
    report = verify_pack(kept("forged", held.rewritten(honest=True)))
    assert named(report) == {"seen"}
    accused = {(slot, seq) for slot, seq, _ in places(report, "seen")}
    assert len({slot for slot, _ in accused}) > 1, "in every room in which anybody spoke afterwards"
    assert all(seq > held.said() for slot, seq in accused if slot == held.joint)


def test_the_tokens_of_the_true_history_do_not_fit_the_other_one(held, kept):
    report = verify_pack(kept("forged", held.rewritten(keep_tokens=True)))
    assert named(report) == {"timestamp"}
    assert len(places(report, "timestamp")) >= 5


def test_without_tokens_the_other_history_has_no_outside_witness_for_what_was_changed(held, kept):
    true, forged = (verify_pack(path) for path in self_and_forged(held, kept))
    assert (true.stamped, true.late) == (9, 0)
    assert forged.stamped < 5
    assert [note for note in forged.notes if "unstamped" in note.message]


def test_new_tokens_can_only_be_later_and_are_counted_as_late(held, kept):
    report = verify_pack(kept("forged", held.rewritten(stamper=held.stamper)))
    assert report.findings == []
    assert report.stamped == 9
    assert report.late >= 4, "the authority's clock is not the operator's"


def test_an_entry_dated_back_is_outside_the_epoch_that_seals_it(tmp_path):
    """The key does not help either: the epochs before are in the hands of others, so it can only be sealed now."""
    builder = PackBuilder()
    room = builder.space(11)
    room.admit(builder.exporter, at=OPENED)
    for _ in range(4):
        builder.seal()
    builder.now = OPENED + timedelta(hours=1)
    back = room.event("message.posted", {"text": LIE}, at=OPENED + timedelta(hours=1))
    builder.now = builder.due(3)
    builder.seal()
    report = verify_pack(builder.write(tmp_path / "pack.zip"))
    assert back.members["at"] < "2026-11-22T10"
    assert (named(report), places(report, "window")) == ({"window"}, [(11, 1, 4)])


def test_a_pack_cannot_tell_another_story_of_a_slot_under_the_same_epochs(held, kept):
    """The same checkpoints for everybody: another face of a room needs another root of its slot."""
    whole = held.packs["neus"]
    mixed = held.rewritten() | {path: data for path, data in whole.items() if path.startswith("case/")}
    path = kept("mixed", renewed(mixed, json.loads(whole["manifest.json"])))
    report = verify_pack(path)
    assert {"opening", "seen"} <= named(report)
    assert "head" not in named(report), "the operator signed this face as well"
    found = compare_packs(kept("own", held.packs["bruno"]), path)
    assert {each["what"] for each in found.equivocation} == {"event"}


def test_two_faces_of_a_room_need_two_numbers_and_the_people_see_them(tmp_path):
    """One caucus, shown to the party as space 11 and to the neutral as 12, under the same epochs. Both verify, and no
    signature contradicts another: what tells is the number, which each sees in the product and in the report."""
    builder = PackBuilder()
    for slot, text in ((11, "yes"), (12, "no")):
        room = builder.space(slot)
        room.admit(builder.exporter, at=OPENED)
        room.event("message.posted", {"text": text})
    builder.seal()
    faces = []
    for slot, other in ((11, 12), (12, 11)):
        files = {path: data for path, data in builder.files().items() if not path.startswith(f"spaces/{other}/")}
        faces.append(builder.write(tmp_path / f"{slot}.zip", files))
    found = compare_packs(*faces)
    assert (found.a.findings, found.b.findings, found.equivocation) == ([], [], [])
    assert (list(found.a.spaces), list(found.b.spaces)) == ([11], [12])
    assert [list(report.as_dict()["spaces"]) for report in (found.a, found.b)] == [["11"], ["12"]]


def test_a_server_that_forked_is_refused_by_the_client_that_saw_the_other_history(tmp_path):
    """Two servers from one state, as after a restored disk with the signer's file beside it: both sign, and a page that
    states what it saw posts on its own history only."""
    with storied(tmp_path / "story", told=False) as story:
        house, case = story.house, story.affair.id
        joint = story.affair["joint"]
        house.say("ada", joint, "Avant.")
        story.hour(stamped=False)
        house.close()
        other = house.copied(tmp_path / "other")
        mine = House(house.folder, actors=house.actors)
        for server, text in ((mine, "Oui."), (other, "Non.")):
            server.say("bruno", joint, text)
        story.present.move(hours=1)
        seen, packs = {}, {}
        for name, server in (("mine", mine), ("other", other)):
            assert seal_due(server.database, now=story.present.now()) == 1
            with server.database.reading() as work:
                head = head_of(work, case)
                seen[name] = Seen(head.size, head.root)
            packs[name] = tmp_path / f"{name}.zip"
            packs[name].write_bytes(pack_of(server, "ada", case).data)

        def posts(server, saw):
            command = NewMessage(body="Après.", audience=server.audience("ada", joint), seen=saw)
            with server.database.unit_of_work() as work:
                return post_message(work, server.actors["ada"], joint, command)

        assert posts(mine, seen["mine"]).entry.text == "Après."
        with pytest.raises(Conflict, match="history_differs"):
            posts(other, seen["mine"])
        assert posts(other, seen["other"]).entry.text == "Après."
        found = compare_packs(packs["mine"], packs["other"])
        assert (found.a.findings, found.b.findings) == ([], []), "each is in order by itself"
        assert {each["what"] for each in found.equivocation} == {"checkpoint", "event"}
        for server in (mine, other):
            server.close()
