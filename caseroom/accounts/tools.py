"""What this domain needs once per application."""

from __future__ import annotations

from caseroom.accounts.passwords import Passwords
from caseroom.accounts.sealing import AccountKey
from caseroom.accounts.throttle import Throttle
from caseroom.db import Database


def provide_account_tools(database: Database, *, key: bytes, redis_url: str = "") -> None:
    """``key``: 32 bytes derived for the accounts from the key-encryption key. ``redis_url``: where several processes
    serve, so that they count failures together."""
    database.provide(AccountKey, AccountKey(key))
    database.provide(Passwords, Passwords())
    database.provide(Throttle, Throttle.from_url(redis_url))
