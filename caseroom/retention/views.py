"""Pages of erasing, closing and keeping. Each act asks for the code of the second factor on the page itself."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from caseroom import clock, workers
from caseroom.accounts.views.web_session import address
from caseroom.db import Work
from caseroom.errors import Invalid, NotFound, SecondFactorRequired, invalid_field
from caseroom.exhibits.sending import attachment
from caseroom.retention import queries
from caseroom.retention.certificates import closing_certificate, destruction_certificate
from caseroom.retention.closing_queries import closing_facts, closing_view
from caseroom.retention.paper import Certificate, draw_certificate
from caseroom.retention.phrases import (
    SUGGESTED_MONTHS,
    amount_words,
    basis_words,
    content_words,
    grounds,
    progress_words,
    what_words,
)
from caseroom.retention.records import LONGEST_REASON, Grounds, checked_grounds, keys_gone_by
from caseroom.retention.second_factor import SecondFactor
from caseroom.retention.services import (
    approve_erasure,
    ask_to_destroy,
    close_case,
    erase_item,
    refuse_erasure,
    set_rules,
    withdraw_consent,
)
from caseroom.retention.services.rules import MOST_MONTHS
from caseroom.retention.words import Content, Progress
from caseroom.rooms.case_errors import field_errors
from caseroom.rooms.queries import CaseView, case_view
from caseroom.rooms.rendering import entry_card
from caseroom.web.edge import current_actor, database, settings
from caseroom.web.i18n import _, language

blueprint = Blueprint("retention", __name__)

CARRIED_OUT = (Progress.DESTROYED, Progress.DONE)
WORDS = {
    "what_words": what_words,
    "basis_words": basis_words,
    "progress_words": progress_words,
    "amount_words": amount_words,
    "content_words": content_words,
}


@blueprint.route("/entries/<entry_id>/erase", methods=["GET", "POST"])
def erase(entry_id: str) -> str | AnyResponse | tuple[str, int]:
    """Say what would be erased and what would stay; then erase it."""
    with database().reading() as work:
        opened, entry = queries.erasable_entry(work, current_actor(), entry_id)
        case = case_view(work, current_actor(), opened.case.id, language=language())
        # The day alone: to the millisecond it would tell when the page was made.
        gone_by = keys_gone_by(work, opened.case.id, clock.now()).replace(hour=12, minute=0, second=0, microsecond=0)
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        try:
            with database().unit_of_work() as work:
                erasure_id = erase_item(work, current_actor(), entry_id, grounds=_grounds(), proof=_proof())
        except (Invalid, SecondFactorRequired) as error:
            errors = field_errors(error, ids={"code": "code"})
        else:
            flash(_("It is erased. The register keeps its place, and says so."), "good")
            return _to_erasure(case.id, erasure_id)
    page = render_template(
        "retention/erase.html",
        case=case,
        entry=entry_card(entry),
        room_id=opened.room.id,
        keys_gone_by=gone_by,
        **_form(errors),
    )
    return (page, 422) if errors else page


@blueprint.route("/cases/<case_id>/erasures", methods=["GET", "POST"])
def erasures(case_id: str) -> str | AnyResponse | tuple[str, int]:
    """What was erased in a case, as far as it is this person's business; asking that a room be destroyed."""
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        try:
            of = request.form.get("of", "")
            with database().reading() as work:
                case_view(work, current_actor(), case_id)
            if not of:
                raise invalid_field("of", "missing")
            with database().unit_of_work() as work:
                asked = ask_to_destroy(work, current_actor(), case_id, of, grounds=_grounds(), proof=_proof())
        except (Invalid, SecondFactorRequired) as error:
            errors = field_errors(error)
        else:
            flash(_("It is asked for. Nothing is destroyed until a second person agrees."), "good")
            return _to_erasure(case_id, asked)
    with database().reading() as work:
        found = queries.erasures_of(work, current_actor(), case_id)
        case = _case_or_none(work, case_id)
    page = render_template("retention/erasures.html", case=case, erasures=found, case_id=case_id, **_form(errors))
    return (page, 422) if errors else page


@blueprint.get("/cases/<case_id>/erasures/<erasure_id>")
def erasure(case_id: str, erasure_id: str) -> str:
    """One erasure: what is asked, or the certificate of what was destroyed."""
    return _erasure_page(case_id, erasure_id)


@blueprint.post("/cases/<case_id>/erasures/<erasure_id>/approval")
def decide(case_id: str, erasure_id: str) -> AnyResponse | tuple[str, int]:
    """The second person agrees, or refuses."""
    try:
        with database().unit_of_work() as work:
            if request.form.get("do") == "refuse":
                refuse_erasure(work, current_actor(), case_id, erasure_id)
            else:
                approve_erasure(work, current_actor(), case_id, erasure_id, proof=_proof())
    except (Invalid, SecondFactorRequired) as error:
        return _erasure_page(case_id, erasure_id, errors=field_errors(error)), error.status
    with database().reading() as work:
        try:
            queries.erasure(work, current_actor(), case_id, erasure_id)
        except NotFound:  # a whole case is gone, or who refused has no more to do with it
            flash(_("Done."), "good")
            return redirect(url_for("cases.index"), 303)
    return _to_erasure(case_id, erasure_id)


@blueprint.get("/cases/<case_id>/erasures/<erasure_id>/certificate.pdf")
def certificate(case_id: str, erasure_id: str) -> AnyResponse:
    with database().reading() as work:
        view = queries.erasure(work, current_actor(), case_id, erasure_id)
        case = _case_or_none(work, case_id)
    if view.state not in CARRIED_OUT:
        return _to_erasure(case_id, erasure_id)
    drawn = destruction_certificate(view, case=case.title if case else "", host=settings().host)
    name = _("certificate-of-destruction")
    return _pdf(drawn, f"{name}-{erasure_id[:8]}.pdf")


@blueprint.route("/cases/<case_id>/closing", methods=["GET", "POST"])
def closing(case_id: str) -> str | AnyResponse | tuple[str, int]:
    """What closing a case means; closing it, or agreeing to it for one's side."""
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        try:
            with database().unit_of_work() as work:
                closed = close_case(work, current_actor(), case_id, proof=_proof())
        except (Invalid, SecondFactorRequired) as error:
            errors = field_errors(error)
        else:
            words = (
                _("The case is closed.") if not closed.missing else _("Your side has agreed. The other has to as well.")
            )
            flash(words, "good")
            return redirect(url_for("retention.closing", case_id=case_id), 303)
    with database().reading() as work:
        view = closing_view(work, current_actor(), case_id)
        case = case_view(work, current_actor(), case_id, language=language())
    page = render_template("retention/closing.html", case=case, view=view, errors=errors)
    return (page, 422) if errors else page


@blueprint.post("/cases/<case_id>/closing/withdraw")
def withdraw_closing(case_id: str) -> AnyResponse:
    with database().unit_of_work() as work:
        withdraw_consent(work, current_actor(), case_id)
    return redirect(url_for("retention.closing", case_id=case_id), 303)


@blueprint.get("/cases/<case_id>/closing.pdf")
def closing_pdf(case_id: str) -> AnyResponse:
    with database().reading() as work:
        if not closing_view(work, current_actor(), case_id).closed:
            return redirect(url_for("retention.closing", case_id=case_id), 303)
        facts = closing_facts(work, current_actor(), case_id)
    name = _("closing-certificate")
    return _pdf(closing_certificate(facts, host=settings().host), f"{name}-{case_id[:8]}.pdf")


@blueprint.route("/practice/retention", methods=["GET", "POST"])
def practice() -> str | AnyResponse | tuple[str, int]:
    """For how long the practice keeps what its closed cases hold."""
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        try:
            months = {content: _months(content) for content in Content}
            with database().unit_of_work() as work:
                set_rules(work, current_actor(), months, proof=_proof())
        except (Invalid, SecondFactorRequired) as error:
            errors = field_errors(error)
        else:
            flash(_("The rules are set."), "good")
            return redirect(url_for("retention.practice"), 303)
    with database().reading() as work:
        view = queries.practice_view(work, current_actor())
    typed = {content: request.form.get(content.value, "") for content in Content}
    values = typed if errors else {content: str(view.rules.get(content, "")) for content in Content}
    page = render_template(
        "retention/practice.html",
        view=view,
        values=values,
        contents=tuple(Content),
        suggested=SUGGESTED_MONTHS,
        errors=errors,
        **WORDS,
    )
    return (page, 422) if errors else page


def _erasure_page(case_id: str, erasure_id: str, *, errors: Mapping[str, str] | None = None) -> str:
    with database().reading() as work:
        view = queries.erasure(work, current_actor(), case_id, erasure_id)
        case = _case_or_none(work, case_id)
    return render_template(
        "retention/erasure.html", case=case, view=view, errors=errors or {}, done=view.state in CARRIED_OUT, **WORDS
    )


def _case_or_none(work: Work, case_id: str) -> CaseView | None:
    """The case, for those who take part in it; an owner of the practice may have to agree from outside."""
    try:
        return case_view(work, current_actor(), case_id, language=language())
    except NotFound:
        return None


def _form(errors: Mapping[str, str]) -> dict[str, object]:
    return {
        "errors": errors,
        "values": request.form,
        "grounds": grounds(),
        "longest_reason": LONGEST_REASON,
        **WORDS,
    }


def _grounds() -> Grounds:
    return checked_grounds(request.form.get("basis", ""), request.form.get("reason", ""))


def _proof() -> SecondFactor:
    code = request.form.get("code", "")
    if not code.strip():
        raise invalid_field("code", "missing")
    return SecondFactor(code=code, address=address())


def _months(content: Content) -> int | None:
    text = request.form.get(content.value, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > len(str(MOST_MONTHS)):
        raise invalid_field(content.value, "out_of_range")
    return int(text)


def _to_erasure(case_id: str, erasure_id: str) -> AnyResponse:
    return redirect(url_for("retention.erasure", case_id=case_id, erasure_id=erasure_id), 303)


def _pdf(drawn: Certificate, filename: str) -> Response:
    response = Response(workers.run(draw_certificate, drawn), content_type="application/pdf")
    response.headers["Content-Disposition"] = attachment(filename)
    return response
