"""Giving an exhibit's bytes to one of its readers, over HTTP: the one answer of the page's link and of the API.

Always as an attachment, under the type that was found and never a guessed one, in a sandbox: what somebody filed must
not run in the case room's origin. One range is honoured (RFC 9110 §14), so that a broken download goes on where it
stopped and a player can jump."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from flask import Response, request

from caseroom.access.actor import Actor
from caseroom.errors import RangeNotSatisfiable
from caseroom.exhibits.queries import Content, open_content
from caseroom.exhibits.services import record_download
from caseroom.web.edge import current_actor, database

_RANGE = re.compile(r"bytes=[ \t]*(?P<first>[0-9]{0,100})-(?P<last>[0-9]{0,100})[ \t]*", re.IGNORECASE)
_RISKY = re.compile(r"[^ !#$&'()+\-.0-9=@A-Z\[\]^_`a-z{}~]")  # in a quoted name: some programs split or decode there
_ATTR_CHAR = "!#$&+-.^_`|~"  # RFC 5987: what stands unquoted in an extended value, besides letters and digits
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class Span(NamedTuple):
    """Bytes ``start`` to ``end`` (exclusive) of a file."""

    start: int
    end: int


def send_exhibit(exhibit_id: str) -> Response:
    """Answer the running request (GET or HEAD) of the current actor with an exhibit's bytes.

    A GET that takes the first byte, or any byte of a file this person took none of before, is a download: it is written
    in the room's ledger before the bytes leave. The rest of the same file, asked for by range, is not written again.
    Raises Unauthenticated, NotFound, and RangeNotSatisfiable (416) where the file does not have the part asked for."""
    actor = current_actor()
    with database().reading() as work:
        content = open_content(work, actor, exhibit_id)
    try:
        return _answer(actor, exhibit_id, content)
    except BaseException:
        content.close()
        raise


def _answer(actor: Actor, exhibit_id: str, content: Content) -> Response:
    etag = f'"{content.facts.sha256}"'
    if request.if_none_match.contains_weak(content.facts.sha256):
        content.close()
        return Response(status=304, headers={"ETag": etag})
    span = requested_span(content.size, etag=etag)
    whole = span or Span(0, content.size)
    if request.method == "HEAD":
        content.close()
        body: Iterator[bytes] = iter(())
    else:
        with database().unit_of_work() as work:
            record_download(work, actor, exhibit_id, from_start=whole.start == 0)
        body = _bytes_of(content, whole)
    response = Response(body, status=206 if span else 200, content_type=content.facts.type, direct_passthrough=True)
    response.call_on_close(content.close)
    response.headers["Content-Length"] = str(whole.end - whole.start)
    response.headers["Content-Disposition"] = attachment(content.facts.filename)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = etag
    if span:
        response.headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{content.size}"
    return response


def requested_span(size: int, *, etag: str) -> Span | None:
    """The one range of the running request in a file of ``size`` bytes, or None where the whole file is the answer:
    no range, several, one out of shape, another method than GET, or an ``If-Range`` that names another version (a
    date too: there is none to compare with). Raises RangeNotSatisfiable."""
    header = request.headers.get("Range")
    if header is None or request.method != "GET" or request.headers.get("If-Range", etag).strip() != etag:
        return None
    match = _RANGE.fullmatch(header.strip())
    if match is None or match["first"] == match["last"] == "":
        return None
    if match["first"] == "":
        length = min(int(match["last"]), size)
        return _satisfiable(Span(size - length, size), size)
    first, last = int(match["first"]), int(match["last"]) if match["last"] else size - 1
    if match["last"] and last < first:
        return None
    return _satisfiable(Span(first, min(last + 1, size)), size)


def _satisfiable(span: Span, size: int) -> Span:
    if span.start >= span.end:
        raise RangeNotSatisfiable(size=size)
    return span


def attachment(filename: str) -> str:
    """The value of ``Content-Disposition`` (RFC 6266): the name in UTF-8, after a plain one for programs that know no
    better. The plain one has no quotes, backslashes or percent signs, which such programs read in their own way."""
    plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    plain = _RISKY.sub("_", plain).strip()
    stem, dot, ending = plain.rpartition(".") if "." in plain else (plain, "", "")
    if not stem.strip(" ._"):  # nothing was left of a name in another script
        plain = f"exhibit{dot}{ending}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe=_ATTR_CHAR)}"


def _bytes_of(content: Content, span: Span) -> Iterator[bytes]:
    try:
        yield from content.read(span.start, span.end)
    finally:
        content.close()
