"""The schema that the houses of the properties are copied from."""

import pytest

from tests.house import make_schema


@pytest.fixture(scope="session")
def schema(tmp_path_factory):
    return make_schema(tmp_path_factory.mktemp("schema") / "caseroom.db")
