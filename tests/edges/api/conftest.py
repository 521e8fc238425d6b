"""The API in the real application, over one house for each file of tests. People call it with tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from itsdangerous import URLSafeTimedSerializer

from caseroom.accounts import services as accounts
from caseroom.accounts.models import Person
from caseroom.accounts.services import PreparedPerson
from caseroom.app import create_app
from tests.caller import Caller, named
from tests.house import House, email_of, make_schema

PROBLEM = "application/problem+json"


@pytest.fixture(scope="session")
def schema(tmp_path_factory):
    return make_schema(tmp_path_factory.mktemp("schema") / "caseroom.db")


@pytest.fixture(scope="module")
def house(tmp_path_factory, schema):
    made = House(tmp_path_factory.mktemp("house") / "house", schema=schema)
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(house):
    return create_app(replace(house.settings, async_mode="threading"), database=house.database)


@pytest.fixture
def mediation(house, app):
    """Neus with Ada, Clara, Bruno and Basile, for this test alone."""
    return house.mediation()


@pytest.fixture(scope="module")
def standing(house, app):
    """The same for the tests of a file that leave nobody removed and nobody invited."""
    return house.mediation()


@pytest.fixture
def caller(app, house):
    """``caller("ada")``: with a token of her own."""

    def make(person: str, **headers: str) -> Caller:
        with house.database.unit_of_work() as work:
            token = accounts.create_token(work, email=email_of(person), label="test")
        return Caller(app, token=token, **named(headers))

    return make


@pytest.fixture
def newcomer(house, caller):
    """``newcomer("eva")``: with an account and in no case."""

    def make(person: str) -> Caller:
        with house.database.unit_of_work() as work:
            model = work.session.get_one(Person, house.actors["otto"].person)
            prepared = PreparedPerson(email=email_of(person), name=person.title(), password_hash=model.password_hash)
            accounts.create_person(work, prepared)
        return caller(person)

    return make


@pytest.fixture
def anybody(app):
    """Somebody without a token."""
    return Caller(app)


@pytest.fixture
def page(app, house):
    """``page("ada")``: her browser's scripts, with the web session's cookie and the page's token in ``csrf``."""

    def make(person: str) -> Caller:
        with house.database.unit_of_work() as work:
            secret = accounts.open_session(work, house.actors[person].person, device="Firefox, Linux")
        browser = Caller(app)
        with browser.client.session_transaction() as session:
            session["_user_id"], session["csrf_token"] = secret, "a" * 40
        browser.csrf = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps("a" * 40)
        return browser

    return make


@pytest.fixture
def ada(caller):
    return caller("ada")


@pytest.fixture
def bruno(caller):
    return caller("bruno")


@pytest.fixture
def basile(caller):
    return caller("basile")


@pytest.fixture
def clara(caller):
    return caller("clara")


@pytest.fixture
def neus(caller):
    return caller("neus")


@pytest.fixture
def otto(caller):
    """Otto is in no case."""
    return caller("otto")


@pytest.fixture
def refused():
    """``refused(answer, 422, "invalid", title="empty")``: the problem, after its shape has been checked. Named members
    are the fields found wrong, with their codes."""

    def check(answer, status: int, code: str, **fields: str):
        assert answer.status_code == status, answer.get_data(as_text=True)
        assert answer.mimetype == PROBLEM
        problem = answer.get_json()
        assert (problem["status"], problem["code"]) == (status, code), problem
        assert problem["title"], problem
        if fields:
            found = {each["field"]: each["code"] for each in problem["errors"]}
            assert found == {name.replace("__", "."): value for name, value in fields.items()}
            assert all(each["title"] for each in problem["errors"])
        return problem

    return check


@pytest.fixture
def given():
    """The JSON of a success."""

    def check(answer, status: int = 200):
        assert answer.status_code == status, answer.get_data(as_text=True)
        assert answer.mimetype == "application/json"
        return answer.get_json()

    return check


@pytest.fixture
def remains(house):
    """What the store holds; a test that refuses something asserts that it holds the same afterwards."""
    return lambda: sorted(path.name for path in house.files_in_store())
