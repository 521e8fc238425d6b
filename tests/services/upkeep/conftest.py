"""One furnished instance for all tests of upkeep, copied for each."""

from functools import partial

import pytest

from caseroom.vault.age import Passphrase
from tests.services.upkeep.instance import Furnished, RealHouse, empty_tables, furnish


@pytest.fixture(scope="session")
def furnished(tmp_path_factory) -> Furnished:
    folder = tmp_path_factory.mktemp("furnished")
    return furnish(RealHouse(folder / "data", schema=empty_tables(folder / "tables.db")))


@pytest.fixture
def instance(furnished, tmp_path) -> Furnished:
    """A closed instance that a test may damage."""
    return furnished.copied(tmp_path / "data")


@pytest.fixture(autouse=True)
def light_passphrases(monkeypatch):
    """What a passphrase costs is for tests/unit/vault/test_age.py to say."""
    monkeypatch.setattr("caseroom.upkeep.age.Passphrase", partial(Passphrase, work_factor=10))
