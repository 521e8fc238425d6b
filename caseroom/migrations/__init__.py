"""The schema's history, from the first table on. ``upgrade`` runs at every start; a backup is one file away."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config


def alembic_config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parent))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def upgrade(database_url: str) -> None:
    """Bring a database to the present schema, from nothing or from any earlier release."""
    command.upgrade(alembic_config(database_url), "head")
