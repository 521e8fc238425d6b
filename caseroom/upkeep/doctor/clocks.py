"""This machine's clock against an outside one: the newest token that is kept, and the authority itself where one is
configured."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from caseroom.audit.models import CaseEpoch, TimeStamp
from caseroom.audit.stamps.asking import TsaFailed, clock_difference
from caseroom.audit.stamps.authorities import Authorities, trusted_roots
from caseroom.upkeep.doctor.examination import Examination

TOLERANCE = timedelta(seconds=10)
"""How far the clock may be off: well inside the 300 seconds that the verifier grants (docs/evidence.md §10 step 6), and
more than the time an answer takes."""


def check_clock(exam: Examination) -> None:
    newest = exam.work.session.execute(
        select(CaseEpoch.case_id, CaseEpoch.n, CaseEpoch.sealed_at, TimeStamp.gen_time)
        .join(TimeStamp, (TimeStamp.case_id == CaseEpoch.case_id) & (TimeStamp.n == CaseEpoch.n))
        .where(TimeStamp.gen_time.is_not(None), CaseEpoch.sealed_at.is_not(None))
        .order_by(TimeStamp.gen_time.desc())
        .limit(1)
    ).first()
    if newest is not None and newest.sealed_at > newest.gen_time + TOLERANCE:
        ahead = (newest.sealed_at - newest.gen_time).total_seconds()
        where = f"case {newest.case_id} epoch {newest.n}"
        exam.diagnosis.find("clock", where, f"It was sealed {ahead:.0f} s after it was stamped: the clock was ahead")
    if exam.settings.tsa_urls and not exam.quick:
        _ask(exam)


def _ask(exam: Examination) -> None:
    authorities = Authorities.of(exam.settings)
    try:
        difference = clock_difference(authorities.first, roots=trusted_roots(exam.settings))
    except TsaFailed as error:
        exam.diagnosis.note(f"The time-stamping authority was asked for the time and gave none: {error}.")
        return
    if abs(difference) > TOLERANCE:
        seconds = difference.total_seconds()
        exam.diagnosis.find(
            "clock", authorities.first.label, f"This machine's clock is {seconds:+.0f} s from the authority's"
        )
    else:
        exam.diagnosis.note(f"The clock agrees with the authority's ({difference.total_seconds():+.1f} s).")
