"""Cases: listing, opening, reading."""

from __future__ import annotations

from flask import Blueprint, Response, request

from caseroom.accounts import queries as account_queries
from caseroom.api import presenting
from caseroom.api.answers import Case, Checkpoint, Page, give
from caseroom.api.identity import PREFIX
from caseroom.api.schemas import LARGEST_SEQ, NewCaseBody, limit_parameter, number_parameter, read_body
from caseroom.cases.queries import memberships
from caseroom.cases.services import NewCase
from caseroom.errors import invalid_field
from caseroom.evidence.queries import extension_of
from caseroom.rooms.opening import open_case
from caseroom.rooms.queries import PAGE, case_view
from caseroom.web.edge import current_actor, database


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/cases", view_func=cases)
    blueprint.add_url_rule("/cases", view_func=open_new, methods=["POST"])
    blueprint.add_url_rule("/cases/<case_id>", view_func=case)
    blueprint.add_url_rule("/cases/<case_id>/checkpoint", view_func=checkpoint)


def cases() -> Response:
    """The caller's cases, newest first; ``after`` is the id of the last one seen."""
    actor, limit = current_actor(), limit_parameter(PAGE)
    after = request.args.get("after")
    with database().reading() as work:
        ids = [membership.case_id for membership in memberships(work, actor)]
        if after is not None and after not in ids:
            raise invalid_field("after", "unknown_value")
        rest = ids[ids.index(after) + 1 :] if after is not None else ids
        page = [presenting.case(case_view(work, actor, case_id)) for case_id in rest[:limit]]
    return give(Page[Case](items=page, next=page[-1].id if len(rest) > limit else None))


def open_new() -> Response:
    body, actor = read_body(NewCaseBody), current_actor()
    command = NewCase(
        kind=body.kind,
        title=body.title,
        language=body.language,
        sides=tuple(side.label for side in body.sides),
        my_role=body.me.role,
        my_side=body.me.side,
    )
    with database().unit_of_work() as work:
        opened = open_case(work, actor, command, email=account_queries.me(work, actor).email)
    with database().reading() as work:
        view = case_view(work, actor, opened.case_id)
    return give(presenting.case(view), 201, {"Location": f"{PREFIX}/cases/{opened.case_id}"})


def checkpoint(case_id: str) -> Response:
    """The newest checkpoint, and that it extends the one of ``since`` epochs."""
    since = number_parameter("since", default=0, least=0, most=LARGEST_SEQ)
    with database().reading() as work:
        found = extension_of(work, current_actor(), case_id, since=since)
    return give(
        Checkpoint(size=found.size, note=found.note, vkey=found.vkey, since=found.since, proof=list(found.proof))
    )


def case(case_id: str) -> Response:
    with database().reading() as work:
        view = case_view(work, current_actor(), case_id)
    return give(presenting.case(view))
