"""What a program is told while the register cannot be signed."""

from __future__ import annotations

import pytest

from caseroom.audit.signer import SignerRefused, SignerUnavailable
from tests.edges.api.conftest import PROBLEM


def problem(answer):
    assert (answer.status_code, answer.content_type) == (503, PROBLEM)
    return answer.json


@pytest.mark.parametrize(
    ("error", "code"),
    [(SignerRefused("size 99"), "ledger_halted"), (SignerUnavailable("no socket"), "signer_unavailable")],
)
def test_an_act_that_was_kept_is_told_apart_from_one_that_was_not(house, mediation, caller, monkeypatch, error, code):
    ada, joint = caller("ada"), mediation["joint"]

    def halt(*_args, **_named):
        raise error

    with monkeypatch.context() as halted:
        halted.setattr(house.signer, "sign", halt)
        kept = ada.say(joint, "gardé", Idempotency_Key="k-1")
        refused = ada.say(joint, "pas écrit", Idempotency_Key="k-2")
        again = ada.say(joint, "gardé", Idempotency_Key="k-1")
    assert [problem(each)["code"] for each in (kept, refused, again)] == [code] * 3
    assert [problem(each)["kept"] for each in (kept, refused, again)] == [True, False, True]
    assert problem(kept)["title"] != problem(refused)["title"]
    assert "second time" in problem(kept)["title"]
    assert "Nothing was sent" in problem(refused)["title"] or "nothing was sent" in problem(refused)["title"]
    assert ("Retry-After" in kept.headers) == (code == "signer_unavailable")
    assert str(error) not in kept.text + refused.text, "why is for the operator"
    entry = ada.say(joint, "gardé", Idempotency_Key="k-1")
    assert (entry.status_code, entry.headers["Idempotent-Replayed"]) == (201, "true")
    assert entry.json["receipt"].startswith("c2sp.org/tlog-proof@v1")


def test_what_is_read_is_read_while_the_register_is_halted(house, mediation, caller, monkeypatch):
    ada, joint = caller("ada"), mediation["joint"]
    said = ada.say(joint, "avant").json

    def halt(*_args, **_named):
        raise SignerUnavailable("gone")

    monkeypatch.setattr(house.signer, "sign", halt)
    assert ada.say(joint, "pendant").status_code == 503
    found = ada.get(f"/rooms/{joint}/entries").json["items"]
    assert found[-1]["id"] == said["id"]
    assert ada.get(f"/entries/{said['id']}/receipt").status_code == 200


def test_no_case_is_opened_without_a_key(house, caller, monkeypatch):
    neus = caller("neus")
    before = len(neus.get("/cases").json["items"])

    def halt(*_args, **_named):
        raise SignerUnavailable("gone")

    monkeypatch.setattr(house.signer, "create", halt)
    body = {"kind": "mediation", "title": "T", "language": "fr", "sides": [{"label": "A"}, {"label": "B"}]}
    assert problem(neus.post("/cases", body))["kept"] is False
    assert len(neus.get("/cases").json["items"]) == before
