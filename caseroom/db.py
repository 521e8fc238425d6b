"""The database and the unit of work: the only place that commits.

A change and its ledger entry are written in one transaction. Only after the commit are receipts signed (``Step.SEAL``)
and do events leave (``Step.PUBLISH``). An exception anywhere inside rolls everything back and drops both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Engine,
    Executable,
    MetaData,
    Result,
    Table,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Session

T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BUSY = "busy_timeout=30000"  # milliseconds


class Base(DeclarativeBase):
    """Every table. Constraint names are fixed so that migrations can address them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_of(model: type[Base]) -> Table:
    """The bare table of a model, for the statements on the way of every message (``Work.execute``)."""
    return cast("Table", model.__table__)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time kept as whole milliseconds since 1970, the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return (value - EPOCH) // timedelta(milliseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(milliseconds=value)


class Step(IntEnum):
    """The order of what happens after the commit. CUT first: who was removed is out even where signing fails.

    Until PUBLISH is done no other writer begins: what is told is told in the order in which it was written. AFTERWARDS
    is for what takes its time."""

    CUT = 0
    SEAL = 1
    PUBLISH = 2
    AFTERWARDS = 3


@dataclass(slots=True)
class Work:
    """One unit of work: a transaction, the application's tools, and what is to happen once it is committed."""

    connection: Connection
    database: Database
    _session: Session | None = None
    _parts: dict[type, object] = field(default_factory=dict)
    _after: list[tuple[Step, Callable[[], None]]] = field(default_factory=list)

    @property
    def session(self) -> Session:
        """The ORM's session in this transaction, made when it is first asked for: a message does without."""
        if self._session is None:
            self._session = Session(bind=self.connection, expire_on_commit=False, autoflush=True)
        return self._session

    def tool(self, kind: type[T]) -> T:
        """Return the application's one instance of ``kind`` (keyring, signer, object store...)."""
        return self.database.tool(kind)

    def part(self, kind: type[T]) -> T:
        """Return this unit of work's own instance of ``kind``, made with ``kind(work)`` at the first call."""
        if kind not in self._parts:
            self._parts[kind] = cast("Callable[[Work], T]", kind)(self)
        return cast("T", self._parts[kind])

    def execute(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> Result[*tuple[Any, ...]]:
        """Run a prepared statement over bare tables: a third of the time of the same through the ORM. What the session
        has pending is written first; rows that it has loaded do not learn of a change made here."""
        self.flush()
        return self.connection.execute(statement, values)

    def flush(self) -> None:
        """Write what the session has pending, if there is a session."""
        if self._session is not None:
            self._session.flush()

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def after_commit(self, step: Step, action: Callable[[], None]) -> None:
        """Have ``action`` run after the commit, in the order of the steps; never if the work is rolled back."""
        self._after.append((step, action))

    def run_after(self, *steps: Step) -> None:
        """Do what was asked for at these steps, in their order."""
        for step in steps:
            for at, action in self._after:
                if at is step:
                    action()


class Database:
    """The engine, the tools that services find through their work, and the one writer's lock."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._tools: dict[type, object] = {}
        # SQLite has one writer. Waiting for it inside the C library would stop every green thread, the one that
        # holds the lock included; so writers queue here, where waiting lets others run.
        self._writer = threading.RLock() if self.engine.dialect.name == "sqlite" else None

    def provide(self, kind: type[T], tool: T) -> None:
        self._tools[kind] = tool

    def tool(self, kind: type[T]) -> T:
        return cast("T", self._tools[kind])

    @contextmanager
    def unit_of_work(self) -> Iterator[Work]:
        """Write: everything in the block is committed together or not at all; then seals and events leave."""
        if self._writer is not None:
            self._writer.acquire()
        try:
            with self._transaction(write=True) as work:
                yield work
                work.flush()
                work.connection.commit()
            work.run_after(Step.CUT, Step.SEAL, Step.PUBLISH)
        finally:
            if self._writer is not None:
                self._writer.release()
        work.run_after(Step.AFTERWARDS)

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """Read: one consistent snapshot, nothing is ever written."""
        with self._transaction(write=False) as work:
            yield work

    def empty_log(self) -> bool:
        """After an erasure: bring SQLite's write-ahead log into the database and cut it to nothing, for old pages stand
        in it as they were. False where a reader of an older snapshot is in the way: then it is to be asked again. True
        on other databases, which have no such file (docs/operating.md says what to do there)."""
        if self._writer is None:
            return True
        with self._writer:
            connection = self.engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute("PRAGMA busy_timeout=0")  # waiting inside the library would stop every green thread
                try:
                    row = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                finally:
                    cursor.execute(f"PRAGMA {BUSY}")  # the connection goes back to others
                return row is not None and not row[0]
            finally:
                connection.close()

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Work]:
        # Closing the connection takes back what was not committed.
        with self.engine.connect().execution_options(caseroom_write=write) as connection:
            connection.begin()
            work = Work(connection=connection, database=self)
            try:
                yield work
            finally:
                work.close()


def _engine(url: str) -> Engine:
    # Parameters are names and addresses: an error of the database must not carry them into the log.
    if not url.startswith("sqlite"):
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": 30})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        # secure_delete: what is erased is overwritten in its page, not only unlinked (docs/evidence.md §11).
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", BUSY):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # IMMEDIATE: a writer that starts as a reader can be refused half-way when another wrote in between.
        write = connection.get_execution_options().get("caseroom_write", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
