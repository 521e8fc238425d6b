"""The pages of rooms in the real application, and people with a browser who are signed in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

import pytest

from caseroom.accounts import services as accounts
from caseroom.app import create_app
from tests.browser import ORIGIN, Browser
from tests.house import House, make_schema


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    made = House(folder / "house", schema=make_schema(folder / "schema.db"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(house):
    settings = replace(house.settings, async_mode="threading", origin=ORIGIN)
    return create_app(settings, database=house.database)


@pytest.fixture
def mediation(house, app):
    """Neus with Ada, Clara, Bruno and Basile, for this test alone."""
    return house.mediation()


@dataclass
class Visitor:
    """A signed-in person. ``put`` and ``ask`` are what the page's script does."""

    browser: Browser

    @property
    def page(self):
        return self.browser.page

    @property
    def status(self):
        return self.browser.status

    @property
    def words(self):
        return self.browser.words()

    @property
    def data(self):
        """What the page gives to its script."""
        found = re.search(r'<script type="application/json" id="page-data"[^>]*>(.*?)</script>', self.page, re.DOTALL)
        assert found, "the page has its data"
        return json.loads(found[1])

    def opens(self, path):
        self.browser.open(path)
        return self

    def sends(self, path, **fields):
        self.browser.send(path, **fields)
        return self

    def ask(self, path):
        return self.browser.client.get(
            path, base_url=ORIGIN, headers={"Accept": "application/json", "Accept-Language": "en"}
        )

    def put(self, path, body, *, token=True):
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.page)
        headers = {"Accept": "application/json", "Accept-Language": "en", "Referer": f"{ORIGIN}/"}
        if token:
            headers["X-CSRFToken"] = found[1]
        return self.browser.client.put(path, base_url=ORIGIN, headers=headers, json=body)


@pytest.fixture
def visitor(app, house):
    """``visitor("ada")``: her browser, signed in."""

    def make(person):
        with house.database.unit_of_work() as work:
            secret = accounts.open_session(work, house.actors[person].person, device="Firefox, Linux")
        browser = Browser(app)
        with browser.client.session_transaction(base_url=ORIGIN) as session:
            session["_user_id"], session["_fresh"] = secret, True
        return Visitor(browser)

    return make
