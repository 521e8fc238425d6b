"""Who may call: a token, or a page's own session; and how everybody else is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caseroom.accounts import queries as account_queries
from caseroom.accounts import services as accounts
from tests.caller import Caller, part


def test_a_token_says_who_calls(otto, given):
    me = given(otto.get("/me"))
    assert me["person"]["name"] == "Otto Brandtwein"
    assert me["person"]["email"] == "otto@example.org"
    assert me["person"]["practice"] is None
    assert me["memberships"] == []


def test_memberships_name_case_participant_role_and_side(mediation, clara, given):
    assert {each["case_id"]: each for each in given(clara.get("/me"))["memberships"]}[mediation.id] == {
        "case_id": mediation.id,
        "participant_id": mediation.participants["clara"],
        "role": "counsel",
        "side_id": mediation.sides[0],
    }


def test_a_member_of_a_practice_sees_it(neus, given):
    assert given(neus.get("/me"))["person"]["practice"]["name"] == "Cabinet Ferrerola"


@pytest.mark.parametrize(
    "authorization", ["Bearer caseroom_" + "a" * 43, "Bearer ", "Bearer", "Basic YWRhOnBhc3M=", "Digest x", "\u00e9"]
)
def test_a_wrong_token_is_nobody(app, ada, refused, authorization):
    assert ada.get("/me").status_code == 200
    answer = Caller(app, Authorization=authorization).get("/me")
    refused(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_without_token_and_session_nothing_is_answered(anybody, refused):
    refused(anybody.get("/me"), 401, "unauthenticated")


def test_a_revoked_token_is_nobody(house, ada, refused):
    assert ada.get("/me").status_code == 200
    with house.database.unit_of_work() as work:
        actor = house.actors["ada"]
        for token in account_queries.my_tokens(work, actor):
            accounts.revoke_token(work, actor, token_id=token.id)
    refused(ada.get("/me"), 401, "unauthenticated")


def test_the_use_of_a_token_is_shown_on_the_account(house, newcomer):
    eva = newcomer("eva")
    person = eva.get("/me").get_json()["person"]["id"]

    def used():
        with house.database.reading() as work:
            (token,) = account_queries.my_tokens(work, replace(house.actors["otto"], person=person))
            return token.used_at

    first = used()
    assert first is not None
    eva.get("/me")
    assert used() == first, "the time is written once a minute, not at each call"


def test_a_page_reads_with_its_cookie_and_writes_with_its_token(standing, page, given, refused):
    browser = page("ada")
    room = standing["joint"]
    audience = browser.audience(room)
    refused(browser.post(f"/rooms/{room}/messages", {"body": "Hello"}, If_Match=audience), 400, "csrf")
    forged = {"X_CSRFToken": "forged", "If_Match": audience}
    refused(browser.post(f"/rooms/{room}/messages", {"body": "Hello"}, **forged), 400, "csrf")
    rightful = {"X_CSRFToken": browser.csrf, "If_Match": audience}
    entry = given(browser.post(f"/rooms/{room}/messages", {"body": "Hello"}, **rightful), 201)
    assert entry["body"] == "Hello"


def test_a_page_files_an_exhibit_larger_than_any_other_body(standing, page, given):
    browser = page("ada")
    content = b"%PDF-1.4\n" + b"x" * (2 * 1024 * 1024)
    filed = given(browser.file(standing["joint"], part("file", content, "a.pdf"), X_CSRFToken=browser.csrf), 201)
    assert filed["size"] == len(content)


def test_a_wrong_token_is_not_helped_by_a_cookie(page, refused):
    browser = page("ada")
    assert browser.get("/me").status_code == 200
    refused(browser.get("/me", Authorization="Bearer wrong"), 401, "unauthenticated")


def test_a_right_token_needs_no_page_token(standing, page, caller, given):
    browser, program = page("ada"), caller("bruno")
    room = standing["joint"]
    headers = {"Authorization": program.headers["Authorization"], "If_Match": program.audience(room)}
    entry = given(browser.post(f"/rooms/{room}/messages", {"body": "Hello"}, **headers), 201)
    assert entry["author"]["id"] == standing.participants["bruno"], "the token decides, not the cookie beside it"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_view_as_is_refused_and_never_ignored(standing, neus, refused, method):
    path = {"GET": "", "POST": "/participants", "DELETE": f"/participants/{standing.participants['ada']}"}[method]
    answer = neus.ask(method, f"/cases/{standing.id}{path}", headers={"View-As": standing.participants["ada"]})
    refused(answer, 403, "view_as_unavailable")
    assert neus.get(f"/cases/{standing.id}").status_code == 200


def test_an_unknown_address_is_a_problem_like_a_hidden_one(standing, otto, refused):
    hidden = otto.get(f"/rooms/{standing['joint']}")
    unknown = otto.get("/nothing/of/the/kind")
    refused(unknown, 404, "not_found")
    assert unknown.data == hidden.data
    assert refused(otto.post("/rooms/0/knocks", {}), 404, "not_found")


def test_an_unknown_address_speaks_the_language_of_the_person(house, standing, newcomer, refused):
    eric = newcomer("eric")
    eric.headers["Accept-Language"] = "fr"
    person = replace(house.actors["otto"], person=eric.get("/me").get_json()["person"]["id"])
    with house.database.unit_of_work() as work:
        accounts.set_preferences(work, person, locale="en")
    problem = refused(eric.get("/nothing"), 404, "not_found")
    assert problem["title"] == "There is nothing here, or it is not open to you."
    assert eric.get("/nothing").data == eric.get(f"/rooms/{standing['joint']}").data


@pytest.mark.parametrize(("method", "path"), [("PUT", "/me"), ("DELETE", "/cases"), ("PATCH", "/rooms/0/messages")])
def test_a_method_that_is_not_served_is_a_problem_that_names_those_that_are(ada, refused, method, path):
    answer = ada.ask(method, path)
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"]
    assert method not in answer.headers["Allow"]


@pytest.mark.parametrize(("language", "title"), [("en", "Sign in to go on."), ("en-GB;q=0.9", "Sign in to go on.")])
def test_the_sentence_of_a_problem_is_in_the_callers_language(app, refused, language, title):
    answer = Caller(app, **{"Accept-Language": language}).get("/me")
    assert refused(answer, 401, "unauthenticated")["title"] == title
