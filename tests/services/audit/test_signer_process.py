"""The signer as a process of its own: it answers whoever may open its socket, and no accident of either side makes it
sign two histories, lose one, or mix up two answers."""

from __future__ import annotations

import grp
import os
import shutil
import signal
import socket
import threading
import time

import pytest

from caseroom.audit.notes import checkpoint_text, open_note, parse_vkey
from caseroom.audit.signer import Signer, SignerRefused, SignerUnavailable
from caseroom.audit.signer_client import SignerClient
from caseroom.audit.signer_service import MOST_CLIENTS
from caseroom.audit.signer_wire import LONGEST_LINE
from caseroom.audit.tree import root
from caseroom.vault.keys import SIGNER, derive, load_or_create_kek
from tests.signing import PATIENCE, SignerProcess
from tests.unit.audit.logs import CASE, CAUCUS, log, sign

OTHER_CASE = f"rooms.example.org/c/{'0' * 32}"
DYING = ("-m", "tests.services.audit.dying_signer")


@pytest.fixture
def process(tmp_path):
    made = SignerProcess(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def signer(process):
    process.start()
    client = SignerClient(process.path)
    client.create(CASE)
    yield client
    client.close()


def raw(process):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(process.path))
    connection.settimeout(PATIENCE)
    return connection


# --- The same service ---


def test_it_gives_what_a_signer_in_the_process_gives(process, signer):
    nodes = log(9)
    verifier = parse_vkey(signer.vkey(CAUCUS))
    assert signer.last(CAUCUS) is None
    for old, new in ((0, 3), (3, 9), (9, 9)):
        note = sign(signer, nodes, old, new, origin=CAUCUS)
        assert open_note(note.encode(), [verifier]).text == checkpoint_text(CAUCUS, new, root(new, nodes))
        assert signer.last(CAUCUS) == (new, root(new, nodes))
    assert signer.origins() == [CASE]
    assert not signer.forget(CASE)
    with pytest.raises(SignerRefused, match="the last signed size is 9, not 3"):
        sign(signer, nodes, 3, 5, origin=CAUCUS)
    with pytest.raises(SignerRefused, match="this case has a key"):
        signer.create(CASE)
    signer.destroy(CASE)
    with pytest.raises(SignerRefused, match=r"^destroyed$"):
        sign(signer, log(10), 9, 10, origin=CAUCUS)


def test_a_history_rewritten_by_one_client_is_refused_whatever_another_one_says(process, signer):
    sign(signer, log(5), 0, 5)
    other = SignerClient(process.path)
    with pytest.raises(SignerRefused):
        sign(other, log(8, rewritten_at=1), 5, 8)
    with pytest.raises(SignerRefused):
        sign(other, log(3), 0, 3)
    assert sign(other, log(6), 5, 6)
    with pytest.raises(SignerRefused):
        sign(signer, log(7), 5, 7)
    assert sign(signer, log(7), 6, 7)
    other.close()


def test_many_that_ask_at_once_get_each_their_own_answer(process, signer):
    origins = [f"{CASE}/s/{slot}" for slot in range(24)]
    notes, shared = {}, SignerClient(process.path)

    def ask(slot, client):
        for size in range(1, 6):
            notes[origins[slot], size] = sign(client, log(size), size - 1, size, origin=origins[slot])

    clients = [shared if slot % 2 else SignerClient(process.path) for slot in range(24)]
    threads = [threading.Thread(target=ask, args=(slot, client)) for slot, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(notes) == 24 * 5
    for (origin, size), note in notes.items():
        assert note.startswith(checkpoint_text(origin, size, root(size, log(size))))
    for client in clients:
        client.close()


# --- Its life ---


def test_told_to_end_it_ends_well_and_takes_its_socket_with_it(process, signer):
    assert process.end(signal.SIGTERM) == 0
    assert not process.path.exists()
    with pytest.raises(SignerUnavailable):
        signer.last(CASE)


def test_a_client_goes_on_with_a_signer_that_was_started_again(process, signer):
    sign(signer, log(3), 0, 3)
    for by in (signal.SIGTERM, signal.SIGKILL):
        process.end(by)
        process.start()
        assert signer.last(CASE) == (3, root(3, log(3)))
    process.end(signal.SIGKILL)
    assert process.path.exists(), "nobody took the socket away"
    process.start()
    assert signer.create(OTHER_CASE), "a question that is asked once only finds the new one as well"


def test_killed_between_its_commit_and_its_answer_it_signs_the_same_again(process):
    process.start(command=DYING)
    client = SignerClient(process.path)
    client.create(CASE)
    first = sign(client, log(3), 0, 3)
    sign(client, log(5), 3, 5)
    with pytest.raises(SignerUnavailable):
        sign(client, log(8), 5, 8)
    assert process.ended() == -signal.SIGKILL
    process.start()
    assert client.last(CASE) == (8, root(8, log(8))), "its head was on disk"
    with pytest.raises(SignerRefused):
        sign(client, log(8, rewritten_at=6), 5, 8)
    note = sign(client, log(8), 5, 8)
    assert note == sign(client, log(8), 8, 8)
    for each, size in ((first, 3), (note, 8)):
        opened = open_note(each.encode(), [parse_vkey(client.vkey(CASE))])
        assert opened.text == checkpoint_text(CASE, size, root(size, log(size)))
    client.close()


def test_a_second_signer_is_not_started_where_one_is_at_work(process, signer, tmp_path):
    same_socket = SignerProcess(tmp_path / "b", path=process.path)
    assert same_socket.run() == 2
    assert "answers on" in same_socket.log()
    same_data = SignerProcess(tmp_path / "c", data=process.data)
    assert same_data.run() == 2
    assert "another signer is at work" in same_data.log()
    assert signer.last(CASE) is None, "the first one goes on"


def test_it_takes_no_file_away_that_is_no_socket(process):
    process.path.write_text("somebody's notes")
    assert process.run() == 2
    assert process.path.read_text() == "somebody's notes"


# --- Who may ask, and who may read ---


def mode(path):
    return path.stat().st_mode & 0o777


def test_its_socket_and_its_files_are_its_owners_alone(process, signer):
    sign(signer, log(3), 0, 3)
    assert (mode(process.path), mode(process.data)) == (0o600, 0o700)
    files = {file.name: mode(file) for file in process.data.iterdir()}
    assert {"signer.sqlite3", "signer.sqlite3-wal", "wrapping.key", "lock"} <= files.keys()
    assert set(files.values()) == {0o600}


def test_a_group_may_ask_where_it_is_named(process):
    group = grp.getgrgid(os.getgid()).gr_name
    process.start("--group", group)
    assert mode(process.path) == 0o660
    assert process.path.stat().st_gid == os.getgid()
    process.end()
    assert process.run("--group", "no-such-group-here") == 2
    assert not process.path.exists()


def test_its_wrapping_key_is_its_own_and_must_be_kept_from_others(process, signer):
    process.end()
    (process.data / "wrapping.key").chmod(0o640)
    assert process.run() == 2
    assert "wrapping.key" in process.log()


def test_the_servers_folder_is_never_touched_by_the_signer(process, signer, tmp_path):
    assert not (tmp_path / "closed-to-the-signer").exists()


def test_without_a_socket_in_the_settings_it_says_what_is_missing(tmp_path):
    process = SignerProcess(tmp_path)
    process.environ["CASEROOM_SIGNER"] = ""
    assert process.run() == 2
    assert "CASEROOM_SIGNER" in process.log()


# --- Bytes that no client of ours writes ---


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: signer\r\n\r\n",
        b"\x00" * 500 + b"\n",
        b'{"call":"export","origin":"x"}\n',
        b'{"call":"last","origin":"x"}\n{"call":"last","origin":"x"}\n',
        b"x" * (LONGEST_LINE + 1),
        b"[" * (LONGEST_LINE - 1) + b"\n",
    ],
    ids=["http", "zeros", "unknown", "two-at-once", "too-long", "too-deep"],
)
def test_whoever_sends_something_else_is_cut_off_and_the_others_go_on(process, signer, sent):
    with raw(process) as stranger:
        stranger.sendall(sent)
        said = b""
        while data := stranger.recv(4096):
            said += data
    assert said == b"" or said.startswith(b'{"malformed":')
    assert sign(signer, log(1), 0, 1)
    assert "Traceback" not in process.log()


def test_one_that_never_reads_its_answers_is_cut_off(process, signer):
    for number in range(60):
        signer.create(f"{'h' * 200}/c/{number:032x}")
    questions = b'{"after":"","call":"origins"}\n' * 100
    with raw(process) as deaf, pytest.raises((BrokenPipeError, ConnectionResetError)):
        ask_one_by_one(deaf, questions.splitlines(keepends=True))
    assert signer.last(CASE) is None


def ask_one_by_one(connection, lines):
    for line in lines:
        connection.sendall(line)
        time.sleep(0.01)  # so that they do not come as two at once, for which it would be cut off as well


def test_more_connections_than_it_has_room_for_end_the_longest_silent_and_not_the_signer(process, signer):
    crowd = [raw(process) for _ in range(MOST_CLIENTS + 8)]
    assert sign(signer, log(3), 0, 3), "its own connection was ended among them, and it made another"
    for each in crowd:
        each.close()
    assert signer.last(CASE) == (3, root(3, log(3)))


# --- An answer that is none ---


def test_a_signer_that_does_not_answer_is_not_waited_for_for_ever(tmp_path):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "socket"))
        silent.listen()
        client = SignerClient(tmp_path / "socket", timeout=0.2)
        with pytest.raises(SignerUnavailable):
            client.last(CASE)
        client.close()


def answering(listener, *lines):
    def answer():
        connection, _ = listener.accept()
        with connection:
            for line in lines:
                connection.recv(LONGEST_LINE)
                connection.sendall(line)

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "line",
    [
        b"{}\n",
        b"not json\n",
        b'{"answer":"a note of something else"}\n',
        b'{"answer":7}\n',
        b'{"answer":[1]}\n',
        b'{"refused":7}\n',
        b"x" * (LONGEST_LINE + 10) + b"\n",
    ],
)
def test_nonsense_from_the_other_end_is_an_absence_and_never_a_signature(tmp_path, line):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        thread = answering(listener, line)
        client = SignerClient(tmp_path / "socket", timeout=PATIENCE)
        with pytest.raises(SignerUnavailable):
            sign(client, log(1), 0, 1)
        client.close()
        thread.join(PATIENCE)


# --- From the one way to the other ---


def test_the_keys_of_a_server_that_signed_itself_are_taken_over(tmp_path):
    server = tmp_path / "closed-to-the-signer"
    (server / "keys").mkdir(parents=True)
    kek = load_or_create_kek(server / "keys" / "kek")
    before = Signer(server / "signer", key=derive(kek, SIGNER))
    before.create(CASE)
    note, vkey = sign(before, log(3), 0, 3), before.vkey(CASE)
    before.close()
    process = SignerProcess(tmp_path)
    shutil.move(server / "signer", process.data)
    assert process.run("--adopt") == 0
    assert process.run("--adopt") == 0, "it may be asked again"
    shutil.rmtree(server)
    process.start()
    client = SignerClient(process.path)
    assert (client.vkey(CASE), sign(client, log(3), 3, 3)) == (vkey, note)
    assert sign(client, log(4), 3, 4)
    client.close()
    assert process.run("--adopt") == 2, "neither while it works, nor without the server's key"
    process.stop()
