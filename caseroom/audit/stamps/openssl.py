"""The ``openssl`` command, the second opinion on time stamps.

The library refuses encodings that public authorities do send (docs/evidence.md §17); OpenSSL reads BER as well as DER.
It is used where it is present and missed where it is not: then such a token counts as unreadable, never as wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

SECONDS = 20  # for one call, which takes some milliseconds

# Only these say that the token was understood and is false; any other failure is one of understanding.
_FALSE = (
    "certificate verify error",
    "digest failure",
    "ess cert id not found",
    "ess cert id wrong order",
    "ess signing certificate error",
    "message imprint mismatch",
    "nonce mismatch",
    "nonce not returned",
    "policy mismatch",
    "signature failure",
)
_TIME = re.compile(
    r"^Time stamp: (?P<month>[A-Z][a-z]{2}) +(?P<day>\d+) (?P<clock>\d\d:\d\d:\d\d)(?P<part>\.\d{1,6})? (?P<year>\d{4})"
)
_ACCURACY = re.compile(r"(?:0x(?P<seconds>[0-9A-F]+)|unspecified) seconds, (?P<rest>.*)")


class Opinion(Enum):
    """What OpenSSL makes of a token."""

    GOOD = "good"
    FALSE = "false"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Described:
    """What a response says of itself, unverified. ``status`` in OpenSSL's words, ``gen_time`` aware UTC; without a
    token everything but ``status`` is None. ``accuracy`` is None where the token does not state it."""

    status: str
    gen_time: datetime | None = None
    accuracy: timedelta | None = None
    serial: int | None = None
    policy: str | None = None

    @property
    def granted(self) -> bool:
        return self.status.startswith("Granted")


def openssl_path() -> str | None:
    """Where the ``openssl`` command is, None where there is none."""
    return shutil.which("openssl")


def describe(response: bytes) -> Described | None:
    """Read a response's own words. None where OpenSSL is missing or cannot read it either."""
    with tempfile.TemporaryDirectory(prefix="caseroom-tsr-") as folder:
        file = _write(Path(folder) / "response.tsr", response)
        done = _run(["ts", "-reply", "-in", str(file), "-text"])
    if done is None or done.returncode != 0:
        return None
    return _parse(done.stdout.decode("utf-8", "replace"))


def verify(
    response: bytes,
    note: bytes,
    *,
    gen_time: datetime,
    roots: Sequence[bytes],
    certificates: Sequence[bytes] = (),
    request: bytes | None = None,
) -> tuple[Opinion, str]:
    """Have ``openssl ts -verify`` judge a response over ``note``, certificates as of ``gen_time`` (aware).

    ``roots`` and ``certificates`` (untrusted, for a token without its own) are PEM. With ``request`` the nonce is
    compared as well. Returns the opinion, and OpenSSL's reason where it is not good."""
    with tempfile.TemporaryDirectory(prefix="caseroom-tsr-") as name:
        folder = Path(name)
        line = ["ts", "-verify", "-in", str(_write(folder / "response.tsr", response))]
        line += ["-CAfile", str(_write(folder / "roots.pem", b"\n".join(roots)))]
        line += ["-attime", str(int(gen_time.timestamp()))]
        if certificates:
            line += ["-untrusted", str(_write(folder / "certificates.pem", b"\n".join(certificates)))]
        data = ["-data", str(_write(folder / "note", note))]
        asked = ["-queryfile", str(_write(folder / "request.tsq", request))] if request is not None else None
        # One call compares either the data or the request; both are to fit.
        for what in (data, asked):
            if what is None:
                continue
            done = _run([*line, *what])
            if done is None:
                return Opinion.UNCLEAR, "there is no openssl here"
            if done.returncode != 0:
                return _opinion(done.stderr.decode("utf-8", "replace"))
    return Opinion.GOOD, ""


def _opinion(errors: str) -> tuple[Opinion, str]:
    known = next((reason for reason in _FALSE if reason in errors), None)
    return (Opinion.UNCLEAR, "openssl cannot read it") if known is None else (Opinion.FALSE, known)


def _run(arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes] | None:
    """None where OpenSSL is missing or does not come to an end. Under green threads others go on meanwhile."""
    program = openssl_path()
    if program is None:
        return None
    # Our settings hold credentials, and are none of its business.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASEROOM_")}
    try:
        return subprocess.run(  # noqa: S603 - a fixed program; the arguments are ours and names of our own files
            [program, *arguments],
            capture_output=True,
            check=False,
            env=environment | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _parse(text: str) -> Described | None:
    """The fields of ``openssl ts -reply -text``."""
    lines = {name: value for name, _, value in (line.partition(": ") for line in text.splitlines())}
    status = lines.get("Status", "").rstrip(".")
    if not status:
        return None
    moment = next((match for match in map(_TIME.match, text.splitlines()) if match), None)
    if moment is None:
        return Described(status)
    return Described(
        status,
        gen_time=_instant(moment),
        accuracy=_accuracy(lines.get("Accuracy", "")),
        serial=_serial(lines.get("Serial number", "")),
        policy=lines.get("Policy OID"),
    )


def _instant(moment: re.Match[str]) -> datetime:
    # Not with %b, which follows the locale of this process.
    month = "JanFebMarAprMayJunJulAugSepOctNovDec".index(moment["month"]) // 3 + 1
    whole = datetime.fromisoformat(f"{moment['year']}-{month:02}-{int(moment['day']):02}T{moment['clock']}")
    return whole.replace(tzinfo=UTC) + timedelta(seconds=float(moment["part"] or 0))


def _accuracy(text: str) -> timedelta | None:
    match = _ACCURACY.match(text)
    if match is None:
        return None
    parts = {unit: int(value, 16) for value, unit in re.findall(r"0x([0-9A-F]+) (millis|micros)", match["rest"])}
    return timedelta(
        seconds=int(match["seconds"] or "0", 16),
        milliseconds=parts.get("millis", 0),
        microseconds=parts.get("micros", 0),
    )


def _serial(text: str) -> int | None:
    match = re.fullmatch(r"0x(-?[0-9A-F]+)", text)
    return int(match[1], 16) if match else None
