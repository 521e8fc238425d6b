"""What can happen while a pack is planned and written: erasures, losses, removals, signatures that are late, and a
reader who goes away."""

import logging
import os
import tracemalloc
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from caseroom.audit.models import CaseEpoch, ErasedEvent, LedgerEvent, RoomCheckpoint, RoomLog
from caseroom.audit.pack.case_part import PackBroken
from caseroom.cases.access import case_keys
from caseroom.cases.models import Case, Participant
from caseroom.errors import NotFound
from caseroom.evidence.packing import write_pack
from caseroom.exhibits.models import Exhibit
from caseroom.rooms.opening import admit_to_rooms
from tests.house import sha256
from tests.services.evidence.conftest import PLAN
from tests.services.evidence.packs import Pack, pack_of, planned, seal, verified

MEGABYTE = 1024 * 1024


def change(house, statement):
    with house.database.unit_of_work() as work:
        work.session.execute(statement)


def erase(house, seq, room):
    """As an erasure leaves an event: the line stays, its key and what it said are gone."""
    change(
        house,
        update(LedgerEvent)
        .where(LedgerEvent.room_id == room, LedgerEvent.seq == seq)
        .values(event_key=None, values=None),
    )


def exhibits(house, room):
    with house.database.reading() as work:
        rows = work.session.scalars(select(Exhibit).where(Exhibit.room_id == room).order_by(Exhibit.seq)).all()
    return [(row.seq, house.settings.objects_folder / row.object_id[:2] / row.object_id) for row in rows]


def disclosures(pack, slot):
    return {line["seq"]: line for line in pack.lines(f"spaces/{slot}/disclosures.jsonl")}


@pytest.fixture
def opened_files(house, monkeypatch):
    """Every object of the store that was opened, in order."""
    files, real = [], house.store.open
    monkeypatch.setattr(house.store, "open", lambda object_id: files.append(real(object_id)) or files[-1])
    return files


# --- what is gone meanwhile ---


def test_what_is_erased_after_the_pack_was_planned_is_not_disclosed(house, busy, joint_slot, tmp_path):
    said = house.say("ada", busy["joint"], "À oublier.")
    pieces = write_pack(house.database, planned(house, "bruno", busy.id))
    erase(house, said.seq, busy["joint"])
    pack = Pack(b"".join(pieces))
    assert "À oublier" not in b"".join(pack.members.values()).decode("utf-8", "ignore")
    assert said.seq in {line["seq"] for line in pack.lines(f"spaces/{joint_slot}/events.jsonl")}
    assert disclosures(pack, joint_slot)[said.seq] == {"salts": {}, "seq": said.seq, "values": {}}
    states = verified(pack, tmp_path)["spaces"][str(joint_slot)]["states"]
    assert states[said.seq] == "withheld"
    assert set(states[: said.seq]) == {"ok"}


def test_what_is_decided_to_be_erased_is_not_disclosed_even_where_it_still_stands(house, busy, joint_slot):
    said = house.say("ada", busy["joint"], "À oublier.")
    change(
        house,
        ErasedEvent.__table__.insert().values(
            room_id=busy["joint"], seq=said.seq, leaf=bytes.fromhex(said.leaf), erasure_id="0" * 32
        ),
    )
    disclosed = disclosures(pack_of(house, "bruno", busy.id), joint_slot)
    assert disclosed[said.seq]["values"] == {}
    assert disclosed[said.seq - 1]["values"]


def test_an_exhibit_that_is_erased_takes_its_file_with_it(house, busy, joint_slot, tmp_path):
    for seq, _ in exhibits(house, busy["joint"]):
        erase(house, seq, busy["joint"])
    pack = pack_of(house, "ada", busy.id)
    assert not pack.under(f"spaces/{joint_slot}/files/")
    verified(pack, tmp_path)
    assert "ATTENTION" not in pack.members["README.txt"].decode()


@pytest.mark.parametrize("what", ["events", "epochs"])
def test_a_pack_ends_without_its_end_where_what_was_planned_is_no_longer_there(house, busy, what):
    pieces = write_pack(house.database, planned(house, "ada", busy.id))
    if what == "events":
        change(house, delete(LedgerEvent).where(LedgerEvent.room_id == busy["team:0"], LedgerEvent.seq > 1))
    else:
        change(house, delete(CaseEpoch).where(CaseEpoch.case_id == busy.id, CaseEpoch.n > 1))
    with pytest.raises(PackBroken):
        b"".join(pieces)


# --- files ---


def test_the_same_bytes_filed_twice_in_a_room_lie_in_the_pack_once(house, busy, joint_slot, tmp_path):
    assert len(exhibits(house, busy["joint"])) == 2
    pack = pack_of(house, "ada", busy.id)
    assert list(pack.under(f"spaces/{joint_slot}/files/")) == [f"spaces/{joint_slot}/files/{sha256(PLAN)}"]
    assert verified(pack, tmp_path)["spaces"][str(joint_slot)]["files_present"] == 1


def test_where_one_copy_of_a_file_is_lost_the_other_is_taken(house, busy, joint_slot):
    exhibits(house, busy["joint"])[0][1].unlink()
    pack = pack_of(house, "ada", busy.id)
    assert pack.members[f"spaces/{joint_slot}/files/{sha256(PLAN)}"] == PLAN
    assert "ATTENTION" not in pack.members["README.txt"].decode()


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def alter(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [Path.unlink, cut, alter], ids=["missing", "cut", "altered"])
def test_a_file_that_is_lost_is_left_out_and_readme_and_the_operators_log_say_so(
    house, busy, joint_slot, tmp_path, caplog, damage
):
    lost = exhibits(house, busy["joint"])
    for _, path in lost:
        damage(path)
    with caplog.at_level(logging.ERROR):
        pack = pack_of(house, "ada", busy.id)
    assert not pack.under(f"spaces/{joint_slot}/files/")
    readme = pack.members["README.txt"].decode()
    assert "ATTENTION" in readme
    assert f"inscription {lost[-1][0]} : fichier d’empreinte {sha256(PLAN)}" in readme
    assert len(caplog.records) == 2
    assert "plan.txt" not in caplog.text
    assert verified(pack, tmp_path)["spaces"][str(joint_slot)]["files_absent"] == 1


def test_values_that_do_not_open_are_left_out_and_readme_says_so(house, busy, joint_slot, caplog):
    said = house.say("ada", busy["joint"], "Illisible.")
    change(
        house,
        update(LedgerEvent).where(LedgerEvent.id == said.id).values(values=b"\x01" + bytes(60)),
    )
    with caplog.at_level(logging.ERROR):
        pack = pack_of(house, "bruno", busy.id)
    assert f"spaces/{joint_slot}, inscription {said.seq} : contenu illisible" in pack.members["README.txt"].decode()
    assert disclosures(pack, joint_slot)[said.seq]["values"] == {}
    assert len(caplog.records) == 1


# --- signatures that are late ---


def test_an_epoch_counts_only_once_its_checkpoint_is_signed(house, busy, present, joint_slot, tmp_path):
    seal(house, present)
    before = house.say("ada", busy["joint"], "Après le dernier point de contrôle.")
    change(house, update(CaseEpoch).where(CaseEpoch.case_id == busy.id, CaseEpoch.n == 3).values(note=None))
    pack = pack_of(house, "ada", busy.id)
    assert len(pack.lines("case/epochs.jsonl")) == 3
    # What has seen that epoch cannot be checked without it, so it waits as well.
    assert len(pack.lines(f"spaces/{joint_slot}/events.jsonl")) == before.seq
    verified(pack, tmp_path)


def test_an_epoch_that_covers_an_event_without_its_receipt_waits_for_it(house, busy, present, joint_slot, tmp_path):
    said = house.say("ada", busy["joint"], "Pas encore signé.")
    seal(house, present)
    change(house, delete(RoomCheckpoint).where(RoomCheckpoint.room_id == busy["joint"], RoomCheckpoint.size > said.seq))
    change(house, update(RoomLog).where(RoomLog.room_id == busy["joint"]).values(signed_size=said.seq))
    pack = pack_of(house, "ada", busy.id)
    assert len(pack.lines(f"spaces/{joint_slot}/events.jsonl")) == said.seq
    assert len(pack.lines("case/epochs.jsonl")) == 3
    verified(pack, tmp_path)


# --- coming and going ---


def test_a_person_removed_while_the_pack_is_written_gets_no_more_of_it(house, busy):
    pieces = write_pack(house.database, planned(house, "basile", busy.id))
    next(pieces)
    house.remove(busy, "basile", by="neus")
    with pytest.raises(NotFound):
        b"".join(pieces)


def test_a_hole_in_the_membership_is_a_hole_in_the_openings_and_in_nothing_else(
    house, busy, present, joint_slot, tmp_path
):
    house.remove(busy, "basile", by="neus")
    seal(house, present, times=2)
    present.move(seconds=60)
    with house.database.unit_of_work() as work:
        participant = work.session.get_one(Participant, busy.participants["basile"])
        participant.state, participant.removed_at = "admitted", None
        case, keys = work.session.get_one(Case, busy.id), case_keys(work, busy.id)
        admit_to_rooms(work, case, participant, keys, by=participant, auth="AL1")
    seal(house, present)
    pack = pack_of(house, "basile", busy.id)
    assert pack.openings(joint_slot) == [1, 2, 5]
    assert len(pack.lines(f"spaces/{joint_slot}/events.jsonl")) == len(house.entries("neus", busy["joint"]))
    verified(pack, tmp_path)


# --- long downloads ---


def test_between_two_pieces_no_transaction_is_open_and_no_file_but_the_one_being_sent(house, busy, opened_files):
    house.file("ada", busy["joint"], "gros.txt", b"texte\n" + os.urandom(2 * MEGABYTE))
    pool, held = house.database.engine.pool, []
    for _ in write_pack(house.database, planned(house, "ada", busy.id)):
        assert pool.checkedout() == 0
        held.append(sum(not file.closed for file in opened_files))
    assert len(opened_files) >= 3
    assert set(held) == {0, 1}
    assert all(file.closed for file in opened_files)


def test_a_download_that_is_broken_off_leaves_neither_a_transaction_nor_a_file(house, busy, opened_files):
    house.file("ada", busy["joint"], "gros.txt", b"texte\n" + os.urandom(4 * MEGABYTE))
    pieces = write_pack(house.database, planned(house, "ada", busy.id))
    while not [file for file in opened_files if not file.closed]:
        next(pieces)
    pieces.close()
    assert all(file.closed for file in opened_files)
    assert house.database.engine.pool.checkedout() == 0
    house.say("bruno", busy["joint"], "Le reste continue.")


def test_a_pack_with_a_large_file_is_written_in_little_memory(house, busy):
    house.file("ada", busy["joint"], "gros.txt", b"texte\n" + os.urandom(64 * MEGABYTE))
    plan = planned(house, "ada", busy.id)
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in write_pack(house.database, plan))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 64 * MEGABYTE
    assert peak < 12 * MEGABYTE
