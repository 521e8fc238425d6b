"""The table of calls: what each takes, every status it can answer, and the codes of its refusals.

It is written by hand because it is a promise; tests hold it against the routes and against what really comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from caseroom.api import answers, schemas

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
WRITES: Refusals = {
    400: ("malformed_client_id",),
    403: ("room_closed", "observers_read_only"),
    412: ("audience_changed",),
    422: ("idempotency_conflict",),
    428: ("audience_required",),
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


OPERATIONS = (
    Operation(
        method="get",
        path="/me",
        name="getMe",
        summary="Who the caller is, and in which cases.",
        successes={200: Success(meaning="The person and the memberships.", model=answers.Me)},
    ),
    Operation(
        method="get",
        path="/cases",
        name="listCases",
        summary="The caller's cases, newest first.",
        parameters=("AfterCase", "Limit"),
        successes={200: Success(meaning="A page of the list.", model=answers.Page[answers.Case])},
        refusals=({422: ("invalid",)},),
    ),
    Operation(
        method="post",
        path="/cases",
        name="openCase",
        summary="Open a case with its sides and rooms.",
        body=schemas.NewCaseBody,
        successes={201: Success(meaning="The case.", model=answers.Case, headers=("Location",))},
        refusals=(JSON_BODY, CHANGES, {403: ("practice_required",)}),
    ),
    Operation(
        method="get",
        path="/cases/{case_id}",
        name="getCase",
        summary="A case as the caller may see it.",
        parameters=("CaseId",),
        successes={200: Success(meaning="The case.", model=answers.Case)},
        refusals=(HIDDEN,),
    ),
    Operation(
        method="get",
        path="/cases/{case_id}/participants",
        name="listParticipants",
        summary="The people of a case whom the caller shares a room with; for those who steer it, also who is invited.",
        parameters=("CaseId",),
        successes={200: Success(meaning="The whole list.", model=answers.Page[answers.Participant])},
        refusals=(HIDDEN,),
    ),
    Operation(
        method="post",
        path="/cases/{case_id}/participants",
        name="inviteParticipant",
        summary="Invite a person by a link that works once, for seven days, for one address.",
        parameters=("CaseId",),
        body=schemas.NewParticipantBody,
        successes={201: Success(meaning="The link; it is shown this once.", model=answers.Invited)},
        refusals=(JSON_BODY, CHANGES, HIDDEN, STEERS, {409: ("already_invited",)}),
    ),
    Operation(
        method="delete",
        path="/cases/{case_id}/participants/{participant_id}",
        name="removeParticipant",
        summary="Remove somebody, or revoke an invitation. Live channels are cut at once.",
        parameters=("CaseId", "ParticipantId"),
        successes={204: Success(meaning="Removed.")},
        refusals=(CHANGES, HIDDEN, STEERS, {409: ("already_removed", "cannot_remove_yourself")}),
    ),
    Operation(
        method="post",
        path="/invitations/{code}/accept",
        name="acceptInvitation",
        summary="Enter a case, as the invited person. Anybody else's link is as unknown as one that never was.",
        parameters=("Code",),
        body=schemas.AcceptBody,
        successes={200: Success(meaning="A member from here on.", model=answers.Accepted)},
        refusals=(
            JSON_BODY,
            CHANGES,
            HIDDEN,
            {409: ("already_participant", "no_room_left"), 422: ("undertaking_required",)},
        ),
    ),
    Operation(
        method="get",
        path="/rooms/{room_id}",
        name="getRoom",
        summary="A room: its readers, and the audience version that names them.",
        parameters=("RoomId",),
        successes={200: Success(meaning="The room.", model=answers.Room, headers=("AudienceETag",))},
        refusals=(HIDDEN,),
    ),
    Operation(
        method="get",
        path="/rooms/{room_id}/entries",
        name="listEntries",
        summary="Every event of the room's ledger, in order and without gaps.",
        parameters=("RoomId", "AfterSeq", "Limit"),
        successes={200: Success(meaning="A page of the list.", model=answers.Page[answers.Entry])},
        refusals=(HIDDEN, {422: ("invalid",)}),
    ),
    Operation(
        method="post",
        path="/rooms/{room_id}/messages",
        name="postMessage",
        summary="Say something to the readers whom the caller saw named.",
        parameters=("RoomId", "IfMatch", "IdempotencyKey"),
        body=schemas.NewMessageBody,
        successes={201: Success(meaning="The entry.", model=answers.PostedEntry, headers=("IdempotentReplayed",))},
        refusals=(JSON_BODY, CHANGES, HIDDEN, WRITES),
    ),
    Operation(
        method="get",
        path="/rooms/{room_id}/exhibits",
        name="listExhibits",
        summary="The register of a room, in the order of filing.",
        parameters=("RoomId",),
        successes={200: Success(meaning="The whole list.", model=answers.Page[answers.Exhibit])},
        refusals=(HIDDEN,),
    ),
    Operation(
        method="post",
        path="/rooms/{room_id}/exhibits",
        name="fileExhibit",
        summary="File one document. The bytes are hashed and sealed as they come; a broken upload leaves nothing.",
        parameters=("RoomId", "IfMatch", "IdempotencyKey"),
        upload=True,
        successes={
            201: Success(meaning="The exhibit.", model=answers.FiledExhibit, headers=("Location", "IdempotentReplayed"))
        },
        refusals=(
            CHANGES,
            HIDDEN,
            WRITES,
            {
                400: ("malformed_upload", "size_mismatch"),
                413: ("too_large",),
                415: ("multipart_expected",),
                422: ("invalid", "file_required", "one_file_per_request", "empty_file", "bad_filename", "refused_type"),
            },
        ),
    ),
    Operation(
        method="get",
        path="/exhibits/{exhibit_id}",
        name="getExhibit",
        summary="What an exhibit is.",
        parameters=("ExhibitId",),
        successes={200: Success(meaning="The exhibit.", model=answers.Exhibit)},
        refusals=(HIDDEN,),
    ),
    Operation(
        method="get",
        path="/exhibits/{exhibit_id}/content",
        name="downloadExhibit",
        summary="The bytes. A download by somebody else than the filer is an event of the room.",
        parameters=("ExhibitId", "Range", "IfRange", "IfNoneMatch"),
        successes={
            200: Success(meaning="The file.", media="*/*", headers=FILE_HEADERS),
            206: Success(meaning="The one range asked for.", media="*/*", headers=(*FILE_HEADERS, "ContentRange")),
            304: Success(meaning="The caller has these bytes.", headers=("DigestETag",)),
        },
        refusals=(HIDDEN, {416: ("range_not_satisfiable",)}),
    ),
    Operation(
        method="get",
        path="/entries/{entry_id}/receipt",
        name="getReceipt",
        summary="The proof that an entry is in the room's log: a C2SP tlog-proof, as given at filing.",
        parameters=("EntryId", "AtHead"),
        successes={200: Success(meaning="The receipt.", media="text/plain")},
        refusals=(HIDDEN, {422: ("invalid",)}),
    ),
    Operation(
        method="get",
        path="/openapi.json",
        name="getDescription",
        summary="This document.",
        public=True,
        successes={200: Success(meaning="OpenAPI 3.1.", media="application/json")},
    ),
)
