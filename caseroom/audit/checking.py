"""Re-reading a room's log: every stored byte of it against the others, and all of them against what the signer, whose
file is not the database's, remembers to have signed.

In this order, by the check names of docs/evidence.md §9.1; the first problem ends it:

- ``canonical``: each line opens under the room's key, is of the format and follows the one before
- ``sequence``: the columns beside it say what it says
- ``seen``: the case log had the size and root that it states
- ``commitment``: its values are those committed to; values that are gone were erased by an entry on record
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
from caseroom.audit.event_bytes import Event as EventLine
from caseroom.audit.event_bytes import EventError, Kind, check_event, parse_event
from caseroom.audit.models import CaseLog, LedgerEvent, LogNode, RoomCheckpoint, RoomLog
from caseroom.audit.nodes import StoredNodes
from caseroom.audit.notes import NoteError, Verifier, open_note, parse_checkpoint, parse_vkey
from caseroom.audit.queries import LedgerEntry, open_entry, open_values_of
from caseroom.audit.services import SPEAKING, Stream, event_row
from caseroom.audit.signer import Signer, SignerRefused
from caseroom.db import Work
from caseroom.vault.keys import SealBroken

AT_A_TIME = 64  # events checked before others have their turn

Digest = Callable[[LedgerEntry], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a check of a room's chain found. ``problem`` is a check name of docs/evidence.md §9.1, or empty; ``seq`` the
    entry it was found at, where it was at one."""

    events: int
    files: int
    problem: str
    seq: int | None
    root: bytes

    @property
    def intact(self) -> bool:
        return not self.problem


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    nodes: tree.MemoryNodes = field(default_factory=tree.MemoryNodes)
    previous: EventLine | None = None
    files: int = 0
    gone: dict[str, int] = field(default_factory=dict)  # leaf (hex) -> seq of values that are no longer there
    erased: set[str] = field(default_factory=set)  # leaves (hex) that an entry says were erased


def check_chain(work: Work, stream: Stream, *, digest: Digest | None = None) -> ChainReport:
    """Check everything the module's first words list. ``digest`` re-reads an exhibit's file and returns its SHA-256 in
    hex (None: not checked)."""
    log, case_log = work.session.get_one(RoomLog, stream.room_id), work.session.get_one(CaseLog, stream.case_id)
    reading, seen = _Reading(), _Seen(work, case_log)
    for index, row in enumerate(_all_events(work, stream)):
        if index % AT_A_TIME == 0:
            workers.give_way()
        try:
            problem = _check_event(stream, row, reading, seen, digest)
        except (EventError, SealBroken):
            problem = "canonical"
        if problem:
            return ChainReport(events=row.seq, files=reading.files, problem=problem, seq=row.seq, root=log.root)
    unexplained = [seq for leaf, seq in reading.gone.items() if leaf not in reading.erased]
    problem = "commitment" if unexplained else _check_log(work, stream, log, case_log, reading)
    return ChainReport(
        events=reading.nodes.size,
        files=reading.files,
        problem=problem,
        seq=unexplained[0] if unexplained else None,
        root=log.root,
    )


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


def _check_event(stream: Stream, row: LedgerEvent, reading: _Reading, seen: _Seen, digest: Digest | None) -> str:
    line = parse_event(stream.keys.open("event.line", event_row(stream.room_id, row.seq), row.line))
    check_event(line, case=bytes.fromhex(stream.case_id), space=stream.slot, previous=reading.previous)
    intent = line.intent
    stated = (row.seq, row.leaf, row.id, row.at, row.speaks)
    if stated != (line.seq, line.leaf, intent.x.hex(), line.at, intent.kind in SPEAKING):
        return "sequence"
    if not seen.agrees(intent.seen_size, intent.seen_root):
        return "seen"
    reading.nodes.append(line.leaf)
    reading.previous = line
    return _check_values(stream, row, line, reading, digest)


def _check_values(stream: Stream, row: LedgerEvent, line: EventLine, reading: _Reading, digest: Digest | None) -> str:
    if row.event_key is None or row.values is None:
        reading.gone[line.leaf.hex()] = row.seq  # the commitment stays; the entry that erased it may be yet to come
        return ""
    ek = stream.keys.unwrap_event_key(row.event_key, seq=row.seq, version=row.key_version)
    if open_values_of(stream, row).commitments(ek) != dict(line.intent.commitments):
        return "commitment"
    entry = open_entry(stream, row)
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


def _check_log(work: Work, stream: Stream, log: RoomLog, case_log: CaseLog, reading: _Reading) -> str:
    """Everything that was ever signed must still be there: a cut tail shows as a head above the events."""
    if not _is_head(work, stream, log, reading):
        return "head"
    origin = f"{case_log.origin}/s/{stream.slot}"
    signer = work.tool(Signer)
    try:
        if signer.vkey(case_log.origin) != case_log.vkey:
            return "key"
        verifier = parse_vkey(signer.vkey(origin))
    except SignerRefused:
        return "key"
    last = signer.last(origin)
    if last is not None and (last[0] > log.size or tree.root(last[0], reading.nodes) != last[1]):
        return "head"
    return _check_checkpoints(work, log, verifier, reading.nodes)


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
