"""What the API takes: one strict model per body, and the parameters of addresses and headers.

The models decide types and names; what a text may hold is decided once, by the services. Their findings and the models'
have one shape: ``{"field": "sides.0.label", "code": "missing"}``."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from caseroom.access.words import CaseKind, Role
from caseroom.accounts.fields import MOST_NAME
from caseroom.audit.seen import Seen
from caseroom.cases.templates import MAX_SIDES, MIN_SIDES
from caseroom.cases.text import MAX_LINE
from caseroom.config import LOCALES
from caseroom.errors import Invalid, Malformed, invalid_field
from caseroom.retention.records import LONGEST_REASON
from caseroom.retention.words import Basis, Level
from caseroom.rooms.queries import MOST
from caseroom.rooms.services import CLIENT_ID, LONGEST_MESSAGE
from caseroom.web.edge import json_body

LARGEST_SEQ = 2**53 - 1  # what every JSON reader holds exactly
ANY_AUDIENCE = "*"  # no version is ever this: the answer is 412 with the present readers

M = TypeVar("M", bound="Body")

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


def _line(longest: int, description: str) -> Any:
    """A line of text. The lengths are documented here and measured by ``cases.text``, after trimming."""
    return Field(description=description, json_schema_extra={"minLength": 1, "maxLength": longest})


def _must_be_true(schema: dict[str, Any]) -> None:
    schema.pop("default", None)
    schema["const"] = True


class Body(BaseModel):
    """A JSON object whose every member is known."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class NewSide(Body):
    label: str = _line(MAX_LINE, "How the side is called in this case.")


class Opener(Body):
    role: Annotated[Role, Field(strict=False)] = Field(
        default=Role.NEUTRAL, description="What the caller is in the case; `counsel` only where counsel steer."
    )
    side: int | None = Field(default=None, description="An index into `sides`, for counsel.")


class NewCaseBody(Body):
    kind: Annotated[CaseKind, Field(strict=False)]
    title: str = _line(MAX_LINE, "One line.")
    language: str = Field(
        description="The language of room titles and exhibit labels.", json_schema_extra={"enum": list(LOCALES)}
    )
    sides: list[NewSide] = Field(json_schema_extra={"minItems": MIN_SIDES, "maxItems": MAX_SIDES})
    me: Opener = Opener()


class NewParticipantBody(Body):
    email: str = Field(
        description="The link works for this address alone.", json_schema_extra={"format": "email", "maxLength": 254}
    )
    name: str = _line(MOST_NAME, "As the others will read it.")
    role: Annotated[Role, Field(strict=False)]
    side_id: Id | None = Field(default=None, description="Required for `party` and `counsel`, allowed for `expert`.")


class AcceptBody(Body):
    """``undertaking`` has a default so that leaving it out gets the same sentence as refusing it."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema.update(required=["undertaking"]))

    undertaking: bool = Field(
        default=False,
        description="That the undertaking of confidentiality is accepted, in the caller's language.",
        json_schema_extra=_must_be_true,
    )


class NewMessageBody(Body):
    body: str = Field(
        description="Plain text; it is kept as written, with \\n at line ends.",
        json_schema_extra={"minLength": 1, "maxLength": LONGEST_MESSAGE},
    )
    quotes: Id | None = Field(default=None, description="The id of an entry of the same room.")


class NewErasureBody(Body):
    of: Id = Field(description="The id of an entry, of a room, or of the closed case itself.")
    basis: Annotated[Basis, Field(strict=False)] = Field(description="On what ground; never `retention`.")
    reason: str = Field(default="", json_schema_extra={"maxLength": LONGEST_REASON})
    level: Annotated[Level, Field(strict=False)] | None = Field(
        default=None, description="Where stated, it has to be that of what `of` names."
    )


def read_body(model: type[M]) -> M:
    """Read the running request's JSON. Raises UnsupportedType, Malformed, Invalid with every wrong field."""
    value = json_body()
    if not isinstance(value, dict):
        raise invalid_field("", "wrong_type")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise Invalid(errors=[_finding(each) for each in found]) from error


# What pydantic calls it -> (our code, the member of its context that the sentence needs).
_CODES = {
    "enum": "unknown_value",
    "extra_forbidden": "unknown_field",
    "missing": "missing",
    "string_pattern_mismatch": "unknown_value",  # an id out of shape is as unknown as one that is not there
    "string_unicode": "bad_unicode",
}


def _finding(error: Any) -> dict[str, Any]:
    """Everything that is not in the table is of the wrong type: the models state nothing but types."""
    path = ".".join(str(part) for part in error["loc"])
    return {"field": path.encode(errors="replace").decode()[:100], "code": _CODES.get(error["type"], "wrong_type")}


def stated_audience() -> str | None:
    """The audience version in ``If-Match``: one strong entity tag (RFC 9110 §13.1.1), without its quotes. None where
    there is no header; a value that names no single version is ``*``, which never matches."""
    values = request.headers.getlist("If-Match")
    if not values:
        return None
    match = re.fullmatch(r'[ \t]*"([!#-~\x80-\xff]+)"[ \t]*', values[0]) if len(values) == 1 else None
    return match[1] if match else ANY_AUDIENCE


def idempotency_key() -> str | None:
    """``Idempotency-Key``, or None. Raises Malformed for one out of shape."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not CLIENT_ID.fullmatch(key):
        raise Malformed("malformed_client_id")
    return key


def stated_seen() -> Seen | None:
    """``Case-Seen: <size> <root>``: the last checkpoint of the case that the client checked; or None. Raises
    Invalid."""
    header = request.headers.get("Case-Seen")
    return None if header is None else Seen.parse(header)


def number_parameter(name: str, *, default: int, least: int, most: int) -> int:
    """A whole number in the query. Raises Invalid naming the parameter."""
    given = request.args.getlist(name)
    if not given:
        return default
    if len(given) > 1 or not re.fullmatch(r"-?[0-9]{1,16}", given[0]):
        raise invalid_field(name, "wrong_type")
    number = int(given[0])
    if not least <= number <= most:
        raise invalid_field(name, "out_of_range")
    return number


def limit_parameter(default: int = MOST) -> int:
    return number_parameter("limit", default=default, least=1, most=MOST)
