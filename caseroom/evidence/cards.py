"""What the proof page says, in the running language: the verdict of a check, and the register line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from caseroom import clock
from caseroom.audit.checking import ChainReport
from caseroom.audit.epoch_bytes import Why
from caseroom.audit.epochs import RoomPoint, Stamp
from caseroom.audit.notes import encode_base64
from caseroom.evidence.queries import Gap, Line, RegisterView, Tail
from caseroom.rooms.entries import EntryView
from caseroom.rooms.rendering import EntryCard, entry_card
from caseroom.web.i18n import _, local_datetime, ngettext


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of a check. ``tone``: ``good``, or ``wait`` for what is not there yet."""

    tone: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check found. ``wrong``: the numbers of the entries that do not hold."""

    intact: bool
    title: str
    text: str
    findings: tuple[Finding, ...]
    wrong: frozenset[int]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """``tone`` and ``icon`` as the macro ``ui.chip`` takes them."""

    text: str
    icon: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    what: ClassVar[str] = "entry"
    card: EntryCard


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLine:
    """A checkpoint. ``entries``: which of the room's it covers; ``waits``: no time stamp yet; ``root`` in base64,
    as the pack's signed notes have it."""

    what: ClassVar[str] = "point"
    n: int
    entries: str
    due: datetime
    root: str
    waits: bool
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapLine:
    what: ClassVar[str] = "gap"
    text: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TailLine:
    what: ClassVar[str] = "tail"
    title: str
    text: str


LineCard = EntryLine | PointLine | GapLine | TailLine


def verdict_of(report: ChainReport, register: RegisterView) -> Verdict:
    """The words of a check made on the server, a moment ago."""
    at = clock.now()
    if not report.intact:
        wrong = frozenset(problem.seq for problem in report.problems if problem.seq is not None)
        return Verdict(intact=False, title=_title_of(report), text=_problems(report), findings=(), wrong=wrong, at=at)
    text = ngettext("%(num)d entry read again on the server", "%(num)d entries read again on the server", report.events)
    findings = _findings(report, register)
    return Verdict(
        intact=True, title=_("The register is intact"), text=text, findings=findings, wrong=frozenset(), at=at
    )


def problem_sentence(problem: str) -> str:
    """What is wrong, for the check names of docs/evidence.md §9.1."""
    sentences = {
        "canonical": _("It was altered after it was written, or its link to the entry before is broken."),
        "sequence": _("Its number, its time or what it is about was altered after it was written."),
        "seen": _("The state of the case that it says it knew never was the state of the case."),
        "commitment": _("Its content is not the content that was sealed with it."),
        "file": _("The file is missing, or its SHA-256 is no longer the one that was recorded at filing."),
        "head": _("Entries are missing at the end, or were put in another order."),
        "key": _("The name or the key of this case’s register is not the one that this server’s signer holds."),
        "checkpoint": _("The state that the server signed does not agree with the entries that are there."),
    }
    return sentences.get(problem, _("Something does not agree with what was recorded."))


def line_card(line: Line) -> LineCard:
    match line:
        case EntryView():
            return EntryLine(card=entry_card(line))
        case RoomPoint():
            return _point_line(line)
        case Gap():
            return _gap_line(line)
        case Tail():
            return _tail_line(line)


def entries_range(first: int, last: int) -> str:
    if first == last:
        return _("entry %(first)d", first=first)
    return _("entries %(first)d to %(last)d", first=first, last=last)


def stamp_sentence(stamp: Stamp) -> str:
    """Who said when; or that the answer is waited for."""
    if stamp.gen_time is not None:
        return _("Time-stamped by %(host)s, %(time)s", host=stamp.host, time=local_datetime(stamp.gen_time))
    asked = local_datetime(stamp.since)
    if stamp.host:
        return _("Time stamp asked of %(host)s since %(time)s, no answer yet", host=stamp.host, time=asked)
    return _("Waiting for a time stamp since %(time)s", time=asked)


def _problems(report: ChainReport) -> str:
    """The first problem in words, and how many more there are."""
    others = len(report.problems) - 1
    first = problem_sentence(report.problem)
    if others < 1:
        return first
    return f"{first} {ngettext('%(num)d more problem was found.', '%(num)d more problems were found.', others)}"


def _title_of(report: ChainReport) -> str:
    if report.seq is None:
        return _("The register is not intact")
    return _("Entry no. %(seq)d is not as it was written", seq=report.seq)


def _findings(report: ChainReport, register: RegisterView) -> tuple[Finding, ...]:
    files, signatures = report.files, register.signatures
    sequence = _("from %(first)d to %(last)d, without a gap", first=0, last=report.events - 1)
    findings = [Finding(tone="good", title=_("Complete sequence"), text=sequence)]
    if files:
        title = ngettext("%(num)d identical file", "%(num)d identical files", files)
        findings.append(Finding(tone="good", title=title, text=_("to the byte, as at filing")))
    title = ngettext("%(num)d valid signature", "%(num)d valid signatures", signatures)
    findings.append(Finding(tone="good", title=title, text=_("of this register’s states")))
    return (*findings, _stamps_finding(register))


def _stamps_finding(register: RegisterView) -> Finding:
    stamps = register.stamps
    if not stamps.kept:
        return Finding(tone="wait", title=_("Not time-stamped yet"), text=_("by an outside authority"))
    title = ngettext("%(num)d checkpoint time-stamped", "%(num)d checkpoints time-stamped", stamps.kept)
    if stamps.first_waiting is None:
        return Finding(tone="good", title=title, text=_("none is waiting"))
    if stamps.waiting == 1:
        return Finding(tone="wait", title=title, text=_("no. %(n)d is waiting", n=stamps.first_waiting))
    text = _("%(count)d are waiting, from no. %(n)d on", count=stamps.waiting, n=stamps.first_waiting)
    return Finding(tone="wait", title=title, text=text)


def _point_line(point: RoomPoint) -> PointLine:
    covers = None if point.first is None or point.last is None else entries_range(point.first, point.last)
    return PointLine(
        n=point.n,
        entries=covers or _("no new entry in this room"),
        due=point.due,
        root=encode_base64(point.root),
        waits=point.stamp is None or point.stamp.gen_time is None,
        chips=(*_stamp_chips(point.stamp), *_why_chips(point.why)),
    )


def _stamp_chips(stamp: Stamp | None) -> tuple[Chip, ...]:
    if stamp is None:
        return (Chip(text=_("Not time-stamped: no authority was set up here"), icon="clock"),)
    if stamp.gen_time is None:
        return (Chip(text=stamp_sentence(stamp), icon="clock", tone="warn"),)
    chip = Chip(text=stamp_sentence(stamp), icon="seal", tone="good")
    return (chip, Chip(text=_("The time stamp came late"), icon="info")) if stamp.late else (chip,)


def _why_chips(why: Why) -> tuple[Chip, ...]:
    match why:
        case Why.OPEN:
            return (Chip(text=_("The first one, when the case was opened"), icon="briefcase"),)
        case Why.JOINT:
            return (Chip(text=_("Besides the schedule, after an act in the joint room"), icon="joint"),)
        case Why.CATCHUP:
            return (Chip(text=_("Made late: the server had been stopped"), icon="info", tone="info"),)
        case Why.CLOSE:
            return (Chip(text=_("The last one, when the case was closed"), icon="lock"),)
        case Why.GRID:
            return ()


def _gap_line(gap: Gap) -> GapLine:
    number = gap.last - gap.first + 1
    text = (
        _("Checkpoint no. %(first)d: no new entry in this room", first=gap.first)
        if number == 1
        else _("Checkpoints no. %(first)d to %(last)d: no new entry in this room", first=gap.first, last=gap.last)
    )
    late = ngettext("%(num)d was made late", "%(num)d were made late", gap.catch_ups)
    note = _("%(late)s, because the server had been stopped.", late=late) if gap.catch_ups else ""
    return GapLine(text=text, note=note)


def _tail_line(tail: Tail) -> TailLine:
    title = _("Not in a checkpoint yet: %(entries)s", entries=entries_range(tail.first, tail.last))
    text = _("The next checkpoint is due %(time)s.", time=local_datetime(tail.due)) if tail.due else ""
    return TailLine(title=title, text=text)
