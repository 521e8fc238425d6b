"""Who is asking. Resolved anew for each request and each socket event, never kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from caseroom.access.words import AuthLevel
from caseroom.db import Work
from caseroom.ids import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An identified person. ``session`` names what carries the identity (a web session or a token), so that signing
    out can cut exactly the live connections that stand on it."""

    person: PersonId
    name: str
    session: str
    level: AuthLevel
    locale: str
    zone: str
    practice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolvers:
    """How the edges learn who is asking; given by ``app.create_app`` so that no edge imports a domain.

    Each takes a unit of work and the presented secret, and returns an Actor or None."""

    session: Callable[[Work, str], Actor | None]
    token: Callable[[Work, str], Actor | None]
