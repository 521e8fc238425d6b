"""``backup``, ``restore`` and ``doctor`` on the command line. Exit 0 fine, 1 a finding or a failure, 2 wrong usage."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from caseroom.config import Settings
from caseroom.db import Database
from caseroom.upkeep.age import AgeFailed, checked_recipient
from caseroom.upkeep.backup import BackupFailed, Made, make_backup
from caseroom.upkeep.backup import Order as BackupOrder
from caseroom.upkeep.doctor import Diagnosis, examine, lagging_logs
from caseroom.upkeep.doctor.instance import database_file
from caseroom.upkeep.loss import accept_loss
from caseroom.upkeep.restore import FolderInUse, Restored, RestoreFailed, bring_up_to_date, restore
from caseroom.upkeep.restore import Order as RestoreOrder
from caseroom.upkeep.sqlite_files import NoSnapshot

Command = Callable[[argparse.Namespace, Settings], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]

FINE, FINDING, USAGE = 0, 1, 2


def add_commands(add: Add) -> None:
    """Register the commands; ``add(name, command, text)`` makes the parser of one."""
    _add_backup(add("backup", backup, "Back up the data folder, also while it is served: two files, content and keys."))
    _add_restore(add("restore", restore_backup, "Make a new data folder from a backup, compare it with the signer."))
    sub = add("doctor", doctor, "Look at everything the data folder holds, change nothing, and name what is wrong.")
    sub.add_argument("--quick", action="store_true", help="do not re-read rooms and exhibits")
    sub.add_argument("--json", action="store_true", help="print JSON for machines")


def _add_backup(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--to", required=True, type=Path, metavar="FOLDER", help="where the backup goes")
    sub.add_argument("--keys-to", type=Path, metavar="FOLDER", help="where its keys go (default: the same folder)")
    how = sub.add_mutually_exclusive_group()
    how.add_argument(
        "--recipient", action="append", default=[], metavar="age1...", help="encrypt for this age recipient"
    )
    how.add_argument("--passphrase-stdin", action="store_true", help="encrypt under a passphrase from standard input")
    how.add_argument("--unencrypted", action="store_true", help="for a medium that is encrypted itself")
    sub.add_argument("--with-kek", action="store_true", help="put the key file DATA/keys/kek among the keys too")
    sub.add_argument(
        "--keep-keys-days",
        type=_days,
        metavar="N",
        help="remove key files older than N days from that folder (default CASEROOM_KEY_BACKUP_DAYS)",
    )
    sub.add_argument("--json", action="store_true", help="print JSON for machines")


def _add_restore(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--from", dest="content", type=Path, metavar="FILE", help="the content: caseroom-....tar.age")
    sub.add_argument("--keys", type=Path, metavar="FILE", help="its keys: caseroom-....keys.age")
    sub.add_argument("--kek", type=Path, metavar="FILE", help="the key file that was kept elsewhere")
    how = sub.add_mutually_exclusive_group()
    how.add_argument("--identity", type=Path, metavar="FILE", help="age identity file of the recipient")
    how.add_argument("--passphrase-stdin", action="store_true", help="the passphrase, from standard input")
    sub.add_argument("--data", type=Path, metavar="FOLDER", help="where to (default CASEROOM_DATA); absent or empty")
    sub.add_argument("--signer", type=Path, metavar="FOLDER", help="a signer folder that outlived the database")
    sub.add_argument(
        "--accept-loss",
        action="store_true",
        help="close the cases of which something signed is lost for good (alone: in CASEROOM_DATA as it is)",
    )
    sub.add_argument("--json", action="store_true", help="print JSON for machines")


def backup(arguments: argparse.Namespace, settings: Settings) -> int:
    refusal = _not_ours(settings) or _check_backup(arguments, settings)
    if refusal:
        return _fail(refusal, code=USAGE)
    try:
        order = BackupOrder(
            to=arguments.to,
            keys_to=arguments.keys_to or arguments.to,
            recipients=tuple(checked_recipient(each) for each in arguments.recipient),
            passphrase=_passphrase() if arguments.passphrase_stdin else "",
            with_kek=arguments.with_kek,
            keep_keys_days=arguments.keep_keys_days or settings.key_backup_days,
        )
    except AgeFailed as error:
        return _fail(str(error), code=USAGE)
    try:
        made = make_backup(settings, order)
    except (BackupFailed, NoSnapshot, OSError) as error:
        return _fail(f"no backup was made: {error}")
    _say_backup(made, settings, arguments)
    return FINDING if made.missing else FINE


def _check_backup(arguments: argparse.Namespace, settings: Settings) -> str:
    """Why this cannot be asked for; empty where it can."""
    if database_file(settings) is None:
        return "the database is not SQLite: its backup is pg_dump's work (docs/operating.md, Backup)"
    if not (arguments.recipient or arguments.passphrase_stdin or arguments.unencrypted):
        return "give --recipient age1... or --passphrase-stdin; --unencrypted is for a medium that is encrypted itself"
    if not (settings.data / "caseroom.db").exists():
        return f"{settings.data} holds no instance"
    if arguments.with_kek and not (settings.keys_folder / "kek").exists():
        return f"{settings.keys_folder / 'kek'} is not there"
    return ""


def _say_backup(made: Made, settings: Settings, arguments: argparse.Namespace) -> None:
    if arguments.json:
        facts = {
            **asdict(made),
            "at": made.at.isoformat(),
            "with_kek": arguments.with_kek,
            "removed_keys": [str(each) for each in made.removed_keys],
        }
        print(
            json.dumps({key: str(each) if isinstance(each, Path) else each for key, each in facts.items()}, default=str)
        )
        return
    print(f"content: {made.content}\nkeys: {made.keys}\nexhibits: {made.objects}")
    for path in made.removed_keys:
        print(f"removed (its days are over): {path}")
    if made.moved_on:
        print(f"{made.moved_on} logs were written to meanwhile: the backup holds them as they were when it began.")
    for object_id in made.missing:
        print(f"missing: object {object_id} is not in the data folder. Run the doctor.")
    if arguments.with_kek:
        print("The key file is among the keys: whoever opens both files reads everything.")
    else:
        print(
            f"The key file {settings.keys_folder / 'kek'} is not in it. Without that file nothing of this backup can "
            "be read, by you either: keep a copy of it in another place."
        )


def restore_backup(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.data is not None:
        data = arguments.data.expanduser().resolve()
        settings = replace(settings, data=data, database_url=f"sqlite:///{data / 'caseroom.db'}", signer_data=None)
    if database_file(settings) is None:
        return _fail("the database is not SQLite: restore it with pg_restore (docs/operating.md, Restore)", code=USAGE)
    if arguments.content is None and arguments.keys is None and arguments.accept_loss:
        return _not_ours_or(settings, lambda: _after_restore(arguments, settings, None))
    if arguments.content is None or arguments.keys is None:
        return _fail("give both parts: --from FILE and --keys FILE", code=USAGE)
    try:
        made = restore(
            RestoreOrder(
                content=arguments.content,
                keys=arguments.keys,
                data=settings.data,
                identity=arguments.identity,
                passphrase=_passphrase() if arguments.passphrase_stdin else "",
                kek=arguments.kek,
                signer=arguments.signer,
            )
        )
    except (FolderInUse, AgeFailed) as error:
        return _fail(str(error), code=USAGE)
    except (RestoreFailed, OSError) as error:
        return _fail(f"nothing was restored: {error}")
    bring_up_to_date(settings)
    return _after_restore(arguments, settings, made)


def _after_restore(arguments: argparse.Namespace, settings: Settings, made: Restored | None) -> int:
    """What is to be done before the restored folder is served: where something signed is missing, nothing is hidden."""
    closed: list[str] = []
    lagging = lagging_logs(settings) if arguments.accept_loss else []
    if lagging:
        database = Database(settings.database_url)
        with database.unit_of_work() as work:
            closed = accept_loss(work, settings.data, lagging)
        database.engine.dispose()
    diagnosis = examine(settings)
    if arguments.json:
        facts = {} if made is None else {**asdict(made), "data": str(made.data)}
        print(json.dumps({**facts, "closed": closed, **_facts(diagnosis)}))
    else:
        if made is not None:
            print(f"Restored into {made.data}: as of {made.at}, keys of {made.keys_at}, {made.objects} exhibits.")
        for case_id in closed:
            print(f"closed: case {case_id}. Tell its participants; go on in a new case.")
        _say(diagnosis)
    return FINE if diagnosis.healthy else FINDING


def doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    if not settings.data.is_dir():
        return _fail(f"there is no data folder {settings.data} (CASEROOM_DATA)", code=USAGE)
    refusal = _not_ours(settings)
    if refusal:
        return _fail(refusal, code=USAGE)
    diagnosis = examine(settings, quick=arguments.quick)
    if arguments.json:
        print(json.dumps(_facts(diagnosis)))
    else:
        _say(diagnosis)
    return FINE if diagnosis.healthy else FINDING


def _facts(diagnosis: Diagnosis) -> dict[str, object]:
    return {
        "healthy": diagnosis.healthy,
        "findings": [asdict(each) for each in diagnosis.findings],
        "notes": diagnosis.notes,
        "checked": diagnosis.checked,
    }


def _say(diagnosis: Diagnosis) -> None:
    for finding in diagnosis.findings:
        print(f"{finding.check}: {finding.where}: {finding.message}")
    for note in diagnosis.notes:
        print(f"note: {note}")
    looked = ", ".join(f"{number} {what}" for what, number in diagnosis.checked.items())
    print(f"{len(diagnosis.findings)} findings" if diagnosis.findings else "Healthy", f"({looked})" if looked else "")


def _not_ours_or(settings: Settings, go_on: Callable[[], int]) -> int:
    refusal = _not_ours(settings)
    return _fail(refusal, code=USAGE) if refusal else go_on()


def _not_ours(settings: Settings) -> str:
    """SQLite makes its journals as whoever opens the database: root's would lock the server out of its own."""
    if settings.data.is_dir() and settings.data.stat().st_uid != os.geteuid():
        return f"{settings.data} belongs to another user: run this as that user (docs/operating.md has the line)"
    return ""


def _passphrase() -> str:
    """Raises AgeFailed where there is none."""
    passphrase = sys.stdin.readline().rstrip("\r\n")
    if not passphrase:
        raise AgeFailed("there is no passphrase on standard input")
    return passphrase


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number of days, at least 1")
    return int(text)


def _fail(message: str, *, code: int = FINDING) -> int:
    print(f"caseroom: {message}", file=sys.stderr)
    return code
