"""Re-reading a room's log: every stored byte of it against the others, and all of them against what the signer, whose
file is not the database's, remembers to have signed.

In this order, by the check names of docs/evidence.md §9.1; what is wrong at one place does not hide what is wrong at
another:

- ``canonical``: each line opens under the room's key, is of the format and follows the one before
- ``sequence``: the columns beside it say what it says
- ``seen``: the case log had the size and root that it states
- ``commitment``: its values are those committed to; values that are gone were erased on record
- ``file``: an exhibit's file has the SHA-256 that was filed
- ``head``: size, root, tree and time of the log are those of its events, and nothing that was signed is missing
- ``key``: the case log's name and key are those the signer holds
- ``checkpoint``: every checkpoint that receipts stand on is signed and of this tree
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import select

from caseroom import workers
from caseroom.audit import tree
from caseroom.audit.canonical import CanonicalError
from caseroom.audit.event_bytes import Event as EventLine
from caseroom.audit.event_bytes import EventError, Kind, check_event, parse_event
from caseroom.audit.models import CaseLog, ErasedEvent, LedgerEvent, LogNode, RoomCheckpoint, RoomLog
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.notes import NoteError, Verifier, open_note, parse_checkpoint, parse_vkey
from caseroom.audit.origins import room_origin
from caseroom.audit.queries import LedgerEntry, open_entry, open_values_of
from caseroom.audit.services import SPEAKING, Stream, event_row
from caseroom.audit.signer import Signer, SignerRefused
from caseroom.db import Work
from caseroom.vault.keys import SealBroken, sealed_version

AT_A_TIME = 64  # events checked before others have their turn

Digest = Callable[[LedgerEntry], str | None]
Witness = Callable[[LedgerEntry], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """``check`` is a check name of docs/evidence.md §9.1; ``seq`` the entry it was found at, where it was at one."""

    check: str
    seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a check of a room's chain found. ``problem`` is the first check that failed, or empty, ``seq`` its entry;
    ``problems`` are all of them. ``events`` is how many were read up to the first problem."""

    events: int
    files: int
    problem: str
    seq: int | None
    root: bytes
    problems: tuple[Problem, ...] = ()

    @property
    def intact(self) -> bool:
        return not self.problem


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    nodes: tree.MemoryNodes = field(default_factory=tree.MemoryNodes)
    previous: EventLine | None = None
    unread: LedgerEvent | None = None  # the row before, where its line could not be read
    files: int = 0
    gone: dict[str, int] = field(default_factory=dict)  # leaf (hex) -> seq of values that are no longer there
    erased: set[str] = field(default_factory=set)  # leaves (hex) that an entry says were erased


def check_chain(
    work: Work, stream: Stream, *, digest: Digest | None = None, witness: Witness | None = None
) -> ChainReport:
    """Check everything the module's first words list. ``digest`` re-reads an exhibit's file and returns its SHA-256 in
    hex (None: not checked). ``witness`` is shown every entry whose line can be read, in order, erased ones without
    their values."""
    log, case_log = work.session.get_one(RoomLog, stream.room_id), work.session.get_one(CaseLog, stream.case_id)
    reading, seen = _Reading(), _Seen(work, case_log)
    problems: list[Problem] = []
    for index, row in enumerate(_all_events(work, stream)):
        if index % AT_A_TIME == 0:
            workers.give_way()
        problem = _check_row(stream, row, reading, seen, digest, witness)
        if problem:
            problems.append(Problem(problem, row.seq))
    erased = reading.erased | _erased_after_closing(work, case_log, stream.room_id)
    problems += [Problem("commitment", seq) for leaf, seq in reading.gone.items() if leaf not in erased]
    problems += [Problem(check) for check in _check_log(work, stream, log, case_log, reading)]
    first = problems[0] if problems else Problem("")
    return ChainReport(
        events=reading.nodes.size if first.seq is None else first.seq,
        files=reading.files,
        problem=first.check,
        seq=first.seq,
        root=log.root,
        problems=tuple(problems),
    )


def _erased_after_closing(work: Work, case_log: CaseLog, room_id: str) -> set[str]:
    """The log of a closed case takes no entry that could say so. An open one does: there this list proves nothing."""
    if case_log.closed_at is None:
        return set()
    return {leaf.hex() for leaf in work.session.scalars(select(ErasedEvent.leaf).where(ErasedEvent.room_id == room_id))}


def _all_events(work: Work, stream: Stream) -> Iterator[LedgerEvent]:
    return iter(
        work.session.scalars(
            select(LedgerEvent)
            .where(LedgerEvent.room_id == stream.room_id)
            .order_by(LedgerEvent.seq)
            .execution_options(yield_per=500)
        )
    )


class _Seen:
    """The roots that the case log had, by size; asked for many times, computed once."""

    def __init__(self, work: Work, log: CaseLog) -> None:
        self._log = log
        self._nodes = StoredNodes(work, log.case_id)
        self._roots: dict[int, bytes] = {}

    def agrees(self, size: int, root: bytes) -> bool:
        if size > self._log.size:
            return False
        if size not in self._roots:
            try:
                self._roots[size] = tree.root(size, self._nodes)
            except KeyError:
                return False
        return self._roots[size] == root


def _check_row(
    stream: Stream, row: LedgerEvent, reading: _Reading, seen: _Seen, digest: Digest | None, witness: Witness | None
) -> str:
    try:
        line = parse_event(stream.keys.open("event.line", event_row(stream.room_id, row.seq), row.line))
    except (EventError, SealBroken):
        reading.nodes.append(row.leaf)  # taken for what it says, so that the rest is still checked
        reading.previous, reading.unread = None, row
        return "canonical"
    problem = _check_event(stream, row, line, reading, seen)
    reading.nodes.append(line.leaf)
    reading.previous, reading.unread = line, None
    try:
        return problem or _check_values(stream, row, line, reading, digest, witness)
    except (CanonicalError, SealBroken, KeyError):
        return "canonical"


def _check_event(stream: Stream, row: LedgerEvent, line: EventLine, reading: _Reading, seen: _Seen) -> str:
    try:
        _check_place(stream, line, reading)
    except EventError:
        return "canonical"
    intent = line.intent
    stated = (row.seq, row.leaf, row.id, row.at, row.speaks)
    if stated != (line.seq, line.leaf, intent.x.hex(), line.at, intent.kind in SPEAKING):
        return "sequence"
    return "" if seen.agrees(intent.seen_size, intent.seen_root) else "seen"


def _check_place(stream: Stream, line: EventLine, reading: _Reading) -> None:
    """That the event is the next one of this room; after a line that could not be read, by what its row says."""
    case, before = bytes.fromhex(stream.case_id), reading.unread
    if before is None:
        check_event(line, case=case, space=stream.slot, previous=reading.previous)
        return
    if (line.intent.case, line.intent.space) != (case, stream.slot):
        raise EventError("the event belongs to another case or space")
    if (line.seq, line.prev) != (before.seq + 1, before.leaf):
        raise EventError("the event does not follow the row before it")


def _check_values(
    stream: Stream,
    row: LedgerEvent,
    line: EventLine,
    reading: _Reading,
    digest: Digest | None,
    witness: Witness | None,
) -> str:
    if sealed_version(row.line) != row.key_version:
        return "canonical"
    if row.event_key is None or row.values is None:
        reading.gone[line.leaf.hex()] = row.seq  # the commitment stays; the entry that erased it may be yet to come
        if witness and row.event_key is row.values:
            witness(open_entry(stream, row))
        return ""
    ek = stream.keys.unwrap_event_key(row.event_key, seq=row.seq, version=row.key_version)
    if open_values_of(stream, row).commitments(ek) != dict(line.intent.commitments):
        return "commitment"
    entry = open_entry(stream, row)
    if witness:
        witness(entry)
    if entry.kind is Kind.ITEM_ERASED:
        reading.erased.add(str(entry.body.get("of")))
    return _check_files(entry, reading, digest)


def _check_files(entry: LedgerEntry, reading: _Reading, digest: Digest | None) -> str:
    for listed in entry.body.get("files", ()) if entry.kind is Kind.EXHIBIT_FILED else ():
        reading.files += 1
        actual = digest(entry) if digest else None
        if actual is not None and actual != listed["sha256"]:
            return "file"
    return ""


def _check_log(work: Work, stream: Stream, log: RoomLog, case_log: CaseLog, reading: _Reading) -> Iterator[str]:
    """Everything that was ever signed must still be there: a cut tail shows as a head above the events."""
    if not _is_head(work, stream, log, reading):
        yield "head"
    origin = room_origin(case_log.origin, stream.slot)
    signer = work.tool(Signer)
    try:
        if signer.vkey(case_log.origin) != case_log.vkey:
            yield "key"
        verifier = parse_vkey(signer.vkey(origin))
    except SignerRefused:
        yield "key"
        return
    last = signer.last(origin)
    if last is not None and (last[0] > reading.nodes.size or tree.root(last[0], reading.nodes) != last[1]):
        yield "head"
    if _check_checkpoints(work, log, verifier, reading.nodes):
        yield "checkpoint"


def _is_head(work: Work, stream: Stream, log: RoomLog, reading: _Reading) -> bool:
    nodes, last = reading.nodes, reading.previous
    if last is None or (log.case_id, log.slot) != (stream.case_id, stream.slot):
        return False
    if (log.size, log.root) != (nodes.size, tree.root(nodes.size, nodes)):
        return False
    if (log.last_leaf, log.last_at) != (last.leaf, last.at):
        return False
    return _is_tree(work, stream, nodes)


def _is_tree(work: Work, stream: Stream, nodes: tree.MemoryNodes) -> bool:
    """The stored hashes are those of the events, none missing and none besides: receipts are made of them."""
    stored = work.session.execute(
        select(LogNode.level, LogNode.position, LogNode.hash)
        .where(LogNode.log_id == stream.room_id)
        .execution_options(yield_per=500)
    )
    number = 0
    for level, position, digest in stored:
        number += 1
        try:
            if nodes.read([(level, position)]) != [digest]:
                return False
        except KeyError:
            return False
    return number == 2 * nodes.size - nodes.size.bit_count()


def _check_checkpoints(work: Work, log: RoomLog, verifier: Verifier, nodes: tree.MemoryNodes) -> str:
    newest = 0
    rows = work.session.scalars(
        select(RoomCheckpoint).where(RoomCheckpoint.room_id == log.room_id).order_by(RoomCheckpoint.size)
    )
    for index, row in enumerate(rows):
        if index % AT_A_TIME == 0:
            workers.give_way()
        try:
            signed = parse_checkpoint(open_note(row.note.encode(), [verifier]).text)
        except NoteError:
            return "checkpoint"
        if signed.size != row.size or signed.size > nodes.size or signed.root != tree.root(signed.size, nodes):
            return "checkpoint"
        newest = signed.size
    return "" if newest == log.signed_size else "checkpoint"
