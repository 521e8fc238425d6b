"""A fresh pack for the tests that check it with other people's tools, and the page they go by: walked through once."""

import pytest

from tests.evidence.desk import Desk, walk_through
from tests.evidence.exported import exported


@pytest.fixture(scope="session")
def evidence(tmp_path_factory):
    return exported(tmp_path_factory.mktemp("exported"))


@pytest.fixture(scope="session")
def walk(evidence, tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    (folder / "work").mkdir()
    return walk_through(Desk(folder / "work", evidence.names, folder / "caches"))


@pytest.fixture
def desk(walk):
    """The reader's folder at the end of the page, to be changed."""
    with walk.desk.copied() as copy:
        yield copy
