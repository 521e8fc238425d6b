"""The people of these tests and their case, written through the services into the folder that the server serves.

Each story has people of its own, so that no test sees the connections of another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.words import AuthLevel, CaseKind, Role, RoomKind
from caseroom.accounts import queries as account_queries
from caseroom.accounts import services as accounts
from caseroom.accounts.passwords import Passwords
from caseroom.app import open_database
from caseroom.audit.case_log import head_of
from caseroom.audit.checking import check_chain
from caseroom.audit.models import CaseLog
from caseroom.audit.notes import Verifier, format_vkey, parse_vkey
from caseroom.audit.receipts import verify_receipt
from caseroom.cases.services import NewCase, NewParticipant
from caseroom.config import Settings, load_settings
from caseroom.ids import PersonId
from caseroom.realtime.outbox import Publisher
from caseroom.rooms import queries
from caseroom.rooms.access import access_room
from caseroom.rooms.admission import accept_invitation, invite_participant
from caseroom.rooms.announce import EntryRenderer
from caseroom.rooms.entries import EntryView
from caseroom.rooms.opening import open_case
from caseroom.rooms.services import NewMessage, post_message
from caseroom.vault import keys
from caseroom.web.security import COOKIE
from tests.doubles import RecordingPublisher, unsafe_light_passwords

PASSWORD = "heron gris 41 galets"


class PlainRenderer:
    """Nobody is connected to the process of the tests: what it would render goes nowhere."""

    def render(self, entry: EntryView, *, locale: str) -> str:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """A person with both ways in: ``token`` for programs, ``cookie`` for a browser that has signed in."""

    name: str
    email: str
    actor: Actor
    token: str
    cookie: str
    totp_uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A mediation. Ada and her counsel Clara against Bruno and his counsel Basile; Neus mediates; Otto is in none of
    it and mediates a case of his own, whose joint room is ``elsewhere``: the same Otto for all stories."""

    ada: Someone
    clara: Someone
    bruno: Someone
    basile: Someone
    neus: Someone
    otto: Someone
    case: str
    joint: str
    caucus: str  # Ada, Clara and Neus
    team: str  # Ada and Clara
    elsewhere: str
    elsewhere_case: str
    participants: dict[str, str]  # first name -> participant id


class Practice:
    """The data folder as the tests reach it: beside the server, as the command line does."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.settings: Settings = load_settings(environ)
        self.database = open_database(self.settings)
        self.database.provide(Publisher, RecordingPublisher())
        self.database.provide(EntryRenderer, PlainRenderer())
        self.database.provide(Passwords, unsafe_light_passwords())
        self._numbers = count(1)
        self._model = accounts.prepare_person(self.database, email="model@example.org", name="Model", password=PASSWORD)
        with self.database.unit_of_work() as work:
            self._practice = accounts.create_practice(work, name="Médiation du Port")

    def close(self) -> None:
        self.database.engine.dispose()

    def person(self, name: str, *, opens_cases: bool = False) -> Someone:
        email = f"{name.lower()}.{next(self._numbers)}@example.org"
        practice = self._practice if opens_cases else None
        with self.database.unit_of_work() as work:
            prepared = replace(self._model, email=email, name=name)
            person = accounts.create_person(work, prepared, practice_id=practice, locale="en")
            token = accounts.create_token(work, email=email, label="test")
            session = accounts.open_session(work, person, device="test")
        actor = Actor(
            person=PersonId(person), name=name, session="", level=AuthLevel.AL1, locale="en", zone="", practice=practice
        )
        return Someone(name=name, email=email, actor=actor, token=token, cookie=self.cookie(_user_id=session))

    def with_totp(self, someone: Someone) -> Someone:
        """The same person with a second factor, who can sign in through the pages."""
        with self.database.unit_of_work() as work:
            return replace(someone, totp_uri=accounts.trust_totp(work, someone.actor.person).uri)

    def spare_token(self, someone: Someone) -> Someone:
        """The same person with another token, as if it had been copied from them."""
        with self.database.unit_of_work() as work:
            return replace(someone, token=accounts.create_token(work, email=someone.email, label="spare"))

    def token_id(self, someone: Someone) -> str:
        with self.database.reading() as work:
            actor = account_queries.resolve_token(work, someone.token)
        assert actor is not None, "the token must work"
        return actor.session

    def session_id(self, someone: Someone) -> str:
        with self.database.reading() as work:
            return account_queries.my_sessions(work, someone.actor)[0].id

    def revoke(self, someone: Someone) -> None:
        """Revoke this token in another process than the server's: nothing tells the server."""
        token = self.token_id(someone)
        with self.database.unit_of_work() as work:
            accounts.revoke_token(work, someone.actor, token_id=token)

    def end_sessions(self, someone: Someone) -> None:
        """End the web sessions of this person in another process than the server's."""
        with self.database.unit_of_work() as work:
            assert accounts.sign_out_everywhere(work, someone.actor) > 0

    def cookie(self, **values: object) -> str:
        """The session cookie the server would have set for these values, signed with the server's key."""
        serializer = SecureCookieSessionInterface().get_signing_serializer(self._signing)
        assert serializer is not None
        return f"{COOKIE}={serializer.dumps(values)}"

    @cached_property
    def _signing(self) -> Flask:
        app = Flask("signing")
        app.secret_key = keys.derive(keys.load_or_create_kek(self.settings.keys_folder / "kek"), keys.COOKIES)
        return app

    @cached_property
    def _outsider(self) -> tuple[Someone, str, str]:
        """Otto, who is in nobody's story, with the case and the joint room he has for himself."""
        otto = self.person("Otto", opens_cases=True)
        case, _ = self._open(otto, "Otto’s own case")
        with self.database.reading() as work:
            rooms = queries.case_view(work, otto.actor, case).rooms
        return otto, case, next(room.id for room in rooms if room.kind is RoomKind.JOINT)

    def story(self) -> Story:
        """A new case with new people, everybody admitted."""
        neus = self.person("Neus", opens_cases=True)
        otto, elsewhere_case, elsewhere = self._outsider
        ada, clara, bruno, basile = (self.person(name) for name in ("Ada", "Clara", "Bruno", "Basile"))
        case, sides = self._open(neus, "Ada v. Bruno")
        for someone, role, side in (
            (ada, Role.PARTY, 0),
            (clara, Role.COUNSEL, 0),
            (bruno, Role.PARTY, 1),
            (basile, Role.COUNSEL, 1),
        ):
            self.admit(neus, case, someone, role=role, side=sides[side])
        with self.database.reading() as work:
            view = queries.case_view(work, neus.actor, case)
            team = next(room for room in queries.case_view(work, ada.actor, case).rooms if room.kind is RoomKind.TEAM)
        return Story(
            ada=ada,
            clara=clara,
            bruno=bruno,
            basile=basile,
            neus=neus,
            otto=otto,
            case=case,
            joint=next(room.id for room in view.rooms if room.kind is RoomKind.JOINT),
            caucus=next(r.id for r in view.rooms if r.kind is RoomKind.CAUCUS and r.side and r.side.id == sides[0]),
            team=team.id,
            elsewhere=elsewhere,
            elsewhere_case=elsewhere_case,
            participants={person.name: person.id for person in view.people},
        )

    def admit(self, steward: Someone, case: str, someone: Someone, *, role: Role, side: str | None) -> None:
        command = NewParticipant(email=someone.email, name=someone.name, role=role, side_id=side)
        with self.database.unit_of_work() as work:
            code = invite_participant(work, steward.actor, case, command).code
        with self.database.unit_of_work() as work:
            accept_invitation(work, someone.actor, code=code, locale="en")

    def second_case(self, neus: Someone, ada: Someone) -> tuple[str, str]:
        """Another case of the same mediator and claimant: its id, and the claimant's participant id in it."""
        case, sides = self._open(neus, "Ada v. others")
        self.admit(neus, case, ada, role=Role.PARTY, side=sides[0])
        with self.database.reading() as work:
            return case, queries.case_view(work, ada.actor, case).me.id

    def observer(self, story: Story) -> Someone:
        """Somebody who reads the joint room of this story and may not write in it."""
        someone = self.person("Oriol")
        self.admit(story.neus, story.case, someone, role=Role.OBSERVER, side=None)
        return someone

    def post(self, someone: Someone, room: str, *bodies: str, client_id: str | None = None) -> EntryView:
        """Write behind the server's back: in the folder, told to nobody. Returns the last entry."""
        audience = self.audience(someone, room)
        with self.database.unit_of_work() as work:
            for body in bodies:
                command = NewMessage(body=body, audience=audience, client_id=client_id)
                posted = post_message(work, someone.actor, room, command)
            return posted.entry

    def _open(self, opener: Someone, title: str) -> tuple[str, list[str]]:
        command = NewCase(kind=CaseKind.MEDIATION, title=title, language="en", sides=("Side A", "Side B"))
        with self.database.unit_of_work() as work:
            opened = open_case(work, opener.actor, command, email=opener.email)
        with self.database.reading() as work:
            sides = [side.id for side in queries.case_view(work, opener.actor, opened.case_id).sides]
        return opened.case_id, sides

    # --- what the server must have written ---

    def audience(self, reader: Someone, room: str) -> str:
        with self.database.reading() as work:
            return queries.audience_of(work, reader.actor, room)

    def size(self, reader: Someone, room: str) -> int:
        with self.database.reading() as work:
            return queries.size_of(work, reader.actor, room)

    def entries(self, reader: Someone, room: str) -> list[EntryView]:
        with self.database.reading() as work:
            opened = access_room(work, reader.actor, room, Permission.ROOM_READ)
            found, following = queries.room_entries(work, opened, limit=10_000)
        assert following is None
        return found

    def case_head(self, case_id: str) -> tuple[int, str]:
        """Size and root (hex) of the case log as it stands."""
        with self.database.reading() as work:
            log = work.session.get_one(CaseLog, case_id)
            return log.size, log.root.hex()

    def chain_problem(self, reader: Someone, room: str) -> str:
        """The name of the first broken check of a room's log, or nothing."""
        with self.database.reading() as work:
            opened = access_room(work, reader.actor, room, Permission.LEDGER_READ)
            return check_chain(work, opened.stream).problem

    def check_receipt(self, receipt: str, reader: Someone, room: str, entry: EntryView) -> int:
        """Verify a receipt with the room's public key; the size of the tree it was signed for. Raises ReceiptError."""
        with self.database.reading() as work:
            opened = access_room(work, reader.actor, room, Permission.LEDGER_READ)
            log = head_of(work, opened.case.id)
            verifier: Verifier = parse_vkey(
                format_vkey(f"{log.origin}/s/{opened.room.slot}", parse_vkey(log.vkey).public)
            )
        return verify_receipt(receipt, bytes.fromhex(entry.leaf), verifier).size
