"""Opening, listing and reading cases."""

from __future__ import annotations

import pytest

NEW = {"kind": "mediation", "title": "Glass roof", "language": "en", "sides": [{"label": "Ada"}, {"label": "Bruno"}]}


def new(**changes):
    return {**NEW, **changes}


def without(member):
    return {name: value for name, value in NEW.items() if name != member}


def test_a_case_is_opened_with_its_sides_and_the_rooms_of_its_opener(neus, given):
    answer = neus.post("/cases", NEW)
    case = given(answer, 201)
    assert answer.headers["Location"] == f"/api/v1/cases/{case['id']}"
    assert (case["kind"], case["title"], case["language"], case["state"]) == ("mediation", "Glass roof", "en", "open")
    assert [side["label"] for side in case["sides"]] == ["Ada", "Bruno"]
    assert case["me"]["role"] == "neutral"
    kinds = [(room["kind"], room["side_id"]) for room in case["rooms"]]
    first, second = (side["id"] for side in case["sides"])
    assert kinds == [("joint", None), ("caucus", first), ("caucus", second), ("notes", None)]
    assert all(room["audience"] and room["title"] for room in case["rooms"])
    assert given(neus.get(f"/cases/{case['id']}")) == case


def test_counsel_open_a_collaborative_case_for_their_side(clara, given):
    case = given(clara.post("/cases", new(kind="collaborative", me={"role": "counsel", "side": 1})), 201)
    assert case["me"]["side_id"] == case["sides"][1]["id"]
    assert [room["side_id"] for room in case["rooms"] if room["kind"] == "team"] == [case["sides"][1]["id"]]


def test_arbitration_has_no_caucus(neus, given):
    case = given(neus.post("/cases", new(kind="arbitration")), 201)
    assert {room["kind"] for room in case["rooms"]} == {"joint", "deliberation", "notes"}


def test_only_members_of_a_practice_open_cases(ada, refused):
    refused(ada.post("/cases", NEW), 403, "practice_required")


def test_everybody_sees_the_rooms_they_belong_to_and_no_others(standing, ada, neus, given):
    mine = given(ada.get(f"/cases/{standing.id}"))
    assert {room["id"] for room in mine["rooms"]} == {standing[word] for word in ("joint", "caucus:0", "team:0")}
    assert mine["me"] == {"id": standing.participants["ada"], "role": "party", "side_id": standing.sides[0]}
    assert standing["team:0"] not in {room["id"] for room in given(neus.get(f"/cases/{standing.id}"))["rooms"]}


def test_a_case_is_not_there_for_strangers_nor_for_those_who_were_removed(house, mediation, ada, otto, refused):
    path = f"/cases/{mediation.id}"
    assert ada.get(path).status_code == 200
    house.remove(mediation, "ada", by="neus")
    absent = otto.get(f"/cases/{'0' * 32}")
    refused(absent, 404, "not_found")
    assert otto.get(path).data == ada.get(path).data == ada.get("/cases/1").data == absent.data
    assert mediation.id not in ids_of(ada)


def ids_of(caller):
    return [case["id"] for case in caller.get("/cases?limit=200").get_json()["items"]]


def test_the_list_of_cases_comes_in_pages_newest_first(basile, given):
    opened = [given(basile.post("/cases", new(title=f"Case {number}")), 201) for number in range(3)]
    pages = [given(basile.get("/cases?limit=2"))]
    while pages[-1]["next"]:
        pages.append(given(basile.get(f"/cases?limit=2&after={pages[-1]['next']}")))
    listed = [case for page in pages for case in page["items"]]
    assert [len(page["items"]) for page in pages[:-1]] == [2] * (len(pages) - 1)
    assert len(listed) == len({case["id"] for case in listed}) == len(ids_of(basile))
    assert {case["id"] for case in listed[:3]} == {case["id"] for case in opened}
    times = [case["opened_at"] for case in listed]
    assert times == sorted(times, reverse=True)
    assert listed[0] == given(basile.get(f"/cases/{listed[0]['id']}"))


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("limit=0", {"limit": "out_of_range"}),
        ("limit=201", {"limit": "out_of_range"}),
        ("limit=x", {"limit": "wrong_type"}),
        ("limit=1&limit=2", {"limit": "wrong_type"}),
        ("after=1", {"after": "unknown_value"}),
    ],
)
def test_a_page_out_of_range_is_refused(neus, refused, query, fields):
    refused(neus.get(f"/cases?{query}"), 422, "invalid", **fields)


def test_another_persons_case_is_no_place_in_my_list(standing, otto, neus, refused):
    assert neus.get(f"/cases?after={standing.id}").status_code == 200
    refused(otto.get(f"/cases?after={standing.id}"), 422, "invalid", after="unknown_value")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (without("kind"), {"kind": "missing"}),
        (without("title"), {"title": "missing"}),
        (without("language"), {"language": "missing"}),
        (without("sides"), {"sides": "missing"}),
        (new(kind="lawsuit"), {"kind": "unknown_value"}),
        (new(kind=1), {"kind": "unknown_value"}),
        (new(title=1), {"title": "wrong_type"}),
        (new(title=None), {"title": "wrong_type"}),
        (new(title=""), {"title": "empty"}),
        (new(title=" \t "), {"title": "empty"}),
        (new(title="x" * 201), {"title": "too_long"}),
        (new(title="a\nb"), {"title": "control_characters"}),
        (new(title="a\0b"), {"title": "control_characters"}),
        (new(title="a\u202eb"), {"title": "control_characters"}),
        (new(title="a\ud800b"), {"title": "bad_unicode"}),
        (new(language="tlh"), {"language": "unknown_value"}),
        (new(sides={}), {"sides": "wrong_type"}),
        (new(sides=[]), {"sides": "number_of_sides"}),
        (new(sides=[{"label": "Ada"}]), {"sides": "number_of_sides"}),
        (new(sides=[{"label": str(number)} for number in range(11)]), {"sides": "number_of_sides"}),
        (new(sides=[{"label": "Ada"}, {"label": "ADA"}]), {"sides__1__label": "same_label_twice"}),
        (new(sides=[{"label": "Ada"}, {"label": ""}]), {"sides__1__label": "empty"}),
        (new(sides=[{"label": "Ada"}, {}]), {"sides__1__label": "missing"}),
        (new(sides=[{"label": 1}, "Bruno"]), {"sides__0__label": "wrong_type", "sides__1": "wrong_type"}),
        (new(sides=[{"label": "A", "x": 1}, {"label": "B"}]), {"sides__0__x": "unknown_field"}),
        (new(me={"role": "king"}), {"me__role": "unknown_value"}),
        (new(me={"role": "party", "side": 0}), {"me__role": "role_cannot_open"}),
        (new(me={"role": "counsel", "side": 0}), {"me__role": "role_cannot_open"}),
        (new(me={"role": "neutral", "side": 0}), {"me__side": "side_not_for_role"}),
        (new(kind="collaborative", me={"role": "counsel"}), {"me__side": "side_required"}),
        (new(kind="collaborative", me={"role": "counsel", "side": 2}), {"me__side": "unknown_value"}),
        (new(kind="collaborative", me={"role": "counsel", "side": -1}), {"me__side": "unknown_value"}),
        (new(kind="collaborative", me={"role": "counsel", "side": True}), {"me__side": "wrong_type"}),
        (new(kind="collaborative", me={"role": "counsel", "side": 0.0}), {"me__side": "wrong_type"}),
        (new(kind="collaborative", me={"role": "counsel", "side": "0"}), {"me__side": "wrong_type"}),
        (new(practice="another"), {"practice": "unknown_field"}),
        (new(**{"a\ud800": 1}), {"": "bad_unicode"}),
        ({"title": 1, "colour": 2}, None),
    ],
)
def test_what_is_wrong_with_a_new_case_is_said_by_field(neus, refused, body, fields):
    before = ids_of(neus)
    problem = refused(neus.post("/cases", body), 422, "invalid", **(fields or {}))
    if fields is None:
        assert {each["field"] for each in problem["errors"]} == {"kind", "title", "language", "sides", "colour"}
    assert ids_of(neus) == before, "nothing was written"


BROKEN = ["", "{", "[1,", '{"kind": mediation}', '"\\x"', "\udcff", '{"a": 1' + "0" * 5000 + "}"]


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_not_json_is_malformed(neus, refused, text):
    answer = neus.ask("POST", "/cases", data=text.encode(errors="surrogateescape"), content_type="application/json")
    refused(answer, 400, "malformed_json")


def test_json_nested_beyond_measure_is_malformed(neus, refused):
    answer = neus.ask("POST", "/cases", data=b"[" * 100_000, content_type="application/json")
    refused(answer, 400, "malformed_json")


@pytest.mark.parametrize("text", ["[]", "null", '"mediation"', "1", "NaN"])
def test_json_that_is_no_object_is_of_the_wrong_type(neus, refused, text):
    problem = refused(neus.ask("POST", "/cases", data=text, content_type="application/json"), 422, "invalid")
    assert [each["code"] for each in problem["errors"]] == ["wrong_type"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_kind_is_not_taken(neus, refused, kind):
    refused(neus.ask("POST", "/cases", data=b"{}", headers={"Content-Type": kind}), 415, "json_expected")


def test_a_body_beyond_any_case_is_too_large(neus, refused):
    problem = refused(neus.post("/cases", new(title="x" * 1_100_000)), 413, "too_large")
    assert problem["largest"] == 1024 * 1024
