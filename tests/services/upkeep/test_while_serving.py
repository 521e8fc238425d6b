"""A real server keeps writing while it is backed up and looked at."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
import requests

from caseroom.config import load_settings
from caseroom.upkeep.age import draw_identity
from caseroom.upkeep.doctor import examine
from tests.realtime.people import Practice
from tests.realtime.serving import PATIENCE, LiveServer

ROOT = Path(__file__).parents[3]
FILES = 4


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server whose case is sealed every second, and people with tokens."""
    server = LiveServer(tmp_path_factory.mktemp("served") / "data", "eventlet", period=3600)
    server.environ["CASEROOM_EPOCH_SECONDS"] = "1"
    practice = Practice(server.environ)
    story = practice.story()
    try:
        server.start()
        yield server, story
    finally:
        server.stop()
        practice.close()


class Writing:
    """Posts messages and files exhibits without end, as several people at once; ``acknowledged`` in their order."""

    def __init__(self, server, story):
        self.acknowledged = []
        self._base, self._room = f"{server.origin}/api/v1", story.joint
        self._stop = threading.Event()
        people = (story.ada, story.bruno, story.neus)
        self._threads = [threading.Thread(target=self._write, args=(each,), daemon=True) for each in people]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def wait_for(self, number):
        waiting = threading.Event()
        for _ in range(int(PATIENCE / 0.02)):
            if len(self.acknowledged) >= number:
                return
            waiting.wait(0.02)
        raise AssertionError(f"only {len(self.acknowledged)} were acknowledged")

    def _write(self, person):
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {person.token}"
        number = 0
        while not self._stop.is_set():
            audience = session.get(f"{self._base}/rooms/{self._room}").headers["ETag"]
            text = f"{person.name} {number}"
            if number % 5 == FILES:
                answer = session.post(
                    f"{self._base}/rooms/{self._room}/exhibits",
                    files={"file": (f"{number}.txt", text.encode() * 2000)},
                    data={"title": text},
                    headers={"If-Match": audience},
                )
            else:
                path = f"{self._base}/rooms/{self._room}/messages"
                answer = session.post(path, json={"body": text}, headers={"If-Match": audience})
            assert answer.status_code == 201, answer.text
            self.acknowledged.append((answer.json()["id"], text))
            number += 1


def caseroom(server, *arguments, **environ):
    done = subprocess.run(
        [sys.executable, "-m", "caseroom", *arguments],
        cwd=ROOT,
        env={**os.environ, **server.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_what_was_acknowledged_before_the_backup_began_is_in_it_and_the_restored_instance_verifies(served, tmp_path):
    server, story = served
    identity, recipient = draw_identity()
    (tmp_path / "identity").write_text(identity)
    with Writing(server, story) as writing:
        writing.wait_for(30)
        before = list(writing.acknowledged)
        code, out, err = caseroom(server, "backup", "--to", str(tmp_path / "b"), "--recipient", recipient, "--json")
        assert code == 0, err
        writing.wait_for(len(before) + 5)
    made = json.loads(out)
    code, out, err = caseroom(
        server,
        *("restore", "--from", made["content"], "--keys", made["keys"], "--identity", str(tmp_path / "identity")),
        *("--kek", f"{server.environ['CASEROOM_DATA']}/keys/kek", "--data", str(tmp_path / "new"), "--json"),
    )
    told = json.loads(out)
    assert (code, told["findings"]) == (0, []), err
    assert told["checked"]["exhibits"] >= 5
    with closing(sqlite3.connect(tmp_path / "new" / "caseroom.db")) as connection:
        found = {entry_id for (entry_id,) in connection.execute("SELECT id FROM event")}
    assert {entry_id for entry_id, _ in before} <= found
    assert not {entry_id for entry_id, _ in writing.acknowledged} <= found, "the server must have gone on meanwhile"
    code, out, err = caseroom(server, "seal", CASEROOM_DATA=str(tmp_path / "new"))
    assert code == 0, err
    assert examine(load_settings({**server.environ, "CASEROOM_DATA": str(tmp_path / "new")})).findings == []


def test_a_serving_instance_is_healthy_while_it_is_written_to(served):
    server, story = served
    with Writing(server, story) as writing:
        for number in range(3):
            writing.wait_for(len(writing.acknowledged) + 5)
            code, out, err = caseroom(server, "doctor", "--json", *(["--quick"] if number == 2 else []))
            told = json.loads(out)
            assert (code, told["findings"]) == (0, []), err
    assert told["checked"]["cases"] >= 1
    assert "Traceback" not in server.log()
