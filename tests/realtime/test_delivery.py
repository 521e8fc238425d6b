"""Who receives what: a message reaches the readers of its room and leaves no trace anywhere else."""

from __future__ import annotations

import json


def test_a_joint_message_reaches_every_reader_and_nobody_else(settled, practice, open_page, open_wire):
    readers = {
        someone.name: open_page(someone) for someone in (settled.ada, settled.clara, settled.bruno, settled.basile)
    }
    neus, otto = open_page(settled.neus), open_wire(settled.otto)
    said = neus.post(
        settled.joint, "Bonjour à tous", audience=practice.audience(settled.neus, settled.joint), client_id="page-1"
    )
    assert said["ok"], said
    for name, page in {**readers, "Neus": neus}.items():
        entry = page.until("entry")
        assert (entry["room"], entry["seq"], entry["id"]) == (settled.joint, said["seq"], said["id"]), name
        assert (entry["kind"], entry["author"]) == ("message.posted", settled.participants["Neus"])
        assert entry["client_id"] == "page-1"
        assert "Bonjour à tous" in entry["html"]
        assert len(page.events("entry")) == 1
    own = otto.ask(
        "post", {"room": settled.elsewhere, "body": "x", "audience": practice.audience(settled.otto, settled.elsewhere)}
    )
    assert json.loads(own)[0]["ok"], "Otto's connection works"
    assert [data["room"] for name, data in otto.events() if name == "entry"] == [settled.elsewhere]


def test_a_caucus_leaves_no_frame_of_any_kind_on_the_other_sides_connection(settled, practice, open_page, open_wire):
    neus, ada, clara = (open_page(someone, case=settled.case) for someone in (settled.neus, settled.ada, settled.clara))
    bruno = open_wire()
    bruno.join({"token": settled.bruno.token, "case": settled.case})
    joint, caucus = (practice.audience(settled.neus, room) for room in (settled.joint, settled.caucus))

    def fence(number: int) -> int:
        """A joint message that Bruno receives: what came to him before it, he has by now. Returns how many frames."""
        said = neus.post(settled.joint, f"fence {number}", audience=joint)
        bruno.until(lambda frame: frame.startswith('42["entry"') and said["id"] in frame)
        return len(bruno.frames)

    before, seq = fence(1), practice.size(settled.neus, settled.joint)
    told = [neus.post(settled.caucus, f"between us {number}", audience=caucus) for number in range(3)]
    assert all(each["ok"] for each in told), told
    for page in (ada, clara):
        assert "between us" in page.until("entry", lambda data: data["room"] == settled.caucus, count=3)["html"]
    assert ada.ask("typing", {"room": settled.caucus, "on": True})["ok"]
    assert clara.ask("read", {"room": settled.caucus, "seq": told[-1]["seq"]})["ok"]
    assert ada.ask("since", {"room": settled.caucus, "seq": -1})["ok"]
    ada.until("room", lambda data: data["room"] == settled.caucus)
    neus.until("typing", lambda data: data["room"] == settled.caucus)
    after = fence(2)

    assert after == before + 1, bruno.frames[before:after]
    name, entry = bruno.events()[-1]
    assert (name, entry["room"], entry["seq"]) == ("entry", settled.joint, seq), (
        "nor a gap in the numbers of the joint room"
    )
    everything = "\n".join(bruno.frames)
    assert settled.caucus not in everything
    assert "between us" not in everything


def test_the_server_writes_nothing_of_what_is_said_into_its_log(settled, practice, server, open_page):
    neus = open_page(settled.neus)
    said = neus.post(settled.joint, "quatre cent mille euros", audience=practice.audience(settled.neus, settled.joint))
    assert said["ok"]
    refused = neus.post(settled.elsewhere, "quatre cent mille euros", audience="x")
    assert not refused["ok"]
    log = server.log()
    assert "post refused" in log, "the log is the one of this server"
    for secret in ("quatre cent mille", "Ada v. Bruno", "Side A", settled.neus.email, settled.neus.token):
        assert secret not in log
