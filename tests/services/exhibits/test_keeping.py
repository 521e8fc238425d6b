"""Exhibits at rest and on their way out: sealed, bound to their place, given to readers only, each copy on record."""

import io
import os
import time

import pytest
from sqlalchemy import text

from caseroom.audit import queries as ledger
from caseroom.errors import NotFound
from caseroom.exhibits.models import Exhibit
from caseroom.exhibits.queries import exhibit, open_content
from caseroom.exhibits.services import NewExhibit as New
from caseroom.exhibits.services import begin_filing, examine, file_exhibit, record_download, sweep_remains
from caseroom.ids import new_id
from caseroom.vault.chunked import CHUNK_SIZE, ObjectBroken, sealed_size
from tests.house import sha256

PLAIN = b"Confidentiel : la marge est de 14 %. " * 2000


def downloads(house, person, room):
    return [entry for entry in house.entries(person, room) if entry.kind == "exhibit.downloaded"]


def take_copy(house, person, exhibit_id, *, from_start=True):
    with house.database.unit_of_work() as work:
        record_download(work, house.actors[person], exhibit_id, from_start=from_start)


def objects(house):
    return [path for path in house.files_in_store() if path.parent.name != "incoming"]


def test_the_object_on_disk_is_the_sealed_form_and_holds_no_part_of_the_file(house, mediation):
    house.file("ada", mediation["caucus:0"], "marge.txt", PLAIN)
    (path,) = objects(house)
    stored = path.read_bytes()
    assert len(stored) == sealed_size(len(PLAIN))
    assert b"Confidentiel" not in stored
    assert b"14 %" not in stored
    assert path.stat().st_mode & 0o077 == 0


def test_the_same_file_filed_twice_is_two_unlike_objects(house, mediation):
    """Deduplication would tell a side that another one has the same document."""
    for person, word in (("ada", "caucus:0"), ("bruno", "caucus:1"), ("ada", "caucus:0")):
        house.file(person, mediation[word], "x.txt", PLAIN)
    stored = [path.read_bytes() for path in objects(house)]
    assert len(stored) == 3
    assert len({each[:56] for each in stored}) == len({each[56:200] for each in stored}) == 3


@pytest.mark.parametrize("to", ["joint", "caucus:1", "other case"])
def test_an_object_moved_to_another_exhibit_does_not_open_there(house, mediation, to):
    target = house.mediation()["joint"] if to == "other case" else mediation[to]
    secret = house.file("ada", mediation["caucus:0"], "secret.txt", PLAIN)
    other = house.file("neus", target, "autre.txt", b"y" * len(PLAIN))
    with house.database.reading() as work:
        places = {each.id: each.object_id for each in work.session.query(Exhibit)}
    by_name = {path.name: path for path in objects(house)}
    by_name[places[other.entry.id]].write_bytes(by_name[places[secret.entry.id]].read_bytes())
    with pytest.raises(ObjectBroken):
        house.content("neus", other.entry.id)
    assert house.content("neus", secret.entry.id) == PLAIN


def test_a_register_row_pointed_at_another_object_does_not_open_it(house, mediation):
    secret = house.file("ada", mediation["caucus:0"], "secret.txt", PLAIN)
    bait = house.file("neus", mediation["joint"], "autre.txt", b"y" * len(PLAIN))
    with house.database.unit_of_work() as work:
        swap = work.session.get_one(Exhibit, secret.entry.id).object_id
        work.session.get_one(Exhibit, secret.entry.id).object_id = new_id()
        work.session.flush()
        work.session.get_one(Exhibit, bait.entry.id).object_id = swap
    with pytest.raises(ObjectBroken):
        house.content("bruno", bait.entry.id)


@pytest.mark.parametrize("where", [0, 30, 56, 56 + CHUNK_SIZE + 20, -1])
def test_one_changed_byte_of_the_object_is_found_before_any_of_its_part_is_given(house, mediation, where):
    filed = house.file("ada", mediation["joint"], "x.txt", PLAIN)
    (path,) = objects(house)
    stored = bytearray(path.read_bytes())
    stored[where] ^= 1
    path.write_bytes(stored)
    with pytest.raises(ObjectBroken):
        house.content("ada", filed.entry.id)


def test_any_range_of_an_exhibit_is_that_part_of_the_file(house, mediation):
    filed = house.file("ada", mediation["joint"], "x.txt", PLAIN)
    with house.database.reading() as work:
        content = open_content(work, house.actors["bruno"], filed.entry.id)
    for start, end in (
        (0, 1),
        (CHUNK_SIZE - 1, CHUNK_SIZE + 1),
        (CHUNK_SIZE, 3 * CHUNK_SIZE),
        (len(PLAIN) - 3, len(PLAIN)),
    ):
        assert b"".join(content.read(start, end)) == PLAIN[start:end]
    assert content.size == len(PLAIN)
    content.close()


# --- who ---


@pytest.mark.parametrize("person", ["bruno", "otto", "basile"])
def test_an_exhibit_of_another_room_is_absent_by_every_way_to_it(house, mediation, person):
    secret = house.file("ada", mediation["caucus:0"], "secret.txt", PLAIN).entry.id
    for exhibit_id in (secret, new_id(), "x", "", "../" + secret):
        for way in (exhibit, open_content):
            with pytest.raises(NotFound) as refused, house.database.reading() as work:
                way(work, house.actors[person], exhibit_id)
            assert (refused.value.code, refused.value.data) == ("not_found", {})
        with pytest.raises(NotFound):
            take_copy(house, person, exhibit_id)
    assert downloads(house, "neus", mediation["caucus:0"]) == []


def test_a_copy_taken_by_a_recipient_is_on_record_with_the_digest_and_only_in_that_room(house, mediation):
    filed = house.file("ada", mediation["joint"], "x.txt", PLAIN)
    others = {word: len(house.entries("neus", mediation[word])) for word in ("caucus:0", "caucus:1")}
    take_copy(house, "bruno", filed.entry.id)
    (entry,) = downloads(house, "neus", mediation["joint"])
    assert entry.author.name == house.actors["bruno"].name
    with house.database.reading() as work:
        opened = house.opened(work, "neus", mediation["joint"])
        assert ledger.entry(work, opened.stream, entry.id).body == {"of": filed.entry.leaf, "sha256": sha256(PLAIN)}
    assert {word: len(house.entries("neus", mediation[word])) for word in others} == others


def test_who_filed_an_exhibit_taking_it_back_is_no_news(house, mediation):
    filed = house.file("ada", mediation["joint"], "x.txt", PLAIN)
    house.publisher.events.clear()
    take_copy(house, "ada", filed.entry.id)
    assert downloads(house, "neus", mediation["joint"]) == []
    assert house.publisher.events == []
    take_copy(house, "clara", filed.entry.id)
    assert len(downloads(house, "neus", mediation["joint"])) == 1, "counsel of the same side is a recipient"


def test_a_download_is_not_something_said(house, mediation):
    filed = house.file("ada", mediation["joint"], "x.txt", PLAIN)
    house.marks_read("neus", mediation["joint"], 1000)
    take_copy(house, "bruno", filed.entry.id)
    assert house.unread("neus", mediation)[mediation["joint"]] == 0


def test_whoever_takes_a_part_of_a_file_first_has_taken_a_copy(house, mediation):
    filed = house.file("ada", mediation["joint"], "x.txt", PLAIN)
    take_copy(house, "bruno", filed.entry.id, from_start=False)
    assert len(downloads(house, "neus", mediation["joint"])) == 1, "all but the first byte is a copy"
    take_copy(house, "bruno", filed.entry.id, from_start=False)
    assert len(downloads(house, "neus", mediation["joint"])) == 1, "the rest of a copy is no second one"
    take_copy(house, "bruno", filed.entry.id)
    take_copy(house, "neus", filed.entry.id, from_start=False)
    assert len(downloads(house, "neus", mediation["joint"])) == 3


# --- broken uploads ---


def test_an_upload_that_breaks_off_leaves_nothing(house, mediation):
    audience = house.audience("ada", mediation["joint"])
    with house.database.reading() as work:
        intake = begin_filing(work, house.actors["ada"], mediation["joint"], audience=audience)
    intake.write(PLAIN * 30)
    assert house.files_in_store(), "something must have reached the disk for this test to mean anything"
    intake.discard()
    intake.discard()
    assert house.files_in_store() == []


def test_a_filing_that_is_rolled_back_leaves_no_row_and_its_object_can_be_discarded(house, mediation):
    intake, received = house.receive("ada", mediation["joint"], PLAIN)
    name, kind = examine(received, "x.txt")
    command = New(filename=name, kind=kind, title="", audience=house.audience("ada", mediation["joint"]))

    def files_and_fails():
        with house.database.unit_of_work() as work:
            file_exhibit(work, house.actors["ada"], mediation["joint"], command, received)
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="power"):
        files_and_fails()
    intake.discard()
    assert house.files_in_store() == []
    assert house.kinds("ada", mediation["joint"])[-1] == "participant.admitted"
    with house.database.reading() as work:
        assert work.session.execute(text("SELECT count(*) FROM exhibit")).scalar() == 0


def test_what_a_crash_left_in_the_store_is_swept_and_what_is_filed_stays(house, mediation):
    kept = house.file("ada", mediation["joint"], "x.txt", PLAIN)
    house.receive("ada", mediation["joint"], b"never filed")
    age_objects(house)
    assert sweep_remains(house.database) == 1
    assert sweep_remains(house.database) == 0
    assert house.content("bruno", kept.entry.id) == PLAIN


def age_objects(house):
    """As if all objects had been there since yesterday."""
    for path in objects(house):
        os.utime(path, (time.time() - 86400,) * 2)


def test_a_sweep_by_another_process_never_takes_what_is_just_being_filed(house, mediation):
    """`caseroom token` and `create-user` open the same folder while the server runs: between the last byte of an
    upload and its commit the object has no row yet."""
    _, received = house.receive("ada", mediation["joint"], PLAIN)
    sweep_remains(house.database)
    name, kind = examine(received, "x.txt")
    command = New(filename=name, kind=kind, title="", audience=house.audience("ada", mediation["joint"]))
    with house.database.unit_of_work() as work:
        filed = file_exhibit(work, house.actors["ada"], mediation["joint"], command, received)
    assert house.content("bruno", filed.exhibit.entry.id) == PLAIN


def test_what_was_written_in_pieces_is_the_same_file(house, mediation):
    audience = house.audience("ada", mediation["joint"])
    with house.database.reading() as work:
        intake = begin_filing(work, house.actors["ada"], mediation["joint"], audience=audience)
    source = io.BytesIO(PLAIN * 40)
    while piece := source.read(70_001):
        intake.write(piece)
    received = intake.keep()
    assert (received.size, received.sha256) == (len(PLAIN) * 40, sha256(PLAIN * 40))
    assert received.sealed_size == objects(house)[0].stat().st_size
    intake.discard()
