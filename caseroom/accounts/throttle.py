"""Counting failures, so that guessing is slow. Per account and per address, in windows that end: a distributed guess
makes a person wait, and never locks anybody out for ever.

An attempt is counted before it is checked and given back when it succeeds. Counting only afterwards would let a
thousand guesses sent at once all pass while the first is being checked."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter

from caseroom.errors import Throttled


class Guess(StrEnum):
    """What can be guessed. Each is counted apart: somebody who guesses one does not close the other ways in."""

    PASSWORD = "password"  # noqa: S105 -- a kind of guess
    CODE = "code"
    RECOVERY = "recovery"
    LINK = "link"
    KEY = "key"  # whether a case here signs with a key: asked without signing in


@dataclass(frozen=True, slots=True)
class Rule:
    """How many failures, in the notation of ``limits``: ``5/5minutes;20/hour``."""

    account: str
    address: str


# A TOTP code has a million values of which three count: the second window keeps somebody who already has the password
# under 500 tries a day.
RULES: Mapping[Guess, Rule] = {
    Guess.PASSWORD: Rule(account="5/5minutes", address="30/5minutes"),
    Guess.CODE: Rule(account="5/5minutes;20/hour", address="30/5minutes"),
    Guess.RECOVERY: Rule(account="5/5minutes", address="30/5minutes"),
    Guess.LINK: Rule(account="", address="30/5minutes"),
    Guess.KEY: Rule(account="", address="60/5minutes"),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One counted attempt. Unless ``succeeded`` is called, it stays counted as a failure."""

    throttle: Throttle
    counted: tuple[tuple[RateLimitItem, tuple[str, ...]], ...]

    def succeeded(self) -> None:
        for limit, names in self.counted:
            self.throttle.storage.incr(limit.key_for(*names), limit.get_expiry(), amount=-1)


class Throttle:
    """One per application. ``storage``: this process's memory, or Redis where several processes serve."""

    def __init__(self, storage: Storage | None = None, *, rules: Mapping[Guess, Rule] = RULES) -> None:
        self.storage = storage or MemoryStorage()
        self._windows = FixedWindowRateLimiter(self.storage)
        self._rules = {guess: (_limits(rule.account), _limits(rule.address)) for guess, rule in rules.items()}

    @classmethod
    def from_url(cls, redis_url: str) -> Throttle:
        return cls(RedisStorage(redis_url) if redis_url else None)

    def attempt(self, guess: Guess, *, account: str, address: str, device: str = "") -> Attempt:
        """Count one attempt. ``account`` is what was typed or a person's id, known or not (nothing: not counted);
        ``address`` is the network address it came from; ``device`` one from which this account was entered before: it
        is counted apart, so that who guesses from elsewhere, day and night, does not keep the person out.

        Raises Throttled with ``retry_after`` in seconds."""
        per_account, per_address = self._rules[guess]
        wanted = [(limit, (guess.value, "address", _network(address))) for limit in per_address]
        if account:
            wanted += [(limit, (guess.value, "account", _unreadable(f"{account}\0{device}"))) for limit in per_account]
        for limit, names in wanted:
            if not self._windows.hit(limit, *names):
                reset = self._windows.get_window_stats(limit, *names).reset_time
                raise Throttled(retry_after=max(1, math.ceil(reset - time.time())))
        return Attempt(self, tuple(wanted))


def _limits(text: str) -> list[RateLimitItem]:
    return parse_many(text) if text else []


def _network(address: str) -> str:
    """One subscriber is one IPv4 address or one IPv6 /64: he may take any of its 2^64 addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return _unreadable(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _unreadable(text: str) -> str:
    """Shared storage needs no list of the addresses people typed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
