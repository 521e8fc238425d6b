"""Every address and every live event, found in the application's own registries: what is hidden from somebody answers
with the bytes of what never was, and nobody gets anywhere without having signed in.

A new route fails here until it is one of three: open (``web/security.py``, visibly), personal (below), or about a thing
with an id; then these tests need to know what a right request to it looks like."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from werkzeug.routing import Rule

from caseroom.access.permissions import Permission
from caseroom.errors import NotFound
from caseroom.ids import new_id
from caseroom.rooms.access import access_room
from caseroom.web.security import OPEN_ENDPOINTS
from tests.architecture.doors import Things, Visitor, World, absent, right_request, seen
from tests.realtime.events import PAYLOADS, payload

# Addresses without an id: what they show depends on who asks, and on nothing in the address.
PERSONAL = frozenset(
    {
        "accounts.account",
        "accounts.change_password",
        "accounts.recovery_codes",
        "accounts.recovery_codes_file",
        "accounts.renew_recovery_codes",
        "accounts.set_theme",
        "accounts.sign_out",
        "accounts.sign_out_everywhere",
        "api.cases",
        "api.me",
        "api.open_new",
        "cases.index",
        "cases.new",
        "retention.practice",
    }
)
# Open, and with something in the address: a link that is a secret of its own, or a file of ours.
SECRET_LINKS = frozenset({"accounts.setup", "demo.enter", "joining.invitation"})
FILES = frozenset({"pages.vendor", "static"})
# Open, and with a fingerprint in the address: yes or no, about a public key that the asker holds already.
FINGERPRINTS = frozenset({"check.known_key"})
# Ending a session of somebody else is answered like ending one's own, and does nothing.
SILENT = {"accounts.end_session": 302}

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("doors") / "data")
    yield made
    made.practice.close()


def test_every_route_is_open_or_personal_or_about_a_thing_with_an_id(world):
    endpoints = {rule.endpoint: rule for rule in world.rules()}
    for endpoint, rule in endpoints.items():
        if endpoint not in OPEN_ENDPOINTS:
            assert (endpoint in PERSONAL) is not bool(rule.arguments), (
                f"{rule} {endpoint}: open, personal, or with an id"
            )
        if endpoint in OPEN_ENDPOINTS and rule.arguments:
            assert endpoint in SECRET_LINKS | FILES | FINGERPRINTS, f"{rule}: what may an open address hold?"
        known = {*world.hidden.ids, "filename", "name", "digest"}
        assert rule.arguments <= known, f"{rule}: these tests know no such thing"
    assert (OPEN_ENDPOINTS | PERSONAL).issubset({*endpoints, "demo.enter"}), "nothing stays listed that is gone"
    assert len(world.rules_with_ids()) > 20


def variants(hidden: Things, rule: Rule) -> list[tuple[dict[str, str], dict[str, str]]]:
    """What is hidden beside what never was. In an address with two ids, also Otto's own case before somebody else's
    participant: the second id must not be looked up by itself."""
    nothing = absent(hidden)
    own = {**nothing, "case_id": hidden.story.elsewhere_case}
    crossed = {**hidden.ids, "case_id": hidden.story.elsewhere_case}
    return [(hidden.ids, nothing)] + ([(crossed, own)] if len(rule.arguments) > 1 else [])


@pytest.mark.parametrize("by_token", [False, True])
def test_what_is_hidden_answers_with_the_bytes_of_what_never_was(world, by_token):
    visitor = Visitor(world, world.otto, by_token=by_token)
    # A token opens no page: there Otto would be nobody.
    rules = [rule for rule in world.rules_with_ids() if rule.rule.startswith("/api/") or not by_token]
    assert len(rules) > 8
    for rule in rules:
        request = right_request(world, world.hidden, rule.endpoint)
        for method, (real, nothing) in itertools.product(METHODS, variants(world.hidden, rule)):
            first = visitor.ask(method, world.address(rule, real), request)
            second = visitor.ask(method, world.address(rule, nothing), request)
            assert seen(first) == seen(second), f"{method} {rule}"
            if method in rule.methods - {"OPTIONS"}:
                told = f"{method} {rule}: {first.status_code}. What would a right request be? {first.text[-300:]}"
                assert first.status_code == SILENT.get(rule.endpoint, 404), told


@pytest.mark.parametrize("word", ["caucus", "team"])
def test_a_participants_own_case_hides_its_other_rooms_in_the_same_way(world, word):
    """Bruno is admitted to the case, and to none of Ada's rooms."""
    story = world.hidden.story
    room = getattr(story, word)
    writer = story.clara
    entry = world.practice.post(writer, room, "between us")
    hidden = {"room_id": room, "entry_id": entry.id}
    for someone, by_token in ((story.bruno, False), (story.bruno, True)):
        visitor = Visitor(world, someone, by_token=by_token)
        for rule in world.rules_with_ids():
            if not rule.arguments <= hidden.keys() or rule.rule.startswith("/api/") is not by_token:
                continue
            for method in rule.methods - {"OPTIONS"}:
                request = right_request(world, world.hidden, rule.endpoint)
                first = visitor.ask(method, world.address(rule, hidden), request)
                second = visitor.ask(method, world.address(rule, absent(world.hidden)), request)
                assert seen(first) == seen(second), f"{method} {rule}"
                assert first.status_code == 404, f"{method} {rule}"


def test_the_same_requests_succeed_for_those_to_whom_the_things_are_open(world):
    """Else the refusals above could come from requests that nobody may make."""
    for rule in world.rules_with_ids():
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            things = world.things() if method in UNSAFE else world.hidden
            someone = things.story.neus
            if rule.endpoint == "api.accept":
                someone = things.nora
            elif rule.endpoint.startswith("accounts."):
                someone = things.story.ada
            visitor = Visitor(world, someone, by_token=rule.rule.startswith("/api/"))
            request = right_request(world, things, rule.endpoint)
            answer = visitor.ask(method, world.address(rule, things.ids), request)
            assert answer.status_code < 400, f"{method} {rule}: {answer.status_code} {answer.text[-400:]}"


def test_somebody_elses_session_and_token_still_work_after_otto_tried_to_end_them(world):
    ada, otto = world.hidden.story.ada, Visitor(world, world.otto)
    for endpoint in ("accounts.end_session", "accounts.revoke_token"):
        rule = next(rule for rule in world.rules() if rule.endpoint == endpoint)
        otto.ask("POST", world.address(rule, world.hidden.ids), {})
    assert Visitor(world, ada).ask("GET", "/", {}).status_code == 200
    assert Visitor(world, ada, by_token=True).ask("GET", "/api/v1/me", {}).status_code == 200
    assert world.hidden.ids["token_id"] in Visitor(world, ada).ask("GET", "/account", {}).text


def test_nobody_gets_anywhere_without_having_signed_in(world):
    closed = [rule for rule in world.rules() if rule.endpoint not in OPEN_ENDPOINTS]
    wrong_token = replace(world.otto, token="caseroom_" + "x" * 43)
    for visitor in (Visitor(world, None), Visitor(world, wrong_token, by_token=True)):
        for rule in closed:
            address, request = world.address(rule, world.hidden.ids), right_request(world, world.hidden, rule.endpoint)
            for method in rule.methods - {"OPTIONS"}:
                answer = visitor.ask(method, address, request)
                if rule.rule.startswith("/api/") or method in UNSAFE:
                    assert answer.status_code == 401, f"{method} {rule}"
                else:
                    assert answer.status_code == 302, f"{method} {rule}"
                    assert answer.headers["Location"].startswith(f"/sign-in?next={address}"), f"{method} {rule}"


def test_a_change_without_the_forms_token_is_refused_before_anything_is_looked_up(world):
    visitor = Visitor(world, world.hidden.story.neus)
    del visitor._headers["X-CSRFToken"]
    for rule in world.rules():
        for method in rule.methods & UNSAFE:
            request = right_request(world, world.hidden, rule.endpoint)
            answer = visitor.ask(method, world.address(rule, world.hidden.ids), request)
            assert answer.status_code == 400, f"{method} {rule}: {answer.status_code}"
            assert "csrf" in answer.text
    with world.practice.database.reading() as work:
        access_room(work, world.hidden.story.neus.actor, world.hidden.story.joint, Permission.ROOM_READ)


def test_pages_without_an_id_show_otto_nothing_of_the_story(world):
    secrets = {*world.hidden.ids.values(), "Ada v. Bruno", world.hidden.story.ada.email, world.hidden.nora.email}
    shown = 0
    for rule in world.rules():
        if rule.endpoint in PERSONAL and "GET" in rule.methods:
            for by_token in (False, True):
                answer = Visitor(world, world.otto, by_token=by_token).ask("GET", world.address(rule, {}), {})
                shown += answer.status_code == 200
                assert not [secret for secret in secrets if secret in answer.text], rule
    assert shown > 4


def test_every_live_event_answers_alike_for_a_hidden_room_and_an_absent_one(world):
    events = world.app.extensions["caseroom.gateway"].events
    assert set(events) == set(PAYLOADS), "a new event is described in tests/realtime/events.py"
    story = world.hidden.story
    for event, handler in events.items():
        for someone, room in ((story.otto, story.joint), (story.bruno, story.caucus), (story.neus, story.team)):
            for asked in (room, new_id()):
                data = payload(world.practice, event, asked)
                with pytest.raises(NotFound) as refused:
                    handler(someone.actor, data)
                assert (refused.value.code, refused.value.data) == ("not_found", {}), event
            assert handler(story.ada.actor, payload(world.practice, event, story.joint, reader=story.ada)) is not None
