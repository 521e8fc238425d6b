"""What can go wrong for the person asking. Codes and data; the sentences live in ``web.errors``.

CaseroomError
  Malformed 400          the bytes are not what the call takes
  Unauthenticated 401    nobody is signed in
  SecondFactorRequired 401
  Forbidden 403          asked by somebody who may know that the thing exists
  NotFound 404           absent, or hidden from this person: never told apart
  Conflict 409
  Gone 410               was there and was erased: told to those who read its room
  AudienceChanged 412    the readers are no longer those the person saw
  TooLarge 413
  UnsupportedType 415
  Invalid 422            understood, and refused
  AudienceRequired 428   a post that does not say for whom it was written
  Throttled 429
  LedgerHalted 503       the ledger takes nothing new: the signer refuses, or does not answer
"""

from __future__ import annotations

from typing import Any, ClassVar


class CaseroomError(Exception):
    """Base. ``code`` is stable and documented; ``data`` may be shown to the person; ``reason`` only goes to the log."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "internal"

    def __init__(self, code: str | None = None, *, reason: str = "", **data: Any) -> None:
        self.code = code or self.default_code
        self.reason = reason
        self.data = data
        super().__init__(self.code if not reason else f"{self.code}: {reason}")


class Malformed(CaseroomError):
    status, default_code = 400, "malformed"


class Unauthenticated(CaseroomError):
    status, default_code = 401, "unauthenticated"


class SecondFactorRequired(CaseroomError):
    status, default_code = 401, "second_factor_required"


class Forbidden(CaseroomError):
    status, default_code = 403, "forbidden"


class NotFound(CaseroomError):
    """Carries no data: the answer must be the same bytes whether the thing is absent or hidden."""

    status, default_code = 404, "not_found"

    def __init__(self, *, reason: str = "") -> None:
        super().__init__(reason=reason)


class Conflict(CaseroomError):
    status, default_code = 409, "conflict"


class Gone(CaseroomError):
    """For readers of the room alone, who see the entry of the erasure; to everybody else the thing never was."""

    status, default_code = 410, "erased"


class AudienceChanged(CaseroomError):
    """``data``: ``audience`` (the new version) and ``readers`` (who reads the room now)."""

    status, default_code = 412, "audience_changed"


class TooLarge(CaseroomError):
    status, default_code = 413, "too_large"


class UnsupportedType(CaseroomError):
    status, default_code = 415, "unsupported_type"


class RangeNotSatisfiable(CaseroomError):
    """``data``: ``size`` in bytes."""

    status, default_code = 416, "range_not_satisfiable"


class Invalid(CaseroomError):
    """``data['errors']``: a list of ``{"field", "code", ...}`` where several fields may be wrong."""

    status, default_code = 422, "invalid"


class AudienceRequired(CaseroomError):
    status, default_code = 428, "audience_required"


class Throttled(CaseroomError):
    """``data['retry_after']``: seconds."""

    status, default_code = 429, "throttled"


class LedgerHalted(CaseroomError):
    """``ledger_halted``: the signer refuses this log, and will until somebody sees to it. ``signer_unavailable``: it
    does not answer. ``data``: ``kept``, true where the act is written and only its receipt is missing."""

    status, default_code = 503, "ledger_halted"


def invalid_field(field: str, code: str, **data: Any) -> Invalid:
    """One wrong field, in the shape that several wrong fields have."""
    return Invalid(errors=[{"field": field, "code": code, **data}])
