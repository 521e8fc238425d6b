"""The page on which a steward has the walls of a case checked."""

from __future__ import annotations

import logging

from flask import Blueprint, render_template

from caseroom.caucus.walls import check_walls
from caseroom.rooms.queries import case_view
from caseroom.web.edge import current_actor, database
from caseroom.web.i18n import language

blueprint = Blueprint("caucus", __name__)
log = logging.getLogger("caseroom.caucus")


@blueprint.get("/cases/<case_id>/walls")
def walls(case_id: str) -> str:
    """Check now, show the outcome. What is wrong with a room goes to the server's log, never to a page."""
    actor = current_actor()
    with database().reading() as work:
        report = check_walls(work, actor, case_id)
        case = case_view(work, actor, case_id, language=language())
    for breach in report.breaches:
        log.error("wall: %s", breach)
    return render_template("caucus/walls.html", case=case, report=report)
