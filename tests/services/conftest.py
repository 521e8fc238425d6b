"""The house in which the core's services are tested."""

import pytest

from caseroom import clock
from tests.doubles import SteeredClock
from tests.house import House, make_schema


@pytest.fixture(scope="session")
def schema(tmp_path_factory):
    return make_schema(tmp_path_factory.mktemp("schema") / "caseroom.db")


@pytest.fixture
def house(tmp_path, schema):
    made = House(tmp_path / "house", schema=schema)
    yield made
    made.close()


@pytest.fixture
def mediation(house):
    """Neus with Ada, Clara, Bruno and Basile."""
    return house.mediation()


@pytest.fixture
def present(monkeypatch):
    """The present, moved by hand from now on."""
    steered = SteeredClock(clock.now())
    monkeypatch.setattr(clock, "now", steered.now)
    return steered
