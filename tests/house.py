"""A practice in a folder, for the tests of the core: a real database, real keys, a real signer and object store. Only
delivery and rendering are stand-ins, and passwords are hashed lightly.

The people are always the same. Ada claims, with her counsel Clara; Bruno answers, with his counsel Basile; Neus is the
neutral; Otto is an outsider. Neus, Clara and Basile belong to the practice, so each of them may open a case."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import caseroom.audit.models
import caseroom.exhibits.models
import caseroom.retention.models
import caseroom.rooms.models  # noqa: F401 - the imports fill Base.metadata
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import COUNSEL_STEERED
from caseroom.access.words import AuthLevel, CaseKind, Role
from caseroom.accounts import services as accounts
from caseroom.audit.case_log import BlindKeys
from caseroom.audit.signer import Signer
from caseroom.cases.services import NewCase, NewParticipant
from caseroom.config import Settings, load_settings
from caseroom.db import Base, Database
from caseroom.exhibits import queries as exhibit_queries
from caseroom.exhibits.services import NewExhibit, begin_filing, examine, file_exhibit
from caseroom.ids import PersonId
from caseroom.realtime.outbox import Event
from caseroom.rooms import admission, queries
from caseroom.rooms.access import access_room
from caseroom.rooms.announce import EntryRenderer
from caseroom.rooms.models import Room
from caseroom.rooms.opening import open_case
from caseroom.rooms.services import NewMessage, Posted, mark_read, post_message
from caseroom.vault.keyring import Keyring
from caseroom.vault.objects import DiskObjects, ObjectStore
from tests.doubles import RecordingPublisher, provide_unsafe_account_tools

PASSWORD = "heron gris 41 galets"
NAMES = {
    "ada": "Ada Quilliam",
    "clara": "Clara Vasseroux",
    "bruno": "Bruno Marchettino",
    "basile": "Basile Fontanglade",
    "neus": "Neus Ferrerola",
    "otto": "Otto Brandtwein",
}
MEMBERS = ("neus", "clara", "basile")
CLAIMANT, RESPONDENT = "Atelier Quilliam", "Marchettino et fils"
TITLE = "Verrière de la rue Sainte-Perpétue"
OPENER = {
    CaseKind.MEDIATION: ("neus", Role.NEUTRAL, None),
    CaseKind.ARBITRATION: ("neus", Role.NEUTRAL, None),
    CaseKind.SMALL_CLAIM: ("neus", Role.NEUTRAL, None),
    CaseKind.COLLABORATIVE: ("clara", Role.COUNSEL, 0),
    CaseKind.INSTRUCTION: ("clara", Role.COUNSEL, 0),
}
# Who comes into a case, with which role and side, in the order of their coming.
CAST = (
    ("clara", Role.COUNSEL, 0),
    ("basile", Role.COUNSEL, 1),
    ("ada", Role.PARTY, 0),
    ("bruno", Role.PARTY, 1),
)


class PlainRenderer:
    """An EntryRenderer that shows what an entry says and nothing around it."""

    def render(self, entry, *, locale):
        return f"<p lang={locale}>{entry.kind} {entry.text or ''} {entry.exhibit.title if entry.exhibit else ''}</p>"


@dataclass
class Affair:
    """One case with the ids that tests speak of. ``rooms`` by word: ``joint``, ``caucus:0``, ``team:1``,
    ``notes:neus``... ``participants`` by person."""

    house: House
    id: str
    sides: tuple[str, ...]
    participants: dict[str, str] = field(default_factory=dict)

    @property
    def rooms(self) -> dict[str, str]:
        with self.house.database.reading() as work:
            found = list(work.session.query(Room).filter_by(case_id=self.id))
        holders = {participant: person for person, participant in self.participants.items()}
        words = {}
        for room in found:
            side = f":{self.sides.index(room.side_id)}" if room.side_id else ""
            holder = f":{holders[room.holder_id]}" if room.holder_id else ""
            words[f"{room.kind}{side}{holder}"] = room.id
        return words

    def __getitem__(self, word: str) -> str:
        return self.rooms[word]


class House:
    """The practice. ``actors`` by first name; the verbs below are what people do."""

    def __init__(self, folder: Path, *, schema: Path | None = None, actors: dict[str, Actor] | None = None) -> None:
        """``actors`` where the folder is that of a house already."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.settings: Settings = load_settings({"CASEROOM_DATA": str(folder)})
        if schema is not None:
            shutil.copyfile(schema, folder / "caseroom.db")
        elif actors is None:
            make_schema(folder / "caseroom.db")
        self.publisher = RecordingPublisher()
        self.database = open_house(self.settings, self.publisher)
        self.signer = self.database.tool(Signer)
        self.store = self.database.tool(ObjectStore)
        self.actors = actors or self._people()

    def copied(self, folder: Path) -> House:
        """The same house once more, in another folder. This one must be closed: then all of it is in its files."""
        shutil.copytree(self.folder, folder)
        return House(folder, actors=self.actors)

    def close(self) -> None:
        self.signer.close()
        self.database.engine.dispose()

    def _people(self) -> dict[str, Actor]:
        # One hash for all: what is tested here is not how they sign in.
        model = accounts.prepare_person(self.database, email="a@example.org", name="A", password=PASSWORD)
        actors = {}
        with self.database.unit_of_work() as work:
            self.practice = accounts.create_practice(work, name="Cabinet Ferrerola")
            for person, name in NAMES.items():
                prepared = replace(model, email=email_of(person), name=name)
                practice = self.practice if person in MEMBERS else None
                person_id = accounts.create_person(work, prepared, practice_id=practice)
                actors[person] = Actor(
                    person=PersonId(person_id),
                    name=name,
                    session="",
                    level=AuthLevel.AL1,
                    locale="fr",
                    zone="Europe/Paris",
                    practice=practice,
                )
        return actors

    # --- opening and joining ---

    def open_case(
        self, kind: CaseKind, *, title: str = TITLE, sides=(CLAIMANT, RESPONDENT), language="fr", opener=None
    ) -> Affair:
        person, role, side = opener or OPENER[kind]
        command = NewCase(kind=kind, title=title, language=language, sides=tuple(sides), my_role=role, my_side=side)
        with self.database.unit_of_work() as work:
            opened = open_case(work, self.actors[person], command, email=email_of(person))
        view = self.view(person, opened.case_id)
        return Affair(self, opened.case_id, tuple(each.id for each in view.sides), {person: opened.participant_id})

    def case_of(self, kind: CaseKind, **options) -> Affair:
        """A case of a kind with its whole cast. Otto is never in it, nor Neus where counsel steer."""
        affair = self.open_case(kind, **options)
        for person, role, side in CAST:
            if person not in affair.participants:
                # Where counsel steer, each answers for the own side.
                by = "basile" if kind in COUNSEL_STEERED and person == "bruno" else None
                self.admit(affair, person, role, side, by=by)
        return affair

    def mediation(self, **options) -> Affair:
        return self.case_of(CaseKind.MEDIATION, **options)

    def arbitration(self, **options) -> Affair:
        return self.case_of(CaseKind.ARBITRATION, **options)

    def collaborative(self, **options) -> Affair:
        return self.case_of(CaseKind.COLLABORATIVE, **options)

    def invite(
        self, affair: Affair, person: str, role: Role, side: int | None = None, *, by: str | None = None, email=None
    ):
        side_id = affair.sides[side] if side is not None else None
        command = NewParticipant(email=email or email_of(person), name=NAMES[person], role=role, side_id=side_id)
        with self.database.unit_of_work() as work:
            return admission.invite_participant(
                work, self.actors[by or next(iter(affair.participants))], affair.id, command
            )

    def accept(self, affair: Affair, person: str, code: str, *, locale: str = "fr"):
        with self.database.unit_of_work() as work:
            accepted = admission.accept_invitation(work, self.actors[person], code=code, locale=locale)
        affair.participants[person] = accepted.participant_id
        return accepted

    def admit(self, affair: Affair, person: str, role: Role, side: int | None = None, *, by: str | None = None) -> str:
        return self.accept(affair, person, self.invite(affair, person, role, side, by=by).code).participant_id

    def remove(self, affair: Affair, person: str, *, by: str) -> None:
        with self.database.unit_of_work() as work:
            admission.remove_participant(work, self.actors[by], affair.id, affair.participants[person])

    # --- writing ---

    def audience(self, person: str, room: str) -> str:
        with self.database.reading() as work:
            return queries.audience_of(work, self.actors[person], room)

    def post(self, person: str, room: str, text: str, *, audience="seen", client_id=None, quotes=None) -> Posted:
        """As the page does it: the readers stated are those seen a moment ago, unless others are given."""
        stated = self.audience(person, room) if audience == "seen" else audience
        command = NewMessage(body=text, audience=stated, client_id=client_id, quotes=quotes)
        with self.database.unit_of_work() as work:
            return post_message(work, self.actors[person], room, command)

    def say(self, person: str, room: str, text: str, **options):
        return self.post(person, room, text, **options).entry

    def receive(self, person: str, room: str, data: bytes, *, audience="seen"):
        """The bytes of an upload, sealed and durable, not yet filed; and what discards them."""
        stated = self.audience(person, room) if audience == "seen" else audience
        with self.database.reading() as work:
            intake = begin_filing(work, self.actors[person], room, audience=stated)
        try:
            intake.write(data)
            return intake, intake.keep()
        except BaseException:
            intake.discard()
            raise

    def file(self, person: str, room: str, filename: str, data: bytes, *, title="", audience="seen", client_id=None):
        """The whole way of one exhibit. What is not filed leaves nothing behind."""
        stated = self.audience(person, room) if audience == "seen" else audience
        intake, received = self.receive(person, room, data, audience=stated)
        filed = None
        try:
            name, kind = examine(received, filename)
            command = NewExhibit(filename=name, kind=kind, title=title, audience=stated, client_id=client_id)
            with self.database.unit_of_work() as work:
                filed = file_exhibit(work, self.actors[person], room, command, received)
        finally:
            if filed is None or filed.replayed:
                intake.discard()
        return filed.exhibit

    def marks_read(self, person: str, room: str, seq: int) -> None:
        with self.database.unit_of_work() as work:
            mark_read(work, self.actors[person], room, seq)

    # --- reading ---

    def view(self, person: str, case_id: str):
        with self.database.reading() as work:
            return queries.case_view(work, self.actors[person], case_id)

    def opened(self, work, person: str, room: str, permission=Permission.ROOM_READ):
        return access_room(work, self.actors[person], room, permission)

    def entries(self, person: str, room: str):
        with self.database.reading() as work:
            return queries.room_entries(work, self.opened(work, person, room))[0]

    def kinds(self, person: str, room: str) -> list[str]:
        return [entry.kind.value for entry in self.entries(person, room)]

    def texts(self, person: str, room: str) -> list[str]:
        return [entry.text for entry in self.entries(person, room) if entry.text is not None]

    def unread(self, person: str, affair: Affair) -> dict[str, int]:
        return {room.id: room.unread for room in self.view(person, affair.id).rooms}

    def content(self, person: str, exhibit_id: str) -> bytes:
        with self.database.reading() as work:
            content = exhibit_queries.open_content(work, self.actors[person], exhibit_id)
        try:
            return b"".join(content.read(0, content.size))
        finally:
            content.close()

    def received_by(self, person: str) -> list[Event]:
        """The live events whose audience this person was in."""
        return [event for event in self.publisher.events if self.actors[person].person in event.audience.people]

    def files_in_store(self) -> list[Path]:
        return [path for path in self.settings.objects_folder.rglob("*") if path.is_file()]


def open_house(settings: Settings, publisher: RecordingPublisher) -> Database:
    """The database of a folder with every tool, as a process that starts finds them."""
    database = Database(settings.database_url)
    provide_unsafe_account_tools(database, publisher)
    database.provide(Settings, settings)
    database.provide(Keyring, Keyring(b"k" * 32))
    database.provide(BlindKeys, BlindKeys(b"b" * 32))
    database.provide(Signer, Signer(settings.signer_folder, key=b"s" * 32))
    database.provide(ObjectStore, DiskObjects(settings.objects_folder))
    database.provide(EntryRenderer, PlainRenderer())
    return database


def make_schema(path: Path) -> Path:
    """An empty database of today's tables, to be copied for each house: closing it empties its write-ahead log."""
    database = Database(f"sqlite:///{path}")
    Base.metadata.create_all(database.engine)
    database.engine.dispose()
    return path


def email_of(person: str) -> str:
    return f"{person}@example.org"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
