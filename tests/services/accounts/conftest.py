"""A real SQLite database, the real services, light hashing, a clock moved by hand."""

from __future__ import annotations

from dataclasses import dataclass

import pyotp
import pytest

from caseroom import clock
from caseroom.access.actor import Actor
from caseroom.accounts import models as accounts_models
from caseroom.accounts import queries, services
from caseroom.db import Base, Database
from tests.doubles import RecordingPublisher, SteeredClock, provide_unsafe_account_tools

PASSWORD = "heron gris 41 galets"
ADDRESS = "192.0.2.1"


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
    tables = [table for table in Base.metadata.tables.values() if table.name in ACCOUNT_TABLES]
    Base.metadata.create_all(made.engine, tables=tables)
    provide_unsafe_account_tools(made, publisher)
    yield made
    made.engine.dispose()


ACCOUNT_TABLES = {
    model.__tablename__
    for model in vars(accounts_models).values()
    if isinstance(model, type) and issubclass(model, Base) and model is not Base
}


@dataclass
class Someone:
    """A person of the story, with the application of codes on a phone."""

    database: Database
    present: SteeredClock
    id: str
    email: str
    secret: str = ""
    recovery: tuple[str, ...] = ()

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(self.present.instant)

    def fresh_code(self) -> str:
        self.present.move(seconds=30)
        return self.code()

    def enrols(self) -> None:
        with self.database.unit_of_work() as work:
            self.secret = services.begin_totp(work, self.id).secret
            self.recovery = tuple(services.confirm_totp(work, self.id, self.code(), address=ADDRESS))

    def gives_password(self, password: str = PASSWORD, *, address: str = ADDRESS) -> str:
        proven = services.prove_password(self.database, email=self.email, password=password, address=address)
        with self.database.unit_of_work() as work:
            return services.sign_in(work, proven, device="Firefox, Linux").secret

    def gives_code(self, pending: str, code: str) -> str:
        with self.database.unit_of_work() as work:
            return services.confirm_sign_in(work, pending, code, address=ADDRESS)

    def signs_in(self) -> str:
        return self.gives_code(self.gives_password(), self.fresh_code())

    def actor(self, secret: str) -> Actor:
        actor = who(self.database, secret)
        assert actor is not None, "this person must be signed in for the test to mean anything"
        return actor


def who(database: Database, secret: str) -> Actor | None:
    with database.reading() as work:
        return queries.resolve_session(work, secret)


@pytest.fixture
def person(database, present):
    """Make a person who is no member of a practice and has no second factor yet."""

    def make(name: str, email: str, *, practice_id: str | None = None, password: str = PASSWORD) -> Someone:
        prepared = services.prepare_person(database, email=email, name=name, password=password)
        with database.unit_of_work() as work:
            person_id = services.create_person(work, prepared, practice_id=practice_id)
        return Someone(database, present, person_id, email)

    return make


@pytest.fixture
def ada(person):
    someone = person("Ada Lovelace", "ada@example.org")
    someone.enrols()
    return someone


@pytest.fixture
def bruno(person):
    someone = person("Bruno Munari", "bruno@example.org")
    someone.enrols()
    return someone
