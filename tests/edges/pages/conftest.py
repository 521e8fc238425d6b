"""The whole application over a real data folder, and people who are signed in: Neus the mediator, of a practice; Ada
the claimant; Bruno the respondent; Otto the outsider."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest

from caseroom.access.actor import Actor
from caseroom.accounts import queries, services
from caseroom.accounts.passwords import Passwords
from caseroom.app import create_app
from caseroom.config import load_settings
from caseroom.rooms.admission import accept_invitation
from tests.browser import ORIGIN, Browser
from tests.doubles import unsafe_light_passwords

PASSWORD = "heron gris 41 galets"
TWO_SIDES = ["Claimant", "Respondent"]


@pytest.fixture
def app(tmp_path):
    made = create_app(
        replace(load_settings({"CASEROOM_DATA": str(tmp_path), "CASEROOM_ORIGIN": ORIGIN}), async_mode="threading")
    )
    database = made.extensions["caseroom.database"]
    database.provide(Passwords, unsafe_light_passwords())
    yield made
    database.engine.dispose()


@pytest.fixture
def database(app):
    return app.extensions["caseroom.database"]


@dataclass
class Someone:
    """A signed-in person with a browser, and with services at hand."""

    name: str
    email: str
    actor: Actor
    browser: Browser
    database: object

    def open(self, path):
        return self.browser.open(path)

    def send(self, path, **fields):
        return self.browser.send(path, **fields)

    def opens_a_case(self, **fields):
        """Fill in the page "Open a case" and follow it to the overview. Returns the id of the case."""
        self.open("/cases/new")
        self.send("/cases/new", **filled_in(self.browser.page, **fields))
        assert self.browser.status == 303, self.browser.words()[:600]
        case_id = self.browser.location.rpartition("/")[2]
        self.open(self.browser.location)
        return case_id

    def accepts(self, code):
        with self.database.unit_of_work() as work:
            return accept_invitation(work, self.actor, code=code, locale="en")


def filled_in(page, **fields):
    """What a person sends from the page: its hidden key, two sides, a mediation, and what the test says."""
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    assert key is not None, "the page holds the form"
    usual = {"form_key": key[1], "title": "Noise at Mill Lane", "kind": "mediation", "language": "en", "me": "neutral"}
    return {**usual, "side": TWO_SIDES, "do": "open", **fields}


def invited(*people):
    """The rows of people: (name, e-mail, role, side)."""
    names = ("person_name", "person_email", "person_role", "person_side")
    return dict(zip(names, map(list, zip(*people, strict=True)), strict=True))


def codes_on(page):
    return re.findall(rf'value="{ORIGIN}/invitation/([^"]+)"', page)


@pytest.fixture
def practice(database):
    with database.unit_of_work() as work:
        return services.create_practice(work, name="Mill Lane Mediation")


@pytest.fixture
def someone(app, database, practice):
    """Make a signed-in person; a guest unless ``member``."""

    def make(name, email, *, member=False):
        prepared = services.prepare_person(database, email=email, name=name, password=PASSWORD)
        with database.unit_of_work() as work:
            person = services.create_person(work, prepared, practice_id=practice if member else None)
            services.trust_totp(work, person)
            secret = services.open_session(work, person, device="Firefox, Linux")
        with database.reading() as work:
            actor = queries.resolve_session(work, secret)
        browser = Browser(app)
        with browser.client.session_transaction(base_url=ORIGIN) as session:
            session["_user_id"], session["_fresh"] = secret, True
        return Someone(name, email, actor, browser, database)

    return make


@pytest.fixture
def neus(someone):
    return someone("Neus Ferrer", "neus@example.org", member=True)


@pytest.fixture
def ada(someone):
    return someone("Ada Lovelace", "ada@example.org")


@pytest.fixture
def bruno(someone):
    return someone("Bruno Munari", "bruno@example.org")


@pytest.fixture
def otto(someone):
    return someone("Otto Outsider", "otto@example.org", member=True)


@pytest.fixture
def mediation(neus, ada):
    """A mediation by Neus in which Ada takes part, and Bruno is invited. Gives its id."""
    case_id = neus.opens_a_case(
        **invited(("Ada Lovelace", ada.email, "party", "0"), ("Bruno Munari", "bruno@example.org", "party", "1"))
    )
    first, _second = codes_on(neus.browser.page)
    ada.accepts(first)
    return case_id


@pytest.fixture
def participant(database):
    """The id of somebody in a case, by name, as a steward's page knows it."""

    def find(steward, case_id, name):
        page = steward.open(f"/cases/{case_id}").page
        rows = re.findall(r"<tr.*?</tr>", page, flags=re.DOTALL)
        row = next(row for row in rows if name in row)
        return re.search(r"/participants/([0-9a-f]{32})/remove", row)[1]

    return find
