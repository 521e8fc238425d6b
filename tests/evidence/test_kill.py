"""kill -9 while a pack is on its way and while a backup runs, with people posting: nothing acknowledged is lost, what
was half written is nobody's pack or backup, and nothing piles up in the data folder."""

import json
import os
import subprocess
import sys
import threading
import time
import zipfile

import pytest
import requests
from urllib3.exceptions import HTTPError

from caseroom.app import open_database
from caseroom.audit.verify import NotAPack, verify_pack
from caseroom.config import load_settings
from caseroom.upkeep.age import draw_identity
from caseroom.upkeep.doctor import examine
from tests.realtime.people import Practice
from tests.realtime.serving import PATIENCE, ROOT, LiveServer

LARGE = 48 << 20  # more than all buffers between two programs on one machine
TURNS = 2


class Instance:
    """The real server over a folder, a case with a large exhibit, and Ada who does not stop posting."""

    def __init__(self, folder):
        self.folder = folder
        self.server = LiveServer(folder / "data", "gevent", period=3600)
        self.practice = Practice(self.server.environ)
        self.server.start()
        self.story = self.practice.story()
        answer = self.call("POST", f"/rooms/{self.story.joint}/exhibits", **self.by_its_audience(), files=self.large())
        assert answer.status_code == 201, answer.text

    def large(self):
        return {"file": ("large.bin", b"text\n" + os.urandom(LARGE))}

    def by_its_audience(self):
        return {"headers": {"If-Match": f'"{self.practice.audience(self.story.ada, self.story.joint)}"'}}

    def call(self, method, path, *, headers=None, **options):
        headers = {"Authorization": f"Bearer {self.story.ada.token}", **(headers or {})}
        url = f"{self.server.origin}/api/v1{path}"
        return requests.request(method, url, headers=headers, timeout=PATIENCE, **options)

    def download(self, **options):
        return self.call("GET", f"/cases/{self.story.case}/evidence", **options)

    def data(self):
        """What lies in the data folder, but for the journals of databases that are open."""
        found = {path.relative_to(self.folder / "data") for path in (self.folder / "data").rglob("*") if path.is_file()}
        return {str(path) for path in found if not str(path).endswith(("-wal", "-shm"))}

    def said(self):
        return [entry.text for entry in self.practice.entries(self.story.bruno, self.story.joint) if entry.text]


class Restored(Practice):
    """A folder that has its people already."""

    def __init__(self, environ):
        self.settings = load_settings(environ)
        self.database = open_database(self.settings)


class Posting(threading.Thread):
    """Ada posts until the server is gone. ``acknowledged``: what she was told is kept."""

    def __init__(self, instance, word):
        super().__init__(daemon=True)
        self.instance, self.word = instance, word
        self.acknowledged = []
        self.ended = threading.Event()
        self.start()

    def run(self):
        stated = self.instance.by_its_audience()
        for number in range(100_000):
            body = f"{self.word} {number}"
            try:
                path = f"/rooms/{self.instance.story.joint}/messages"
                answer = self.instance.call("POST", path, **stated, json={"body": body})
            except requests.RequestException:
                return
            if answer.status_code != 201 or self.ended.is_set():
                return
            self.acknowledged.append(body)

    def until(self, count):
        deadline = time.monotonic() + PATIENCE
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline
            assert self.is_alive(), "it must be answered until the kill"
            time.sleep(0.002)

    def end(self):
        self.ended.set()
        self.join(PATIENCE)
        assert not self.is_alive()


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    made = Instance(tmp_path_factory.mktemp("killed"))
    yield made
    made.server.stop()
    made.practice.close()


@pytest.fixture
def key(tmp_path):
    identity, recipient = draw_identity()
    path = tmp_path / "identity.txt"
    path.write_text(identity + "\n")
    return path, recipient


def command(instance, *arguments, **more):
    environ = {**os.environ, **instance.server.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "caseroom", *map(str, arguments)],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def done(process):
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def rest_of(answer):
    """What still comes of a download that breaks off. The reader must be told that this is not its end."""
    rest = b""

    def read():
        nonlocal rest
        while piece := answer.raw.read(1 << 16):
            rest += piece

    with pytest.raises(HTTPError):
        read()
    return rest


def test_a_server_killed_while_it_sends_a_pack_loses_nothing_and_leaves_nothing(instance, tmp_path):
    before = instance.data()
    for turn in range(TURNS):
        posting = Posting(instance, f"pack {turn}")
        with instance.download(stream=True) as answer:
            begun = answer.raw.read(1 << 20)
            posting.until(5)
            instance.server.kill()
            begun += rest_of(answer)
        posting.end()
        half = tmp_path / "half.zip"
        half.write_bytes(begun)
        assert 0 < len(begun) < LARGE, "it must have been in the middle"
        with pytest.raises(NotAPack):
            verify_pack(half)
        instance.server.start()
        said = instance.said()
        assert set(posting.acknowledged) <= set(said)
        assert len(said) == len(set(said))
        assert instance.practice.chain_problem(instance.story.bruno, instance.story.joint) == ""
        path = tmp_path / "pack.zip"
        path.write_bytes(instance.download().content)
        report = verify_pack(path)
        assert report.findings == []
        assert sum(space.files_present for space in report.spaces.values()) == 1
        with zipfile.ZipFile(path) as archive:
            told = b"".join(archive.read(name) for name in archive.namelist() if name.endswith("disclosures.jsonl"))
        assert all(body.encode() in told for body in posting.acknowledged)
    assert instance.data() == before


def test_a_backup_killed_under_load_is_no_backup_and_the_next_one_restores_everything(instance, tmp_path, key):
    identity, recipient = key
    target, before = tmp_path / "backups", instance.data()
    for turn in range(TURNS):
        posting = Posting(instance, f"backup {turn}")
        posting.until(3)
        process = command(instance, "backup", "--to", target, "--recipient", recipient)
        deadline = time.monotonic() + PATIENCE
        while not (target.exists() and any(path.name.startswith(".") for path in target.iterdir())):
            assert process.poll() is None, done(process)
            assert time.monotonic() < deadline
            time.sleep(0.001)
        process.kill()
        done(process)
        posting.until(len(posting.acknowledged) + 3)  # the server has not noticed
        posting.end()
        final = [path.name for path in target.iterdir() if not path.name.startswith(".")]
        assert not [name for name in final if ".tar" in name], "the content had not been finished"
        assert set(posting.acknowledged) <= set(instance.said())
    acknowledged = restored_after(instance, target, tmp_path / "again", identity, recipient)
    assert len(acknowledged) > 2 * TURNS * 3
    assert {each for each in instance.data() if not each.startswith("cache/")} == {
        each for each in before if not each.startswith("cache/")
    }
    assert {each for each in instance.data() if each.startswith("cache/")} <= {"cache/backup.lock", *before}


def test_a_server_killed_while_a_backup_runs_loses_nothing_and_the_backup_is_whole(instance, tmp_path, key):
    identity, recipient = key
    target = tmp_path / "backups"
    posting = Posting(instance, "server")
    posting.until(3)
    acknowledged = list(posting.acknowledged)
    process = command(instance, "backup", "--to", target, "--recipient", recipient)
    deadline = time.monotonic() + PATIENCE
    while not target.exists():
        assert time.monotonic() < deadline
        time.sleep(0.001)
    instance.server.kill()
    posting.end()
    assert done(process)[0] == 0
    instance.server.start()
    assert set(posting.acknowledged) <= set(instance.said())
    assert set(acknowledged) <= restore(instance, target, tmp_path / "again", identity)
    assert examine(load_settings(instance.server.environ)).findings == []


def restored_after(instance, target, folder, identity, recipient):
    """Make one more backup and restore it: what it holds, as Bruno reads it."""
    code, _, said = done(command(instance, "backup", "--to", target, "--recipient", recipient, "--json"))
    assert code == 0, said
    assert set(instance.said()) == restore(instance, target, folder, identity)
    return instance.said()


def restore(instance, target, folder, identity):
    (content,) = target.glob("*.tar.age")
    keys = max(target.glob("*.keys.age"))
    kek = instance.folder / "data" / "keys" / "kek"
    parts = ("--from", content, "--keys", keys, "--kek", kek, "--identity", identity, "--data", folder)
    code, out, said = done(command(instance, "restore", *parts, "--json"))
    assert said == ""
    assert (json.loads(out)["findings"], code) == ([], 0)
    practice = Restored({**instance.server.environ, "CASEROOM_DATA": str(folder)})
    found = practice.entries(instance.story.bruno, instance.story.joint)
    practice.close()
    return {entry.text for entry in found if entry.text}
