"""Worlds that differ in the rooms of Ada's side alone are one world to Bruno and his counsel, in everything that the
real server sends them: their evidence packs and the proof of an exhibit, every page and API answer with its head, every
frame of their connections (docs/evidence.md §8, §9, §22).

Not compared: how long an answer takes; the length of a zip or an age file as a whole, since what is random deflates by
chance; and mails, because the application sends none yet."""

import io
import zipfile

import pytest

from caseroom.app import create_app
from caseroom.audit import verify
from caseroom.config import load_settings
from tests.properties.caucus_story import tell
from tests.properties.caucus_worlds import CANARY, Private, stage
from tests.properties.masks import differences, exact, masked, told

ZIP = "application/zip"
WORLDS = {
    "quiet": Private(),
    "one entry": Private(entries=1, file=1_000),
    "busy": Private(entries=200, file=100_000_000, busy=True),
    "heard by all": Private(joint=1),
}
TWINS = ("one entry", "busy")


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds")
    settings = load_settings(
        {"CASEROOM_DATA": str(folder / "map"), "CASEROOM_ASYNC": "threading", "CASEROOM_TESTING": "1"}
    )
    rules = sorted(create_app(settings).url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
    with stage(folder) as real:
        made = {name: tell(real, rules, private) for name, private in WORLDS.items()}
        log = real.server.log()
        assert "Traceback" not in log, log
        yield made


@pytest.fixture(scope="module")
def all_told(worlds):
    """Per world, each answer at its end as it may be compared; packs apart."""
    return {
        name: [[told(each) for each in world.kept if (each.media == ZIP) is packs] for packs in (False, True)]
        for name, world in worlds.items()
    }


def frames(world):
    return [masked(frame) for connection in world.frames for frame in connection]


def words(world):
    """All bytes that came to Bruno, those in zips too."""
    for answer in world.kept:
        yield str(answer.headers).encode() + answer.body
        if answer.media == ZIP and answer.body:
            with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
                yield from (name.encode() + archive.read(name) for name in archive.namelist())
    for connection in world.frames:
        yield from (frame.encode() for frame in connection)


@pytest.mark.parametrize("name", TWINS)
def test_bruno_receives_the_same_packs_and_proofs_whatever_adas_side_did_among_themselves(all_told, name):
    quiet, other = (all_told[each][1] for each in ("quiet", name))
    full = [len(members) for _, _, _, members in quiet if members]
    assert len(full) >= 6, "two packs and a proof, by the pages and by the API"
    assert min(full) > 12
    assert differences(quiet, other) == ""


@pytest.mark.parametrize("name", TWINS)
def test_bruno_receives_the_same_answers_with_the_same_heads_whatever_adas_side_did_among_themselves(all_told, name):
    quiet, other = (all_told[each][0] for each in ("quiet", name))
    assert sum(status == 200 for _, status, _, _ in quiet) > 100
    assert differences(quiet, other) == ""


@pytest.mark.parametrize("name", TWINS)
def test_bruno_receives_the_same_frames_whatever_adas_side_did_among_themselves(worlds, name):
    quiet, other = (frames(worlds[each]) for each in ("quiet", name))
    assert sum(frame.startswith('42["entry"') for frame in quiet) >= 2 * 10
    assert differences(quiet, other) == ""


def test_while_adas_side_is_at_work_no_byte_changes_of_what_bruno_may_ask_for(worlds):
    """Without a mask: not even a time, a size or a salt of his own tells."""
    around = worlds["busy"].around
    assert len(around) > 60
    before, after = zip(*around, strict=True)
    assert differences([exact(each) for each in before], [exact(each) for each in after]) == ""


@pytest.mark.parametrize("name", ["quiet", *TWINS])
def test_what_is_adas_answers_bruno_with_the_bytes_of_what_never_was(worlds, name):
    refused = worlds[name].refused
    assert len(refused) > (40 if name == "busy" else 10)
    for real, nothing in refused:
        assert exact(real) == exact(nothing)
        assert real.status == 404 or b'"not_found"' in real.body, real


def test_no_word_and_no_id_of_adas_rooms_is_in_what_bruno_received(worlds):
    busy = worlds["busy"]
    secrets = {CANARY, busy.rooms["adas caucus"], busy.rooms["adas team"], *busy.hidden.values()}
    assert len(secrets) == 6
    listed = str(busy.listed("ada", busy.rooms["adas caucus"]))
    assert CANARY in listed
    secrets |= {each["id"] for each in busy.listed("ada", busy.rooms["adas caucus"])}
    assert len(secrets) > 200
    for said in words(busy):
        assert [secret for secret in secrets if secret.encode() in said] == []


def test_one_entry_that_all_may_hear_shows_in_every_way_by_which_bruno_is_told(worlds, all_told):
    """The comparison itself: it must be able to see a difference where there is one to see."""
    assert frames(worlds["quiet"]) != frames(worlds["heard by all"])
    first, second = ({each[0]: each for part in all_told[name] for each in part} for name in ("quiet", "heard by all"))
    assert first.keys() == second.keys()
    changed = {asked for asked in first if first[asked] != second[asked]}
    joint = (
        "GET /api/v1/cases/<case_id>/evidence?files=0 [0]",
        "GET /cases/<case_id>/evidence/pack?files=1 [0]",
        "GET /exhibits/<exhibit_id>/evidence [0]",
        "GET /api/v1/rooms/<room_id> [0]",
        "GET /api/v1/rooms/<room_id>/entries [0]",
        "GET /rooms/<room_id> [0]",
        "GET /rooms/<room_id>/register [0]",
        "GET /rooms/<room_id>/since?after=-1 [0]",
    )
    assert changed.issuperset(joint), set(joint) - changed
    assert "GET /api/v1/rooms/<room_id>/entries [1]" not in changed, "of another room"


@pytest.mark.parametrize(("moment", "epochs"), [("[0]", 3), ("[0], closed", 4)])
@pytest.mark.parametrize("name", list(WORLDS))
def test_the_packs_compared_here_are_whole_and_stamped(worlds, name, moment, epochs, tmp_path):
    asked = f"GET /api/v1/cases/<case_id>/evidence?files=1 {moment}"
    pack = next(each for each in worlds[name].kept if each.asked == asked)
    (tmp_path / "pack.zip").write_bytes(pack.body)
    report = verify.verify_pack(tmp_path / "pack.zip").as_dict()
    assert (report["epochs"], report["stamped"], report["late"]) == (epochs, epochs, 0)
    assert report["findings"] == []
