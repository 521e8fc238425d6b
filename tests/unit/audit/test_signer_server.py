"""The signer's server in a thread of the tests, where its patience can be shortened."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from caseroom.audit import signer_service
from caseroom.audit.signer import Signer
from caseroom.audit.signer_client import SignerClient
from caseroom.audit.signer_service import SignerNotStarted, SignerServer, listen
from tests.unit.audit.logs import CASE, KEY, log, sign

PATIENCE = 60.0


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(signer_service, "LINE_SECONDS", 0.2)
    place, (stop, told) = tmp_path / "socket", socket.socketpair()
    listener = listen(place)

    def serve() -> None:
        signer = Signer(tmp_path / "signer", key=KEY)  # sqlite3 keeps to the thread that opened it
        SignerServer(signer, listener).serve(told)
        signer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield place
    stop.send(b"x")
    thread.join(PATIENCE)
    assert not thread.is_alive()
    for each in (stop, told, listener):
        each.close()


def test_a_line_that_stops_half_way_keeps_nobody_waiting_and_is_given_up(path: Path) -> None:
    client = SignerClient(path)
    client.create(CASE)
    with socket.socket(socket.AF_UNIX) as slow:
        slow.settimeout(PATIENCE)
        slow.connect(str(path))
        slow.sendall(b'{"call":"last",')
        assert sign(client, log(3), 0, 3)
        assert slow.recv(1) == b""
    assert sign(client, log(4), 3, 4), "a connection without a line begun may be silent for as long as it likes"
    client.close()


def test_a_line_may_come_in_pieces(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as slow:
        slow.settimeout(PATIENCE)
        slow.connect(str(path))
        for piece in (b'{"after":"","ca', b'll":"origins"', b"}\n"):
            slow.sendall(piece)
        assert slow.recv(100) == b'{"answer":[]}\n'


def test_the_place_of_a_signer_that_died_is_taken_and_that_of_a_living_one_is_not(path: Path, tmp_path: Path) -> None:
    with pytest.raises(SignerNotStarted, match="answers on"):
        listen(path)
    left = tmp_path / "left"
    listen(left).close()
    assert left.exists()
    listen(left).close()
    with pytest.raises(SignerNotStarted, match="cannot be made"):
        listen(tmp_path / "no-such-folder" / "socket")
