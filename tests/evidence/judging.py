"""Reading a verifier's report in a test."""

from __future__ import annotations

from caseroom.audit.verify import Report


def named(report: Report) -> set[str]:
    """The names of the checks that found something."""
    return {finding.check for finding in report.findings}


def places(report: Report, check: str) -> list[tuple[int | None, int | None, int | None]]:
    """Room, entry and epoch of each finding of one check."""
    return [(each.space, each.seq, each.epoch) for each in report.findings if each.check == check]
