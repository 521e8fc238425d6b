"""The words of the two certificates: that something was destroyed, and that a case is closed."""

from __future__ import annotations

from datetime import datetime

from flask_babel import format_date

from caseroom.evidence.paper import Fact
from caseroom.evidence.receipt_words import both_times
from caseroom.retention.closing_queries import ClosingFacts
from caseroom.retention.paper import Certificate, Part
from caseroom.retention.phrases import amount_words, basis_words, what_words
from caseroom.retention.queries import ErasureView
from caseroom.retention.words import Level
from caseroom.web.i18n import _, language

MOST_HASHES = 12  # on the page; the register has them all


def destruction_certificate(view: ErasureView, *, case: str, host: str) -> Certificate:
    """For an erasure that was carried out. It names no room but by its number, and nothing of what was in it."""
    return Certificate(
        language=language(),
        title=_("Certificate of destruction"),
        subtitle=case or _("Case %(id)s", id=view.case_id),
        parts=(
            Part("", _what(view)),
            Part(_("In the register"), _proof(view)),
            Part(_("What this means"), sentences=_meaning(view)),
        ),
        foot=host,
    )


def closing_certificate(facts: ClosingFacts, *, host: str) -> Certificate:
    view, checkpoint, stamp = facts.view, facts.checkpoint, facts.stamp
    last = checkpoint.note.split("\n\n")[0].split("\n")
    rows = [
        Fact(_("Case"), view.case_id, code=True),
        Fact(_("Opened"), both_times(view.opened_at)),
        Fact(_("Closed"), _instant(view.closed_at)),
        Fact(_("Signing key"), _key_words(facts)),
    ]
    time_stamp = both_times(stamp.gen_time) if stamp and stamp.gen_time else _("not there yet, or none is asked for")
    return Certificate(
        language=language(),
        title=_("Closing certificate"),
        subtitle=view.title,
        parts=(
            Part("", tuple(rows)),
            Part(
                _("The last state of the register"),
                (
                    Fact(_("Name"), last[0], code=True),
                    Fact(_("Checkpoints"), last[1], code=True),
                    Fact(_("Root of the tree"), last[2], code=True),
                    Fact(_("Signature"), checkpoint.note.split("\n\n")[1].strip(), code=True),
                    Fact(_("Key to check it"), checkpoint.vkey, code=True),
                    Fact(_("Outside time stamp"), time_stamp),
                ),
            ),
            Part(
                _("What this means"),
                sentences=(
                    _("Nothing can be written in this case any more, and nothing put between what is there."),
                    _("Whoever shows an evidence pack of this case later has to show this root for this number."),
                    _("Once the signing key is destroyed, not even the host can sign another history of the case."),
                ),
            ),
        ),
        foot=host,
    )


def _what(view: ErasureView) -> tuple[Fact, ...]:
    facts = view.facts
    room = [Fact(_("Room no."), str(view.slot))] if view.slot is not None and view.level is not Level.CASE else []
    people = [
        Fact(label, name)
        for label, name in ((_("Asked by"), facts.asked_by), (_("Agreed by"), facts.approved_by))
        if name
    ]
    return (
        Fact(_("Destroyed"), what_words(view)),
        *room,
        Fact(_("Amount"), amount_words(view)),
        Fact(_("Ground"), basis_words(view.basis)),
        *people,
        Fact(_("Asked on"), both_times(view.asked_at)),
        *([Fact(_("Agreed on"), both_times(view.approved_at))] if view.approved_at else []),
        Fact(_("Destroyed on"), _instant(view.done_at)),
        Fact(
            _("Backups"), _("may hold the keys until %(day)s, then no more", day=format_date(view.keys_gone_by, "long"))
        ),
    )


def _proof(view: ErasureView) -> tuple[Fact, ...]:
    rows = []
    if view.leaf is not None:
        rows.append(Fact(_("Entry that says so"), _("no. %(seq)s", seq=view.seq)))
        rows.append(Fact(_("Its hash"), view.leaf, code=True))
    if view.sealed_in is not None and view.sealed_due is not None:
        sealed = _("no. %(n)s, due %(time)s", n=view.sealed_in, time=both_times(view.sealed_due))
        rows.append(Fact(_("Sealed by checkpoint"), sealed))
    elif view.leaf is not None:
        rows.append(Fact(_("Sealed by checkpoint"), _("the next one")))
    if not view.in_ledger:
        rows.append(Fact(_("Entry that says so"), _("none: the register of the case was closed before")))
    shown = view.facts.leaves[:MOST_HASHES]
    more = len(view.facts.leaves) - len(shown)
    hashes = " ".join(shown) + (" " + _("and %(count)s more", count=more) if more else "")
    if shown:
        rows.append(Fact(_("Hashes of what was erased"), hashes, code=True))
    return tuple(rows)


def _meaning(view: ErasureView) -> tuple[str, ...]:
    stays = {
        Level.ITEM: _(
            "That an entry stood there, when and by whom, stays in the register; what it said cannot be read."
        ),
        Level.ROOM: _("Of the room nothing stays but its number, which looks like one that was never used."),
        Level.CASE: _("Of the case only the signed checkpoints and their time stamps stay. They name nobody."),
    }
    return (
        stays[view.level],
        _("The evidence packs of others still verify."),
        _("Copies that somebody took before are out of reach: downloads, evidence packs, paper."),
    )


def _key_words(facts: ClosingFacts) -> str:
    view = facts.view
    if view.key_destroyed_at is not None:
        return _("destroyed on %(time)s", time=both_times(view.key_destroyed_at))
    return _("to be destroyed on %(time)s", time=_instant(view.key_due))


def _instant(moment: datetime | None) -> str:
    return both_times(moment) if moment else ""
