"""Made-up calls by the hundred, some right and most wrong, at places that exist: whatever comes back is described, and
nothing fails inside. The examples are the same at every run."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.config import SchemathesisConfig

from caseroom.access.words import CaseKind, Role
from caseroom.api.operations import OPERATIONS
from tests.caller import BASE
from tests.house import sha256
from tests.services.retention.conftest import Keepers

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 30
BOUNDED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


CASE = {"kind": "mediation", "title": "Glass roof", "language": "en", "sides": [{"label": "Ada"}, {"label": "Bruno"}]}
# Right bodies where a made-up one is hardly ever right.
BODIES = {"openCase": [CASE, {**CASE, "kind": "arbitration", "me": {"role": "neutral"}}]}
ENDS = {"ErasureId", "SecondFactor"}
CALLS = [(call, mode) for call in OPERATIONS for mode in GenerationMode if mode.is_positive or not call.public]


@dataclass(frozen=True, slots=True)
class World:
    """What exists for Neus, who calls: values by name of a path's parameter, and of a header (None: without it)."""

    places: dict[str, list[str]]
    headers: dict[str, list[str | None]]


@pytest.fixture(scope="module")
def world(house, app):
    """One case to read and write in, and another whose people come and go, so that audiences stay as they are."""
    talking, moving, closed = house.mediation(), house.mediation(), house.arbitration()
    collaborative = house.case_of(CaseKind.COLLABORATIVE)
    exhibits = [
        house.file("ada", talking["joint"], "a.txt", b"Hello" * 5000).facts.id,
        house.file("ada", talking["team:0"], "b.txt", b"Between us").facts.id,
    ]
    entries = [house.say("ada", talking[word], "Hello").id for word in ("joint", "team:0")]
    rooms = [talking[word] for word in ("joint", "caucus:0", "notes:neus", "team:0")]
    return World(
        places={
            "case_id": [moving.id, closed.id, collaborative.id],
            "participant_id": list(moving.participants.values()),
            "room_id": rooms,
            "exhibit_id": exhibits,
            "entry_id": entries,
            "code": [house.invite(moving, "otto", Role.OBSERVER).code],
        },
        headers={
            "If-Match": [*(f'"{house.audience("neus", room)}"' for room in rooms[:3]), None],
            "Range": ["bytes=0-9", "bytes=-10", "bytes=999999-", None],
            "If-None-Match": [f'"{sha256(b"Hello" * 5000)}"', None, None, None],
        },
    )


@pytest.fixture(scope="module")
def description(app):
    return schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", app, config=SchemathesisConfig())


@dataclass(frozen=True, slots=True)
class Ending:
    """A case of its own for a call that ends something: what that call may name, and codes for it."""

    places: dict[str, list[str]]
    bodies: list[dict[str, str]]
    keepers: Keepers

    def code(self, right: bool) -> str | None:
        """Never a wrong one: a few of those, and right ones are refused for a while too."""
        return self.keepers.proof("neus").code if right else None


def ending(house) -> Ending:
    affair, keepers = house.mediation(), Keepers(house)
    said = house.say("ada", affair["joint"], "Hello").id
    places = {"case_id": [affair.id], "erasure_id": [keepers.asks("ada", affair, affair["caucus:0"])]}
    bodies = [{"of": of, "basis": "mistake"} for of in (said, affair["notes:neus"])]
    return Ending(places=places, bodies=bodies, keepers=keepers)


@pytest.mark.parametrize(("call", "mode"), CALLS, ids=lambda each: getattr(each, "name", each))
def test_no_call_leaves_its_description(house, description, world, neus, call, mode):
    operation = description[call.path][call.method.upper()]
    own = house.open_case(CaseKind.COLLABORATIVE)
    places = {**world.places, "code": [*world.places["code"], house.invite(own, "neus", Role.NEUTRAL).code]}
    ends = ending(house) if ENDS & set(call.parameters) else None
    places |= ends.places if ends else {}
    if "ParticipantId" in call.parameters:  # whom an earlier call removed is no longer there to be removed
        coming = house.mediation()
        places |= {"case_id": [coming.id], "participant_id": list(coming.participants.values())}
    bodies = {**BODIES, "erase": ends.bodies} if ends else BODIES
    named = {"If-Match": "IfMatch", "Range": "Range", "If-None-Match": "IfNoneMatch"}
    relevant = [header for header, parameter in named.items() if parameter in call.parameters]
    seen: set[int] = set()

    @BOUNDED
    @given(data=st.data(), case=operation.as_strategy(generation_mode=mode), real=st.sampled_from([True, True, False]))
    def check(data, case, real):
        if real:
            for name in case.path_parameters or ():
                case.path_parameters[name] = data.draw(st.sampled_from(places[name]))
            for header in relevant:
                case.headers.pop(header, None)
                value = data.draw(st.sampled_from(world.headers[header]))
                case.headers.update({} if value is None else {header: value})
            if ends and "SecondFactor" in call.parameters:
                case.headers.pop("Second-Factor", None)
                code = ends.code(data.draw(st.sampled_from([True, True, False])))
                case.headers.update({} if code is None else {"Second-Factor": code})
            if mode.is_positive and call.name in bodies:
                case.body = data.draw(st.sampled_from(bodies[call.name]))
        answer = case.call(headers=neus.headers)
        seen.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    check()
    if mode.is_positive:
        assert seen & set(call.successes), "nothing was called at a place that exists"
        assert 404 in seen or 404 not in call.codes()
    else:
        assert max(seen) >= 400
