"""The live server with its signer in a process of its own: what people notice of the signer's accidents."""

from __future__ import annotations

import signal
import threading
import time

import pytest
import requests

from caseroom.audit.models import RoomLog
from caseroom.audit.signer import Signer
from tests.realtime.conftest import EVENT_LIBRARIES
from tests.realtime.people import Practice
from tests.realtime.serving import PATIENCE, LiveServer
from tests.realtime.wire import Page
from tests.signing import SignerProcess


@pytest.fixture(scope="module", params=EVENT_LIBRARIES)
def beside(request, tmp_path_factory):
    """The signer, the server that asks it, the practice, and a story in it."""
    folder = tmp_path_factory.mktemp(f"signer-{request.param}")
    signer = SignerProcess(folder / "signer")
    server = LiveServer(folder / "data", request.param, period=3600)
    server.environ.update(signer.environ)
    signer.start()
    practice = Practice(server.environ)
    try:
        server.start()
        yield signer, server, practice, practice.story()
    finally:
        server.stop()
        practice.database.tool(Signer).close()
        practice.close()
        signer.stop()


@pytest.fixture
def pages(beside):
    _signer, server, _practice, story = beside
    opened = [Page(server.origin, auth={"token": each.token}).open() for each in (story.ada, story.bruno)]
    yield opened
    for page in opened:
        page.drop()


def test_posts_are_acknowledged_with_receipts_that_the_other_process_signed(beside, pages):
    signer, _server, practice, story = beside
    ada, bruno = pages
    audience = practice.audience(story.ada, story.joint)
    said = ada.post(story.joint, "signé à côté", audience=audience)
    bruno.until("entry", lambda entry: entry["id"] == said["id"])
    entry = next(entry for entry in practice.entries(story.bruno, story.joint) if entry.id == said["id"])
    assert practice.check_receipt(said["receipt"], story.ada, story.joint, entry) == entry.seq + 1
    assert not (practice.settings.data / "signer").exists(), "the web process keeps nothing of the signer's"
    assert (signer.data / "signer.sqlite3").exists()


def test_while_the_signer_thinks_everybody_reads_on(beside, pages):
    signer, server, practice, story = beside
    ada, _bruno = pages
    audience = practice.audience(story.ada, story.joint)
    acknowledged, answers = threading.Event(), []

    def post():
        answers.append(ada.post(story.joint, "patience", audience=audience))
        acknowledged.set()

    def read():
        headers = {"Authorization": f"Bearer {story.bruno.token}"}
        address = f"{server.origin}/api/v1/rooms/{story.joint}/entries"
        return requests.get(address, headers=headers, timeout=PATIENCE).json()["items"]

    before = read()  # a first use of a token is written down, and one who writes waits for the one who writes
    asking = threading.Thread(target=post)
    signer.send(signal.SIGSTOP)
    try:
        asking.start()
        wait_until_committed(practice, story.joint, len(before))
        assert [read() for _ in range(3)] == [before] * 3, "nothing is shown before it is signed"
        assert not acknowledged.is_set()
    finally:
        signer.send(signal.SIGCONT)
    asking.join(PATIENCE)
    assert answers[0]["ok"], answers
    assert answers[0]["receipt"]


def wait_until_committed(practice, room, size):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with practice.database.reading() as work:
            if work.session.get_one(RoomLog, room).size > size:
                return
        time.sleep(0.01)
    pytest.fail("it was never written")


def test_without_its_signer_the_page_is_told_what_was_kept_and_goes_on_when_it_is_back(beside, pages):
    signer, server, practice, story = beside
    ada, bruno = pages
    audience = practice.audience(story.ada, story.joint)
    signer.end(signal.SIGKILL)
    kept = ada.post(story.joint, "gardé", audience=audience, client_id="k-1")
    refused = bruno.post(story.joint, "pas écrit", audience=audience, client_id="k-2")
    assert [(each["ok"], each["status"], each["code"], each["kept"]) for each in (kept, refused)] == [
        (False, 503, "signer_unavailable", True),
        (False, 503, "signer_unavailable", False),
    ]
    assert practice.entries(story.bruno, story.joint)[-1].text != "gardé"
    signer.start()
    again = ada.post(story.joint, "gardé", audience=audience, client_id="k-1")
    after = bruno.post(story.joint, "pas écrit", audience=audience, client_id="k-2")
    assert (again["replayed"], after["replayed"]) == (True, False)
    assert after["seq"] == again["seq"] + 1
    assert "Traceback" not in server.log()
