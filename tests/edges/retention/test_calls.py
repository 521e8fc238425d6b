"""Erasing and closing through the API."""

from caseroom.access.words import CaseKind


def test_an_entry_is_erased_and_answers_as_erased_from_then_on(house, mediation, caller, code):
    ada, bruno = caller("ada"), caller("bruno")
    said = house.say("ada", mediation["joint"], "à effacer")
    answer = ada.post(
        f"/cases/{mediation.id}/erasures",
        {"of": said.id, "basis": "request", "reason": "demande du 3 mars"},
        Second_Factor=code("ada"),
    )
    assert answer.status_code == 201
    erasure = answer.json
    assert (erasure["level"], erasure["what"], erasure["state"]) == ("E1", "message.posted", "done")
    assert (erasure["leaves"], erasure["asked_by"], erasure["reason"]) == (
        [said.leaf],
        "Ada Quilliam",
        "demande du 3 mars",
    )
    items = bruno.get(f"/rooms/{mediation['joint']}/entries").json["items"]
    gone = next(item for item in items if item["id"] == said.id)
    assert gone["erased"] is True
    assert "body" not in gone
    assert items[-1]["facts"]["basis"] == "request"
    listed = bruno.get(f"/cases/{mediation.id}/erasures").json["items"]
    assert [each["id"] for each in listed] == [erasure["id"]], "whoever could read it may know that it is gone"
    assert caller("otto").get(f"/cases/{mediation.id}/erasures").status_code == 404
    assert caller("bruno").get(f"/entries/{said.id}/receipt").status_code == 200


def test_an_erased_exhibit_is_gone_for_its_readers_and_unknown_to_others(house, mediation, caller, code):
    filed = house.file("ada", mediation["team:0"], "a.txt", b"bytes")
    caller("ada").post(
        f"/cases/{mediation.id}/erasures", {"of": filed.facts.id, "basis": "mistake"}, Second_Factor=code("ada")
    )
    for path in (f"/exhibits/{filed.facts.id}", f"/exhibits/{filed.facts.id}/content"):
        answer = caller("clara").get(path)
        assert (answer.status_code, answer.json["code"]) == (410, "erased")
        assert caller("neus").get(path).status_code == 404
    assert caller("clara").get(f"/rooms/{mediation['team:0']}/exhibits").json["items"] == []


def test_without_the_second_factor_nothing_happens(house, mediation, caller):
    said = house.say("ada", mediation["joint"], "reste")
    body = {"of": said.id, "basis": "request"}
    missing = caller("ada").post(f"/cases/{mediation.id}/erasures", body)
    assert (missing.status_code, missing.json["code"]) == (401, "second_factor_required")
    wrong = caller("ada").post(f"/cases/{mediation.id}/erasures", body, Second_Factor="000000")
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "code")
    assert caller("neus").post(f"/cases/{mediation.id}/closing").status_code == 401
    assert "reste" in house.texts("ada", mediation["joint"])


def test_what_is_stated_wrongly_is_refused(house, mediation, caller, code):
    said = house.say("ada", mediation["joint"], "reste")
    ada = caller("ada")
    for body in (
        {"of": said.id, "basis": "retention"},
        {"of": said.id, "basis": "because"},
        {"of": said.id, "basis": "request", "level": "E2"},
        {"of": said.id, "basis": "request", "reason": "x" * 1001},
        {"of": "joint", "basis": "request"},
    ):
        assert ada.post(f"/cases/{mediation.id}/erasures", body, Second_Factor=code("ada")).status_code == 422, body
    elsewhere = house.mediation()
    crossed = {"of": said.id, "basis": "request"}
    assert ada.post(f"/cases/{elsewhere.id}/erasures", crossed, Second_Factor=code("ada")).status_code == 404
    assert house.texts("ada", mediation["joint"]) == ["reste"]


def test_a_room_waits_for_a_second_person_and_then_for_the_next_checkpoint(house, mediation, caller, code):
    room = mediation["caucus:0"]
    asked = caller("neus").post(
        f"/cases/{mediation.id}/erasures", {"of": room, "basis": "agreement", "level": "E2"}, Second_Factor=code("neus")
    )
    assert (asked.status_code, asked.json["state"]) == (202, "asked")
    place = asked.headers["Location"].removeprefix("/api/v1")
    own = caller("neus").post(f"{place}/approval", Second_Factor=code("neus"))
    assert (own.status_code, own.json["code"]) == (403, "second_person_needed")
    assert caller("bruno").get(place).status_code == 404
    assert caller("bruno").post(f"{place}/approval", Second_Factor=code("bruno")).status_code == 404
    assert caller("clara").post(f"{place}/approval", Second_Factor=code("clara")).status_code == 204
    assert caller("ada").get(place).json["state"] == "recorded"
    assert caller("ada").get(f"/rooms/{room}").status_code == 200


def test_who_asked_can_withdraw_and_ask_again_and_another_side_cannot(house, mediation, caller, code):
    body = {"of": mediation["team:0"], "basis": "agreement"}
    asked = caller("clara").post(f"/cases/{mediation.id}/erasures", body, Second_Factor=code("clara"))
    place = asked.headers["Location"].removeprefix("/api/v1")
    assert caller("bruno").delete(place).status_code == 404
    assert caller("clara").delete(place).status_code == 204
    assert caller("clara").delete(place).status_code == 404, "there is nothing left to withdraw"
    again = caller("clara").post(f"/cases/{mediation.id}/erasures", body, Second_Factor=code("clara"))
    assert again.status_code == 202


def test_a_request_can_be_refused(house, mediation, caller, code):
    asked = caller("clara").post(
        f"/cases/{mediation.id}/erasures",
        {"of": mediation["team:0"], "basis": "agreement"},
        Second_Factor=code("clara"),
    )
    place = asked.headers["Location"].removeprefix("/api/v1")
    assert caller("bruno").delete(place).status_code == 404
    assert caller("ada").delete(place).status_code == 204
    assert caller("clara").get(place).json["state"] == "refused"


def test_a_case_is_closed_by_its_mediator(house, mediation, caller, code):
    refused = caller("ada").post(f"/cases/{mediation.id}/closing", Second_Factor=code("ada"))
    assert (refused.status_code, refused.json["code"]) == (403, "not_a_steward")
    closed = caller("neus").post(f"/cases/{mediation.id}/closing", Second_Factor=code("neus"))
    assert (closed.status_code, closed.json) == (200, {"state": "closed", "missing": []})
    assert caller("ada").get(f"/cases/{mediation.id}").json["state"] == "closed"


def test_counsel_close_together(house, app, caller, code):
    affair = house.case_of(CaseKind.COLLABORATIVE)
    first = caller("clara").post(f"/cases/{affair.id}/closing", Second_Factor=code("clara"))
    assert (first.status_code, first.json) == (202, {"state": "asked", "missing": [affair.sides[1]]})
    assert caller("basile").post(f"/cases/{affair.id}/closing", Second_Factor=code("basile")).json["state"] == "closed"
