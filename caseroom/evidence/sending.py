"""Giving a pack over HTTP, streamed: the one answer of the page's link and of the API.

The plan, and with it every refusal, comes before the first byte. What follows is written while it is sent. A browser
that goes away ends it, and so does the removal of the person; what was sent until then is no zip."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing

from flask import Response, request

from caseroom.db import Database
from caseroom.errors import invalid_field
from caseroom.evidence.disclosing import plan_disclosure, write_disclosure
from caseroom.evidence.packing import PackPlan, plan_pack, write_pack
from caseroom.exhibits.sending import SANDBOX
from caseroom.ids import is_id
from caseroom.vault.age import Passphrase, Recipient, RecipientUnreadable, Stretching, encrypt, parse_recipient
from caseroom.web.edge import current_actor, database
from caseroom.web.i18n import language

log = logging.getLogger("caseroom.evidence")

ZIP, ENCRYPTED = "application/zip", "application/octet-stream"
MOST_LEFT_OUT = 200  # entries, by their ids in the address
SHORTEST_PASSPHRASE, LONGEST_PASSPHRASE = 12, 1000  # characters


def send_pack(case_id: str, *, to: Recipient | Passphrase | None = None) -> Response:
    """Answer the running request (GET, HEAD, POST) of the current actor with the pack of a case; with ``to``, as an age
    file. The query's ``files`` is 0 or 1 (default), ``without`` the id of an entry to leave out, as often as wanted.
    Raises NotFound, and Invalid for another value."""
    actor, files, store = current_actor(), _files_parameter(), database()
    with store.reading() as work:
        plan = plan_pack(work, actor, case_id, files=files, language=language(), without=_left_out())
    if to is None:
        return attach(_logged(write_pack(store, plan)), plan.filename, ZIP)
    return attach(_logged(_encrypted(store, plan, to)), f"{plan.filename}.age", ENCRYPTED)


def send_disclosure(exhibit_id: str) -> Response:
    """Answer the running request (GET, HEAD) of the current actor with the proof of an exhibit. Raises NotFound and
    Gone."""
    actor, store = current_actor(), database()
    with store.reading() as work:
        plan = plan_disclosure(work, actor, exhibit_id, language=language())
    return attach(_logged(write_disclosure(store, plan)), plan.filename, ZIP)


def _left_out() -> frozenset[str]:
    found = frozenset(request.args.getlist("without"))
    if not all(is_id(each) for each in found) or len(found) > MOST_LEFT_OUT:
        raise invalid_field("without", "unknown_value")
    return found


def stated_reader() -> Recipient | Passphrase:
    """For whom the running request's form wants a pack encrypted: ``recipient`` (age1...) or ``passphrase``. Raises
    Invalid, naming the field."""
    recipient, passphrase = request.form.get("recipient", "").strip(), request.form.get("passphrase", "")
    if recipient and passphrase:
        raise invalid_field("recipient", "one_of_two")
    if recipient:
        try:
            return parse_recipient(recipient)
        except RecipientUnreadable as error:
            raise invalid_field("recipient", "malformed") from error
    if not passphrase:
        raise invalid_field("passphrase", "missing")
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise invalid_field("passphrase", "too_short", shortest=SHORTEST_PASSPHRASE)
    if len(passphrase) > LONGEST_PASSPHRASE:
        raise invalid_field("passphrase", "too_long", longest=LONGEST_PASSPHRASE)
    return Passphrase(passphrase)


def attach(body: Iterator[bytes], filename: str, media: str) -> Response:
    """A download of unknown length. ``filename`` is plain ASCII without quotes."""
    response = Response(body, content_type=media, direct_passthrough=True)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def _files_parameter() -> bool:
    given = request.args.getlist("files") or ["1"]
    if given not in (["0"], ["1"]):
        raise invalid_field("files", "unknown_value")
    return given == ["1"]


def _encrypted(store: Database, plan: PackPlan, to: Recipient | Passphrase) -> Iterator[bytes]:
    with closing(write_pack(store, plan)) as pieces:
        yield from encrypt(pieces, to, stretching=store.tool(Stretching))


def _logged(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Tell the operator that a download ended early through us: the person sees only that it did."""
    try:
        yield from pieces
    except Exception:
        log.exception("a pack ended early")
        raise
