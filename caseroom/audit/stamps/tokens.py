"""Checking one time stamp: a response of an authority (RFC 3161 §2.4.2) against the bytes it is said to stamp.

First rfc3161-client; where that cannot read the encoding, the ``openssl`` command. What neither can read is called
unreadable and nothing worse: an odd encoding is no forgery (docs/evidence.md §17)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from rfc3161_client import (
    Accuracy,
    PKIStatus,
    TimeStampRequest,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from caseroom.audit.stamps import openssl

UNSTATED_ACCURACY = timedelta(seconds=1)  # docs/evidence.md §10 step 6

# The library tells what its own OpenSSL found in one sentence. These reasons are verdicts; others ("signer certificate
# not found", "unsupported...") say that it could not judge.
_VERDICT = re.compile(r'reason: "(certificate verify error|digest failure|signature failure)"')
_JUDGING = "Error while verifying certificates"
# Not granted as asked, yet with a valid token in it (RFC 3161 §2.4.2), which the library does not look at; and a token
# whose authority's certificate is nowhere to be had.
_NOT_JUDGED = ("PKIStatus is not GRANTED", "Certificates neither found")


class Verdict(StrEnum):
    """``good``; ``wrong``: read and false, or a refusal; ``unreadable``: nobody here can tell."""

    GOOD = "good"
    WRONG = "wrong"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One response, judged. ``gen_time`` (aware UTC) and what follows are what the token states: to be believed only
    where it is good. ``checked_with`` is ``library``, ``openssl``, or empty where nobody could read it."""

    state: Verdict
    gen_time: datetime | None = None
    accuracy: timedelta = UNSTATED_ACCURACY
    serial: int | None = None
    policy: str = ""
    checked_with: str = ""
    reason: str = ""


def check_token(
    response: bytes,
    note: bytes,
    *,
    roots: Sequence[Certificate],
    certificates: Sequence[Certificate] = (),
    request: TimeStampRequest | None = None,
) -> Checked:
    """Judge a response (its DER or BER bytes, as received) over the bytes of a signed note.

    ``roots``: the only certificates that are trusted; the chain is checked as of the token's own time.
    ``certificates``: the authority's, for tokens that do not carry it; never trusted by themselves.
    ``request``: what was asked, and then its nonce must come back. Raises nothing."""
    if not roots:
        return Checked(state=Verdict.UNREADABLE, reason="there is no root to check it against")
    # A self-signed one among these would be a root to the library, which puts them into its list of trusted ones.
    others = [each for each in certificates if each.issuer != each.subject]
    try:
        decoded = decode_timestamp_response(response)
        if decoded.status not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
            return Checked(state=Verdict.WRONG, checked_with="library", reason="the authority refused")
        stated = _stated(decoded)
    except ValueError:
        return _with_openssl(response, note, roots=roots, certificates=others, request=request)
    reason = _failure(decoded, note, roots=roots, certificates=others, request=request)
    if reason is None:
        return _with_openssl(response, note, roots=roots, certificates=others, request=request)
    return replace(stated, state=Verdict.WRONG if reason else Verdict.GOOD, reason=reason)


def _stated(decoded: TimeStampResponse) -> Checked:
    """What the token states. Raises ValueError where the library cannot read it."""
    info = decoded.tst_info
    return Checked(
        state=Verdict.UNREADABLE,
        gen_time=info.gen_time,
        accuracy=_duration(info.accuracy),
        serial=info.serial_number,
        policy=info.policy.dotted_string,
        checked_with="library",
    )


def _duration(accuracy: Accuracy | None) -> timedelta:
    if accuracy is None:
        return UNSTATED_ACCURACY
    return timedelta(
        seconds=accuracy.seconds or 0, milliseconds=accuracy.millis or 0, microseconds=accuracy.micros or 0
    )


def _failure(
    decoded: TimeStampResponse,
    note: bytes,
    *,
    roots: Sequence[Certificate],
    certificates: Sequence[Certificate],
    request: TimeStampRequest | None,
) -> str | None:
    """Why the library finds a token false; empty where it is good, None where it could not judge."""
    nonce = None if request is None else request.nonce
    reason: str | None = None
    # The library takes one certificate of an authority; a bundle may hold those of several.
    for authority in certificates if certificates and not decoded.signed_data.certificates else [None]:
        verifier = VerifierBuilder(roots=list(roots), tsa_certificate=authority, nonce=nonce).build()
        try:
            verifier.verify_message(decoded, note)
        except VerificationError as error:
            reason = reason or _verdict(str(error))
        except ValueError:
            continue
        else:
            return ""
    return reason


def _verdict(message: str) -> str | None:
    if message.startswith(_JUDGING):
        found = _VERDICT.search(message)
        return found[1] if found else None
    return None if message.startswith(_NOT_JUDGED) else message


def _with_openssl(
    response: bytes,
    note: bytes,
    *,
    roots: Sequence[Certificate],
    certificates: Sequence[Certificate],
    request: TimeStampRequest | None,
) -> Checked:
    described = openssl.describe(response)
    if described is None:
        return Checked(state=Verdict.UNREADABLE, reason="neither the library nor openssl can read it")
    if not described.granted or described.gen_time is None:
        return Checked(state=Verdict.WRONG, checked_with="openssl", reason="the authority refused")
    stated = Checked(
        state=Verdict.UNREADABLE,
        gen_time=described.gen_time,
        accuracy=UNSTATED_ACCURACY if described.accuracy is None else described.accuracy,
        serial=described.serial,
        policy=described.policy or "",
        checked_with="openssl",
    )
    opinion, reason = openssl.verify(
        response,
        note,
        gen_time=described.gen_time,
        roots=[each.public_bytes(Encoding.PEM) for each in roots],
        certificates=[each.public_bytes(Encoding.PEM) for each in certificates],
        request=None if request is None else request.as_bytes(),
    )
    states = {
        openssl.Opinion.GOOD: Verdict.GOOD,
        openssl.Opinion.FALSE: Verdict.WRONG,
        openssl.Opinion.UNCLEAR: Verdict.UNREADABLE,
    }
    return replace(stated, state=states[opinion], reason=reason)
