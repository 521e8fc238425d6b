"""The API's own description: complete, true, and open."""

from __future__ import annotations

import re

import pytest

from caseroom.api.operations import OPERATIONS
from caseroom.web.words import error_sentence
from tests.caller import BASE


@pytest.fixture
def document(anybody, given):
    return given(anybody.get("/openapi.json"))


def served(app):
    rules = (rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api."))
    return {
        (method.lower(), re.sub(r"<(\w+)>", r"{\1}", str(rule).removeprefix(BASE)))
        for rule in rules
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_every_call_is_described_and_every_description_is_served(app, document):
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert described == served(app)


def test_each_parameter_of_a_path_is_described(document):
    parameters = document["components"]["parameters"]
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = [parameters[each["$ref"].rpartition("/")[2]] for each in operation.get("parameters", ())]
            assert {each["name"] for each in named if each["in"] == "path"} == set(re.findall(r"{(\w+)}", path))


def test_every_refusal_is_a_problem_whose_codes_are_listed(document):
    listed = set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"])
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if status >= "4":
                    assert list(answer["content"]) == ["application/problem+json"]
                    assert set(re.findall(r"`(\w+)`", answer["description"])) <= listed


def test_every_code_has_a_sentence_of_its_own(app, document):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        general = error_sentence("no such code", {})
        for code in document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]:
            assert error_sentence(code, {}) != general, code


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if not each.public], ids=lambda each: each.name)
def test_every_call_but_the_description_refuses_strangers_and_view_as(anybody, otto, refused, document, operation):
    path = re.sub(r"{\w+}", "0" * 32, operation.path)
    refused(anybody.ask(operation.method, path), 401, "unauthenticated")
    refused(otto.ask(operation.method, path, headers={"View-As": "0" * 32}), 403, "view_as_unavailable")
    assert {"401", "403"} <= set(document["paths"][operation.path][operation.method]["responses"])


@pytest.mark.parametrize(
    ("name", "call", "status"),
    [
        ("ETag", ("get", "/rooms/{room_id}"), "200"),
        ("ETag", ("get", "/exhibits/{exhibit_id}/content"), "200"),
        ("Content-Disposition", ("get", "/exhibits/{exhibit_id}/content"), "200"),
        ("Content-Range", ("get", "/exhibits/{exhibit_id}/content"), "206"),
        ("Content-Range", ("get", "/exhibits/{exhibit_id}/content"), "416"),
        ("Idempotent-Replayed", ("post", "/rooms/{room_id}/messages"), "201"),
        ("Idempotent-Replayed", ("post", "/rooms/{room_id}/exhibits"), "201"),
    ],
)
def test_the_headers_that_callers_rely_on_are_described(document, name, call, status):
    method, path = call
    assert name in document["paths"][path][method]["responses"][status]["headers"]


@pytest.mark.parametrize("call", [("/rooms/{room_id}/messages"), ("/rooms/{room_id}/exhibits")])
def test_what_writes_takes_an_audience_and_a_key(document, call):
    named = {each["$ref"].rpartition("/")[2] for each in document["paths"][call]["post"]["parameters"]}
    assert {"IfMatch", "IdempotencyKey"} <= named
    assert {"412", "428"} <= set(document["paths"][call]["post"]["responses"])
