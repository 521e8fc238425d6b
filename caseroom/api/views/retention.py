"""Erasing and closing. What cannot be undone asks for the second factor in the header ``Second-Factor``."""

from __future__ import annotations

from flask import Blueprint, Response, request

from caseroom.api.answers import Closing, Erasure, Page, give
from caseroom.api.identity import PREFIX
from caseroom.api.schemas import NewErasureBody, read_body
from caseroom.audit.canonical import format_instant
from caseroom.retention import queries
from caseroom.retention.queries import ErasureView
from caseroom.retention.records import checked_grounds
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.services import approve_erasure, ask_erasure, close_case, refuse_erasure
from caseroom.retention.words import Level, Progress
from caseroom.web.edge import current_actor, database


def add_routes(blueprint: Blueprint) -> None:
    one = "/cases/<case_id>/erasures/<erasure_id>"
    blueprint.add_url_rule("/cases/<case_id>/erasures", view_func=erasures)
    blueprint.add_url_rule("/cases/<case_id>/erasures", view_func=erase, methods=["POST"])
    blueprint.add_url_rule(one, view_func=erasure)
    blueprint.add_url_rule(one, view_func=refuse, methods=["DELETE"])
    blueprint.add_url_rule(f"{one}/approval", view_func=approve, methods=["POST"])
    blueprint.add_url_rule("/cases/<case_id>/closing", view_func=close, methods=["POST"])


def erasures(case_id: str) -> Response:
    with database().reading() as work:
        found = queries.erasures_of(work, current_actor(), case_id)
    return give(Page[Erasure](items=[_answer(view) for view in found], next=None))


def erase(case_id: str) -> Response:
    body, actor = read_body(NewErasureBody), current_actor()
    with database().unit_of_work() as work:
        erasure_id = ask_erasure(
            work,
            actor,
            case_id,
            body.of,
            grounds=checked_grounds(body.basis, body.reason),
            level=body.level,
            proof=second_factor(),
        )
    with database().reading() as work:
        view = queries.erasure(work, actor, case_id, erasure_id)
    status = 202 if view.state is Progress.ASKED else 201
    return give(_answer(view), status, {"Location": f"{PREFIX}/cases/{case_id}/erasures/{erasure_id}"})


def erasure(case_id: str, erasure_id: str) -> Response:
    with database().reading() as work:
        view = queries.erasure(work, current_actor(), case_id, erasure_id)
    return give(_answer(view))


def approve(case_id: str, erasure_id: str) -> Response:
    """A whole case is gone with the approval, and what is said of it with the case: hence no content."""
    with database().unit_of_work() as work:
        approve_erasure(work, current_actor(), case_id, erasure_id, proof=second_factor())
    return Response(status=204)


def refuse(case_id: str, erasure_id: str) -> Response:
    with database().unit_of_work() as work:
        refuse_erasure(work, current_actor(), case_id, erasure_id)
    return Response(status=204)


def close(case_id: str) -> Response:
    with database().unit_of_work() as work:
        closing = close_case(work, current_actor(), case_id, proof=second_factor())
    return give(Closing(state=closing.step.value, missing=list(closing.missing)), 202 if closing.missing else 200)


def second_factor() -> SecondFactor:
    """The code in the request's header, if there is one."""
    return SecondFactor(code=request.headers.get("Second-Factor"), address=request.remote_addr or "")


def _answer(view: ErasureView) -> Erasure:
    members: dict[str, object] = {
        "id": view.id,
        "case_id": view.case_id,
        "level": view.level,
        "what": view.facts.what,
        "basis": view.basis,
        "reason": view.reason,
        "state": view.state,
        "entries": view.entries,
        "files": view.files,
        "leaves": list(view.facts.leaves),
        "asked_by": view.facts.asked_by,
        "approved_by": view.facts.approved_by,
        "asked_at": format_instant(view.asked_at),
        "keys_gone_by": view.keys_gone_by.date().isoformat(),
        "in_ledger": view.in_ledger,
    }
    times = {"approved_at": view.approved_at, "done_at": view.done_at}
    members |= {name: format_instant(moment) for name, moment in times.items() if moment is not None}
    numbers = {"slot": view.slot if view.level is not Level.CASE else None, "seq": view.seq, "epoch": view.sealed_in}
    members |= {name: number for name, number in numbers.items() if number is not None}
    return Erasure.model_validate(members)
