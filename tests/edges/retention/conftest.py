"""Erasing and closing in the real application: pages with a browser, and the API."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caseroom.accounts import services as accounts
from caseroom.app import create_app
from tests.browser import ORIGIN, Browser
from tests.caller import Caller, named
from tests.house import House, email_of, make_schema
from tests.services.retention.conftest import Keepers


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    made = House(folder / "house", schema=make_schema(folder / "schema.db"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(house):
    return create_app(replace(house.settings, async_mode="threading", origin=ORIGIN), database=house.database)


@pytest.fixture
def mediation(house, app):
    return house.mediation()


@pytest.fixture(scope="module")
def keepers(house):
    return Keepers(house)


@pytest.fixture
def code(keepers):
    """``code("neus")``: six digits that were not used before."""
    return lambda person: keepers.proof(person).code


@pytest.fixture
def caller(app, house):
    def make(person: str, **headers: str) -> Caller:
        with house.database.unit_of_work() as work:
            token = accounts.create_token(work, email=email_of(person), label="test")
        return Caller(app, token=token, **named(headers))

    return make


@pytest.fixture
def visitor(app, house):
    """``visitor("neus")``: a browser in which she is signed in."""

    def make(person: str) -> Browser:
        browser = Browser(app)
        with house.database.unit_of_work() as work:
            secret = accounts.open_session(work, house.actors[person].person, device="test")
        with browser.client.session_transaction(base_url=ORIGIN) as session:
            session["_user_id"], session["_fresh"] = secret, True
        return browser

    return make
