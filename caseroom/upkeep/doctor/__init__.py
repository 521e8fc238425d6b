"""``python -m caseroom doctor``: looks at everything an instance holds, changes nothing, and names what is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from sqlalchemy import func, select

from caseroom import clock, workers
from caseroom.audit.models import CaseLog
from caseroom.audit.signer import Signer
from caseroom.cases.models import Case
from caseroom.config import Settings
from caseroom.db import Work
from caseroom.rooms.models import Room
from caseroom.upkeep.doctor import (
    accounts,
    case_logs,
    clocks,
    exhibits,
    folder,
    key_checks,
    people,
    rooms,
    signing,
    stamps,
)
from caseroom.upkeep.doctor.examination import Examination
from caseroom.upkeep.doctor.findings import ADVICE, Diagnosis, Finding
from caseroom.upkeep.doctor.instance import InstanceKeys, database_file, open_database
from caseroom.upkeep.doctor.storage import check_storage
from caseroom.upkeep.loss import read_accepted
from caseroom.upkeep.signer_heads import SignerHeads, read_signer_of

__all__ = ["ADVICE", "Diagnosis", "Finding", "InstanceKeys", "examine", "lagging_logs"]


def examine(settings: Settings, *, quick: bool = False, held: InstanceKeys | None = None) -> Diagnosis:
    """Examine the instance of these settings, stopped or serving. ``quick``: see Examination. ``held``: the keys, by
    default those derived from the key file. Raises nothing for what is broken: that is what it finds."""
    diagnosis = Diagnosis()
    folder.check_folder(diagnosis, settings)
    held = held or folder.load_keys(diagnosis, settings)
    heads = _signer_heads(diagnosis, settings)
    file = database_file(settings)
    if file is None:
        diagnosis.note("The database is not SQLite: its file, types and references are for its own tools to check.")
    elif not check_storage(diagnosis, file):
        return diagnosis
    if held is None or heads is None:
        return diagnosis
    if not settings.objects_folder.is_dir():
        diagnosis.find("folder", str(settings.objects_folder), "The folder of the exhibits is not there")
        return diagnosis
    database = open_database(settings, held, heads)
    try:
        with database.reading() as work:
            _examine_content(_examination(settings, work, heads, held, diagnosis, quick=quick))
    finally:
        database.engine.dispose()
    diagnosis.findings.sort()
    return diagnosis


def lagging_logs(settings: Settings, *, held: InstanceKeys | None = None) -> list[tuple[str, int, int]]:
    """The logs that the signer signed further than the database holds: origin, size held, size signed."""
    diagnosis = Diagnosis()
    held = held or folder.load_keys(diagnosis, settings)
    heads = _signer_heads(diagnosis, settings)
    if held is None or heads is None:
        return []
    database = open_database(settings, held, heads)
    try:
        with database.reading() as work:
            return list(signing.lagging(_examination(settings, work, heads, held, diagnosis, quick=True)))
    finally:
        database.engine.dispose()


def _signer_heads(diagnosis: Diagnosis, settings: Settings) -> SignerHeads | None:
    try:
        return read_signer_of(settings)
    except (OSError, sqlite3.Error, ValueError) as error:
        diagnosis.find("signer", str(settings.signer_folder), f"The signer cannot be read ({error})")
        return None


def _examination(
    settings: Settings, work: Work, heads: SignerHeads, held: InstanceKeys, diagnosis: Diagnosis, *, quick: bool
) -> Examination:
    work.session.execute(select(func.count()).select_from(CaseLog))  # the snapshot is taken by the first question
    after = _signer_heads(diagnosis, settings) or heads
    try:
        accepted = read_accepted(settings.data)
    except (ValueError, KeyError, TypeError):
        diagnosis.find("folder", "accepted-loss.json", "It cannot be read")
        accepted = {}
    return Examination(
        settings=settings,
        work=work,
        heads=SignerHeads(cases=after.cases, heads=heads.heads),
        heads_after=after,
        held=held,
        diagnosis=diagnosis,
        now=clock.now(),
        quick=quick,
        accepted=accepted,
    )


def _examine_content(exam: Examination) -> None:
    diagnosis, session = exam.diagnosis, exam.work.session
    with diagnosis.reading("kek", "space_key_wrap"):
        if not key_checks.check_keys(exam):
            return
    with diagnosis.reading("account", "person"):
        accounts.check_accounts(exam)
    with diagnosis.reading("signer", "heads"):
        signing.check_signer(exam)
        # Told once: a log that lags behind would be found again, entry by entry, to be another one than was signed.
        told = {origin for origin, _, _ in signing.lagging(exam)}
        exam.work.database.provide(Signer, exam.heads.without(told))
    with diagnosis.reading("timestamp", "tsa_root"):
        stamps.check_roots(exam)
    # One value of a wrong type makes all rows of its table unreadable.
    logs: Sequence[CaseLog] = ()
    cases: Sequence[Case] = ()
    with diagnosis.reading("case", "case_log"):
        logs = session.scalars(select(CaseLog)).all()
    with diagnosis.reading("case", "legal_case"):
        cases = session.scalars(select(Case)).all()
    for log in logs:
        workers.give_way()
        with diagnosis.reading("slot", f"case {log.case_id}"):
            key_checks.check_slots(exam, log)
        with diagnosis.reading("epoch", f"case {log.case_id}"):
            case_logs.check_case_log(exam, log)
    for case in cases:
        with diagnosis.reading("case", f"case {case.id}"):
            _examine_case(exam, case)
    with diagnosis.reading("participant", "one_time_link"):
        people.check_invitations(exam)
    with diagnosis.reading("room", "event"):
        rooms.check_orphans(exam)
    with diagnosis.reading("object-unknown", "objects"):
        exhibits.check_objects(exam)
    with diagnosis.reading("clock", "time_stamp"):
        clocks.check_clock(exam)
    folder.check_settings(diagnosis, exam.settings, {log.origin.partition("/c/")[0] for log in logs})


def _examine_case(exam: Examination, case: Case) -> None:
    exam.diagnosis.count("cases")
    rows = people.read_case(exam, case)
    if rows is None or exam.work.session.get(CaseLog, case.id) is None:
        exam.diagnosis.find("case", f"case {case.id}", "It has no key or no log")
        return
    said: dict[str, rooms.RoomFacts] = {}
    for room in rows.rooms if not exam.quick else ():
        with exam.diagnosis.reading("room", f"room {room.id}"):
            facts = _examine_room(exam, room)
            if facts is not None:
                said[room.id] = facts
    people.check_case(exam, rows, said)
    if not exam.quick:
        exhibits.check_exhibits(exam, rows, said)


def _examine_room(exam: Examination, room: Room) -> rooms.RoomFacts | None:
    return rooms.check_room(exam, room, exhibits.digest_of(exam, room))
