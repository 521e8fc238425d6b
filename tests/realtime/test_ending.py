"""The server may be stopped, and it may die: what was acknowledged is there afterwards."""

from __future__ import annotations

import threading

from tests.realtime.serving import PATIENCE
from tests.realtime.wire import Page

BEFORE_THE_END = 40


class Writers:
    """Two people who post until their connection ends. ``acknowledged``: what the server said it had written."""

    def __init__(self, spare) -> None:
        self.story = spare.practice.story()
        self.acknowledged: dict[str, tuple[int, str]] = {}
        self.refused: list[object] = []
        self._enough = threading.Semaphore(0)
        self._audience = spare.practice.audience(self.story.neus, self.story.joint)
        people = (self.story.neus, self.story.bruno)
        self._pages = [Page(spare.server.origin, auth={"token": someone.token}).open() for someone in people]
        self._threads = [threading.Thread(target=self._write, args=(index,)) for index in range(len(people))]
        for thread in self._threads:
            thread.start()
        for _ in range(BEFORE_THE_END):
            assert self._enough.acquire(timeout=PATIENCE)

    def _write(self, index: int) -> None:
        number = 0
        while not self._pages[index].closed.is_set():
            body, number = f"{index}:{number}", number + 1
            said = self._pages[index].try_post(self.story.joint, body, audience=self._audience)
            if said is None:
                return
            if not said["ok"]:
                self.refused.append(said)
                return
            self.acknowledged[said["id"]] = (said["seq"], body)
            self._enough.release()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE)
        for page in self._pages:
            page.drop()


def check_everything_is_there(spare, writers: Writers) -> None:
    practice, story = spare.practice, writers.story
    assert writers.refused == []
    assert len(writers.acknowledged) >= BEFORE_THE_END
    page = Page(spare.server.origin, auth={"token": story.ada.token}).open()
    found, following = {}, -1
    while following is not None:
        told = page.ask("since", {"room": story.joint, "seq": following})
        found.update({item["id"]: item["seq"] for item in told["items"]})
        following = told["next"]
    assert {key: seq for key, (seq, _) in writers.acknowledged.items()}.items() <= found.items()
    texts = {entry.id: (entry.seq, entry.text) for entry in practice.entries(story.ada, story.joint)}
    assert writers.acknowledged.items() <= texts.items()
    assert sorted(found.values()) == list(range(len(found)))
    assert practice.chain_problem(story.neus, story.joint) == ""
    audience = practice.audience(story.ada, story.joint)
    assert page.post(story.joint, "and on it goes", audience=audience)["seq"] == len(found)
    page.drop()


def test_a_server_that_is_told_to_stop_ends_cleanly_and_loses_nothing(spare):
    writers = Writers(spare)
    assert spare.server.terminate() == 0
    writers.join()
    log = spare.server.log()
    assert "Traceback" not in log, log
    spare.server.start()
    check_everything_is_there(spare, writers)


def test_a_server_killed_while_people_write_has_lost_nothing_that_it_acknowledged(spare):
    writers = Writers(spare)
    spare.server.kill()
    writers.join()
    spare.server.start()
    check_everything_is_there(spare, writers)
