"""The live edge: the only file that imports flask_socketio.

Every event is re-authorised: ``before_request`` does not run for socket events, and a socket's copy of the web session
is frozen at connect. A connection belongs to channels of its person and its session, never to a room. Anything that
goes wrong in ``connect`` refuses the connection: a handler that raises would otherwise leave it open and served."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flask import Flask, request, session
from flask_socketio import SocketIO, disconnect, join_room

from caseroom.access.actor import Actor, Resolvers
from caseroom.config import LOCALES, Settings
from caseroom.db import Database
from caseroom.errors import CaseroomError, Malformed, NotFound, Unauthenticated
from caseroom.ids import is_id
from caseroom.realtime.outbox import Event

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("caseroom.realtime")

MAX_MESSAGE = 256 * 1024  # bytes of one socket message: a longest message text and its frame

Handler = Callable[[Actor, dict[str, Any]], dict[str, Any]]
ErrorView = Callable[[CaseroomError, str], dict[str, Any]]


class PresenceHook(Protocol):
    """Tells that a person came to a case, or to no case in particular, or went."""

    def __call__(self, person: str, case_id: str | None, *, on: bool) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What a socket stands on. ``secret`` is presented anew at each event; ``case`` is the page's, if it has one."""

    kind: str  # "session" or "token"
    secret: str
    person: str
    session: str
    locale: str
    case: str | None


def _without_trace(record: logging.LogRecord) -> bool:
    """A frame that is no packet is one line in the log: whoever sends such frames must not fill it with traces."""
    record.exc_info = record.exc_text = None
    return True


def _without_compression(serve: WSGIApplication) -> WSGIApplication:
    """Pass over a browser's offer to compress its websocket (RFC 7692). It would be taken: then each copy of a message
    is compressed for itself, which doubles the work of telling a room and adds 200 KB to each connection; and one
    person's rooms share one dictionary, so that the length of a frame tells whether words of one come in another."""

    def serve_uncompressed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return serve(environ, start_response)

    return serve_uncompressed


FRAMES = logging.getLogger("caseroom.realtime.frames")
FRAMES.setLevel(logging.WARNING)  # below it stands every frame, with what was said and the tokens
FRAMES.addFilter(_without_trace)


class Gateway:
    """Implements ``outbox.Publisher``. Handlers and the presence hook are given by the domains at start-up."""

    def __init__(
        self, app: Flask, settings: Settings, *, database: Database, resolvers: Resolvers, describe: ErrorView
    ) -> None:
        self.socketio = SocketIO(
            app,
            async_mode=settings.async_mode,
            transports=["websocket"],
            cors_allowed_origins=settings.page_origins,
            manage_session=False,
            message_queue=settings.redis_url or None,
            max_http_buffer_size=MAX_MESSAGE,
            # One event at a time per connection: in the order they were sent, and a flood waits in its own socket.
            async_handlers=False,
            logger=False,
            engineio_logger=FRAMES,
        )
        app.wsgi_app = _without_compression(app.wsgi_app)  # type: ignore[assignment, method-assign]
        self.events: dict[str, Handler] = {}
        # How long a vanished person stays present: walking from room to room must not show.
        self._period = settings.live_period
        self._among_others = bool(settings.redis_url)
        self._database = database
        self._resolvers = resolvers
        self._describe = describe
        self._connections: dict[str, Connection] = {}
        self._present: dict[tuple[str, str | None], int] = {}
        self._presence: PresenceHook | None = None
        self.socketio.on_event("connect", self._connect)
        self.socketio.on_event("disconnect", self._disconnect)

    # --- what domains register ---

    def on(self, name: str, handler: Handler) -> None:
        """Serve an event: authenticate, hand over a dict, answer with the handler's dict or an error of one shape."""
        self.events[name] = handler
        self.socketio.on_event(name, self._wrapped(name, handler))

    def on_presence(self, hook: PresenceHook) -> None:
        self._presence = hook

    # --- what the outbox asks ---

    def publish(self, event: Event) -> None:
        if not event.by_locale:
            self._emit(event, [f"person:{person}" for person in event.audience.people], {})
            return
        spoken = self._locales_spoken()
        for locale in event.by_locale:
            if locale in spoken:
                channels = [f"person:{person}:{locale}" for person in event.audience.people]
                self._emit(event, channels, event.by_locale[locale])

    def _locales_spoken(self) -> AbstractSet[str]:
        """The languages in which somebody is connected; all of them where other workers have connections too."""
        if self._among_others:
            return frozenset(LOCALES)
        return {connection.locale for connection in self._connections.values()}

    def _emit(self, event: Event, channels: list[str], members: Mapping[str, Any]) -> None:
        if channels:
            self.socketio.emit(event.name, {**event.payload, **members}, to=channels)

    def cut_session(self, session_id: str) -> None:
        """Close every connection that stands on a session or token that has just ended."""
        for sid, connection in list(self._connections.items()):
            if connection.session == session_id:
                self._cut(sid)

    def _cut(self, sid: str) -> None:
        self.socketio.server.disconnect(sid, namespace="/")

    def is_present(self, person: str, case_id: str) -> bool:
        """Connected to this case, whatever room is being looked at; or connected without naming a case."""
        return (person, case_id) in self._present or (person, None) in self._present

    # --- connections ---

    def _connect(self, auth: Any = None) -> bool:
        sid = _sid()
        if self._is_open(sid):
            return False
        try:
            connection = self._identify(auth if isinstance(auth, dict) else {})
            self._admit(sid, connection)
        except Exception as error:  # noqa: BLE001 - fail closed: see the module's first words
            log.info("connection refused: %s", error)
            self._connections.pop(sid, None)
            return False
        self._count(connection, +1)
        return True

    def _admit(self, sid: str, connection: Connection) -> None:
        self._connections[sid] = connection
        join_room(f"person:{connection.person}")
        join_room(f"person:{connection.person}:{connection.locale}")
        # Again, now that ``cut_session`` finds it: the session may have ended while it was looked up.
        if self._resolve(connection) is None:
            raise Unauthenticated

    def _disconnect(self, *_reason: Any) -> None:
        sid = _sid()
        if self._is_open(sid):
            return
        connection = self._connections.pop(sid, None)
        if connection is not None:
            self.socketio.start_background_task(self._leave, connection)

    def _is_open(self, sid: str) -> bool:
        """True where a client has *sent* an event named ``connect`` or ``disconnect``: the real ones come before it is
        open and after. Served, the one would add channels that no sign-out closes, the other hide it from them all."""
        return bool(self.socketio.server.manager.is_connected(sid, "/"))

    def _leave(self, connection: Connection) -> None:
        # The page of the next room connects before this ends: nobody sees a person walk from room to room.
        self.socketio.sleep(self._period)
        self._count(connection, -1)

    def _count(self, connection: Connection, step: int) -> None:
        key = (connection.person, connection.case)
        before = self._present.get(key, 0)
        self._present[key] = before + step
        if self._present[key] <= 0:
            del self._present[key]
        if 0 in (before, before + step):
            self._tell_presence(connection, on=step > 0)

    def _tell_presence(self, connection: Connection, *, on: bool) -> None:
        try:
            if self._presence is not None:
                self._presence(connection.person, connection.case, on=on)
        except Exception:
            log.exception("presence was not told")

    def _identify(self, auth: dict[str, Any]) -> Connection:
        token = auth.get("token")
        kind, secret = ("token", token) if isinstance(token, str) else ("session", session.get("_user_id"))
        case = auth.get("case")
        with self._database.reading() as work:
            resolve = self._resolvers.token if kind == "token" else self._resolvers.session
            actor = resolve(work, secret) if isinstance(secret, str) else None
        if actor is None:
            raise Unauthenticated
        locale = auth.get("locale")
        if locale not in LOCALES:
            locale = actor.locale if actor.locale in LOCALES else "fr"
        return Connection(
            kind=kind,
            secret=str(secret),
            person=actor.person,
            session=actor.session,
            locale=str(locale),
            case=case if is_id(case) else None,
        )

    # --- what nobody tells ---

    def watch(self) -> None:
        """Start closing, as long as the process serves, what has lost its standing unseen: connections whose session
        ran out or was ended elsewhere, and websockets that never say who they are."""
        self.socketio.start_background_task(self._watch)

    def _watch(self) -> None:
        strangers: set[str] = set()
        while True:
            self.socketio.sleep(self._period)
            for sid, connection in list(self._connections.items()):
                self._prove_again(sid, connection)
                self.socketio.sleep(0)
            strangers = self._close_strangers(strangers)

    def _prove_again(self, sid: str, connection: Connection) -> None:
        try:
            if self._resolve(connection) is None:
                self._cut(sid)
        except Exception:
            log.exception("a connection could not be proved again")

    def _close_strangers(self, known: set[str]) -> set[str]:
        """Close the websockets that were nobody's at the last look and still are; return those that are so now."""
        server = self.socketio.server
        sockets = list(server.eio.sockets.items())
        now = {key: each for key, each in sockets if server.manager.sid_from_eio_sid(key, "/") is None}
        for key in now.keys() & known:
            now[key].close(wait=False, abort=True)
        return now.keys() - known

    # --- events ---

    def _wrapped(self, name: str, handler: Handler) -> Callable[..., dict[str, Any]]:
        def serve(*args: Any) -> dict[str, Any]:
            # The others' turn first: frames that wait in one connection's buffer are read without a pause between.
            self.socketio.sleep(0)
            connection = self._connections.get(_sid())
            locale = connection.locale if connection else "fr"
            try:
                actor = self._actor(connection)
                return {"ok": True, **handler(actor, _object(args))}
            except CaseroomError as error:
                if isinstance(error, NotFound):
                    log.info("%s refused: %s", name, error)
                return {"ok": False, **self._describe(error, locale)}
            except Exception:
                log.exception("event %s failed", name)
                return {"ok": False, **self._describe(CaseroomError(), locale)}

        return serve

    def _actor(self, connection: Connection | None) -> Actor:
        """Who is behind this event *now*. Ends the connection of a session that is over."""
        actor = self._resolve(connection) if connection is not None else None
        if actor is None:
            disconnect()
            raise Unauthenticated
        return actor

    def _resolve(self, connection: Connection) -> Actor | None:
        resolve = self._resolvers.token if connection.kind == "token" else self._resolvers.session
        with self._database.reading() as work:
            return resolve(work, connection.secret)


def _object(arguments: tuple[Any, ...]) -> dict[str, Any]:
    match arguments:
        case (dict() as data,):
            return data
        case _:
            raise Malformed("malformed_event")


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]
