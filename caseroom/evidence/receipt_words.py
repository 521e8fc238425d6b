"""The words of a receipt on paper, in the running language; ``receipts`` draws them."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import UTC, datetime

from caseroom.audit.notes import encode_base64
from caseroom.evidence.cards import stamp_sentence
from caseroom.evidence.known_keys import key_digest
from caseroom.evidence.paper import Fact
from caseroom.evidence.queries import ReceiptView
from caseroom.evidence.receipts import Sheet
from caseroom.rooms.rendering import entry_sentence, person_label
from caseroom.web.i18n import _, get_timezone, local_datetime, ngettext
from caseroom.web.words import file_size


def receipt_sheet(view: ReceiptView, *, origin: str, locale: str) -> Sheet:
    """``origin``: where the check page is; ``locale``: of the reader, times are in the running time zone and in UTC."""
    return Sheet(
        language=locale,
        title=_("Receipt no. %(seq)d", seq=view.entry.seq),
        subtitle=_("of the register of %(room)s", room=view.opened.title(locale)),
        facts=_facts(view),
        proof_title=_("The proof"),
        proof=_proof(view),
        check_title=_("How to check it"),
        steps=(
            _(
                "Scan the code, or open %(address)s and drop the text receipt there, together with an evidence pack.",
                address=f"{origin}/check",
            ),
            _("Compare the fingerprint and the root of the tree that you see with those on this page."),
            _("Without us: the formats are public (C2SP tlog-proof, RFC 6962, Ed25519). Any tool for them will do."),
        ),
        meaning=_(
            "This receipt shows that the entry was in the register that this server signed. It does not show that what "
            "was said or filed is true. Keep it: a later change of the register would contradict it."
        ),
        code=check_address(view, origin=origin),
        code_words=_("Opens the check page. What the code holds stays on the device that reads it."),
        no_code=_("Too long for a code: use the text receipt."),
        foot=_("Made by %(host)s from its register.", host=origin.partition("://")[2]),
    )


def check_address(view: ReceiptView, *, origin: str) -> str:
    """The check page with the receipt in the part of the address that browsers do not send: base64url, without
    padding, of the raw DEFLATE of ``{"leaf", "receipt", "vkey"}``."""
    held = json.dumps({"leaf": view.entry.leaf, "receipt": view.text, "vkey": view.vkey}, separators=(",", ":"))
    press = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = press.compress(held.encode()) + press.flush()
    return f"{origin}/check#r={base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def _facts(view: ReceiptView) -> tuple[Fact, ...]:
    entry, facts = view.entry, [Fact(_("Case"), view.case_title)]
    facts.append(Fact(_("What was done"), entry_sentence(entry)))
    if entry.author is not None:
        facts.append(Fact(_("By"), f"{entry.author.name}, {person_label(entry.author)}"))
    facts.append(Fact(_("When"), both_times(entry.at)))
    if entry.exhibit is not None:
        size = ngettext("%(num)d byte", "%(num)d bytes", entry.exhibit.size)
        facts.append(Fact(_("Exhibit"), f"{entry.exhibit.label}, {entry.exhibit.title}"))
        facts.append(Fact(_("Size"), f"{file_size(entry.exhibit.size)} ({size})"))
        facts.append(Fact(_("SHA-256 of the file"), entry.exhibit.sha256, code=True))
    return tuple(facts)


def _proof(view: ReceiptView) -> tuple[Fact, ...]:
    return (
        Fact(_("Fingerprint of the entry"), view.entry.leaf, code=True),
        Fact(_("Signed state"), ngettext("%(num)d entry", "%(num)d entries", view.checkpoint.size)),
        Fact(_("Root of the tree"), encode_base64(view.checkpoint.root), code=True),
        Fact(_("Key of the register"), view.vkey, code=True),
        Fact(_("SHA-256 of the key"), key_digest(view.vkey), code=True),
        Fact(_("Time stamp"), _stamp(view)),
    )


def _stamp(view: ReceiptView) -> str:
    if view.stamped_by is not None:
        n, stamp = view.stamped_by
        moment = f" ({_utc(stamp.gen_time)})" if stamp.gen_time else ""
        return _("Checkpoint no. %(n)d: %(stamp)s", n=n, stamp=stamp_sentence(stamp)) + moment
    if view.sealed_in is not None and view.due is not None:
        return _(
            "In checkpoint no. %(n)d of %(due)s, which no outside authority had time-stamped when this page was made.",
            n=view.sealed_in,
            due=both_times(view.due),
        )
    if view.due is not None:
        return _("Not in a checkpoint yet: the next one is due %(due)s.", due=both_times(view.due))
    return _("Not in a checkpoint.")


def both_times(moment: datetime) -> str:
    """In the reader's zone, and in UTC."""
    return f"{local_datetime(moment)} ({get_timezone()}), {_utc(moment)}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
