"""An application of pages for tests: the real gate, headers, errors and languages, and the blueprints under test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flask import Blueprint, Flask

import caseroom
from caseroom.accounts.views import install as install_accounts
from caseroom.config import Settings
from caseroom.db import Database
from caseroom.web.edge import current_actor
from caseroom.web.errors import install_errors
from caseroom.web.i18n import install_languages
from caseroom.web.pages import blueprint as pages
from caseroom.web.security import install_gate, install_security
from tests.browser import ORIGIN

ROOT = Path(caseroom.__file__).parents[1]


def assemble(database: Database, settings: Settings, *blueprints: Blueprint) -> Flask:
    app = Flask(
        "caseroom", root_path=str(ROOT), template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    settings = replace(settings, origin=ORIGIN)
    app.extensions.update({"caseroom.settings": settings, "caseroom.database": database})
    csrf = install_security(app, settings, secret_key=b"k" * 32)
    install_languages(app, settings)
    install_errors(app)
    install_accounts(app)
    for blueprint in (pages, _list_of_cases(), *blueprints):
        app.register_blueprint(blueprint)
    install_gate(app, csrf)
    return app


def _list_of_cases() -> Blueprint:
    """Stands for the list of cases and for a room: says who is here."""
    cases = Blueprint("cases", __name__)
    cases.add_url_rule("/cases", "index", lambda: current_actor().name)
    cases.add_url_rule("/rooms/<room>", "room", lambda room: f"{current_actor().name} in {room}")
    return cases
