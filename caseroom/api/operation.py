"""What one call of the API is: what it takes, every status it can answer, and the codes of its refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

Refusals = Mapping[int, tuple[str, ...]]

ALWAYS: Refusals = {401: ("unauthenticated",), 403: ("view_as_unavailable",)}
CHANGES: Refusals = {400: ("csrf",)}
JSON_BODY: Refusals = {
    400: ("malformed_json",),
    413: ("too_large",),
    415: ("json_expected",),
    422: ("invalid",),
}
HIDDEN: Refusals = {404: ("not_found",)}
STEERS: Refusals = {403: ("not_a_steward", "case_closed", "other_sides_people")}
HALTS: Refusals = {503: ("ledger_halted", "signer_unavailable")}
WRITES: Refusals = {
    400: ("malformed_client_id",),
    403: ("room_closed", "observers_read_only"),
    409: ("history_differs",),
    412: ("audience_changed",),
    422: ("idempotency_conflict",),
    428: ("audience_required",),
}
SECOND_FACTOR: Refusals = {401: ("second_factor_required",), 422: ("invalid",), 429: ("throttled",)}
ERASES: Refusals = {
    403: (
        "cannot_be_erased",
        "cannot_destroy_room",
        "case_open",
        "joint_room_stays",
        "not_a_steward",
        "other_sides_people",
    ),
    409: ("already_asked", "already_erased", "no_second_person", "participant_still_here"),
}
FILE_HEADERS = ("DigestETag", "AcceptRanges", "ContentDisposition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """``model`` for JSON; ``media`` for other content, ``*/*`` for an exhibit's own; neither for no content."""

    meaning: str
    model: type[BaseModel] | None = None
    media: str = ""
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``parameters`` and ``headers`` are names of the document's shared components."""

    method: str
    path: str
    name: str
    summary: str
    successes: Mapping[int, Success]
    parameters: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    upload: bool = False
    public: bool = False
    refusals: tuple[Refusals, ...] = field(default=())

    def codes(self) -> dict[int, tuple[str, ...]]:
        """Every refusal by status, in order."""
        found: dict[int, tuple[str, ...]] = {}
        for refusals in () if self.public else (ALWAYS, *self.refusals):
            for status, codes in refusals.items():
                found[status] = (*found.get(status, ()), *codes)
        return dict(sorted(found.items()))
