"""The signing service: it never signs two histories of one log, whatever it is asked and whenever it dies."""

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from caseroom.audit import signer as signer_module
from caseroom.audit.notes import checkpoint_text, open_note, parse_checkpoint, parse_vkey
from caseroom.audit.signer import Signer, SignerRefused
from caseroom.audit.tree import EMPTY_ROOT, consistency_proof, root
from tests.unit.audit.logs import CASE, CAUCUS, KEY, log, sign


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    opened = Signer(tmp_path / "signer", key=KEY)
    opened.create(CASE)
    yield opened
    opened.close()


def test_a_log_grows_under_one_key_and_every_checkpoint_verifies(signer: Signer) -> None:
    nodes, old = log(20), 0
    verifier = parse_vkey(signer.vkey(CASE))
    for new in (1, 2, 3, 8, 13, 20):
        opened = open_note(sign(signer, nodes, old, new).encode(), [verifier])
        checkpoint = parse_checkpoint(opened.text)
        assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (CASE, new, root(new, nodes))
        assert signer.last(CASE) == (new, root(new, nodes))
        old = new


def test_the_logs_of_a_case_share_the_public_key_and_differ_in_name(signer: Signer) -> None:
    case, caucus = parse_vkey(signer.vkey(CASE)), parse_vkey(signer.vkey(CAUCUS))
    assert case.public == caucus.public
    assert (case.name, caucus.name) == (CASE, CAUCUS)
    assert case.key_id != caucus.key_id
    note = sign(signer, log(3), 0, 3, origin=CAUCUS)
    assert open_note(note.encode(), [caucus]).verified
    assert signer.last(CASE) is None


def test_create_gives_the_public_key_that_then_signs(tmp_path: Path) -> None:
    opened = Signer(tmp_path, key=KEY)
    public = opened.create(CASE)
    assert parse_vkey(opened.vkey(CASE)).public == public
    opened.close()


def test_the_same_head_is_signed_again_with_the_same_bytes_and_no_proof(signer: Signer) -> None:
    nodes = log(5)
    first = sign(signer, nodes, 0, 5)
    assert signer.sign(CASE, old_size=5, new_size=5, root=root(5, nodes), proof=[]) == first
    assert signer.sign(CASE, old_size=0, new_size=5, root=root(5, nodes), proof=[]) == first


@pytest.mark.parametrize(
    "ask",
    [
        lambda signer: sign(signer, log(8, rewritten_at=2), 5, 8),
        lambda signer: sign(signer, log(5, rewritten_at=2), 5, 5),
        lambda signer: sign(signer, log(5, rewritten_at=2), 0, 5),
        lambda signer: sign(signer, log(8, rewritten_at=2), 0, 8),
        lambda signer: sign(signer, log(8), 0, 8),
        lambda signer: sign(signer, log(8), 4, 8),
        lambda signer: sign(signer, log(8), 6, 8),
        lambda signer: sign(signer, log(5), 0, 4),
        lambda signer: sign(signer, log(5), 4, 4),
        lambda signer: signer.sign(CASE, old_size=5, new_size=4, root=root(4, log(5)), proof=[]),
        lambda signer: signer.sign(CASE, old_size=5, new_size=0, root=EMPTY_ROOT, proof=[]),
        lambda signer: signer.sign(CASE, old_size=5, new_size=8, root=root(8, log(8)), proof=[]),
        lambda signer: signer.sign(
            CASE, old_size=5, new_size=8, root=root(8, log(8)), proof=[*consistency_proof(5, 8, log(8)), bytes(32)]
        ),
    ],
)
def test_what_is_no_proven_extension_is_refused_and_changes_nothing(
    signer: Signer, ask: Callable[[Signer], str]
) -> None:
    sign(signer, log(5), 0, 5)
    with pytest.raises(SignerRefused):
        ask(signer)
    assert signer.last(CASE) == (5, root(5, log(5)))
    assert sign(signer, log(8), 5, 8)


def test_the_first_signature_of_a_log_starts_from_nothing(signer: Signer) -> None:
    with pytest.raises(SignerRefused):
        sign(signer, log(3), 2, 3)
    with pytest.raises(SignerRefused):
        signer.sign(CASE, old_size=0, new_size=0, root=bytes(32), proof=[])
    with pytest.raises(SignerRefused):
        signer.sign(CASE, old_size=0, new_size=3, root=root(3, log(3)), proof=[bytes(32)])
    assert signer.last(CASE) is None
    assert sign(signer, log(3), 0, 3)


def test_the_last_head_and_the_key_outlive_the_process(tmp_path: Path) -> None:
    first = Signer(tmp_path, key=KEY)
    first.create(CASE)
    note = sign(first, log(5), 0, 5)
    vkey = first.vkey(CASE)
    first.close()
    second = Signer(tmp_path, key=KEY)
    assert (second.last(CASE), second.vkey(CASE)) == ((5, root(5, log(5))), vkey)
    assert sign(second, log(5), 5, 5) == note
    with pytest.raises(SignerRefused):
        sign(second, log(8, rewritten_at=1), 5, 8)
    second.close()


def test_no_signature_is_made_when_the_head_could_not_be_stored(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(signer, log(5), 0, 5)
    order: list[tuple[str, Any]] = []

    def watched(text: str, *signers: Any) -> str:
        order.append(("signed", signer.last(CASE)))
        return text

    monkeypatch.setattr(signer_module, "sign_note", watched)
    with sqlite3.connect(_file(signer)) as other:
        other.execute("CREATE TRIGGER full BEFORE UPDATE ON signed_head BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        other.commit()
        with pytest.raises(sqlite3.IntegrityError):
            sign(signer, log(8), 5, 8)
        assert order == []
        other.execute("DROP TRIGGER full")
        other.commit()
    other.close()
    assert sign(signer, log(8), 5, 8) == checkpoint_text(CASE, 8, root(8, log(8)))
    assert order == [("signed", (8, root(8, log(8))))]


def _file(signer: Signer) -> str:
    return str(signer._connection.execute("PRAGMA database_list").fetchone()[2])


def test_the_file_waits_for_the_disk_at_every_commit(signer: Signer) -> None:
    assert signer._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert signer._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_two_processes_over_one_folder_never_sign_two_histories(tmp_path: Path) -> None:
    one, other = Signer(tmp_path, key=KEY), Signer(tmp_path, key=KEY)
    one.create(CASE)
    sign(one, log(5), 0, 5)
    with pytest.raises(SignerRefused):
        sign(other, log(6, rewritten_at=5), 0, 6)
    assert sign(other, log(6, rewritten_at=5), 5, 6)
    with pytest.raises(SignerRefused):
        sign(one, log(6), 5, 6)
    one.close()
    other.close()


def test_another_thread_is_refused_instead_of_being_mixed_in(signer: Signer) -> None:
    caught: list[BaseException] = []

    def ask() -> None:
        try:
            signer.last(CASE)
        except sqlite3.ProgrammingError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_a_case_has_one_key_for_ever(signer: Signer) -> None:
    vkey = signer.vkey(CASE)
    with pytest.raises(SignerRefused):
        signer.create(CASE)
    assert signer.vkey(CASE) == vkey


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "rooms.example.org",
        CASE.upper(),
        f"{CASE}/",
        f"{CASE}/s/",
        f"{CASE}/s/02",
        f"{CASE}/s/128",
        f"{CASE}/s/2/s/2",
        f"{CASE}\n",
        f"a b/c/{'0' * 32}",
        f"a+b/c/{'0' * 32}",
        f"rooms.example.org/c/{'0' * 32}",
    ],
)
def test_an_origin_of_another_form_or_case_has_no_key(signer: Signer, origin: str) -> None:
    with pytest.raises(SignerRefused):
        signer.vkey(origin)
    with pytest.raises(SignerRefused):
        sign(signer, log(1), 0, 1, origin=origin)


def test_a_room_has_no_key_of_its_own(signer: Signer) -> None:
    with pytest.raises(SignerRefused):
        signer.create(CAUCUS)


def test_a_private_key_opens_under_its_wrapping_key_and_for_its_case_only(tmp_path: Path) -> None:
    other_case = f"rooms.example.org/c/{'0' * 32}"
    first = Signer(tmp_path, key=KEY)
    first.create(CASE)
    first.create(other_case)
    connection = first._connection
    swapped = connection.execute("SELECT wrapped FROM case_key WHERE origin = ?", (other_case,)).fetchone()[0]
    kept = connection.execute("SELECT wrapped FROM case_key WHERE origin = ?", (CASE,)).fetchone()[0]
    connection.execute("UPDATE case_key SET wrapped = ? WHERE origin = ?", (swapped, CASE))
    with pytest.raises(SignerRefused):
        sign(first, log(1), 0, 1)
    connection.execute("UPDATE case_key SET wrapped = ? WHERE origin = ?", (kept, CASE))
    assert sign(first, log(1), 0, 1)
    first.close()
    stolen = Signer(tmp_path, key=bytes(32))
    with pytest.raises(SignerRefused):
        sign(stolen, log(1), 1, 1)
    stolen.close()


def test_no_private_key_stands_in_the_files_and_nobody_else_may_read_them(tmp_path: Path) -> None:
    opened = Signer(tmp_path / "signer", key=KEY)
    opened.create(CASE)
    sign(opened, log(1), 0, 1)
    secret = opened._key(CASE).private.private_bytes_raw()
    files = list((tmp_path / "signer").iterdir())
    assert {file.name for file in files} >= {"signer.sqlite3", "signer.sqlite3-wal"}
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        assert secret not in file.read_bytes()
    assert (tmp_path / "signer").stat().st_mode & 0o077 == 0
    opened.close()


def test_the_keys_held_in_memory_are_bounded(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer_module, "_CACHED_KEYS", 3)
    for slot in range(5):
        sign(signer, log(1), 0, 1, origin=f"{CASE}/s/{slot}")
    sign(signer, log(2), 1, 2, origin=f"{CASE}/s/0")
    assert list(signer._loaded) == [f"{CASE}/s/{slot}" for slot in (3, 4, 0)]


def test_a_wrapping_key_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Signer(tmp_path, key=bytes(16))


def _sign_until_killed(folder: Path, notes: Connection) -> None:
    signer, nodes = Signer(folder, key=KEY), log(1000)
    signer.create(CASE)
    for size in range(1, nodes.size + 1):
        notes.send(sign(signer, nodes, size - 1, size))


def test_a_signature_that_left_before_a_kill_is_remembered_after_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_sign_until_killed, args=(tmp_path, sending))
    process.start()
    received = [receiving.recv() for _ in range(20)]
    process.kill()
    process.join()
    sending.close()
    with suppress(EOFError, OSError):
        while True:
            received.append(receiving.recv())
    receiving.close()
    signer = Signer(tmp_path, key=KEY)
    last = signer.last(CASE)
    assert last is not None
    assert last[0] in (len(received), len(received) + 1)
    given_away = parse_checkpoint(received[-1].partition("\n\n")[0] + "\n")
    assert given_away.size == len(received)
    with pytest.raises(SignerRefused):
        sign(signer, log(last[0] + 1, rewritten_at=given_away.size - 1), last[0], last[0] + 1)
    signer.close()
