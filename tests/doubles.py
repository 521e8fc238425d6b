"""Stand-ins shared by tests. Each records or steers; none pretends to protect anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from argon2 import Parameters, Type

from caseroom.accounts.passwords import Passwords
from caseroom.accounts.sealing import AccountKey
from caseroom.accounts.throttle import Throttle
from caseroom.db import Database
from caseroom.realtime.outbox import Event, Publisher


class RecordingPublisher:
    """A Publisher that keeps what it was given: ``events`` and the ``cut`` sessions, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.cut: list[str] = []

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def cut_session(self, session: str) -> None:
        self.cut.append(session)


class SteeredClock:
    """A present that a test moves. Put ``now`` in the place of ``caseroom.clock.now``."""

    def __init__(self, start: datetime | None = None) -> None:
        self.instant = start or datetime(2026, 3, 19, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def move(self, **by: float) -> None:
        self.instant += timedelta(**by)


UNSAFE_LIGHT_ARGON2 = Parameters(
    type=Type.ID, version=19, salt_len=16, hash_len=32, time_cost=1, memory_cost=8, parallelism=1
)


def unsafe_light_passwords() -> Passwords:
    """Hashes in microseconds: for tests about something else than the cost of guessing."""
    return Passwords(UNSAFE_LIGHT_ARGON2)


def provide_unsafe_account_tools(database: Database, publisher: Publisher) -> None:
    """The tools of the accounts domain with a known key and light hashing, and a publisher."""
    database.provide(AccountKey, AccountKey(bytes(range(32))))
    database.provide(Passwords, unsafe_light_passwords())
    database.provide(Throttle, Throttle())
    database.provide(Publisher, publisher)  # type: ignore[type-abstract]
