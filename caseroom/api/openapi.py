"""The OpenAPI 3.1 document, made from the models and the table of calls."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from caseroom.api.identity import PREFIX
from caseroom.api.operation import Operation, Success
from caseroom.api.operations import OPERATIONS
from caseroom.rooms.queries import MOST
from caseroom.rooms.services import CLIENT_ID

PROBLEM = "application/problem+json"
_ID = {"type": "string", "pattern": "^[0-9a-f]{32}$"}


def describe_api(origin: str) -> dict[str, Any]:
    """Return the document for an instance at ``origin``."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Caseroom",
            "version": "1",
            "description": "Case rooms: who reads what, said and filed with proof. Absent and forbidden are the same "
            "404. Times are UTC. Lists are `{items, next}`.",
        },
        "servers": [{"url": f"{origin}{PREFIX}"}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "schemas": {**_model_schemas(), "Problem": problem_schema()},
            "parameters": _parameters(),
            "headers": _headers(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Printed by `python -m caseroom token --email E`.",
                }
            },
        },
    }


def problem_codes() -> list[str]:
    """Every code that a call of the table can answer, and those of addresses outside it."""
    listed = {code for operation in OPERATIONS for codes in operation.codes().values() for code in codes}
    return sorted(listed | {"method_not_allowed", "not_found", "internal"})


def problem_schema() -> dict[str, Any]:
    """RFC 9457, with a stable ``code``; further members depend on it."""
    reader = {"$ref": "#/components/schemas/Reader"}
    finding = {
        "type": "object",
        "properties": {"field": {"type": "string"}, "code": {"type": "string"}, "title": {"type": "string"}},
        "required": ["field", "code", "title"],
    }
    return {
        "type": "object",
        "properties": {
            "type": {"const": "about:blank"},
            "status": {"type": "integer"},
            "code": {"enum": problem_codes()},
            "title": {"type": "string", "description": "For people, in the caller's language."},
            "errors": {"type": "array", "items": finding, "description": "With `invalid`: each wrong field."},
            "audience": {"type": "string", "description": "With `audience_changed`: the present version."},
            "readers": {"type": "array", "items": reader, "description": "With `audience_changed`: who reads now."},
            "largest": {"type": "integer", "description": "With `too_large`: bytes."},
            "size": {"type": "integer", "description": "With `range_not_satisfiable`: bytes of the file."},
            "kept": {"type": "boolean", "description": "With 503: whether the act is written, its receipt to come."},
            "retry_after": {"type": "integer", "description": "Seconds, as in the header `Retry-After`."},
        },
        "required": ["type", "status", "code", "title"],
    }


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return paths


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary}
    if operation.public:
        described["security"] = []
    if operation.parameters:
        described["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in operation.parameters]
    if operation.body:
        schema = {"$ref": f"#/components/schemas/{operation.body.__name__}"}
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if operation.upload:
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _upload_schema()}}}
    described["responses"] = {
        **{str(status): _success(success) for status, success in operation.successes.items()},
        **{str(status): _refusal(status, codes) for status, codes in operation.codes().items()},
    }
    return described


def _upload_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "file": {"type": "string", "contentMediaType": "application/octet-stream", "contentEncoding": "binary"},
            "title": {"type": "string", "maxLength": 200, "description": "Default: the file's name."},
            "size": {"type": "string", "pattern": "^[0-9]{1,19}$", "description": "Bytes; checked where given."},
        },
        "required": ["file"],
        "additionalProperties": False,
    }


def _success(success: Success) -> dict[str, Any]:
    described: dict[str, Any] = {"description": success.meaning}
    if success.headers:
        described["headers"] = {
            HEADER_NAMES[name]: {"$ref": f"#/components/headers/{name}"} for name in success.headers
        }
    if success.model:
        reference = {"$ref": f"#/components/schemas/{schema_name(success.model)}"}
        described["content"] = {"application/json": {"schema": reference}}
    elif success.media:
        described["content"] = {success.media: {}}
    return described


def _refusal(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes)}",
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        described["headers"] = {"Content-Range": {"$ref": "#/components/headers/ContentRange"}}
    return described


def _models() -> Iterator[type[BaseModel]]:
    for operation in OPERATIONS:
        if operation.body:
            yield operation.body
        yield from (success.model for success in operation.successes.values() if success.model)


def _model_schemas() -> dict[str, Any]:
    wanted = [(model, "validation") for model in dict.fromkeys(_models())]
    _, document = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return dict(sorted(document["$defs"].items()))


def schema_name(model: type[BaseModel]) -> str:
    """As pydantic names it among the definitions: ``Page[Case]`` is ``Page_Case_``."""
    return model.__name__.replace("[", "_").replace("]", "_")


def _parameters() -> dict[str, Any]:
    in_path = {
        name: {"name": name_in_path, "in": "path", "required": True, "schema": _ID}
        for name, name_in_path in (
            ("CaseId", "case_id"),
            ("ParticipantId", "participant_id"),
            ("RoomId", "room_id"),
            ("EntryId", "entry_id"),
            ("ExhibitId", "exhibit_id"),
            ("ErasureId", "erasure_id"),
        )
    }
    code = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$"}
    sequence = {"type": "integer", "minimum": -1, "maximum": 2**53 - 1, "default": -1}
    limit = {"type": "integer", "minimum": 1, "maximum": MOST}
    key = {"type": "string", "pattern": f"^{CLIENT_ID.pattern}$"}
    return {
        **in_path,
        "Code": {"name": "code", "in": "path", "required": True, "schema": code},
        "AfterSeq": _query("after", sequence, "Entries after this number."),
        "AfterCase": _query("after", _ID, "Cases after this one in the list."),
        "Limit": _query("limit", limit, "How many at most."),
        "Files": _query("files", {"enum": [0, 1], "default": 1}, "0: without the exhibits' bytes."),
        "AtHead": _query("head", {"enum": [0, 1]}, "1: prove against the present head of the log."),
        "Since": _query(
            "since",
            {"type": "integer", "minimum": 0, "maximum": 2**53 - 1, "default": 0},
            "The number of epochs of the checkpoint that the caller holds; 0: none.",
        ),
        "Without": {
            **_query("without", {"type": "array", "items": _ID, "maxItems": 200}, "Ids of entries to leave out."),
            "explode": True,
        },
        "IfMatch": _header(
            "If-Match",
            {"type": "string"},
            'The audience version the caller saw, as one strong entity tag: `"<audience>"`. Missing: 428. Anything '
            "else than the present one, `*` included: 412 with the present readers.",
        ),
        "IdempotencyKey": _header(
            "Idempotency-Key",
            key,
            "Per person and room, kept 24 h: the same body gets the first answer again, another one 422.",
        ),
        "SecondFactor": _header(
            "Second-Factor",
            {"type": "string", "pattern": "^[0-9]{6}$"},
            "The six digits of the caller's code application, each good for one act. Missing: 401.",
        ),
        "CaseSeen": _header(
            "Case-Seen",
            {"type": "string", "pattern": "^[0-9]{1,9} [0-9a-f]{64}$"},
            "`<size> <root>` of the last case checkpoint that the client saw and checked: the entry states it. 409 "
            "where the server's history does not extend it.",
        ),
        "Range": _header("Range", {"type": "string"}, "One range of bytes; several get the whole file."),
        "IfRange": _header("If-Range", {"type": "string"}, "The `ETag` that the range is of."),
        "IfNoneMatch": _header("If-None-Match", {"type": "string"}, "The `ETag` of bytes that the caller has."),
    }


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _header(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


HEADER_NAMES = {
    "AcceptRanges": "Accept-Ranges",
    "AudienceETag": "ETag",
    "ContentDisposition": "Content-Disposition",
    "ContentRange": "Content-Range",
    "DigestETag": "ETag",
    "IdempotentReplayed": "Idempotent-Replayed",
    "Location": "Location",
}


def _headers() -> dict[str, Any]:
    meanings = {
        "AcceptRanges": "`bytes`",
        "AudienceETag": "The audience version in quotes, to be given back as `If-Match`.",
        "ContentDisposition": "`attachment` with the file's name (RFC 6266).",
        "ContentRange": "Which bytes of how many.",
        "DigestETag": "The SHA-256 of the file, in quotes.",
        "IdempotentReplayed": "`true` where this is the first answer again.",
        "Location": "Where it can be read.",
    }
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in meanings.items()}
