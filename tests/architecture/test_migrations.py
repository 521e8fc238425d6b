"""The schema's history ends where the models are, and can be walked back and forth with data in it."""

import sqlite3

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import caseroom.exhibits.models
import caseroom.retention.models  # noqa: F401 - with those below them, every model
from caseroom.db import Base
from caseroom.migrations import alembic_config, upgrade
from tests.house import House


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'caseroom.db'}"


def differences(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = compare_metadata(context, Base.metadata)
    engine.dispose()
    return found


def tables(path):
    with sqlite3.connect(path) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    return names - {"alembic_version"}


def test_migrations_and_models_agree(url):
    upgrade(url)
    assert differences(url) == []


def test_migrations_make_the_same_columns_and_keys_as_the_models(url, tmp_path):
    """Also what the comparison above does not look at: primary and foreign keys, uniqueness, what may be missing."""
    upgrade(url)
    other = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    Base.metadata.create_all(other)
    other.dispose()
    assert shape(tmp_path / "caseroom.db") == shape(tmp_path / "models.db")


def shape(path):
    with sqlite3.connect(path) as connection:
        found = {}
        for table in sorted(
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ):
            if table == "alembic_version":
                continue
            columns = sorted(row[1:4] + row[5:] for row in connection.execute(f"PRAGMA table_info({table})"))
            keys = sorted(row[2:5] for row in connection.execute(f"PRAGMA foreign_key_list({table})"))
            indexes = sorted(
                (unique, tuple(part[2] for part in connection.execute(f"PRAGMA index_info({name})")))
                for _, name, unique, *_ in connection.execute(f"PRAGMA index_list({table})")
            )
            found[table] = (columns, keys, indexes)
    connection.close()
    return found


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(url, tmp_path):
    upgrade(url)
    before = (tmp_path / "caseroom.db").read_bytes()
    upgrade(url)
    assert (tmp_path / "caseroom.db").read_bytes() == before


def test_the_history_is_one_line(url):
    script = ScriptDirectory.from_config(alembic_config(url))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_a_populated_database_goes_down_to_nothing_and_up_again(tmp_path):
    house = House(tmp_path / "house")
    affair = house.mediation()
    house.say("ada", affair["joint"], "avant")
    house.file("bruno", affair["joint"], "a.txt", b"x")
    url, path = house.settings.database_url, house.folder / "caseroom.db"
    house.close()
    command.stamp(alembic_config(url), "head")
    assert len(tables(path)) > 20
    command.downgrade(alembic_config(url), "base")
    assert tables(path) == set()
    command.upgrade(alembic_config(url), "head")
    assert differences(url) == []


def test_a_database_made_by_migrations_serves_a_whole_case(tmp_path):
    (tmp_path / "made.db").touch()
    upgrade(f"sqlite:///{tmp_path / 'made.db'}")
    house = House(tmp_path / "house", schema=tmp_path / "made.db")
    affair = house.mediation()
    house.say("ada", affair["caucus:0"], "Bonjour")
    house.file("bruno", affair["joint"], "a.txt", b"x")
    house.remove(affair, "ada", by="neus")
    assert house.texts("neus", affair["caucus:0"]) == ["Bonjour"]
    house.close()
