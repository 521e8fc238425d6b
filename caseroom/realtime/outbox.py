"""Events wait here until the commit. A unit of work that is rolled back sends nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from caseroom.db import Step, Work
from caseroom.realtime.audience import Audience

log = logging.getLogger("caseroom.realtime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``name`` and ``payload`` as docs/live.md lists them; ``audience`` is required: no event is for everybody.
    ``by_locale`` adds members that differ by language, the rendered HTML for one; only the languages of those who are
    connected are read from it."""

    name: str
    audience: Audience
    payload: Mapping[str, Any]
    by_locale: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Publisher(Protocol):
    """Carries events to people. The gateway is the real one."""

    def publish(self, event: Event) -> None: ...

    def cut_session(self, session: str) -> None: ...


class Unconnected:
    """The Publisher of a command line, which serves nobody. The server itself closes connections that lose their
    standing this way (``Gateway.watch``)."""

    def publish(self, event: Event) -> None:
        log.info("event %s: nobody is connected to a command", event.name)

    def cut_session(self, session: str) -> None:
        log.info("a session ended; the server closes its connections at its next look")


class Outbox:
    """One per unit of work, found with ``work.part(Outbox)``."""

    def __init__(self, work: Work) -> None:
        self._publisher: Publisher = work.tool(Publisher)  # type: ignore[type-abstract]
        self._leaving: list[Event] = []
        self._waiting: list[Event] = []
        self._sessions: list[str] = []
        work.after_commit(Step.CUT, self._cut)
        work.after_commit(Step.PUBLISH, self._publish)

    def add(self, event: Event) -> None:
        self._waiting.append(event)

    def add_cut(self, event: Event) -> None:
        """An event that closes somebody's pages: it shows no entry, and waits for no signature."""
        self._leaving.append(event)

    def cut_session(self, session: str) -> None:
        """Close the live connections that stand on this session or token, once the change is committed."""
        self._sessions.append(session)

    def _cut(self) -> None:
        for event in self._leaving:
            self._deliver(partial(self._publisher.publish, event))
        for session in self._sessions:
            self._deliver(partial(self._publisher.cut_session, session))

    def _publish(self) -> None:
        for event in self._waiting:
            self._deliver(partial(self._publisher.publish, event))

    def _deliver(self, delivery: Callable[[], None]) -> None:
        """Events are hints: what was committed and acknowledged stays so where one is lost, and the others still leave.
        Pages ask for what follows their last number."""
        try:
            delivery()
        except Exception:
            log.exception("an event was not delivered")
