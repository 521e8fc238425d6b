"""Every case log (docs/evidence.md §4, §10 steps 3 to 6 and 9): its epochs and their schedule, its checkpoints, what
the slots open to, and the columns that repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import select

from caseroom import workers
from caseroom.audit import tree
from caseroom.audit.epoch_bytes import Epoch, EpochError, Why, parse_epoch, slot_root
from caseroom.audit.models import CaseEpoch, CaseLog, LogNode
from caseroom.audit.notes import NoteError, open_note, parse_checkpoint, parse_vkey
from caseroom.audit.schedule import next_instant
from caseroom.audit.signer import SignerRefused
from caseroom.cases.models import Case
from caseroom.retention.words import Level
from caseroom.upkeep.doctor.clocks import TOLERANCE
from caseroom.upkeep.doctor.examination import Examination
from caseroom.upkeep.doctor.key_checks import erasures_of
from caseroom.upkeep.doctor.openings import check_openings
from caseroom.upkeep.doctor.stamps import check_stamps

IN_FLIGHT = timedelta(minutes=5)
"""How long something may be committed and not yet signed without being a finding: on a serving instance it is on its
way."""


def check_case_log(exam: Examination, log: CaseLog) -> None:
    where = f"case {log.case_id}"
    rows = exam.work.session.scalars(
        select(CaseEpoch).where(CaseEpoch.case_id == log.case_id).order_by(CaseEpoch.n)
    ).all()
    exam.diagnosis.count("epochs", len(rows))
    nodes = tree.MemoryNodes()
    epochs = _read_epochs(exam, log, rows, nodes)
    head = (log.size, log.root) == (nodes.size, tree.root(nodes.size, nodes)) and nodes.size > 0
    exam.diagnosis.expect("epoch", where, "Size and root of the case log are not those of its epochs", holds=head)
    _check_tree(exam, log, nodes)
    if len(epochs) == len(rows) > 0:
        _check_schedule(exam, log, epochs)
        _check_state(exam, log, rows[-1], epochs)
    _check_checkpoints(exam, log, rows, nodes)
    if not exam.quick:
        check_openings(exam, log, rows)
    check_stamps(exam, log, rows, {epoch.n: epoch for epoch in epochs})


def _read_epochs(exam: Examination, log: CaseLog, rows: Sequence[CaseEpoch], nodes: tree.MemoryNodes) -> list[Epoch]:
    """The epochs that can be read, each compared with its row and with the one before."""
    epochs: list[Epoch] = []
    for place, row in enumerate(rows):
        if place % 64 == 0:
            workers.give_way()
        where = f"case {log.case_id} epoch {row.n}"
        before, previous = nodes.size, rows[place - 1].line if place else None
        nodes.append(tree.leaf_hash(row.line))
        try:
            epoch = parse_epoch(row.line)
        except EpochError:
            exam.diagnosis.find("epoch", where, "Its bytes are not an epoch")
            continue
        prev = tree.leaf_hash(previous) if previous is not None else bytes(tree.HASH_SIZE)
        agree = (epoch.n, epoch.case.hex(), epoch.prev, epoch.slots) == (before, log.case_id, prev, log.slots)
        exam.diagnosis.expect("epoch", where, "It does not follow the one before, or is of another case", holds=agree)
        same = (row.n, row.why, row.due) == (epoch.n, epoch.why, epoch.due)
        exam.diagnosis.expect("epoch", where, "Its columns do not say what its bytes say", holds=same)
        _check_values(exam, row, epoch, where)
        epochs.append(epoch)
    return epochs


def _check_values(exam: Examination, row: CaseEpoch, epoch: Epoch, where: str) -> None:
    """The values of all slots give the ``sroot`` that everybody holds. Where they are gone with their case, or come
    from a release that kept none, there is nothing to compare."""
    if row.slot_values is None:
        return
    values = [row.slot_values[start : start + 32] for start in range(0, len(row.slot_values), 32)]
    try:
        whole = len(values) == epoch.slots and slot_root(values) == epoch.sroot
    except ValueError:
        whole = False
    exam.diagnosis.expect("opening", where, "The values of its slots do not give its root", holds=whole)


def _check_tree(exam: Examination, log: CaseLog, nodes: tree.MemoryNodes) -> None:
    stored = exam.work.session.execute(
        select(LogNode.level, LogNode.position, LogNode.hash).where(LogNode.log_id == log.case_id)
    ).all()
    whole = len(stored) == 2 * nodes.size - nodes.size.bit_count()
    for level, position, digest in stored:
        try:
            whole = whole and nodes.read([(level, position)]) == [digest]
        except KeyError:
            whole = False
    exam.diagnosis.expect("epoch", f"case {log.case_id}", "The stored hashes of its log are not its own", holds=whole)


def _check_schedule(exam: Examination, log: CaseLog, epochs: Sequence[Epoch]) -> None:
    """No instant of the grid without its epoch, unless a catch-up stands for it; nothing after the last."""
    case, first = f"case {log.case_id}", epochs[0]
    gen = (first.gen.interval, first.gen.vkey) if first.gen else None
    exam.diagnosis.expect(
        "epoch", case, "Interval and key are not those of its first epoch", holds=gen == (log.interval, log.vkey)
    )
    step, expected = timedelta(seconds=max(log.interval, 1)), 1
    for before, epoch in pairwise(epochs):
        where = f"{case} epoch {epoch.n}"
        place, off = divmod(epoch.due - first.due, step)
        fits = epoch.due >= before.due and before.why is not Why.CLOSE
        if epoch.why in (Why.GRID, Why.CATCHUP):
            fits = fits and not off and (place == expected if epoch.why is Why.GRID else place >= expected)
            expected = place + 1
        else:
            fits = fits and place < expected and epoch.why is not Why.OPEN
        exam.diagnosis.expect("schedule", where, "An instant of the schedule before it has no epoch", holds=fits)


def _check_state(exam: Examination, log: CaseLog, last: CaseEpoch, epochs: Sequence[Epoch]) -> None:
    """``next_due``, ``closed_at`` and ``key_destroyed_at`` follow from the epochs and from what the signer did."""
    where, closed = f"case {log.case_id}", epochs[-1].why is Why.CLOSE
    case = exam.work.session.get(Case, log.case_id)
    if case is None:
        gone = any(erasure.level == Level.CASE for erasure in erasures_of(exam, log.case_id))
        exam.diagnosis.expect("case", where, "The case is gone, and no erasure is on record", holds=gone)
    lost = any(origin == log.origin or origin.startswith(f"{log.origin}/s/") for origin in exam.accepted)
    due = None if closed or lost else next_instant(start=epochs[0].due, interval=log.interval, after=epochs[-1].due)
    exam.diagnosis.expect("schedule", where, "Its next epoch is due at another instant", holds=log.next_due == due)
    far = due is not None and due > exam.now + timedelta(seconds=log.interval) + TOLERANCE
    exam.diagnosis.expect(
        "clock", where, "Its last epoch lies ahead: the clock was wrong, and none is sealed until then", holds=not far
    )
    closed_at = last.sealed_at if closed else None
    exam.diagnosis.expect(
        "epoch", where, "When it was closed is not when it was sealed last", holds=log.closed_at == closed_at
    )
    if case is not None:
        open_ = not closed and not lost
        exam.diagnosis.expect(
            "case", where, f"It is {case.state}, its log is not", holds=(case.state == "open") == open_
        )
    known = exam.heads.cases.get(log.origin)
    if known is not None and known.wrapped is not None:
        destroyed = log.key_destroyed_at is not None
        exam.diagnosis.expect(
            "key", where, "Whether its key was destroyed, the signer says otherwise", holds=destroyed == known.destroyed
        )


def _check_checkpoints(exam: Examination, log: CaseLog, rows: Sequence[CaseEpoch], nodes: tree.MemoryNodes) -> None:
    case = f"case {log.case_id}"
    try:
        vkey = exam.heads.vkey(log.origin)
        verifier = parse_vkey(vkey)
    except (SignerRefused, NoteError):
        exam.diagnosis.find("key", case, "The signer knows no key of this case")
        return
    exam.diagnosis.expect("key", case, "Its key is not the one that the signer holds", holds=vkey == log.vkey)
    for place, row in enumerate(rows):
        where = f"{case} epoch {row.n}"
        if row.note is None:
            waiting = place == len(rows) - 1 or rows[place + 1].note is None
            young = row.sealed_at is None or exam.now - row.sealed_at < IN_FLIGHT
            exam.diagnosis.expect("unsigned", where, "It has no checkpoint", holds=waiting and young)
            continue
        try:
            signed = parse_checkpoint(open_note(row.note.encode(), [verifier]).text)
            holds = signed.size == place + 1 and signed.root == tree.root(place + 1, nodes)
        except NoteError:
            holds = False
        exam.diagnosis.expect("checkpoint", where, "Its checkpoint is not signed, or of another log", holds=holds)
