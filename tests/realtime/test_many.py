"""Many connections, many writers, and a large file meanwhile."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter

from tests.realtime.serving import PATIENCE

CROWD = 50
EACH = 100


def test_fifty_connections_receive_a_message_exactly_once(settled, practice, open_wire, open_page):
    people = (settled.ada, settled.bruno, settled.clara, settled.basile, settled.neus)
    crowd = [open_wire(people[index % len(people)]) for index in range(CROWD)]
    neus = open_page(settled.neus)
    audience = practice.audience(settled.neus, settled.joint)
    said = [neus.post(settled.joint, f"to everybody {number}", audience=audience) for number in range(3)]
    for wire in crowd:
        wire.until(lambda frame: said[-1]["id"] in frame)
        received = [data["id"] for name, data in wire.events() if name == "entry"]
        assert received == [each["id"] for each in said]


def test_two_writers_at_once_are_seen_by_all_in_one_dense_order(settled, practice, open_page, open_wire):
    audience = practice.audience(settled.neus, settled.joint)
    watchers = [open_wire(someone) for someone in (settled.ada, settled.bruno, settled.clara, settled.neus)]
    writers = [open_page(someone) for someone in (settled.basile, settled.neus)]
    start, answers = threading.Barrier(2), {0: [], 1: []}

    def write(writer: int) -> None:
        start.wait(PATIENCE)
        for number in range(EACH):
            answers[writer].append(writers[writer].post(settled.joint, f"{writer}:{number}", audience=audience))

    threads = [threading.Thread(target=write, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    acknowledged = [said for each in answers.values() for said in each]
    assert [said for said in acknowledged if not said["ok"]] == []
    for each in answers.values():
        assert [said["seq"] for said in each] == sorted(said["seq"] for said in each), "each in the order it wrote"
    seqs = sorted(said["seq"] for said in acknowledged)
    assert seqs == list(range(seqs[0], seqs[0] + 2 * EACH)), "dense, whoever wrote"
    last = next(said["id"] for said in acknowledged if said["seq"] == seqs[-1])
    for wire in watchers:
        wire.until(lambda frame: last in frame)
        seen = [(data["seq"], data["id"]) for name, data in wire.events() if name == "entry"]
        assert seen == sorted((said["seq"], said["id"]) for said in acknowledged)
    assert practice.chain_problem(settled.neus, settled.joint) == ""


def test_a_flood_on_one_connection_does_not_keep_the_others_waiting(settled, practice, open_page, open_wire):
    neus, flood = open_page(settled.neus), open_wire(settled.bruno)
    audience = practice.audience(settled.neus, settled.joint)
    frames = [
        f'42{1000 + number}["post",{{"room":"{settled.joint}","body":"x","audience":"{audience}"}}]'
        for number in range(100)
    ]
    for frame in frames:
        flood.send(frame)
    flood.until(lambda frame: frame.startswith("431000["))
    assert neus.post(settled.joint, "may I?", audience=audience)["ok"]
    assert not any(frame.startswith("431099[") for frame in flood.frames), "the flood has not ended"
    flood.until(lambda frame: frame.startswith("431099["))


def test_messages_flow_while_a_large_file_arrives(settled, practice, api, open_page):
    neus, bruno = open_page(settled.neus), open_page(settled.bruno)
    audience = practice.audience(settled.neus, settled.joint)
    block, blocks = b"%PDF-1.4\n" + b"x" * (1024 * 1024 - 9), 24
    sent, may_end, finished, answers = threading.Semaphore(0), threading.Event(), threading.Event(), []
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="long.pdf"\r\n\r\n'

    def body():
        yield head
        for number in range(blocks):
            yield block
            sent.release()
            if number == blocks - 2:
                assert may_end.wait(PATIENCE)
        yield b"\r\n--b--\r\n"

    def upload() -> None:
        answers.append(
            api(
                settled.neus,
                "POST",
                f"/rooms/{settled.joint}/exhibits",
                data=Sized(body(), len(head) + blocks * len(block) + len(b"\r\n--b--\r\n")),
                headers={
                    "Content-Type": "multipart/form-data; boundary=b",
                    "If-Match": f'"{audience}"',
                },
            )
        )
        finished.set()

    thread = threading.Thread(target=upload)
    thread.start()
    said = []
    for number in range(blocks - 1):
        assert sent.acquire(timeout=PATIENCE)
        said.append(neus.post(settled.joint, f"meanwhile {number}", audience=audience))
        bruno.until("entry", lambda entry: entry["id"] == said[-1]["id"])
    assert not finished.is_set(), "all of them went round before the file was there"
    assert all(each["ok"] for each in said)
    may_end.set()
    thread.join(PATIENCE)
    assert answers[0].status_code == 201, answers[0].text
    assert answers[0].json()["sha256"] == hashlib.sha256(block * blocks).hexdigest()
    filed = bruno.until("entry", lambda entry: entry["kind"] == "exhibit.filed")
    assert filed["seq"] == said[-1]["seq"] + 1
    assert Counter(entry["id"] for entry in bruno.events("entry")).most_common(1)[0][1] == 1


class Sized:
    """A body that comes in pieces and says its length beforehand."""

    def __init__(self, pieces, length: int) -> None:
        self._pieces, self._length = pieces, length

    def __iter__(self):
        return self._pieces

    def __len__(self) -> int:
        return self._length
