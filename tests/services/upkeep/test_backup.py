"""Backups: what is in which part, for whom it is readable, what a killed or refused one leaves behind."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest

from caseroom import clock
from caseroom.cli import main
from caseroom.upkeep.age import draw_identity
from caseroom.upkeep.backup import Order, make_backup

ROOT = Path(__file__).parents[3]
PASSPHRASE = "quatre galets gris"


@pytest.fixture
def drawn():
    return draw_identity()


def backed_up(instance, folder, **options):
    return make_backup(instance.settings, Order(to=folder, keys_to=options.pop("keys_to", folder), **options))


def plain_of(path, identity):
    return pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.from_str(identity)])


def members_of(plain):
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}


def wrapped_keys(instance):
    queries = {
        "caseroom.db": (
            "SELECT wrapped FROM space_key_wrap",
            "SELECT event_key FROM event",
            "SELECT blind_key FROM slot",
        ),
        "signer/signer.sqlite3": ("SELECT wrapped FROM case_key",),
    }
    return [row[0] for file, asked in queries.items() for query in asked for row in instance.sql(query, file=file)]


def test_the_content_part_holds_no_key_in_any_of_its_bytes_and_the_keys_part_holds_all(instance, tmp_path, drawn):
    keys = wrapped_keys(instance)
    assert len(keys) > 100, "there must be keys for their absence to mean anything"
    live = (instance.folder / "caseroom.db").read_bytes() + (instance.folder / "signer" / "signer.sqlite3").read_bytes()
    assert all(key in live for key in keys)
    made = backed_up(instance, tmp_path / "b", recipients=(drawn[1],), with_kek=False)
    content, kept = plain_of(made.content, drawn[0]), plain_of(made.keys, drawn[0])
    assert not [key for key in keys if key in content or key[:16] in content]
    assert all(key in kept for key in keys)
    kek = (instance.folder / "keys" / "kek").read_bytes()
    assert kek not in content
    assert kek not in kept


def test_the_key_file_goes_among_the_keys_only_where_it_is_asked_for(instance, tmp_path, drawn):
    kek = (instance.folder / "keys" / "kek").read_bytes()
    made = backed_up(instance, tmp_path / "b", recipients=(drawn[1],), with_kek=True)
    assert members_of(plain_of(made.keys, drawn[0]))["kek"] == kek
    assert kek not in plain_of(made.content, drawn[0])


def test_both_parts_are_tar_archives_whose_manifest_names_every_file(instance, tmp_path, drawn):
    made = backed_up(instance, tmp_path / "b", keys_to=tmp_path / "k", recipients=(drawn[1],))
    assert made.keys.parent == tmp_path / "k"
    content = members_of(plain_of(made.content, drawn[0]))
    manifest = json.loads(content.pop("manifest.json"))
    assert manifest["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    objects = {f"objects/{path.parent.name}/{path.name}": path.read_bytes() for path in instance.objects()}
    assert len(objects) == made.objects == 2
    assert {name: data for name, data in content.items() if name.startswith("objects/")} == objects
    assert content.keys() - objects.keys() == {"caseroom.db", "signer/signer.sqlite3", "folder.json"}


def test_a_passphrase_protects_an_identity_of_its_own_beside_each_part(instance, tmp_path):
    made = backed_up(instance, tmp_path / "b", passphrase=PASSPHRASE)
    for part, beside in ((made.content, ".identity.age"), (made.keys, ".keys.identity.age")):
        sealed = (tmp_path / "b" / (part.name.split(".")[0] + beside)).read_bytes()
        with pytest.raises(pyrage.DecryptError):
            pyrage.passphrase.decrypt(sealed, "another one")
        identity = pyrage.passphrase.decrypt(sealed, PASSPHRASE).decode().strip()
        assert members_of(plain_of(part, identity))
        with pytest.raises(pyrage.DecryptError):
            plain_of(part, draw_identity()[0])


def test_nothing_of_a_backup_can_be_read_by_others_and_the_data_folder_keeps_no_copy(instance, tmp_path, drawn):
    backed_up(instance, tmp_path / "b", recipients=(drawn[1],))
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "b").iterdir()} == {0o600}
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (instance.folder / "cache").iterdir()] == ["backup.lock"]
    assert instance.examined().healthy


def test_old_keys_are_removed_and_old_content_stays(instance, tmp_path, drawn, monkeypatch):
    first = backed_up(instance, tmp_path / "b", recipients=(drawn[1],))
    other = tmp_path / "b" / "notes.keys.age"
    other.write_bytes(b"not ours")
    later = clock.now() + timedelta(days=20)
    monkeypatch.setattr(clock, "now", lambda: later)
    second = backed_up(instance, tmp_path / "b", recipients=(drawn[1],), keep_keys_days=30)
    assert (first.keys.exists(), second.removed_keys) == (True, ())
    third = backed_up(instance, tmp_path / "b", recipients=(drawn[1],), keep_keys_days=7)
    assert third.removed_keys == (first.keys,)
    assert not first.keys.exists()
    for path in (first.content, second.content, second.keys, third.content, third.keys, other):
        assert path.exists(), path


def test_two_backups_within_a_second_do_not_replace_one_another(instance, tmp_path, drawn, monkeypatch):
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    made = [backed_up(instance, tmp_path / "b", recipients=(drawn[1],)) for _ in range(2)]
    assert len({path for each in made for path in (each.content, each.keys)}) == 4


def test_a_missing_exhibit_is_told_and_the_rest_is_saved_all_the_same(instance, tmp_path, drawn):
    gone = instance.objects()[0]
    gone.unlink()
    made = backed_up(instance, tmp_path / "b", recipients=(drawn[1],))
    assert (made.missing, made.objects) == ((gone.name,), 1)
    assert json.loads(members_of(plain_of(made.content, drawn[0]))["manifest.json"])["missing"] == [gone.name]


def test_the_command_refuses_what_would_be_readable_by_anybody_and_what_is_no_instance(
    instance, tmp_path, monkeypatch, capsys
):
    target = str(tmp_path / "b")
    monkeypatch.setenv("CASEROOM_DATA", str(instance.folder))
    for arguments in ([], ["--recipient", "age1nobody"], ["--recipient", draw_identity()[0]]):
        assert main(["backup", "--to", target, *arguments]) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert main(["backup", "--to", target, "--passphrase-stdin"]) == 2
    assert not Path(target).exists()
    assert main(["backup", "--to", target, "--unencrypted", "--json"]) == 0
    assert Path(json.loads(capsys.readouterr().out)["content"]).suffix == ".tar"
    monkeypatch.setenv("CASEROOM_DATABASE_URL", "postgresql+psycopg://caseroom@localhost/caseroom")
    assert main(["backup", "--to", target, "--unencrypted"]) == 2
    assert "pg_dump" in capsys.readouterr().err
    monkeypatch.delenv("CASEROOM_DATABASE_URL")
    monkeypatch.setenv("CASEROOM_DATA", str(tmp_path / "nowhere"))
    assert main(["backup", "--to", target, "--unencrypted"]) == 2
    assert not (tmp_path / "nowhere").exists()


def test_the_command_says_plainly_that_the_key_file_is_kept_elsewhere(instance, tmp_path, monkeypatch, capsys, drawn):
    monkeypatch.setenv("CASEROOM_DATA", str(instance.folder))
    assert main(["backup", "--to", str(tmp_path / "b"), "--recipient", drawn[1]]) == 0
    said = capsys.readouterr().out
    assert str(instance.folder / "keys" / "kek") in said
    assert "another place" in said


SLOW = """
import sys, time
from caseroom.upkeep import archive, backup
from caseroom.config import load_settings
content = archive._content
def slowly(file, size, digest):
    print(file.name, flush=True)
    yield from content(file, size, digest)
    time.sleep(0.4)
archive._content = slowly
order = backup.Order(to=backup.Path(sys.argv[1]), keys_to=backup.Path(sys.argv[1]), recipients=(sys.argv[2],))
backup.make_backup(load_settings(), order)
"""


@pytest.mark.parametrize("after", [1, 2, 4])
def test_a_killed_backup_leaves_nothing_under_a_final_name_and_the_next_one_clears_up(instance, tmp_path, drawn, after):
    target = tmp_path / "b"
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(target), drawn[1]],
        cwd=ROOT,
        env={**os.environ, "CASEROOM_DATA": str(instance.folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in range(after):
        assert process.stdout.readline()
    process.kill()
    process.communicate()
    final = [path.name for path in target.iterdir() if not path.name.startswith(".")]
    assert not [name for name in final if ".tar." in name], "the content must not have been finished"
    partial = [path for path in target.iterdir() if path.name.startswith(".")]
    assert partial, "it must have been in the middle for the kill to mean anything"
    assert (instance.folder / "cache" / "backup").exists()
    for path in partial:
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    made = backed_up(instance, target, recipients=(drawn[1],))
    assert members_of(plain_of(made.content, drawn[0]))
    assert not [path for path in target.iterdir() if path.name.startswith(".")]
    assert not (instance.folder / "cache" / "backup").exists()
