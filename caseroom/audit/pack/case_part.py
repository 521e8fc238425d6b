"""The part of a pack that is the same for everybody: epochs, checkpoints, tokens, the key and the roots to pin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sqlalchemy import select

from caseroom import workers
from caseroom.audit.epoch_bytes import parse_epoch
from caseroom.audit.models import CaseEpoch, CaseLog, TimeStamp
from caseroom.audit.pack.archive import Archive
from caseroom.audit.stamps.roots import kept_roots
from caseroom.db import Work

EPOCHS_AT_A_TIME = 200
_MOST_OF_AN_EPOCH = 64 * 1024  # bytes of a line: a catch-up after a year without an authority names its stamps

CaseDoor = Callable[[], AbstractContextManager[Work]]
"""Opens a short reading transaction for somebody who is proved, each time anew, to belong to the case."""


class PackBroken(Exception):
    """What the pack was planned of is no longer there: the download ends without its end, and is no pack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePlan:
    """What a pack holds of its case, fixed before its first byte: epochs below ``epochs``, the tokens of ``stamped``,
    the roots known by then (fingerprint, PEM). ``vkey`` is the case's newest key."""

    id: str
    vkey: str
    epochs: int
    stamped: tuple[int, ...]
    roots: tuple[tuple[str, str], ...] = field(repr=False)


def plan_case(work: Work, case_id: str, *, epochs: int) -> CasePlan:
    """The case's part with its first ``epochs`` epochs, all of them signed (``signed_epochs``)."""
    log = work.session.get_one(CaseLog, case_id)
    kept = select(TimeStamp.n).where(TimeStamp.case_id == case_id, TimeStamp.n < epochs, TimeStamp.token.is_not(None))
    return CasePlan(
        id=case_id,
        vkey=log.vkey,
        epochs=epochs,
        stamped=tuple(work.session.scalars(kept.order_by(TimeStamp.n))),
        roots=tuple(sorted(kept_roots(work).items())),
    )


def write_case(archive: Archive, door: CaseDoor, plan: CasePlan) -> Iterator[bytes]:
    """Write ``case/`` and ``tsa/``. Yields the zip's bytes as they are ready."""
    with door() as work:
        first = parse_epoch(work.session.get_one(CaseEpoch, (plan.id, 0)).line)
    if first.gen is None:
        raise PackBroken("the first epoch names no key")
    yield from archive.add("case/vkey", [f"{first.gen.vkey}\n".encode()], stored=True)
    largest = plan.epochs * _MOST_OF_AN_EPOCH
    yield from archive.add("case/epochs.jsonl", _epoch_lines(door, plan), stored=True, largest=largest)
    for path, content in _checkpoints(door, plan):
        yield from archive.add(path, [content], stored=True)
    for fingerprint, pem in plan.roots:
        yield from archive.add(f"tsa/{fingerprint}.pem", [pem.encode()])


def note_path(n: int) -> str:
    return f"case/checkpoints/{n:06d}.note"


def token_path(n: int) -> str:
    return f"case/checkpoints/{n:06d}.tsr"


def _epoch_lines(door: CaseDoor, plan: CasePlan) -> Iterator[bytes]:
    for start in range(0, plan.epochs, EPOCHS_AT_A_TIME):
        stop = min(plan.epochs, start + EPOCHS_AT_A_TIME)
        with door() as work:
            query = select(CaseEpoch.line).where(CaseEpoch.case_id == plan.id, CaseEpoch.n.in_(range(start, stop)))
            lines = work.session.scalars(query.order_by(CaseEpoch.n)).all()
        if len(lines) != stop - start:
            raise PackBroken("epochs are gone")
        yield b"".join(line + b"\n" for line in lines)
        workers.give_way()


def _checkpoints(door: CaseDoor, plan: CasePlan) -> Iterator[tuple[str, bytes]]:
    """Notes and tokens as files, in the order of the epochs."""
    stamped = frozenset(plan.stamped)
    for start in range(0, plan.epochs, EPOCHS_AT_A_TIME):
        page = range(start, min(plan.epochs, start + EPOCHS_AT_A_TIME))
        with door() as work:
            notes = _notes(work, plan.id, page)
            tokens = _tokens(work, plan.id, [n for n in page if n in stamped])
        for n in page:
            if notes.get(n) is None:
                raise PackBroken("checkpoints are gone")
            yield note_path(n), notes[n].encode()
            if n in tokens:
                yield token_path(n), tokens[n]
        workers.give_way()


def _notes(work: Work, case_id: str, page: range) -> dict[int, str]:
    query = select(CaseEpoch.n, CaseEpoch.note).where(
        CaseEpoch.case_id == case_id, CaseEpoch.n >= page.start, CaseEpoch.n < page.stop
    )
    return {n: note for n, note in work.session.execute(query) if note is not None}


def _tokens(work: Work, case_id: str, wanted: list[int]) -> dict[int, bytes]:
    if not wanted:
        return {}
    query = select(TimeStamp.n, TimeStamp.token).where(TimeStamp.case_id == case_id, TimeStamp.n.in_(wanted))
    return {n: token for n, token in work.session.execute(query) if token is not None}
