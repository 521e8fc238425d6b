"""Who receives what: a message reaches the readers of its room and leaves no trace anywhere else."""

from __future__ import annotations

import json


def test_a_joint_message_reaches_every_reader_and_nobody_else(story, practice, open_page, open_wire):
    readers = {someone.name: open_page(someone) for someone in (story.ada, story.clara, story.bruno, story.basile)}
    neus, otto = open_page(story.neus), open_wire(story.otto)
    said = neus.post(
        story.joint, "Bonjour à tous", audience=practice.audience(story.neus, story.joint), client_id="page-1"
    )
    assert said["ok"], said
    for name, page in {**readers, "Neus": neus}.items():
        entry = page.until("entry")
        assert (entry["room"], entry["seq"], entry["id"]) == (story.joint, said["seq"], said["id"]), name
        assert (entry["kind"], entry["author"]) == ("message.posted", story.participants["Neus"])
        assert entry["client_id"] == "page-1"
        assert "Bonjour à tous" in entry["html"]
        assert len(page.events("entry")) == 1
    own = otto.ask("post", {"room": story.elsewhere, "body": "x", "audience": practice.audience(story.otto, story.elsewhere)})
    assert json.loads(own)[0]["ok"], "Otto's connection works"
    assert [data["room"] for name, data in otto.events() if name == "entry"] == [story.elsewhere]


def test_a_caucus_leaves_no_frame_of_any_kind_on_the_other_sides_connection(story, practice, open_page, open_wire):
    neus, ada, clara = (open_page(someone, case=story.case) for someone in (story.neus, story.ada, story.clara))
    bruno = open_wire()
    bruno.join({"token": story.bruno.token, "case": story.case})
    joint, caucus = (practice.audience(story.neus, room) for room in (story.joint, story.caucus))

    def fence(number: int) -> int:
        """A joint message that Bruno receives: what came to him before it, he has by now. Returns how many frames."""
        said = neus.post(story.joint, f"fence {number}", audience=joint)
        bruno.until(lambda frame: frame.startswith('42["entry"') and said["id"] in frame)
        return len(bruno.frames)

    before, seq = fence(1), practice.size(story.neus, story.joint)
    told = [neus.post(story.caucus, f"between us {number}", audience=caucus) for number in range(3)]
    assert all(each["ok"] for each in told), told
    for page in (ada, clara):
        assert "between us" in page.until("entry", lambda data: data["room"] == story.caucus, count=3)["html"]
    assert ada.ask("typing", {"room": story.caucus, "on": True})["ok"]
    assert clara.ask("read", {"room": story.caucus, "seq": told[-1]["seq"]})["ok"]
    assert ada.ask("since", {"room": story.caucus, "seq": -1})["ok"]
    ada.until("room", lambda data: data["room"] == story.caucus)
    neus.until("typing", lambda data: data["room"] == story.caucus)
    after = fence(2)

    assert after == before + 1, bruno.frames[before:after]
    name, entry = bruno.events()[-1]
    assert (name, entry["room"], entry["seq"]) == ("entry", story.joint, seq), "nor a gap in the numbers of the joint room"
    everything = "\n".join(bruno.frames)
    assert story.caucus not in everything
    assert "between us" not in everything


def test_the_server_writes_nothing_of_what_is_said_into_its_log(story, practice, server, open_page):
    neus = open_page(story.neus)
    said = neus.post(story.joint, "quatre cent mille euros", audience=practice.audience(story.neus, story.joint))
    assert said["ok"]
    refused = neus.post(story.elsewhere, "quatre cent mille euros", audience="x")
    assert not refused["ok"]
    log = server.log()
    assert "post refused" in log, "the log is the one of this server"
    for secret in ("quatre cent mille", "Ada v. Bruno", "Side A", story.neus.email, story.neus.token):
        assert secret not in log
