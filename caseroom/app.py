"""The application: this function is its table of contents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from caseroom.access.actor import Resolvers
from caseroom.accounts import queries as account_queries
from caseroom.accounts.tools import provide_account_tools
from caseroom.accounts.views import install as install_accounts
from caseroom.api.views import blueprint as api_blueprint
from caseroom.audit.case_log import BlindKeys
from caseroom.audit.scheduler import Scheduler
from caseroom.audit.sealing import forget_orphan_keys, sign_unsigned
from caseroom.audit.signer import Signer
from caseroom.audit.signer_client import signing_service
from caseroom.audit.stamps.authorities import Authorities, trusted_roots
from caseroom.audit.stamps.queue import stamp_due
from caseroom.audit.stamps.roots import keep_roots
from caseroom.caucus.views import blueprint as caucus_blueprint
from caseroom.config import Settings
from caseroom.db import Database
from caseroom.evidence.known_keys import KnownKeys
from caseroom.evidence.pack_views import blueprint as pack_blueprint
from caseroom.evidence.public_views import blueprint as check_blueprint
from caseroom.evidence.views import blueprint as evidence_blueprint
from caseroom.exhibits.queries import CheckTurn
from caseroom.exhibits.services import sweep_remains
from caseroom.exhibits.views import blueprint as exhibits_blueprint
from caseroom.marks import read_marks
from caseroom.migrations import upgrade
from caseroom.realtime.gateway import Gateway
from caseroom.realtime.outbox import Publisher, Unconnected
from caseroom.retention.finishing import finish_erasures
from caseroom.retention.purge import DailyPurge
from caseroom.retention.views import blueprint as retention_blueprint
from caseroom.rooms.announce import EntryRenderer
from caseroom.rooms.case_views import blueprint as cases_blueprint
from caseroom.rooms.joining_views import blueprint as joining_blueprint
from caseroom.rooms.rendering import PartialRenderer
from caseroom.rooms.services import forget_replays
from caseroom.rooms.sockets import RoomSockets
from caseroom.rooms.views import blueprint as rooms_blueprint
from caseroom.vault import keys
from caseroom.vault.age import Stretching
from caseroom.vault.keyring import Keyring
from caseroom.vault.objects import DiskObjects, ObjectStore
from caseroom.web.errors import describe_for_socket, install_errors
from caseroom.web.i18n import install_languages
from caseroom.web.pages import blueprint as pages_blueprint
from caseroom.web.security import install_gate, install_security

ROOT = Path(__file__).resolve().parent.parent
LONGEST_SLEEP = 20.0  # seconds between two looks at what is due


def create_app(settings: Settings, *, database: Database | None = None) -> Flask:
    """Assemble the application over a data folder; ``settings.data`` is created where it is missing."""
    app = Flask(
        "caseroom", root_path=str(ROOT), template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    database = database or open_database(settings)
    app.extensions.update({"caseroom.settings": settings, "caseroom.database": database})
    kek = _kek(settings)

    csrf = install_security(app, settings, secret_key=keys.derive(kek, keys.COOKIES))
    install_languages(app, settings)
    install_errors(app)

    resolvers = Resolvers(session=account_queries.resolve_session, token=account_queries.resolve_token)
    app.extensions["caseroom.resolvers"] = resolvers
    gateway = Gateway(app, settings, database=database, resolvers=resolvers, describe=describe_for_socket(app))
    app.extensions["caseroom.gateway"] = gateway
    database.provide(Publisher, gateway)  # type: ignore[type-abstract]
    database.provide(EntryRenderer, PartialRenderer(app))  # type: ignore[type-abstract]
    database.provide(CheckTurn, CheckTurn())
    database.provide(KnownKeys, KnownKeys())
    database.provide(Stretching, Stretching())
    RoomSockets(gateway, database)

    install_accounts(app)
    for blueprint in (
        pages_blueprint,
        cases_blueprint,
        rooms_blueprint,
        joining_blueprint,
        caucus_blueprint,
        exhibits_blueprint,
        evidence_blueprint,
        retention_blueprint,
        check_blueprint,
        pack_blueprint,
        api_blueprint,
    ):
        app.register_blueprint(blueprint)
    csrf.exempt(api_blueprint)
    install_gate(app, csrf)
    marks = read_marks(settings.data)
    app.context_processor(lambda: {"demo_mode": marks["use"] == "demo", "testing_mode": marks["testing"]})
    return app


def stamp(database: Database, settings: Settings) -> int:
    """Ask for the time stamps that are due. Returns how many came; 0 where no authority is configured."""
    return stamp_due(database, authorities=database.tool(Authorities), roots=trusted_roots(settings))


def loops(app: Flask) -> list[Callable[[], None]]:
    """What a serving process does besides answering: each runs for ever in a background thread of its own."""
    settings, database = app.extensions["caseroom.settings"], app.extensions["caseroom.database"]
    scheduler = Scheduler(
        database,
        sleep=app.extensions["caseroom.gateway"].socketio.sleep,
        longest=min(LONGEST_SLEEP, settings.epoch_seconds / 2),
        chores=(
            lambda: sign_unsigned(database),
            lambda: stamp(database, settings),
            lambda: finish_erasures(database),
            DailyPurge(database),
        ),
    )
    return [scheduler.seal_for_ever, scheduler.do_chores_for_ever]


def open_database(settings: Settings) -> Database:
    """Open the data folder: keys, migrated database, signer, object store; finish what a crash left undone."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    upgrade(settings.database_url)
    kek = _kek(settings)
    database = Database(settings.database_url)
    database.provide(Settings, settings)
    database.provide(Keyring, Keyring(kek))
    database.provide(BlindKeys, BlindKeys(keys.derive(kek, keys.BLIND_KEYS)))
    database.provide(Signer, signing_service(settings, key=keys.derive(kek, keys.SIGNER)))
    database.provide(Authorities, Authorities.of(settings))
    database.provide(ObjectStore, DiskObjects(settings.objects_folder))  # type: ignore[type-abstract]
    database.provide(Publisher, Unconnected())  # type: ignore[type-abstract]
    provide_account_tools(database, key=keys.derive(kek, keys.ACCOUNTS), redis_url=settings.redis_url)
    sign_unsigned(database)
    forget_orphan_keys(database)
    sweep_remains(database)
    with database.unit_of_work() as work:
        forget_replays(work)
        keep_roots(work, settings.tsa_roots)
    return database


def _kek(settings: Settings) -> bytes:
    settings.keys_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return keys.load_or_create_kek(settings.keys_folder / "kek")
