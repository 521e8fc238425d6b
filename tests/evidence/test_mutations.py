"""A pack made by the product, changed in every way one can think of without the key: each change is found and named.

What the format cannot show is listed in ``excused``: nothing else passes, and each of its reasons is shown to hold."""

import json
import random
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from cryptography import x509

from caseroom.audit.canonical import canonical
from caseroom.audit.verify import NotAPack, Unreadable, ask_openssl, check_token, verify_pack
from tests.evidence.campaigns import RENEWED, UNDER_THE_OLD_MANIFEST, of_a_covered_byte, of_a_field, of_a_line
from tests.evidence.excused import MANIFEST, REASONS, pinned, reason
from tests.evidence.judging import named
from tests.evidence.mutating import Change, bitten, renewed
from tests.evidence.storied import storied
from tests.unit.audit.verify.test_acts_and_links import released, security_key, signing, spki

ROOT = Path(__file__).resolve().parents[2]
CHECKS = {
    *("manifest", "key", "epoch", "checkpoint", "schedule", "timestamp", "canonical", "sequence", "prev", "clock"),
    *("seen", "opening", "head", "commitment", "file", "act", "window", "link"),
}
WHO = ("ada", "neus")  # one who left and came back, and the one who was always there


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    with storied(tmp_path_factory.mktemp("story")) as story:
        return {person: story.pack(person) for person in WHO}


@pytest.fixture(scope="module")
def whole(packs):
    """The members of each pack, and the promise that without a change nothing is found in them."""
    return {person: pack.members for person, pack in packs.items()}


@pytest.fixture
def judge(tmp_path):
    """The report on these members; None where they are no pack at all (exit 2)."""
    path = tmp_path / "pack.zip"

    def judge(members, twice=None):
        with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            warnings.simplefilter("ignore", UserWarning)  # zipfile's own, of a name that stands twice
            for name, data in members.items():
                archive.writestr(name, data)
            if twice:
                archive.writestr(*twice)
        try:
            return verify_pack(path)
        except NotAPack:
            return None

    judge.kept = lambda seed: shutil.copy(path, tmp_path / f"unseen-{seed}.zip")
    return judge


def test_the_packs_hold_what_is_to_be_changed_and_are_in_order(packs, whole, judge):
    for person in WHO:
        report = judge(whole[person])
        assert report.findings == []
        assert (report.epochs, report.stamped, report.late) == (9, 9, 0)
        assert sum(space.states.count("erased") for space in report.spaces.values()) == 2
        assert len(report.spaces) >= 3
        assert sum(space.files_present for space in report.spaces.values()) == 2
        assert pinned(whole[person]) == set(range(8)), "all but the last token"
    assert sum(count for _, count in (*RENEWED.values(), UNDER_THE_OLD_MANIFEST)) >= 1_000


def campaign(kind, maker, count, subjects):
    """Each seed's change, with whose pack it is of; a change that changed nothing is none."""
    names = sorted(subjects)
    for seed in range(count):
        person = names[seed % len(names)]
        change = maker(dict(subjects[person]), random.Random(f"{kind}-{seed}"))
        if change.members != subjects[person] or change.twice:
            yield seed, person, change


def judged(report, where):
    """True where it was found. Whatever was found has a name, and no step of the verifier stumbled over it."""
    if report is None:
        return True
    assert named(report) <= CHECKS, where
    assert not [each for each in report.findings if "to its end" in each.message], (where, report.findings)
    return not report.verified


def unseen(kind, maker, count, subjects, judge):
    """What passed under a renewed manifest without a reason; each such pack is kept beside the test's files."""
    passed, made = [], 0
    for seed, person, change in campaign(kind, maker, count, subjects):
        made += 1
        before = subjects[person]
        after = renewed(change.members, json.loads(before[MANIFEST]))
        report = judge(after, change.twice)
        assert report is not None, "its manifest is in order"
        if not judged(report, (kind, seed, change.what)) and reason(before, after) is None:
            passed.append((kind, seed, change.what, str(judge.kept(seed))))
    assert made > 0.7 * count, "hardly a draw may be wasted"
    return passed


@pytest.mark.parametrize("kind", RENEWED)
def test_every_change_under_a_renewed_manifest_is_found_and_named(kind, whole, judge):
    maker, count = RENEWED[kind]
    assert unseen(kind, maker, count, whole, judge) == []


def test_every_change_of_links_and_signed_acts_is_found_and_named(judge):
    """Made by hand: the product writes neither links nor act signatures yet."""
    builder = released()
    room = builder.space(11)
    room.admit(builder.exporter, keys=(spki(security_key(1)),))
    room.exhibit(b"signed", act=signing(security_key(1)))
    builder.seal()
    files = builder.files()
    files = {path: data for path, data in files.items() if path.startswith(("links", "case/", "spaces/"))}
    members = files | {MANIFEST: builder.manifest(files)}
    assert judge(members).findings == []
    only = {path: data for path, data in members.items() if path == "links.jsonl" or "/acts/" in path}

    def among(maker):
        return lambda _, chance: Change(
            (drawn := maker(dict(only), chance)).what, {**without(members, only), **drawn.members}, drawn.twice
        )

    assert len(only) == 2
    for kind, maker in (("bytes", of_a_covered_byte), ("lines", of_a_line), ("fields", of_a_field)):
        assert unseen(f"links-{kind}", among(maker), 50, {"": members}, judge) == []
    without_links = renewed(without(members, ["links.jsonl"]), json.loads(members[MANIFEST]))
    assert reason(members, without_links) == list(REASONS)[-1]
    report = judge(without_links)
    assert (report.findings, [note.check for note in report.notes if note.check == "link"]) == ([], ["link"])


def without(members, paths):
    return {path: data for path, data in members.items() if path not in paths}


def test_every_change_under_the_old_manifest_is_found_and_named(whole, judge):
    maker, count = UNDER_THE_OLD_MANIFEST
    passed = []
    for seed, person, change in campaign("old", maker, count, whole):
        if not judged(judge(change.members), ("old", seed, change.what)):
            passed.append((seed, change.what, reason(whole[person], change.members)))
    assert {(what, why) for _, what, why in passed if not why or "exporter" not in why} == set()


def test_every_changed_byte_of_the_zip_is_found_or_changes_no_member(packs, whole, tmp_path):
    """The envelope has dates and attributes that say nothing; names, sizes and contents are the pack."""
    path = tmp_path / "pack.zip"
    data, outcomes = packs["ada"].data, Counter()
    for seed in range(150):
        path.write_bytes(bitten(data, random.Random(f"zip-{seed}")))
        try:
            report = verify_pack(path)
        except NotAPack:
            outcomes["no pack"] += 1
            continue
        if judged(report, ("zip", seed)):
            outcomes["found"] += 1
            continue
        with zipfile.ZipFile(path) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == whole["ada"], seed
        outcomes["the same"] += 1
    assert outcomes["found"] > 60
    assert sum(outcomes.values()) == 150


@pytest.mark.parametrize("seed", range(6))
def test_the_program_in_the_pack_says_it_by_its_exit_code_and_never_by_a_traceback(seed, whole, packs, tmp_path):
    """As an opponent's expert runs it: another process, the file alone."""
    kinds = [*RENEWED.items()]
    kind, (maker, _) = kinds[seed % len(kinds)]
    change = next(
        change
        for _, _, change in campaign(kind, maker, 50, {"ada": whole["ada"]})
        if not reason(whole["ada"], change.members) and not change.twice
    )
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in renewed(change.members, packs["ada"].manifest).items():
            archive.writestr(name, data)
    program = tmp_path / "verify.py"
    program.write_bytes(whole["ada"]["verify.py"])
    ended = subprocess.run(
        [sys.executable, "-I", program, path, "--json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (1, ""), (kind, change.what)
    found = json.loads(ended.stdout)
    assert not found["verified"]
    assert {each["check"] for each in found["findings"]} <= CHECKS


# --- what cannot be shown: each reason is needed, and each is all there is to it ---


def without_the_last_token(members):
    return {path: data for path, data in members.items() if path != "case/checkpoints/000008.tsr"}


def without_files(members):
    return {path: data for path, data in members.items() if "/files/" not in path}


def withheld(members):
    """The words of one message, left out."""
    path, lines = largest(members, "disclosures.jsonl")
    place = next(number for number, line in enumerate(lines) if b"text" in line)
    lines[place] = canonical({"seq": place, "salts": {}, "values": {}})
    return members | {path: b"".join(line + b"\n" for line in lines)}


def without_first_openings(members):
    path, lines = largest(members, "openings.jsonl")
    return members | {path: b"".join(line + b"\n" for line in lines[1:])}


def largest(members, name):
    path = max((each for each in members if each.endswith(name)), key=lambda each: len(members[each]))
    return path, members[path].split(b"\n")[:-1]


EXCUSED = (
    lambda members: members | {"README.txt": b"Believe me.\n", "verify.py": b"print('VERIFIED')\n"},
    lambda members: members,  # under a manifest of another time
    without_the_last_token,
    without_files,
    withheld,
    without_first_openings,
    lambda members: members | {"case/checkpoints/000001.cosig": b"a witness\n"},
)


@pytest.mark.parametrize(("why", "change"), [*zip(REASONS, EXCUSED, strict=False)], ids=range(len(EXCUSED)))
def test_what_the_format_cannot_show_passes_for_exactly_this_reason(why, change, whole, packs, judge):
    before = whole["ada"]
    manifest = {**packs["ada"].manifest, "at": "2030-01-01T00:00:00.000Z"}
    after = renewed(change(before), manifest)
    assert after != before
    assert reason(before, after) == why
    assert judge(after).verified


@pytest.mark.parametrize(
    ("why", "word"),
    [
        *zip(
            REASONS,
            (
                "verify.py",
                "who made the pack",
                "newest\n  token",
                "bytes of exhibits",
                "withheld",
                "openings",
                ".cosig",
                "links",
            ),
            strict=True,
        )
    ],
    ids=range(len(REASONS)),
)
def test_the_manual_says_what_the_format_cannot_show(why, word):
    manual = (ROOT / "docs" / "verifying-a-pack.md").read_text()
    assert word in manual[manual.index("## What none of this proves") :], why


def test_an_older_pack_is_no_forgery_but_a_newer_fact_in_it_is(whole, packs, judge):
    """The last epoch cut off everywhere, without the key: the entries after it say that they saw it."""
    before = whole["neus"]
    cut = {path: data for path, data in before.items() if "000008." not in path}
    for path in [each for each in before if each.endswith(("epochs.jsonl", "openings.jsonl"))]:
        cut[path] = b"".join(line + b"\n" for line in before[path].split(b"\n")[:-2])
    assert named(judge(renewed(cut, packs["neus"].manifest))) == {"seen"}


def time_of(token, note, roots):
    try:
        return check_token(token, note, roots).at
    except Unreadable:
        return ask_openssl(token, note, roots).at


def test_the_token_that_nothing_pins_can_lose_its_worth_but_never_come_to_say_another_time(whole, judge):
    before, path = whole["neus"], "case/checkpoints/000008.tsr"
    note = before[path.replace(".tsr", ".note")]
    (root,) = (data for name, data in before.items() if name.startswith("tsa/"))
    roots = x509.load_pem_x509_certificates(root)
    stamp = check_token(before[path], note, roots)
    outcomes = Counter()
    for seed in range(60):
        data = bitten(before[path], random.Random(f"token-{seed}"))
        report = judge(renewed(before | {path: data}, json.loads(before[MANIFEST])))
        if judged(report, seed):
            outcomes["refused"] += 1
        elif report.stamped == 9:
            assert time_of(data, note, roots) == stamp.at
            outcomes["as it was"] += 1
        else:
            assert report.stamped == 8
            assert [each for each in report.notes if each.check == "timestamp" and each.epoch == 8]
            outcomes["unreadable"] += 1
    assert outcomes["refused"] > 10
    assert outcomes["as it was"] < 25, "only bits that no signature covers"
