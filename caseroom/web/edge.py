"""What every view needs: the actor, the database, the settings, and one shape for JSON bodies."""

from __future__ import annotations

from typing import cast

from flask import current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from caseroom.access.actor import Actor, Resolvers
from caseroom.config import Settings
from caseroom.db import Database
from caseroom.errors import Malformed, Unauthenticated, UnsupportedType


def database() -> Database:
    return cast("Database", current_app.extensions["caseroom.database"])


def settings() -> Settings:
    return cast("Settings", current_app.extensions["caseroom.settings"])


def resolvers() -> Resolvers:
    return cast("Resolvers", current_app.extensions["caseroom.resolvers"])


def actor_or_none() -> Actor | None:
    return cast("Actor | None", g.get("actor"))


def current_actor() -> Actor:
    """The signed-in person of this request, second factor included. Raises Unauthenticated."""
    actor = actor_or_none()
    if actor is None:
        raise Unauthenticated
    return actor


def json_body() -> object:
    """The request's JSON value. Raises UnsupportedType for another media type, Malformed for what is not JSON, and
    werkzeug's RequestEntityTooLarge."""
    if request.mimetype != "application/json":
        raise UnsupportedType("json_expected")
    try:
        return request.get_json(cache=False)
    except RequestEntityTooLarge:
        raise
    except Exception as error:  # werkzeug raises BadRequest; a bad charset, a UnicodeDecodeError
        raise Malformed("malformed_json", reason=str(error)) from error
