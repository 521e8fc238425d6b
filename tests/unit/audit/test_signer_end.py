"""How a signing key ends: destroyed with its case, dropped with an opening that was taken back, wrapped anew."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from caseroom import clock
from caseroom.audit.notes import parse_vkey
from caseroom.audit.signer import FORGET_AFTER, ORIGINS_AT_ONCE, Signer, SignerRefused, SignerUnavailable
from tests.doubles import SteeredClock
from tests.unit.audit.logs import CASE, CAUCUS, KEY, log, sign

OTHER_CASE = f"rooms.example.org/c/{'0' * 32}"


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    opened = Signer(tmp_path, key=KEY)
    opened.create(CASE)
    yield opened
    opened.close()


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> SteeredClock:
    steered = SteeredClock(clock.now())
    monkeypatch.setattr(clock, "now", steered.now)
    return steered


def wrapped(folder: Path, origin: str = CASE) -> bytes:
    with sqlite3.connect(folder / "signer.sqlite3") as connection:
        row = connection.execute("SELECT wrapped FROM case_key WHERE origin = ?", (origin,)).fetchone()
    connection.close()
    return bytes(row[0])


def stands_in_a_file(folder: Path, secret: bytes) -> bool:
    assert len(secret) > 40
    return any(secret in file.read_bytes() for file in folder.iterdir())


# --- Destroyed ---


def test_a_destroyed_key_stands_in_no_file_any_more_and_nothing_is_signed_with_it(
    signer: Signer, tmp_path: Path
) -> None:
    for number in range(300):  # the tree of the table gains a level: rows move from page to page
        signer.create(f"rooms.example.org/c/{number:032x}")
    sign(signer, log(3), 0, 3)
    sign(signer, log(2), 0, 2, origin=CAUCUS)
    secret = wrapped(tmp_path)
    assert stands_in_a_file(tmp_path, secret), "it must be there for its going to mean anything"
    signer.destroy(CASE)
    assert not stands_in_a_file(tmp_path, secret)
    for origin, old, new in ((CASE, 3, 5), (CASE, 3, 3), (CAUCUS, 2, 3), (f"{CASE}/s/7", 0, 1)):
        with pytest.raises(SignerRefused, match=r"^destroyed$"):
            sign(signer, log(5), old, new, origin=origin)
    assert sign(signer, log(1), 0, 1, origin=OTHER_CASE)


def test_what_was_signed_under_a_destroyed_key_can_still_be_checked(signer: Signer) -> None:
    sign(signer, log(3), 0, 3)
    vkey, last = signer.vkey(CASE), signer.last(CASE)
    assert last
    signer.destroy(CASE)
    assert (signer.vkey(CASE), signer.last(CASE)) == (vkey, last)
    assert parse_vkey(signer.vkey(CAUCUS)).public == parse_vkey(vkey).public


def test_a_case_whose_key_was_destroyed_never_gets_another(signer: Signer) -> None:
    signer.destroy(CASE)
    with pytest.raises(SignerRefused, match=r"^destroyed$"):
        signer.create(CASE)
    assert not signer.forget(CASE)
    assert signer.origins() == [CASE]


def test_destroying_twice_changes_nothing_and_an_unknown_case_is_refused(signer: Signer, tmp_path: Path) -> None:
    signer.destroy(CASE)
    before = (tmp_path / "signer.sqlite3").read_bytes()
    signer.destroy(CASE)
    assert (tmp_path / "signer.sqlite3").read_bytes()[100:] == before[100:], "but for the counters of the header"
    for origin in (OTHER_CASE, CAUCUS, "nothing"):
        with pytest.raises(SignerRefused):
            signer.destroy(origin)
    assert sign_of_new_case(signer)


def sign_of_new_case(signer: Signer) -> str:
    signer.create(OTHER_CASE)
    return sign(signer, log(1), 0, 1, origin=OTHER_CASE)


def test_a_key_that_another_process_destroyed_is_of_no_use_though_it_is_still_in_memory(
    signer: Signer, tmp_path: Path
) -> None:
    sign(signer, log(1), 0, 1)
    assert CASE in signer._loaded
    other = Signer(tmp_path, key=KEY)
    other.destroy(CASE)
    other.close()
    with pytest.raises(SignerRefused, match=r"^destroyed$"):
        sign(signer, log(2), 1, 2)
    assert CASE not in signer._loaded


def test_while_somebody_reads_the_file_the_destruction_is_not_called_done(
    signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer._connection.execute("PRAGMA busy_timeout = 50")
    reader = sqlite3.connect(tmp_path / "signer.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM case_key").fetchone()
    with pytest.raises(SignerUnavailable):
        signer.destroy(CASE)
    reader.execute("ROLLBACK")
    reader.close()
    with pytest.raises(SignerRefused, match=r"^destroyed$"):
        sign(signer, log(1), 0, 1)
    signer.destroy(CASE)
    assert (tmp_path / "signer.sqlite3-wal").stat().st_size == 0


# --- Forgotten ---


def test_a_key_that_signed_nothing_is_dropped_once_its_opening_is_long_over(
    signer: Signer, present: SteeredClock
) -> None:
    signer.create(OTHER_CASE)
    assert not signer.forget(OTHER_CASE), "the case may be opening at this moment, in another process"
    present.move(seconds=FORGET_AFTER + 1)
    assert signer.forget(OTHER_CASE)
    assert signer.origins() == [CASE]
    assert not signer.forget(OTHER_CASE)
    with pytest.raises(SignerRefused):
        signer.vkey(OTHER_CASE)


@pytest.mark.parametrize("origin", [CASE, CAUCUS, f"{CASE}/s/127"])
def test_a_key_that_signed_anything_of_its_case_is_kept_for_ever(
    signer: Signer, present: SteeredClock, origin: str
) -> None:
    sign(signer, log(1), 0, 1, origin=origin)
    present.move(days=4000)
    assert not signer.forget(CASE)
    assert sign(signer, log(2), 1, 2, origin=origin)


def test_the_keys_of_all_cases_are_listed_a_part_at_a_time(signer: Signer) -> None:
    names = [f"rooms.example.org/c/{number:032x}" for number in range(ORIGINS_AT_ONCE + 5)]
    for name in names:
        signer.create(name)
    first = signer.origins()
    assert first == names[:ORIGINS_AT_ONCE]
    assert signer.origins(after=first[-1]) == [*names[ORIGINS_AT_ONCE:], CASE]
    assert signer.origins(after=CASE) == []


# --- Upgraded and wrapped anew ---


def test_the_file_of_an_earlier_version_goes_on_and_its_keys_count_as_new(
    tmp_path: Path, present: SteeredClock
) -> None:
    maker = Signer(tmp_path, key=KEY)
    maker.create(CASE)
    sign(maker, log(3), 0, 3)
    maker._connection.executescript(
        "CREATE TABLE before (origin TEXT PRIMARY KEY, public BLOB NOT NULL, wrapped BLOB NOT NULL) STRICT, "
        "WITHOUT ROWID; INSERT INTO before SELECT origin, public, wrapped FROM case_key; DROP TABLE case_key; "
        "ALTER TABLE before RENAME TO case_key"
    )
    maker._connection.execute("INSERT INTO case_key VALUES (?, x'00', x'00')", (OTHER_CASE,))
    maker.close()
    upgraded = Signer(tmp_path, key=KEY)
    assert sign(upgraded, log(5), 3, 5)
    assert not upgraded.forget(OTHER_CASE)
    present.move(seconds=FORGET_AFTER + 1)
    assert upgraded.forget(OTHER_CASE)
    upgraded.destroy(CASE)
    with pytest.raises(SignerRefused, match=r"^destroyed$"):
        sign(upgraded, log(6), 5, 6)
    upgraded.close()


def test_keys_wrapped_anew_sign_as_before_and_nothing_is_left_under_the_old_wrap(tmp_path: Path) -> None:
    signer, own = Signer(tmp_path, key=KEY), bytes(reversed(KEY))
    for origin in (CASE, OTHER_CASE):
        signer.create(origin)
    note, before = sign(signer, log(3), 0, 3), wrapped(tmp_path)
    assert signer.rewrap(own) == 2
    assert not stands_in_a_file(tmp_path, before)
    signer.close()
    under_own = Signer(tmp_path, key=own)
    assert sign(under_own, log(3), 3, 3) == note
    under_own.close()
    again = Signer(tmp_path, key=KEY)
    assert again.rewrap(own) == 2, "asked again after an interruption, it finds its work done"
    again.close()
    under_old = Signer(tmp_path, key=KEY)
    with pytest.raises(SignerRefused):
        sign(under_old, log(3), 3, 3)
    under_old.close()


def test_where_one_key_opens_under_neither_wrap_none_is_changed(tmp_path: Path) -> None:
    signer = Signer(tmp_path, key=KEY)
    signer.create(CASE)
    signer.close()
    strange = Signer(tmp_path, key=bytes(32))
    strange.create(OTHER_CASE)
    before = wrapped(tmp_path), wrapped(tmp_path, OTHER_CASE)
    with pytest.raises(SignerRefused):
        strange.rewrap(b"n" * 32)
    assert (wrapped(tmp_path), wrapped(tmp_path, OTHER_CASE)) == before
    strange.close()


# --- Unavailable is not refused ---


def test_a_file_that_somebody_else_holds_is_an_absence_and_no_refusal(signer: Signer, tmp_path: Path) -> None:
    signer._connection.execute("PRAGMA busy_timeout = 50")
    holder = sqlite3.connect(tmp_path / "signer.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(SignerUnavailable):
        sign(signer, log(1), 0, 1)
    holder.execute("ROLLBACK")
    holder.close()
    assert sign(signer, log(1), 0, 1)


def test_an_origin_longer_than_any_host_is_none(signer: Signer) -> None:
    with pytest.raises(SignerRefused, match="not the origin"):
        signer.create(f"{'h' * 300}/c/{'0' * 32}")
    assert signer.create(f"{'h' * 253}/c/{'0' * 32}")
