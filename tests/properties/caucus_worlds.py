"""The same mediation told several times on the real server, with a real time-stamp authority: the worlds differ in what
happens in the rooms of Ada's side alone. What Bruno is told is kept.

Epochs are sealed by the test at instants of the schedule that are yet to come, so that the server, whose present comes
no nearer to them, seals none by itself: every world has the same number. The authority's clock goes ahead with them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
from sqlalchemy import select

from caseroom import clock
from caseroom.app import stamp
from caseroom.audit.case_log import head_of
from caseroom.audit.models import TimeStamp
from caseroom.audit.scheduler import seal_if_due
from caseroom.audit.stamps.local_tsa import LocalTsa
from caseroom.evidence.known_keys import key_digest
from caseroom.rooms import queries
from tests.properties.visitors import Answer, Upload, Visitor
from tests.realtime.people import Practice, Story
from tests.realtime.serving import PATIENCE, LiveServer
from tests.realtime.wire import Wire

PAUSES = 3
PERIOD = 1  # seconds until a connection that broke is noticed
PEOPLE = ("ada", "clara", "bruno", "basile", "neus")
BRUNOS = ("page", "program")  # his connections
RESPONDENTS = (*BRUNOS, "basile")
CANARY = "Secret-9f3a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """What happens in the rooms of Ada's side. ``entries`` in the caucus, over all pauses; ``file`` in bytes; ``busy``:
    they also come and go, type, draft, check, download and take evidence away, and one entry is erased. ``joint`` is
    no secret: entries in the joint room besides, for the control."""

    entries: int = 0
    file: int = 0
    busy: bool = False
    joint: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """A server, its authority, and its folder as the command line reaches it."""

    server: LiveServer
    practice: Practice
    tsa: LocalTsa


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    with LocalTsa(folder / "tsa") as tsa:
        server = LiveServer(folder / "data", "eventlet", period=PERIOD)
        server.environ |= {
            "CASEROOM_TSA_URL": tsa.url,
            "CASEROOM_TSA_ROOTS": str(tsa.roots_file),
            "CASEROOM_EPOCH_SECONDS": "3600",
        }
        practice = Practice(server.environ)
        try:
            server.start()
            yield Stage(server, practice, tsa)
        finally:
            server.stop()
            practice.close()


@dataclass
class World:
    """One telling. ``kept``: what answered Bruno and his counsel at the end; ``frames``: what came to them live."""

    stage: Stage
    private: Private
    story: Story = field(init=False)
    people: dict[str, Visitor] = field(init=False)
    rooms: dict[str, str] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)  # what they may ask for, as routes call it
    hidden: dict[str, str] = field(default_factory=dict)  # what is Ada's, in the same way
    kept: list[Answer] = field(default_factory=list)
    frames: list[list[str]] = field(default_factory=list)
    around: list[tuple[Answer, Answer]] = field(default_factory=list)  # before and after a pause
    refused: list[tuple[Answer, Answer]] = field(default_factory=list)  # for what is Ada's, and for what is not

    def __post_init__(self) -> None:
        self.stage.tsa.set_clock(timedelta(0))
        story = self.stage.practice.story()
        proving = {name: self.stage.practice.with_totp(getattr(story, name)) for name in ("ada", "neus")}
        self.story = story
        self.people = {
            name: Visitor(self.stage.server.port, proving.get(name, getattr(story, name))) for name in PEOPLE
        }
        with self.stage.practice.database.reading() as work:
            for name, prefix in (("bruno", "own "), ("ada", "adas ")):
                view = queries.case_view(work, getattr(story, name).actor, story.case)
                self.rooms |= {f"{prefix}{room.kind}": room.id for room in view.rooms}
        for name in ("bruno", "basile"):
            self.people[name].open("/account")  # their browsers have been here before

    @property
    def bruno(self) -> Visitor:
        return self.people["bruno"]

    # --- the schedule ---

    def seal(self) -> None:
        """The next epoch of this case, at its instant, and its time stamp."""
        practice, case = self.stage.practice, self.story.case
        with practice.database.reading() as work:
            due = head_of(work, case).next_due
        assert due is not None
        assert due > clock.now(), "the server must not have come to it by itself"
        self.stage.tsa.set_clock(due - clock.now())
        with practice.database.unit_of_work() as work:
            assert seal_if_due(work, case, now=due)
        self.await_stamps()

    def await_stamps(self) -> None:
        practice, deadline = self.stage.practice, time.monotonic() + PATIENCE
        waiting = select(TimeStamp.n).where(TimeStamp.case_id == self.story.case, TimeStamp.state == "waiting")
        while True:
            stamp(practice.database, practice.settings)  # the server may be faster
            with practice.database.reading() as work:
                if not work.session.scalars(waiting).all():
                    return
            assert time.monotonic() < deadline, self.stage.server.log()
            time.sleep(0.05)

    # --- what people do ---

    def say(self, person: str, room: str, text: str) -> dict[str, str]:
        return self._made(person, f"/rooms/{room}/messages", {"body": text}, room)

    def file(self, person: str, room: str, upload: Upload) -> dict[str, str]:
        return self._made(person, f"/rooms/{room}/exhibits", upload, room)

    def _made(self, person: str, path: str, body: object, room: str) -> dict[str, str]:
        visitor = self.people[person]
        audience = self.stage.practice.audience(visitor.someone, room)
        answer = visitor.call("POST", path, body=body, If_Match=f'"{audience}"')
        assert answer.status == 201, self.stage.server.log()
        if person == "bruno":
            self.kept.append(Answer("what he wrote", answer.status, answer.headers, answer.body))
        found: dict[str, str] = json.loads(answer.body)
        return found

    def listed(self, person: str, room: str) -> list[dict[str, Any]]:
        """The entries of a room as the API lists them to somebody, all pages."""
        found, after = list[dict[str, Any]](), "-1"
        while after is not None:
            answer = self.people[person].call("GET", f"/rooms/{room}/entries?after={after}&limit=100")
            page = json.loads(answer.body)
            found, after = found + page["items"], page["next"]
        return found

    def rooms_of(self, person: str) -> list[str]:
        """In the order in which the case shows them."""
        with self.stage.practice.database.reading() as work:
            view = queries.case_view(work, self.people[person].someone.actor, self.story.case)
        return [room.id for room in view.rooms]

    def side_of_ada(self) -> str:
        with self.stage.practice.database.reading() as work:
            side = queries.case_view(work, self.story.ada.actor, self.story.case).me.side
        assert side is not None
        return side.id

    def key_digest(self) -> str:
        with self.stage.practice.database.reading() as work:
            return key_digest(head_of(work, self.story.case).vkey)

    def size(self, word: str) -> int:
        """How many entries Bruno's room of this word has."""
        return self.stage.practice.size(self.story.bruno, self.rooms[word])

    def code(self, person: str) -> str:
        """A six-digit code of somebody's application."""
        return pyotp.parse_uri(self.people[person].someone.totp_uri).at(clock.now())

    @contextmanager
    def connections(self) -> Iterator[dict[str, Wire]]:
        """Bruno's page and his program, and then everybody else's page, one after the other; open until the end."""
        origin, wires = self.stage.server.origin, dict[str, Wire]()
        try:
            wires["page"] = Wire(origin, page_origin=origin, cookie=self.story.bruno.cookie).join({})
            wires["program"] = Wire(origin).join({"token": self.story.bruno.token, "case": self.story.case})
            for name in PEOPLE:
                if name != "bruno":
                    wires[name] = Wire(origin).join({"token": getattr(self.story, name).token, "case": self.story.case})
                    self.until(wires, "presence", self.story.participants[name.capitalize()])
            yield wires
        finally:
            for wire in wires.values():
                wire.drop()
            self.frames = [wires[each].frames for each in RESPONDENTS if each in wires]

    def until(self, wires: dict[str, Wire], event: str, naming: str) -> None:
        """Wait until both of Bruno's connections have an event of this name that names something."""
        for each in BRUNOS:
            wires[each].until(lambda frame: frame.startswith(f'42["{event}"') and naming in frame)
