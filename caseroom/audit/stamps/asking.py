"""Asking an authority for a time stamp over HTTP (RFC 3161 §3.4). What leaves this server is a hash and a random
number; what comes back is believed only after ``tokens.check_token``.

Asked directly, without a proxy. Plain http is good enough for the answer, which is signed; credentials go over https
only."""

from __future__ import annotations

import base64
import http.client
import secrets
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from cryptography.x509 import Certificate
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimeStampRequest,
    TimestampRequestBuilder,
    decode_timestamp_response,
)

from caseroom import clock
from caseroom.audit.stamps.tokens import Checked, Verdict, check_token

TIMEOUT = 10.0  # seconds, to connect and again to answer
MOST_BYTES = 64 * 1024
LONGEST_LABEL = 200
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


class TsaFailed(Exception):
    """No time stamp this time. The message is for the operator's log: never a credential, never a person's content."""


class TsaUnreachable(TsaFailed):
    """Nobody answered, or a server that is not able to now: asking again for the next checkpoint is idle."""


class TsaRefused(TsaFailed):
    """An answer, but not the time stamp that was asked for."""


class Authority:
    """One authority: where it is, who we are to it, and when it was asked last. Its ``repr`` has no credentials."""

    def __init__(self, url: str, *, pause: float = 0, tls: ssl.SSLContext | None = None) -> None:
        """``url``: http or https, with ``user:password@`` over https alone; ``pause``: seconds between two requests of
        this process; ``tls``: the default is the system's roots, names checked. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not the URL of an authority")
        if "@" in parts.netloc and parts.scheme != "https":
            raise ValueError("credentials over http")
        self._https = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._credentials = _basic(parts.username, parts.password)
        self._tls = tls
        self._pause = timedelta(seconds=pause)
        self._asked: datetime | None = None
        self._turn = threading.Lock()
        # Without the query, where some authorities want a key.
        self.label = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:LONGEST_LABEL]

    def __repr__(self) -> str:
        return f"Authority({self.label})"

    def take_turn(self, now: datetime) -> bool:
        """True for whoever may ask now, who then calls ``end_turn``: one at a time, and no sooner than the pause."""
        if not self._turn.acquire(blocking=False):
            return False
        # A clock that was set back must not make the pause last for years.
        if self._asked is not None and self._asked <= now < self._asked + self._pause:
            self._turn.release()
            return False
        self._asked = now
        return True

    def end_turn(self) -> None:
        self._turn.release()

    def post(self, query: bytes) -> bytes:
        """Send an encoded TimeStampReq, return the bytes of the answer (at most 64 KiB, not looked into).

        Raises TsaUnreachable and TsaRefused."""
        connection = self._connection()
        headers = {"Content-Type": QUERY, "Accept": REPLY, "User-Agent": "caseroom", "Connection": "close"}
        try:
            connection.request("POST", self._target, body=query, headers=headers | self._credentials)
            # Closed here, or a refusal would leave the connection to the garbage collector.
            with closing(connection.getresponse()) as answer:
                _check_head(answer)
                return _body(answer)
        except TimeoutError as error:
            raise TsaUnreachable("it did not answer in time") from error
        except ssl.SSLCertVerificationError as error:
            raise TsaUnreachable(f"its TLS certificate is not valid: {error.verify_message}") from error
        except OSError as error:
            raise TsaUnreachable(f"no connection: {error.strerror or type(error).__name__}") from error
        except (http.client.HTTPException, ValueError) as error:
            raise TsaUnreachable("what answers there does not speak HTTP") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not self._https:
            return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT)
        tls = self._tls or ssl.create_default_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT, context=tls)


@dataclass(frozen=True, slots=True)
class Stamped:
    """A time stamp that was asked for and found good: both files as they are kept, and what the token states."""

    request: bytes
    response: bytes
    checked: Checked


def build_request(note: bytes) -> TimeStampRequest:
    """What to ask for the bytes of a signed note: their SHA-256, a nonce, and the authority's certificate."""
    return (
        TimestampRequestBuilder()
        .data(note)
        .hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )


def ask(authority: Authority, request: TimeStampRequest) -> bytes:
    """Return the response of an authority, not yet checked. Raises TsaUnreachable, or TsaRefused where it says no."""
    response = authority.post(request.as_bytes())
    try:
        decoded = decode_timestamp_response(response)
    except ValueError:
        return response  # whether it is one at all is for check_token to find out
    if decoded.status not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
        raise TsaRefused(f"it refused with status {int(decoded.status)}")
    return response


def obtain(authority: Authority, note: bytes, *, roots: Sequence[Certificate]) -> Stamped:
    """Ask for a time stamp over ``note`` and check it against ``roots``. Raises TsaUnreachable and TsaRefused."""
    request = build_request(note)
    response = ask(authority, request)
    checked = check_token(response, note, roots=roots, request=request)
    if checked.state is Verdict.UNREADABLE:
        raise TsaRefused(f"its answer cannot be checked here: {checked.reason}")
    if checked.state is Verdict.WRONG:
        raise TsaRefused(f"its answer is not accepted: {checked.reason}")
    return Stamped(request.as_bytes(), response, checked)


def clock_difference(authority: Authority, *, roots: Sequence[Certificate]) -> timedelta:
    """How far this machine's clock is ahead of the authority's (negative: behind), to within accuracy and the time
    the answer took. Stamps random bytes. Raises TsaUnreachable and TsaRefused."""
    stamped = obtain(authority, secrets.token_bytes(32), roots=roots)
    if stamped.checked.gen_time is None:
        raise TsaRefused("its answer has no time")
    return clock.now() - stamped.checked.gen_time


def _basic(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _check_head(answer: http.client.HTTPResponse) -> None:
    """Redirects are answers like any other: who is asked stands in the settings."""
    if answer.status == http.HTTPStatus.TOO_MANY_REQUESTS or answer.status >= 500:
        raise TsaUnreachable(f"it answered HTTP {answer.status}")
    if answer.status != http.HTTPStatus.OK:
        raise TsaRefused(f"it answered HTTP {answer.status}")
    if answer.headers.get_content_type() != REPLY:
        raise TsaRefused("its answer is no time stamp")


def _body(answer: http.client.HTTPResponse) -> bytes:
    """At most MOST_BYTES, and not dripped: an authority that takes its time must not hold up the others."""
    until, body = time.monotonic() + TIMEOUT, bytearray()
    while part := answer.read1(MOST_BYTES + 1 - len(body)):
        body += part
        if len(body) > MOST_BYTES:
            raise TsaRefused("its answer is too long")
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(body)
