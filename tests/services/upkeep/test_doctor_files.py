"""What lies beside the database: sealed exhibits, keys, the signer's file, modes. Each damage has its name."""

import os
import time

import pytest

from caseroom.cli import main


@pytest.fixture(scope="module")
def subject(furnished, tmp_path_factory):
    """Damaged and mended by each test of this module."""
    made = furnished.copied(tmp_path_factory.mktemp("files") / "data")
    yield made
    assert made.examined().findings == [], "every damage must have been mended"


@pytest.fixture
def exhibit(subject):
    """A sealed file, put back as it was afterwards."""
    path = max(subject.objects(), key=lambda each: each.stat().st_size)
    was = path.read_bytes()
    assert subject.examined().findings == []
    yield path
    path.write_bytes(was)


@pytest.mark.parametrize("place", [0, 30, 56, 5000, -20, -1])
def test_one_changed_byte_of_an_exhibit_is_found_wherever_it_is(subject, exhibit, place):
    data = bytearray(exhibit.read_bytes())
    data[place] ^= 1
    exhibit.write_bytes(data)
    (finding,) = subject.examined().findings
    assert (finding.check, finding.where) == ("object-damaged", f"object {exhibit.name}")


def test_a_cut_a_lengthened_and_a_missing_exhibit_are_told_apart_from_a_damaged_one(subject, exhibit):
    data = exhibit.read_bytes()
    for content in (data[:-1], data[: 56 + 16400], data + b"x", b""):
        exhibit.write_bytes(content)
        assert subject.checks() == subject.checks(quick=True) == {"object-damaged"}
    exhibit.unlink()
    assert subject.checks() == subject.checks(quick=True) == {"object-missing"}


def test_a_quick_look_reads_no_exhibit_and_says_so_in_what_it_counted(subject, exhibit):
    data = bytearray(exhibit.read_bytes())
    data[-1] ^= 1
    exhibit.write_bytes(data)
    quick = subject.examined(quick=True)
    assert quick.healthy
    assert "entries" not in quick.checked
    assert subject.checks() == {"object-damaged"}


def test_an_object_that_nobody_knows_is_named_once_it_is_settled(subject):
    path = subject.folder / "objects" / "ab" / ("ab" * 16)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x" * 100)
    assert subject.examined().healthy, "an upload may be on its way to its entry"
    os.utime(path, (time.time() - 7200,) * 2)
    assert subject.checks() == {"object-unknown"}
    path.unlink()


def test_a_key_file_of_another_instance_is_one_finding_and_not_a_thousand(subject):
    kek = subject.folder / "keys" / "kek"
    was = kek.read_bytes()
    for content in (os.urandom(32), bytes([was[0] ^ 1]) + was[1:], was[:31]):
        kek.write_bytes(content)
        (finding,) = subject.examined().findings
        assert finding.check == "kek"
    kek.unlink()
    assert subject.checks() == {"kek"}
    kek.write_bytes(was)
    kek.chmod(0o600)


@pytest.mark.parametrize(("name", "right"), [("", 0o700), ("keys", 0o700), ("keys/kek", 0o600), ("signer", 0o700)])
def test_what_others_on_the_machine_may_read_is_found(subject, name, right):
    path = subject.folder / name
    path.chmod(right | 0o040)
    (finding,) = subject.examined().findings
    assert (finding.check, finding.where) == ("permissions", str(path))
    path.chmod(right)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("UPDATE signed_head SET root = zeroblob(32) WHERE origin = ?", "head"),
        ("UPDATE signed_head SET size = size - 1 WHERE origin = ?", "signer-behind"),
        ("DELETE FROM signed_head WHERE origin = ?", "signer-behind"),
        ("UPDATE signed_head SET size = size + 1 WHERE origin = ?", "rollback"),
        ("UPDATE case_key SET public = zeroblob(32) WHERE origin || '/s/' = substr(?, 1, length(origin) + 3)", "key"),
        (
            "UPDATE case_key SET wrapped = zeroblob(60) WHERE origin || '/s/' = substr(?, 1, length(origin) + 3)",
            "signer",
        ),
        ("DELETE FROM case_key WHERE origin || '/s/' = substr(?, 1, length(origin) + 3)", "key"),
    ],
)
def test_a_changed_signer_is_found(instance, change, check):
    assert instance.examined().findings == []
    ((origin,),) = instance.sql(
        "SELECT origin FROM signed_head WHERE origin LIKE '%/s/%' ORDER BY size DESC LIMIT 1",
        file="signer/signer.sqlite3",
    )
    instance.sql(change, origin, file="signer/signer.sqlite3")
    assert check in instance.checks()


def test_a_signer_that_is_gone_is_found(instance):
    (instance.folder / "signer" / "signer.sqlite3").unlink()
    assert instance.checks() == {"signer"}


def test_a_damaged_database_file_is_a_finding_and_no_crash(instance):
    path = instance.folder / "caseroom.db"
    data = bytearray(path.read_bytes())
    for start in range(4096 * 3, len(data), 4096 * 7):
        data[start : start + 64] = b"\xff" * 64
    path.write_bytes(data)
    assert "database" in instance.checks()
    path.write_bytes(b"not a database at all" * 300)
    assert instance.checks() == {"database"}
    path.unlink()
    assert instance.checks() == {"database"}


def test_the_doctor_changes_nothing(instance):
    def all_of_it():
        return {
            path.relative_to(instance.folder): path.read_bytes()
            for path in instance.folder.rglob("*")
            if path.is_file() and not path.name.endswith(("-shm", "-wal"))
        }

    before = all_of_it()
    assert instance.examined().healthy
    assert all_of_it() == before


def test_the_command_says_it_in_its_exit_code_and_in_json(instance, monkeypatch, capsys):
    import json

    monkeypatch.setenv("CASEROOM_DATA", str(instance.folder))
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["healthy"] is True
    instance.sql("UPDATE epoch SET note = replace(note, '—', '-')")
    assert main(["doctor", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["healthy"] is False
    assert {"check", "where", "message"} == set(told["findings"][0])
    assert main(["doctor"]) == 1
    assert "checkpoint: case" in capsys.readouterr().out
    monkeypatch.setenv("CASEROOM_DATA", str(instance.folder / "nowhere"))
    assert main(["doctor"]) == 2
    assert not (instance.folder / "nowhere").exists()
