"""The accounts' pages in an application with the real gate, headers, errors and languages, over a real database."""

from __future__ import annotations

from dataclasses import dataclass

import pyotp
import pytest

from caseroom import clock
from caseroom.accounts import queries, services
from caseroom.config import load_settings
from caseroom.db import Base, Database
from tests.browser import Browser
from tests.doubles import RecordingPublisher, SteeredClock, provide_unsafe_account_tools
from tests.pages_app import assemble

PASSWORD = "heron gris 41 galets"


@pytest.fixture
def present(monkeypatch):
    steered = SteeredClock()
    monkeypatch.setattr(clock, "now", steered.now)
    return steered


@pytest.fixture
def publisher():
    return RecordingPublisher()


@pytest.fixture
def database(tmp_path, present, publisher):
    made = Database(f"sqlite:///{tmp_path / 'caseroom.db'}")
    Base.metadata.create_all(made.engine)
    provide_unsafe_account_tools(made, publisher)
    yield made
    made.engine.dispose()


@pytest.fixture
def app(tmp_path, database):
    return assemble(database, load_settings({"CASEROOM_DATA": str(tmp_path)}))


@pytest.fixture
def browser(app):
    return lambda **given: Browser(app, **given)


@dataclass
class Someone:
    """A person of the story, with the application of codes on a phone."""

    present: SteeredClock
    id: str
    email: str
    secret: str

    def code(self) -> str:
        self.present.move(seconds=30)
        return pyotp.TOTP(self.secret).at(self.present.instant)

    def signs_in(self, browser: Browser, *, goal: str = "") -> Browser:
        browser.open("/sign-in" + (f"?next={goal}" if goal else ""))
        browser.send("/sign-in", email=self.email, password=PASSWORD, next=goal).follow()
        return browser.send("/sign-in/code", code=self.code())


@pytest.fixture
def person(database, present):
    def make(name: str, email: str, *, enrolled: bool = True) -> Someone:
        prepared = services.prepare_person(database, email=email, name=name, password=PASSWORD)
        with database.unit_of_work() as work:
            person_id = services.create_person(work, prepared)
            secret = services.trust_totp(work, person_id).secret if enrolled else ""
        return Someone(present, person_id, email, secret)

    return make


@pytest.fixture
def ada(person):
    return person("Ada Lovelace", "ada@example.org")


@pytest.fixture
def me_of(database):
    def read(browser: Browser):
        with browser.client.session_transaction(base_url="https://rooms.example.org") as session:
            secret = session["_user_id"]
        with database.reading() as work:
            return queries.me(work, queries.resolve_session(work, secret))

    return read
