"""The application over a folder with a story, what exists in it, and somebody's way of asking: for the tests that try
every address."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

import pyotp
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from caseroom import clock
from caseroom.access.words import Role, RoomKind
from caseroom.accounts.models import Person
from caseroom.accounts.sealing import AccountKey
from caseroom.accounts.services import trust_totp
from caseroom.accounts.totp import open_totp
from caseroom.app import create_app
from caseroom.cases.services import NewParticipant
from caseroom.exhibits.services import NewExhibit, begin_filing, examine, file_exhibit
from caseroom.ids import new_id
from caseroom.retention.records import Grounds
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.services import ask_to_destroy
from caseroom.retention.words import Basis
from caseroom.rooms.admission import invite_participant
from caseroom.rooms.queries import case_view
from caseroom.web.security import COOKIE, OPEN_ENDPOINTS
from tests.realtime.people import Practice, Someone, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """Of one story, by the name that a route gives it: ids of what exists. ``nora`` is invited and has not come."""

    story: Story
    nora: Someone
    ids: dict[str, str]


class World:
    """The application over a folder with a story, and somebody's way of asking it."""

    def __init__(self, folder) -> None:
        environ = {"CASEROOM_DATA": str(folder), "CASEROOM_ASYNC": "threading", "CASEROOM_TESTING": "1"}
        self.practice = Practice(environ)
        self.app = create_app(self.practice.settings, database=self.practice.database)
        self.hidden = self.things()
        self.otto = self.hidden.story.otto

    def things(self) -> Things:
        story, nora = self.practice.story(), self.practice.person("Nora")
        command = NewParticipant(email=nora.email, name=nora.name, role=Role.OBSERVER)
        with self.practice.database.unit_of_work() as work:
            invited = invite_participant(work, story.neus.actor, story.case, command)
        entry = self.practice.post(story.ada, story.joint, "said in the joint room")
        spare = self.practice.spare_token(story.ada)
        ids = {
            "case_id": story.case,
            "code": invited.code,
            "entry_id": entry.id,
            "erasure_id": self._ask(story),
            "exhibit_id": self._file(story),
            "participant_id": invited.participant_id,
            "room_id": story.joint,
            "session_id": self.practice.session_id(story.ada),
            "token_id": self.practice.token_id(spare),
        }
        return Things(story=story, nora=nora, ids=ids)

    def _ask(self, story: Story) -> str:
        """Ada asks that her caucus be destroyed; Neus, who reads it, may agree."""
        proof = SecondFactor(code=self.code(story.ada), address="")
        with self.practice.database.unit_of_work() as work:
            return ask_to_destroy(
                work, story.ada.actor, story.case, story.caucus, grounds=Grounds(basis=Basis.REQUEST), proof=proof
            )

    def code(self, someone: Someone) -> str:
        """Six digits of this person that were not used before."""
        with self.practice.database.unit_of_work() as work:
            person = work.session.get_one(Person, someone.actor.person)
            if person.totp_confirmed_at is None:
                trust_totp(work, person.id)
            person.totp_last_step = 0
            return pyotp.TOTP(open_totp(work.tool(AccountKey), person.id, person.totp_sealed)).at(clock.now())

    def other_caucus(self, story: Story) -> str:
        with self.practice.database.reading() as work:
            rooms = case_view(work, story.neus.actor, story.case).rooms
        return next(room.id for room in rooms if room.kind is RoomKind.CAUCUS and room.id != story.caucus)

    def _file(self, story: Story) -> str:
        audience = self.practice.audience(story.ada, story.joint)
        with self.practice.database.reading() as work:
            intake = begin_filing(work, story.ada.actor, story.joint, audience=audience)
        intake.write(b"the content of an exhibit")
        received = intake.keep()
        filename, kind = examine(received, "exhibit.txt")
        command = NewExhibit(filename=filename, kind=kind, title="Exhibit", audience=audience)
        with self.practice.database.unit_of_work() as work:
            return file_exhibit(work, story.ada.actor, story.joint, command, received).exhibit.facts.id

    def rules(self) -> list[Rule]:
        return sorted(self.app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))

    def rules_with_ids(self) -> list[Rule]:
        return [rule for rule in self.rules() if rule.arguments and rule.endpoint not in OPEN_ENDPOINTS]

    def address(self, rule: Rule, values: dict[str, str]) -> str:
        built = rule.build(values, append_unknown=False)
        assert built is not None, f"{rule} takes none of {sorted(values)}"
        return built[1]


class Visitor:
    """Somebody at the application's door: with a browser's session and its form token, or with an API token."""

    def __init__(self, world: World, someone: Someone | None, *, by_token: bool = False) -> None:
        self._client: FlaskClient = world.app.test_client()
        self._base = world.practice.settings.origin
        self._headers: dict[str, str] = {}
        if someone is not None and by_token:
            self._headers["Authorization"] = f"Bearer {someone.token}"
        elif someone is not None:
            value = someone.cookie.removeprefix(f"{COOKIE}=")
            self._client.set_cookie(COOKIE, value, domain="127.0.0.1", secure=True, httponly=True)
            page = self._client.get("/account", base_url=self._base)
            found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
            assert found is not None, "the account page has a form, and the form its token"
            self._headers["X-CSRFToken"] = found[1]

    def ask(self, method: str, address: str, request: dict[str, Any]) -> TestResponse:
        given = {**request, "headers": {**self._headers, **request.get("headers", {})}}
        if callable(given.get("data")):
            given["data"] = given["data"]()
        return self._client.open(address, method=method, base_url=self._base, **given)


def right_request(world: World, things: Things, endpoint: str) -> dict[str, Any]:  # noqa: C901, PLR0912 - a table
    """What a member would send to this endpoint with success, with an audience that is the room's own."""
    audience = world.practice.audience(things.story.neus, things.story.joint)
    person = {"email": "paula@example.org", "name": "Paula", "role": "observer"}
    match endpoint:
        case "rooms.entries":
            return {"query_string": {"before": "3"}}
        case "rooms.since":
            return {"query_string": {"after": "-1"}}
        case "rooms.keep_draft":
            return {"json": {"text": "a draft"}}
        case "rooms.mark_read":
            return {"json": {"seq": 0}}
        case "rooms.post":
            return {"data": {"body": "hello", "audience": audience}}
        case "cases.invite":
            return {"data": {**person, "side": ""}}
        case "api.invite":
            return {"json": person}
        case "api.accept":
            return {"json": {"undertaking": True}}
        case "api.post":
            return {"json": {"body": "hello"}, "headers": {"If-Match": f'"{audience}"'}}
        case "api.file":
            upload = lambda: {"file": (io.BytesIO(b"bytes of a file"), "file.txt")}  # noqa: E731 - read once per call
            return {"data": upload, "headers": {"If-Match": f'"{audience}"'}, "content_type": "multipart/form-data"}
        case "evidence_pack.encrypted_pack":
            return {"data": {"recipient": "age1j6rjje3w5erchmqux0wrmgdxk57fga7rpcc4ehfvmkamgzc06pdskr46l3"}}
        case "retention.erase":
            return {"data": {"basis": "mistake", "code": world.code(things.story.neus)}}
        case "retention.erasures":
            code = world.code(things.story.neus)
            return {"data": {"of": world.other_caucus(things.story), "basis": "mistake", "code": code}}
        case "retention.decide" | "retention.closing":
            return {"data": {"code": world.code(things.story.neus)}}
        case "api.erase":
            body = {"of": things.ids["entry_id"], "basis": "mistake"}
            return {"json": body, "headers": {"Second-Factor": world.code(things.story.neus)}}
        case "api.approve" | "api.close":
            return {"headers": {"Second-Factor": world.code(things.story.neus)}}
        case _:
            return {}


MASKS = (
    (re.compile(rb"nonce[-=]\"?[A-Za-z0-9_-]+"), b"nonce"),
    (re.compile(rb'(csrf[_-]token" (?:value|content)=")[^"]+'), rb"\1"),
)


def seen(response: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that a visitor can compare: status, bytes and headers, without what is drawn anew for each answer."""
    body = response.get_data()
    for pattern, mask in MASKS:
        body = pattern.sub(mask, body)
    headers = []
    for name, value in response.headers:
        masked = MASKS[0][0].sub(b"nonce", value.encode()).decode()
        headers.append((name, re.sub(r"=[^;]+", "=", masked, count=1) if name == "Set-Cookie" else masked))
    return response.status_code, body, sorted(headers)


def absent(things: Things) -> dict[str, str]:
    """Ids in the shape of the real ones, of nothing."""
    return {name: (new_id() + new_id())[: len(value)] for name, value in things.ids.items()}
