"""The calls of erasing and closing, as ``operations`` lists them."""

from __future__ import annotations

from caseroom.api import answers, schemas
from caseroom.api.operation import (
    CHANGES,
    ERASES,
    HIDDEN,
    JSON_BODY,
    SECOND_FACTOR,
    Operation,
    Success,
)

RETENTION = (
    Operation(
        method="get",
        path="/cases/{case_id}/erasures",
        name="listErasures",
        summary="What was erased in a case, or is asked to be, as far as the caller could read it; the newest first.",
        parameters=("CaseId",),
        successes={200: Success(meaning="The whole list.", model=answers.Page[answers.Erasure])},
        refusals=(HIDDEN,),
    ),
    Operation(
        method="post",
        path="/cases/{case_id}/erasures",
        name="erase",
        summary="Erase an entry for good; or ask that a room or the closed case be destroyed, to which a second person "
        "has to agree.",
        parameters=("CaseId", "SecondFactor"),
        body=schemas.NewErasureBody,
        successes={
            201: Success(meaning="Erased.", model=answers.Erasure, headers=("Location",)),
            202: Success(meaning="Waits for a second person.", model=answers.Erasure, headers=("Location",)),
        },
        refusals=(JSON_BODY, CHANGES, HIDDEN, ERASES, {401: SECOND_FACTOR[401], 429: SECOND_FACTOR[429]}),
    ),
    Operation(
        method="get",
        path="/cases/{case_id}/erasures/{erasure_id}",
        name="getErasure",
        summary="One erasure.",
        parameters=("CaseId", "ErasureId"),
        successes={200: Success(meaning="The erasure.", model=answers.Erasure)},
        refusals=(HIDDEN,),
    ),
    Operation(
        method="delete",
        path="/cases/{case_id}/erasures/{erasure_id}",
        name="refuseErasure",
        summary="Refuse, as the second person, what somebody asked to destroy; or withdraw what one asked oneself.",
        parameters=("CaseId", "ErasureId"),
        successes={204: Success(meaning="Refused or withdrawn. It may be asked again.")},
        refusals=(CHANGES, HIDDEN, {403: ("second_person_needed",)}),
    ),
    Operation(
        method="post",
        path="/cases/{case_id}/erasures/{erasure_id}/approval",
        name="approveErasure",
        summary="Agree, as the second person. In an open case the room goes once the next checkpoint has sealed it.",
        parameters=("CaseId", "ErasureId", "SecondFactor"),
        successes={204: Success(meaning="Agreed.")},
        refusals=(CHANGES, HIDDEN, {403: ("second_person_needed",)}, SECOND_FACTOR),
    ),
    Operation(
        method="post",
        path="/cases/{case_id}/closing",
        name="closeCase",
        summary="Close a case for good; where counsel steer together, agree to it for one's own side.",
        parameters=("CaseId", "SecondFactor"),
        successes={
            200: Success(meaning="Closed.", model=answers.Closing),
            202: Success(meaning="Another side has to agree.", model=answers.Closing),
        },
        refusals=(
            CHANGES,
            HIDDEN,
            SECOND_FACTOR,
            {403: ("not_a_steward", "case_closed", "counsel_close_together"), 409: ("already_asked",)},
        ),
    ),
)
