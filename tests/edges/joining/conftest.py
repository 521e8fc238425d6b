"""The way from an invitation to the room: the real pages over the real core."""

from __future__ import annotations

import re

import pyotp
import pytest

from caseroom.access.words import CaseKind, Role
from caseroom.accounts import services as accounts
from caseroom.rooms.joining_views import blueprint as joining
from tests.browser import Browser
from tests.house import House, make_schema
from tests.pages_app import assemble


@pytest.fixture(scope="session")
def schema(tmp_path_factory):
    return make_schema(tmp_path_factory.mktemp("schema") / "caseroom.db")


@pytest.fixture
def house(tmp_path, schema):
    made = House(tmp_path / "house", schema=schema)
    yield made
    made.close()


@pytest.fixture
def affair(house):
    """A mediation that Neus opened and to which nobody else has come yet."""
    return house.open_case(CaseKind.MEDIATION)


@pytest.fixture
def browser(house):
    app = assemble(house.database, house.settings, joining)
    return lambda **given: Browser(app, **given)


@pytest.fixture
def invite(house, affair):
    """The path of a fresh invitation, by default for Ada, who claims."""

    def make(email="ada.new@example.org", person="ada", role=Role.PARTY, side=0):
        return f"/invitation/{house.invite(affair, person, role, side, email=email).code}"

    return make


@pytest.fixture
def phone_of(house):
    """Somebody of the house gets a second factor: what the phone shows now."""

    def make(person):
        with house.database.unit_of_work() as work:
            return pyotp.TOTP(accounts.trust_totp(work, house.actors[person].person).secret)

    return make


def secret_on(page: str) -> pyotp.TOTP:
    return pyotp.TOTP(re.search(r"secret=([A-Z2-7]+)", page)[1])
