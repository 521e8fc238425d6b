"""Restoring: all of it or nothing, never over anything; and what a signer that knows more has to say."""

import io
import json
import shutil

import pytest

from caseroom.audit.notes import parse_vkey
from caseroom.audit.receipts import verify_receipt
from caseroom.audit.scheduler import seal_joint
from caseroom.cli import main
from caseroom.errors import Forbidden, LedgerHalted
from caseroom.rooms import queries
from caseroom.upkeep.age import draw_identity
from caseroom.upkeep.backup import Order as BackupOrder
from caseroom.upkeep.backup import make_backup
from caseroom.upkeep.restore import FolderInUse, Order, RestoreFailed, restore
from tests.services.upkeep.instance import FILE, SECRET, TEXTS

PASSPHRASE = "quatre galets gris"


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    identity, recipient = draw_identity()
    path = tmp_path_factory.mktemp("identity") / "identity.txt"
    path.write_text(f"# made for this test\n{identity}\n")
    return path, recipient


def backed_up(instance, folder, drawn):
    return make_backup(instance.settings, BackupOrder(to=folder, keys_to=folder, recipients=(drawn[1],)))


def restored(instance, made, folder, drawn, **options):
    kek = instance.folder / "keys" / "kek"
    restore(Order(content=made.content, keys=made.keys, data=folder, identity=drawn[0], kek=kek, **options))
    return instance.like(folder)


def everything_of(house, furnished):
    """What people read, with the receipts they would be given."""
    found = {}
    for person, room in (("ada", furnished.joint), ("bruno", furnished.joint), ("neus", furnished.caucus)):
        entries = house.entries(person, room)
        with house.database.reading() as work:
            receipts = [queries.receipt_of(work, house.actors[person], entry.id) for entry in entries]
        found[person, room] = [(entry.id, entry.kind, entry.text) for entry in entries], receipts
    return found, house.content("bruno", furnished.exhibit)


# --- the whole way ---


def test_what_was_saved_is_there_again_verifies_and_goes_on(instance, tmp_path, drawn):
    house = instance.opened()
    before = everything_of(house, instance)
    house.close()
    assert before[1] == FILE
    again = restored(instance, backed_up(instance, tmp_path / "b", drawn), tmp_path / "new", drawn)
    assert again.examined().findings == []
    house = again.opened()
    assert everything_of(house, again) == before
    said = house.say("ada", again.joint, "Après la restauration.")
    with house.database.unit_of_work() as work:
        seal_joint(work, again.affair.id)
    with house.database.reading() as work:
        receipt = queries.receipt_of(work, house.actors["bruno"], said.id)
        origin = receipt.split("\n\n")[1].splitlines()[0]
        verify_receipt(receipt, bytes.fromhex(said.leaf), parse_vkey(house.signer.vkey(origin)))
    house.close()
    assert again.examined().findings == []


def test_restored_files_are_for_their_owner_alone(instance, tmp_path, drawn):
    again = restored(instance, backed_up(instance, tmp_path / "b", drawn), tmp_path / "new", drawn)
    paths = [again.folder, *again.folder.rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}
    assert not list(again.folder.rglob("keys.sqlite3"))


def test_by_the_command_with_a_passphrase_and_the_verdict_of_the_doctor(instance, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CASEROOM_DATA", str(instance.folder))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSPHRASE}\n"))
    assert main(["backup", "--to", str(tmp_path / "b"), "--passphrase-stdin", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    common = ["restore", "--from", made["content"], "--keys", made["keys"], "--passphrase-stdin", "--json"]
    for passphrase, code in (("wrong\n", 1), (f"{PASSPHRASE}\n", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(passphrase))
        kek = ["--kek", str(instance.folder / "keys" / "kek")]
        assert main([*common, *kek, "--data", str(tmp_path / "new")]) == code
        assert (tmp_path / "new").exists() == (code == 0)
    told = json.loads(capsys.readouterr().out)
    assert (told["healthy"], told["objects"], told["has_kek"]) == (True, 2, True)


def test_without_the_key_file_nothing_opens_and_it_is_said(instance, tmp_path, drawn):
    made = backed_up(instance, tmp_path / "b", drawn)
    order = Order(content=made.content, keys=made.keys, data=tmp_path / "new", identity=drawn[0])
    assert not restore(order).has_kek
    again = instance.like(tmp_path / "new")
    assert again.checks() == {"kek"}
    shutil.copyfile(instance.folder / "keys" / "kek", again.folder / "keys" / "kek")
    (again.folder / "keys" / "kek").chmod(0o600)
    assert again.checks() == set()


# --- all of it or nothing ---


@pytest.mark.parametrize("part", ["content", "keys"])
def test_a_cut_or_altered_part_restores_nothing(instance, tmp_path, drawn, part):
    made = backed_up(instance, tmp_path / "b", drawn)
    path = getattr(made, part)
    was = path.read_bytes()
    for place in (100, len(was) // 2, len(was) - 1):
        changed = bytearray(was)
        changed[place] ^= 1
        for broken in (bytes(changed), was[:place]):
            path.write_bytes(broken)
            with pytest.raises(RestoreFailed, match=path.name):
                restored(instance, made, tmp_path / "new", drawn)
            assert {each.name for each in tmp_path.iterdir()} == {"b", "data"}
    path.write_bytes(was)
    assert restored(instance, made, tmp_path / "new", drawn).checks() == set()


def test_a_file_exchanged_inside_an_unencrypted_backup_is_found_by_its_hash(instance, tmp_path):
    made = make_backup(instance.settings, BackupOrder(to=tmp_path / "b", keys_to=tmp_path / "b"))
    content, sealed = made.content.read_bytes(), instance.objects()[0].read_bytes()
    assert sealed in content
    made.content.write_bytes(content.replace(sealed, sealed[:-1] + bytes([sealed[-1] ^ 1])))
    order = Order(content=made.content, keys=made.keys, data=tmp_path / "new")
    with pytest.raises(RestoreFailed, match="objects/"):
        restore(order)
    made.content.write_bytes(content)
    assert restore(order).objects == 2


def test_nothing_is_ever_written_over(instance, tmp_path, drawn):
    made = backed_up(instance, tmp_path / "b", drawn)
    before = (instance.folder / "caseroom.db").read_bytes()
    with pytest.raises(FolderInUse):
        restored(instance, made, instance.folder, drawn)
    assert (instance.folder / "caseroom.db").read_bytes() == before
    (tmp_path / "empty").mkdir()
    assert restored(instance, made, tmp_path / "empty", drawn).checks() == set()


def test_the_two_parts_cannot_be_exchanged(instance, tmp_path, drawn):
    made = backed_up(instance, tmp_path / "b", drawn)
    for content, keys in ((made.keys, made.content), (made.content, made.content), (made.keys, made.keys)):
        with pytest.raises(RestoreFailed):
            restore(Order(content=content, keys=keys, data=tmp_path / "new", identity=drawn[0]))
    assert not (tmp_path / "new").exists()


def test_content_of_yesterday_with_keys_of_today_keeps_erased_what_was_erased_since(instance, tmp_path, drawn):
    yesterday = backed_up(instance, tmp_path / "b", drawn)
    query = "SELECT seq FROM event WHERE room_id = ? AND event_key IS NOT NULL ORDER BY seq DESC LIMIT 1"
    ((seq,),) = instance.sql(query, instance.joint)
    instance.sql(
        'UPDATE event SET event_key = NULL, "values" = NULL WHERE room_id = ? AND seq = ?', instance.joint, seq
    )
    today = backed_up(instance, tmp_path / "b2", drawn)
    order = Order(content=yesterday.content, keys=today.keys, data=tmp_path / "new", identity=drawn[0])
    restore(order)
    query = "SELECT event_key FROM event WHERE room_id = ? AND seq = ?"
    assert instance.like(tmp_path / "new").sql(query, instance.joint, seq) == [(None,)]


# --- an older database beside a signer that knows more ---


@pytest.fixture
def older(instance, tmp_path, drawn):
    """Yesterday's backup restored beside today's signer. The joint room and the case log went on in between; the caucus
    did not."""
    made = backed_up(instance, tmp_path / "b", drawn)
    house = instance.opened()
    house.say("ada", instance.joint, "Ceci a été dit après la sauvegarde.")
    with house.database.unit_of_work() as work:
        seal_joint(work, instance.affair.id)
    house.close()
    return restored(instance, made, tmp_path / "new", drawn, signer=instance.folder / "signer")


def test_every_log_that_lags_behind_the_signer_is_named_and_no_other(older):
    found = {(finding.check, finding.where) for finding in older.examined(quick=True).findings}
    assert found == {("rollback", f"room {older.joint}"), ("rollback", f"case {older.affair.id}")}
    assert "rollback" in older.checks()


def test_what_lags_behind_takes_nothing_new_and_what_does_not_goes_on(older):
    house = older.opened()
    with pytest.raises(LedgerHalted):
        house.say("bruno", older.joint, "Une autre suite.")
    assert house.texts("bruno", older.joint)[: len(TEXTS)] == list(TEXTS), "it can still be read"
    house.say("neus", older.caucus, "La suite de l’aparté.")
    assert house.texts("ada", older.caucus) == [SECRET, "La suite de l’aparté."]
    house.close()


def test_a_backup_alone_is_one_instant_and_halts_nothing(instance, tmp_path, drawn):
    """What is restored with its own signer knows of no later day: that is what packs and receipts of others are for."""
    again = restored(instance, backed_up(instance, tmp_path / "b", drawn), tmp_path / "new", drawn)
    house = again.opened()
    house.say("ada", again.joint, "On continue.")
    house.close()
    assert again.checks() == set()


def test_a_loss_that_is_accepted_closes_its_case_and_hides_nothing(older, monkeypatch, capsys):
    monkeypatch.setenv("CASEROOM_DATA", str(older.folder))
    assert main(["doctor", "--quick"]) == 1
    capsys.readouterr()
    assert main(["restore", "--accept-loss", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["closed"] == [older.affair.id]
    assert len([note for note in told["notes"] if "lost" in note]) == 2
    house = older.opened()
    for room in (older.joint, older.caucus):
        with pytest.raises((Forbidden, LedgerHalted)):
            house.say("neus", room, "Encore un mot.")
    assert house.texts("bruno", older.joint)[: len(TEXTS)] == list(TEXTS)
    assert house.mediation(), "a new case goes on in its place"
    house.close()
    assert main(["doctor"]) == 0
    older.sql("UPDATE signed_head SET size = size + 1 WHERE origin LIKE '%/s/%'", file="signer/signer.sqlite3")
    assert "rollback" in older.checks(quick=True), "only what was accepted is accepted"


def test_accepting_where_nothing_is_lost_closes_nothing(instance, monkeypatch, capsys):
    monkeypatch.setenv("CASEROOM_DATA", str(instance.folder))
    assert main(["restore", "--accept-loss", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["closed"] == []
    house = instance.opened()
    house.say("ada", instance.joint, "Rien n’a changé.")
    house.close()


def test_exhibits_filed_since_are_set_aside_by_the_next_start_and_not_destroyed(instance, tmp_path, drawn):
    import os
    import time

    made = backed_up(instance, tmp_path / "b", drawn)
    house = instance.opened()
    known = set(instance.objects())
    house.file("ada", instance.joint, "tard.txt", b"after the backup")
    house.close()
    (late,) = set(instance.objects()) - known
    again = restored(instance, made, tmp_path / "new", drawn, signer=instance.folder / "signer")
    place = again.folder / "objects" / late.name[:2] / late.name
    place.parent.mkdir(exist_ok=True)
    shutil.copyfile(late, place)
    os.utime(place, (time.time() - 86400,) * 2)
    assert "object-unknown" in again.checks()
    again.opened().close()
    assert not place.exists()
    assert (again.folder / "objects-set-aside" / late.name).read_bytes() == late.read_bytes()
    told = again.examined()
    assert "object-unknown" not in {finding.check for finding in told.findings}
    assert any("set aside" in note for note in told.notes)


def test_the_refusal_of_the_command_is_usage_where_it_was_asked_wrongly(instance, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CASEROOM_DATA", str(instance.folder))
    made = make_backup(instance.settings, BackupOrder(to=tmp_path / "b", keys_to=tmp_path / "b"))
    parts = ["--from", str(made.content), "--keys", str(made.keys)]
    assert main(["restore", *parts]) == 2, "the data folder is in use"
    assert main(["restore", *parts[:2], "--data", str(tmp_path / "new")]) == 2
    assert main(["restore", *parts, "--data", str(tmp_path / "new"), "--kek", str(made.keys)]) == 1
    assert not (tmp_path / "new").exists()
    capsys.readouterr()
