"""The house in which the core's services are tested: furnished once, and copied for each test."""

import pytest

from caseroom import clock
from tests.doubles import SteeredClock
from tests.house import Affair, House


@pytest.fixture(scope="session")
def empty_house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("empty") / "house")
    made.close()
    return made


@pytest.fixture(scope="session")
def house_with_mediation(tmp_path_factory, empty_house):
    made = empty_house.copied(tmp_path_factory.mktemp("mediation") / "house")
    affair = made.mediation()
    made.close()
    return made, affair


@pytest.fixture
def house(request, tmp_path, empty_house, house_with_mediation):
    furnished = house_with_mediation[0] if "mediation" in request.fixturenames else empty_house
    made = furnished.copied(tmp_path / "house")
    yield made
    made.close()


@pytest.fixture
def mediation(house, house_with_mediation):
    """Neus with Ada, Clara, Bruno and Basile."""
    affair = house_with_mediation[1]
    return Affair(house, affair.id, affair.sides, dict(affair.participants))


@pytest.fixture
def present(monkeypatch):
    """The present, moved by hand from now on."""
    steered = SteeredClock(clock.now())
    monkeypatch.setattr(clock, "now", steered.now)
    return steered
