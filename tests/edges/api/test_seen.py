"""``Case-Seen``: a client states what it saw of the case's history, and is not served another one."""

from __future__ import annotations

import pytest

from caseroom.audit.models import CaseLog
from tests.caller import part

PDF = b"%PDF-1.4\n" + b"x" * 200


@pytest.fixture
def seen(house, standing):
    with house.database.reading() as work:
        log = work.session.get_one(CaseLog, standing.id)
        return f"{log.size} {log.root.hex()}"


def test_a_message_and_an_exhibit_state_what_the_client_saw(standing, ada, seen, given):
    room, audience = standing["joint"], ada.audience(standing["joint"])
    path = f"/rooms/{room}/messages"
    given(ada.post(path, {"body": "Hello"}, If_Match=audience, Case_Seen=seen), 201)
    given(ada.file(room, part("file", PDF, "a.pdf"), Case_Seen=seen), 201)


def test_where_the_client_saw_another_history_nothing_is_written(standing, ada, seen, given, refused, remains):
    room, audience = standing["joint"], ada.audience(standing["joint"])
    head, before = given(ada.get(f"/rooms/{room}"))["head"], remains()
    other = seen.split()[0] + " " + "0" * 64
    refused(
        ada.post(f"/rooms/{room}/messages", {"body": "Hello"}, If_Match=audience, Case_Seen=other),
        409,
        "history_differs",
    )
    refused(ada.file(room, part("file", PDF, "a.pdf"), Case_Seen=other), 409, "history_differs")
    assert given(ada.get(f"/rooms/{room}"))["head"] == head
    assert remains() == before


@pytest.mark.parametrize("header", ["", "1", "one two", f"1 {'0' * 63}", f"1 {'A' * 64}", f"-1 {'0' * 64}"])
def test_a_header_of_another_shape_is_refused(standing, ada, refused, header):
    room, audience = standing["joint"], ada.audience(standing["joint"])
    answer = ada.post(f"/rooms/{room}/messages", {"body": "Hello"}, If_Match=audience, Case_Seen=header)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "seen"
