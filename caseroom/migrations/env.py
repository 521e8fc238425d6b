"""Run by alembic: one connection, all models known."""

from alembic import context
from sqlalchemy import create_engine, event

import caseroom.accounts.models
import caseroom.audit.models
import caseroom.cases.models
import caseroom.exhibits.models
import caseroom.rooms.models
import caseroom.vault.models  # noqa: F401 - the imports fill Base.metadata
from caseroom.db import Base

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")

if engine.dialect.name == "sqlite":
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode=WAL"))

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
