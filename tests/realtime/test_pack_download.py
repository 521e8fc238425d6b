"""A pack that is sent by the real server: the others go on meanwhile, and a reader who goes away disturbs nobody."""

from __future__ import annotations

import os

import pytest
import requests

from caseroom.audit.verify import verify_pack
from tests.realtime.serving import PATIENCE

LARGE = 48 * 1024 * 1024  # more than all buffers between two programs on one machine


@pytest.fixture
def filed(practice, story, api):
    answer = api(
        story.ada,
        "POST",
        f"/rooms/{story.joint}/exhibits",
        files={"file": ("large.bin", b"text\n" + os.urandom(LARGE))},
        headers={"If-Match": f'"{practice.audience(story.ada, story.joint)}"'},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture
def download(server):
    """Begin a download; the body is read as the test asks for it."""

    def begin(someone, path: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {someone.token}"}
        return requests.get(f"{server.origin}/api/v1{path}", headers=headers, stream=True, timeout=PATIENCE)

    return begin


def test_messages_flow_while_a_pack_is_on_its_way(practice, story, filed, download, open_page, tmp_path):
    ada = open_page(story.ada)
    audience = practice.audience(story.ada, story.joint)
    with download(story.bruno, f"/cases/{story.case}/evidence") as answer, (tmp_path / "pack.zip").open("wb") as file:
        pieces = answer.iter_content(256 * 1024)
        file.write(next(pieces))
        acknowledged = [ada.post(story.joint, f"meanwhile {number}", audience=audience) for number in range(5)]
        assert [said["ok"] for said in acknowledged] == [True] * 5
        rest = sum(file.write(piece) for piece in pieces)
    assert rest > LARGE // 2
    found = verify_pack(tmp_path / "pack.zip")
    assert found.verified
    assert sum(space.files_present for space in found.spaces.values()) == 1


def test_readers_who_go_away_in_the_middle_disturb_nobody(practice, story, filed, download, open_page, tmp_path):
    for path in (f"/cases/{story.case}/evidence", f"/exhibits/{filed}/evidence") * 3:
        answer = download(story.bruno, path)
        assert answer.raw.read(256 * 1024)
        answer.raw.close()
        answer.close()
    ada = open_page(story.ada)
    assert ada.post(story.joint, "still here", audience=practice.audience(story.ada, story.joint))["ok"]
    with download(story.bruno, f"/cases/{story.case}/evidence?files=0") as answer:
        (tmp_path / "pack.zip").write_bytes(answer.content)
    assert verify_pack(tmp_path / "pack.zip").verified
