"""A removed person is out of every room in the transaction that removes them, and so are their connections."""

from __future__ import annotations

import json

from tests.realtime.events import EVENTS, payload


def remove(api, story, name: str):
    answer = api(story.neus, "DELETE", f"/cases/{story.case}/participants/{story.participants[name]}")
    assert answer.status_code == 204, answer.text


def test_a_removed_person_is_told_to_close_and_receives_nothing_sent_afterwards(
    story, practice, api, open_page, open_wire
):
    neus, ada, clara = open_page(story.neus), open_wire(story.ada), open_page(story.clara)
    other_page = open_wire(story.ada)
    for room in (story.joint, story.caucus, story.team):
        writer = story.clara if room == story.team else story.neus
        page = clara if room == story.team else neus
        said = page.post(room, "before", audience=practice.audience(writer, room))
        for wire in (ada, other_page):
            wire.until(lambda frame, said=said: said["id"] in frame)

    remove(api, story, "Ada")
    for wire in (ada, other_page):
        wire.until(lambda frame: frame.startswith('42["gone"'))
        assert [data for name, data in wire.events() if name == "gone"] == [{"case": story.case}]
        assert wire.events()[-1][0] == "gone", "and nothing after it"
    counts = [len(wire.frames) for wire in (ada, other_page)]

    for room in (story.joint, story.caucus, story.team):
        writer = story.clara if room == story.team else story.neus
        page = clara if room == story.team else neus
        said = page.post(room, "after", audience=practice.audience(writer, room))
        assert said["ok"], said
        clara.until("entry", lambda entry, said=said: entry["id"] == said["id"])
    assert neus.ask("read", {"room": story.joint, "seq": practice.size(story.neus, story.joint) - 1})["ok"]
    assert clara.ask("typing", {"room": story.joint, "on": True})["ok"]
    absent = {event: payload(practice, event, story.elsewhere) for event in EVENTS}
    for event in EVENTS:
        for room in (story.joint, story.caucus, story.team):
            hidden = ada.ask(event, payload(practice, event, room, reader=story.clara))
            assert json.loads(hidden)[0]["code"] == "not_found"
            assert hidden == ada.ask(event, absent[event])
    for wire, count in zip((ada, other_page), counts, strict=True):
        assert [frame for frame in wire.frames[count:] if not frame.startswith("43")] == []


def test_the_others_learn_who_reads_each_room_now_and_the_other_side_only_of_its_own_rooms(
    story, practice, api, open_page, open_wire
):
    neus, clara, bruno = open_page(story.neus), open_page(story.clara), open_wire(story.bruno)
    before = {room: practice.audience(story.clara, room) for room in (story.joint, story.caucus, story.team)}
    remove(api, story, "Ada")
    for page, rooms in ((clara, before), (neus, {story.joint, story.caucus})):
        for room in rooms:
            told = page.until("audience", lambda data, room=room: data["room"] == room)
            assert told["audience"] != before[room]
            assert story.participants["Ada"] not in [reader["id"] for reader in told["readers"]]
            page.until(
                "entry", lambda entry, room=room: (entry["room"], entry["kind"]) == (room, "participant.removed")
            )
    bruno.until(lambda frame: frame.startswith('42["audience"'))
    assert [(name, data["room"]) for name, data in bruno.events() if name != "presence"] == [
        ("entry", story.joint),
        ("audience", story.joint),
    ]
    stale = clara.post(story.team, "x", audience=before[story.team])
    assert (stale["code"], stale["audience"]) == ("audience_changed", practice.audience(story.clara, story.team))


def test_somebody_admitted_again_receives_what_is_said_from_then_on(story, practice, api, open_page):
    neus, ada = open_page(story.neus), open_page(story.ada)
    remove(api, story, "Ada")
    ada.until("gone")
    missed = neus.post(story.joint, "without Ada", audience=practice.audience(story.neus, story.joint))
    invited = api(
        story.neus,
        "POST",
        f"/cases/{story.case}/participants",
        json={"email": story.ada.email, "name": "Ada", "role": "observer", "side_id": None},
    )
    assert invited.status_code == 201, invited.text
    code = invited.json()["invitation_url"].rsplit("/", 1)[1]
    accepted = api(story.ada, "POST", f"/invitations/{code}/accept", json={"undertaking": True})
    assert accepted.status_code == 200, accepted.text
    ada.until("audience", lambda data: data["room"] == story.joint)
    said = neus.post(story.joint, "with Ada", audience=practice.audience(story.neus, story.joint))
    ada.until("entry", lambda entry: entry["id"] == said["id"])
    assert missed["id"] not in [entry["id"] for entry in ada.events("entry")]
    assert ada.ask("since", {"room": story.caucus, "seq": -1})["code"] == "not_found", "an observer has no caucus"


def test_a_revoked_invitation_tells_nobody_anything(story, practice, api, open_page, open_wire):
    neus, bruno = open_page(story.neus), open_wire(story.bruno)
    body = {"email": "nora@example.org", "name": "Nora", "role": "observer", "side_id": None}
    invited = api(story.neus, "POST", f"/cases/{story.case}/participants", json=body).json()
    before = len(bruno.frames)
    answer = api(story.neus, "DELETE", f"/cases/{story.case}/participants/{invited['id']}")
    assert answer.status_code == 204
    said = neus.post(story.joint, "fence", audience=practice.audience(story.neus, story.joint))
    bruno.until(lambda frame: said["id"] in frame)
    assert len(bruno.frames) == before + 1
