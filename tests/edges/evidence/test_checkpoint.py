"""The newest checkpoint of a case with the proof that it extends an older one, as page and API client ask for it."""

from __future__ import annotations

import base64

import pytest

from caseroom.audit.models import CaseEpoch
from caseroom.audit.notes import open_note, parse_checkpoint, parse_vkey
from caseroom.audit.tree import verify_consistency


def opened(answer):
    """The checkpoint of an answer, its signature checked."""
    return parse_checkpoint(open_note(answer["note"].encode(), [parse_vkey(answer["vkey"])]).text)


@pytest.fixture
def asks(visitor, mediation):
    def ask(person, query="", *, path=None):
        answer = visitor(person).ask(path or f"/cases/{mediation.id}/checkpoint{query}")
        return answer.status_code, answer.json

    return ask


def test_the_newest_checkpoint_comes_signed_by_the_key_of_the_case(asks, mediation, seals):
    n = seals(mediation.id)
    status, answer = asks("ada")
    assert status == 200
    assert set(answer) == {"size", "note", "vkey", "since", "proof"}
    assert (answer["size"], answer["since"], answer["proof"]) == (n + 1, 0, [])
    assert opened(answer).size == n + 1


def test_every_earlier_checkpoint_is_proved_to_be_its_beginning(asks, mediation, seals):
    roots = {1: opened(asks("ada")[1]).root}
    for _ in range(6):
        size = seals(mediation.id) + 1
        roots[size] = opened(asks("ada")[1]).root
    newest = max(roots)
    assert newest == 7
    for since, root in roots.items():
        status, answer = asks("bruno", f"?since={since}")
        assert (status, answer["since"], answer["size"]) == (200, since, newest)
        proof = [base64.b64decode(each) for each in answer["proof"]]
        verify_consistency(old_size=since, new_size=newest, old_root=root, new_root=opened(answer).root, proof=proof)


def test_a_history_shorter_than_what_the_client_holds_is_said_by_name(asks, mediation, seals):
    size = seals(mediation.id) + 1
    assert asks("ada", f"?since={size}")[0] == 200
    status, problem = asks("ada", f"?since={size + 1}")
    assert (status, problem["code"]) == (409, "history_shorter")


def test_an_epoch_without_its_signature_does_not_count_yet(house, asks, mediation, seals):
    n = seals(mediation.id)
    with house.database.unit_of_work() as work:
        work.session.get_one(CaseEpoch, (mediation.id, n)).note = None
    assert asks("ada")[1]["size"] == n
    assert asks("ada", f"?since={n + 1}")[0] == 409


def test_what_is_no_number_is_refused(asks):
    for wrong in ("-1", "x", "1.5", "", "1" * 30, "٣"):
        assert asks("ada", f"?since={wrong}")[0] == 422, wrong


def test_all_sides_are_shown_the_same_and_a_stranger_nothing(asks, mediation):
    assert asks("ada") == asks("bruno") == asks("neus")
    hidden, absent = asks("otto"), asks("otto", path=f"/cases/{'0' * 32}/checkpoint")
    assert hidden == absent
    assert hidden[0] == 404


def test_the_api_says_the_same_as_the_page(asks, mediation, seals):
    seals(mediation.id)
    page = asks("ada", "?since=1")
    assert page == asks("ada", path=f"/api/v1/cases/{mediation.id}/checkpoint?since=1")
    assert page[0] == 200
    assert asks("ada", path=f"/api/v1/cases/{mediation.id}/checkpoint?since=99")[1]["code"] == "history_shorter"
    assert asks("otto", path=f"/api/v1/cases/{mediation.id}/checkpoint")[0] == 404
