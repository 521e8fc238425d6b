"""Pages about oneself: signing in and out, first set-up, the account."""

from __future__ import annotations

from flask import Blueprint, Flask

from caseroom.accounts.views import account, sign_in
from caseroom.accounts.views.web_session import begin_session, install_sessions, signed_in

__all__ = ["begin_session", "install", "signed_in"]


def install(app: Flask) -> None:
    """Register the pages and have each request know who asks."""
    blueprint = Blueprint("accounts", __name__)
    sign_in.add_routes(blueprint)
    account.add_routes(blueprint)
    app.register_blueprint(blueprint)
    install_sessions(app)
