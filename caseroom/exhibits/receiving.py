"""Taking one exhibit from an HTTP request (multipart/form-data, RFC 7578), for the page and for the API.

The body is read once, in blocks, and the file's bytes go straight into the sealed object. Flask's own form parsing is
not used: it forgives a body that was cut, and here a cut body must not look like an empty form. Whatever goes wrong
before the commit leaves nothing behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from flask import request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from caseroom.audit.seen import Seen
from caseroom.cases.text import MAX_LINE, clean_line
from caseroom.db import Step
from caseroom.errors import Invalid, Malformed, TooLarge, UnsupportedType, invalid_field
from caseroom.exhibits.intake import Intake
from caseroom.exhibits.services import Filed, NewExhibit, begin_filing, examine, file_exhibit
from caseroom.exhibits.types import check_filename
from caseroom.web.edge import current_actor, database, settings

BLOCK = 64 * 1024  # bytes read at a time
MOST_PARTS = 16
MOST_TEXT = 16 * 1024  # bytes of one field that is not the file, and of a part's headers
ENVELOPE = 1024 * 1024  # bytes of a body that are not the file: boundaries, headers, fields

TEXT_FIELDS = frozenset({"title", "size", "csrf_token"})
_NUMBER = re.compile(r"[0-9]{1,19}")


def receive_exhibit(room_id: str, *, audience: str | None, client_id: str | None, seen: Seen | None) -> Filed:
    """File the one ``file`` of the running request in a room, for the current actor.

    Fields: ``file``; ``title`` (default: the name without its ending); ``size`` in bytes, checked where it is given.
    Room and readers are proved before a byte of the body is read, and again after the last one. Raises what
    ``file_exhibit`` raises, UnsupportedType (``multipart_expected``), TooLarge, Malformed (``malformed_upload`` for a
    body that was cut or cannot be read, ``size_mismatch``), Conflict (``history_differs``), LedgerHalted, Invalid
    (``file_required``, ``one_file_per_request``, ``empty_file``, ``bad_filename``, ``refused_type``, or fields)."""
    actor = current_actor()
    boundary = _check_envelope()
    with database().reading() as work:
        intake = begin_filing(work, actor, room_id, audience=audience)
    committed: list[Filed] = []
    try:
        form = _Form(intake)
        for event in _events(boundary):
            form.take(event)
        filename = form.checked_filename()
        received = intake.keep()
        form.check_size(received.size)
        filename, kind = examine(received, filename)
        command = NewExhibit(
            filename=filename, kind=kind, title=form.title, audience=audience, client_id=client_id, seen=seen
        )
        with database().unit_of_work() as work:
            # The first thing after the commit: from then on the file belongs to the record, whatever fails later.
            work.after_commit(Step.SEAL, lambda: committed.append(filed))
            filed = file_exhibit(work, actor, room_id, command, received)
        return filed
    finally:
        if not committed or committed[0].replayed:
            intake.discard()


def _check_envelope() -> bytes:
    """Refuse what can be refused by the headers alone; return the boundary of the parts."""
    if request.mimetype != "multipart/form-data":
        raise UnsupportedType("multipart_expected")
    largest = settings().max_exhibit_bytes
    request.max_content_length = largest + ENVELOPE
    if request.content_length is not None and request.content_length > request.max_content_length:
        raise TooLarge(largest=largest)
    try:
        boundary = request.mimetype_params.get("boundary", "").encode("ascii")
    except UnicodeEncodeError as error:
        raise Malformed("malformed_upload", reason="boundary") from error
    if not boundary:
        raise Malformed("malformed_upload", reason="no boundary")
    return boundary


def _events(boundary: bytes) -> Iterator[Event]:
    """The parts of the body as they come, ending with the Epilogue that proves that nothing was cut off."""
    decoder = MultipartDecoder(boundary, max_form_memory_size=BLOCK + MOST_TEXT, max_parts=MOST_PARTS)
    while True:
        events = _decoded(decoder, _next_block())
        yield from events
        if events and isinstance(events[-1], Epilogue):
            return


def _next_block() -> bytes:
    """Empty at the end of the body. A sender that goes away earlier is a broken upload."""
    try:
        return request.stream.read(BLOCK)
    except RequestEntityTooLarge as error:
        raise TooLarge(largest=settings().max_exhibit_bytes) from error
    except ClientDisconnected as error:
        raise Malformed("malformed_upload", reason="cut") from error


def _decoded(decoder: MultipartDecoder, block: bytes) -> list[Event]:
    """What is complete so far. Raises Malformed for what is not multipart, or is when the body ends before its parts
    do; also for headers beyond any measure, which the decoder calls too large."""
    events: list[Event] = []
    try:
        decoder.receive_data(block or None)
        while not isinstance(event := decoder.next_event(), NeedData):
            events.append(event)
            if isinstance(event, Epilogue):
                break
    except (RequestEntityTooLarge, ValueError) as error:
        raise Malformed("malformed_upload", reason=str(error)) from error
    return events


def _pass_over(data: bytes) -> None:
    """Where bytes go that belong to no part."""


class _Form:
    """The fields of one upload as they come, in whatever order."""

    def __init__(self, intake: Intake) -> None:
        self.title = ""
        self._intake = intake
        self._filename: str | None = None
        self._texts: dict[str, bytearray] = {}
        self._promised: list[int] = []
        self._write: Callable[[bytes], object] = _pass_over
        self._finish: Callable[[], None] = lambda: None

    def take(self, event: Event) -> None:
        match event:
            case File():
                self._begin_file(event.name, event.filename, event.headers)
            case Field():
                self._begin_text(event.name)
            case Data():
                self._write(event.data)
                if not event.more_data:
                    self._finish()
            case _:
                pass

    def checked_filename(self) -> str:
        if self._filename is None:
            raise Invalid("file_required")
        return self._filename

    def check_size(self, size: int) -> None:
        if any(promised != size for promised in self._promised):
            raise Malformed("size_mismatch")

    def _begin_file(self, name: str | None, filename: str, headers: Headers) -> None:
        if self._filename is not None:
            raise Invalid("one_file_per_request")
        if name != "file":
            raise _unknown(name)
        if not filename:  # how a form says that nobody chose a file
            raise Invalid("file_required")
        self._filename = check_filename(filename)
        if "Content-Length" in headers:
            self._promise(headers["Content-Length"], Malformed("malformed_upload", reason="length of a part"))
        self._write, self._finish = self._intake.write, lambda: None

    def _begin_text(self, name: str | None) -> None:
        if name == "file":  # a part without a file name is a text
            raise Invalid("file_required")
        if name not in TEXT_FIELDS or name in self._texts:
            raise _unknown(name)
        collected = self._texts[name] = bytearray()

        def write(data: bytes) -> None:
            if len(collected) + len(data) > MOST_TEXT:
                raise invalid_field(name, "too_long", longest=MAX_LINE)
            collected.extend(data)

        self._write, self._finish = write, lambda: self._end_text(name, collected)

    def _end_text(self, name: str, collected: bytearray) -> None:
        """Check a field where it ends: often that is before the file has been sent."""
        try:
            text = collected.decode()
        except UnicodeDecodeError as error:
            raise invalid_field(name, "bad_unicode") from error
        if name == "title" and text.strip():
            self.title = clean_line("title", text)
        if name == "size":
            self._promise(text, invalid_field("size", "wrong_type"))

    def _promise(self, text: str, refusal: Exception) -> None:
        if not _NUMBER.fullmatch(text):
            raise refusal
        size, largest = int(text), settings().max_exhibit_bytes
        if size > largest:
            raise TooLarge(largest=largest)
        self._promised.append(size)


def _unknown(name: str | None) -> Invalid:
    return invalid_field((name or "")[:40], "unknown_field")
