"""``python -m caseroom ...``: exit 0 fine, 1 a finding or a refusal, 2 wrong usage. Nothing here prompts."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence

from caseroom.accounts import commands as accounts
from caseroom.app import create_app, open_database, stamp
from caseroom.audit import signer_service, verify
from caseroom.audit.scheduler import seal_due
from caseroom.config import ConfigError, Settings, load_settings
from caseroom.demo.seed import seed_practice, sign_in_links
from caseroom.demo.stamping import stamped
from caseroom.demo.views import blueprint as demo_links
from caseroom.errors import CaseroomError, Invalid
from caseroom.marks import DataFolderMisused, mark_data_folder
from caseroom.retention.purge import purge as purge_now
from caseroom.upkeep import commands as upkeep

Command = Callable[[argparse.Namespace, Settings], int]
UPKEEP = frozenset({upkeep.backup, upkeep.restore_backup, upkeep.doctor})
"""These look at a data folder, or make one; they never begin one."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] in (["verify"], ["compare"]):
        # The file that a pack carries, without settings or data folder: whoever has the pack need not have a server.
        return verify.main(given[1:] if given[0] == "verify" else given)
    if given[:1] == ["signer"]:  # another user of the system: the data folder is closed to it
        return signer_service.main(given[1:])
    arguments = _parser().parse_args(given)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    for noisy in ("alembic", "engineio", "socketio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        settings = load_settings(demo=arguments.command is demo)
        if arguments.command not in UPKEEP:
            mark_data_folder(settings)
        run: Command = arguments.command
        return run(arguments, settings)
    except (ConfigError, DataFolderMisused) as error:
        return _fail(str(error), code=2)
    except Invalid as error:
        return _fail(
            "; ".join(f"{each['field']}: {each['code']}" for each in error.data.get("errors", [])) or error.code
        )
    except CaseroomError as error:
        return _fail(error.code)


def serve(_: argparse.Namespace, settings: Settings) -> int:
    import wsgi

    database = open_database(settings)
    app = create_app(settings, database=database)
    link = accounts.first_setup_link(database, settings)
    if link:
        print(f"First start. Set up your practice here (the link works once):\n\n    {link}\n", flush=True)
    print(f"Caseroom serves at {settings.origin}", flush=True)
    wsgi.serve(app, settings)
    return 0


def demo(_: argparse.Namespace, settings: Settings) -> int:
    import wsgi  # noqa: F401 - before a process is started: its first lines patch the standard library

    with stamped(settings) as (served, told):
        if told:
            print(told, flush=True)
        return _serve_demo(served)


def _serve_demo(settings: Settings) -> int:
    import wsgi

    database = open_database(settings)
    app = create_app(settings, database=database)
    app.register_blueprint(demo_links)
    seed_practice(database)
    print("\nSample practice. One click signs you in as one of these people (one browser profile each):", flush=True)
    heading = ""
    for link in sign_in_links(database, settings):
        if link.heading != heading:
            heading = link.heading
            print(f"\n  {heading}", flush=True)
        print(f"    {link.who}\n      {link.url}", flush=True)
    print(f"\nCaseroom serves at {settings.origin} (Ctrl+C ends it)", flush=True)
    wsgi.serve(app, settings)
    return 0


def init(arguments: argparse.Namespace, settings: Settings) -> int:
    made = accounts.init_practice(
        open_database(settings),
        practice=arguments.practice,
        email=arguments.email,
        name=arguments.name,
        password=_password(),
    )
    return _print(made, as_json=arguments.json)


def create_user(arguments: argparse.Namespace, settings: Settings) -> int:
    made = accounts.create_user(
        open_database(settings),
        practice=arguments.practice,
        email=arguments.email,
        name=arguments.name,
        password=_password(),
    )
    return _print({"id": made["id"], "totp_uri": made["totp_uri"]}, as_json=arguments.json)


def token(arguments: argparse.Namespace, settings: Settings) -> int:
    print(accounts.create_token(open_database(settings), email=arguments.email))
    return 0


def reset_access(arguments: argparse.Namespace, settings: Settings) -> int:
    made = accounts.reset_access(open_database(settings), email=arguments.email, password=_password())
    return _print(made, as_json=arguments.json)


def seal(arguments: argparse.Namespace, settings: Settings) -> int:
    database = open_database(settings)
    made = {"sealed": seal_due(database), "stamped": stamp(database, settings)}
    return _print(made, as_json=arguments.json)


def purge(arguments: argparse.Namespace, settings: Settings) -> int:
    report = purge_now(open_database(settings), dry_run=arguments.dry_run)
    print(report.as_json() if arguments.json else report.as_text())
    return 1 if report.failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m caseroom", description="A self-hosted virtual case room.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    add("serve", serve, "Migrate, then serve until SIGTERM. The first start prints a one-time set-up link.")
    add(
        "demo",
        demo,
        "Serve a sample practice with four cases and one-click sign-in links, in a data folder of its own.",
    )
    for name, command, text in (
        ("init", init, "Found a practice with its owner. The password is read from standard input."),
        ("create-user", create_user, "Add a member to a practice. The password is read from standard input."),
    ):
        sub = add(name, command, text)
        sub.add_argument("--practice", required=True, help="name of the practice")
        sub.add_argument("--email", required=True)
        sub.add_argument("--name", required=True, help="the person's name, as the others will read it")
        sub.add_argument(
            "--password-stdin", action="store_true", required=True, help="read the password from standard input"
        )
        sub.add_argument("--json", action="store_true", help="print JSON for machines")
    sub = add(
        "reset-access",
        reset_access,
        "New password and new six-digit code for somebody who lost them. The password is read from standard input.",
    )
    sub.add_argument("--email", required=True)
    sub.add_argument(
        "--password-stdin", action="store_true", required=True, help="read the password from standard input"
    )
    sub.add_argument("--json", action="store_true", help="print JSON for machines")
    sub = add("seal", seal, "Seal the epochs that are due, and ask for the time stamps that are waiting.")
    sub.add_argument("--json", action="store_true", help="print JSON for machines")
    for name, text in (
        ("verify", "Verify an evidence pack (PACK.zip) offline, as the file verify.py in every pack does."),
        ("signer", "Sign checkpoints for the server from a process of its own (--help for more), until SIGTERM."),
        ("compare", "Compare two evidence packs of one case (A.zip B.zip): two histories of it are found."),
    ):
        commands.add_parser(name, help=text, description=text)  # main() hands both over before it comes here
    upkeep.add_commands(add)
    sub = add(
        "purge",
        purge,
        "Destroy what has reached its time: what the practice's rules say, erasures that were waiting, signing keys of "
        "closed cases, expired links.",
    )
    sub.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    sub.add_argument("--json", action="store_true", help="print JSON for machines")
    sub = add("token", token, "Print an API token for a person. It acts as that person: keep it like a password.")
    sub.add_argument("--email", required=True)
    return parser


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _print(values: Mapping[str, object], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(values))
    else:
        for key, value in values.items():
            print(f"{key}: {value}")
    return 0


def _fail(message: str, *, code: int = 1) -> int:
    print(f"caseroom: {message}", file=sys.stderr)
    return code
