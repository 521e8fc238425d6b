"""The data folder and the machine: who may read it, room on the disk, settings that fit."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

from caseroom.audit.signer_file import FILE_NAME as SIGNER_FILE
from caseroom.config import Settings
from caseroom.marks import FILE as MARKS
from caseroom.marks import read_marks
from caseroom.upkeep.doctor.findings import Diagnosis
from caseroom.upkeep.doctor.instance import InstanceKeys
from caseroom.vault.keys import KEY_SIZE

LEAST_FREE_BYTES = 1024**3
USES = ("real", "demo")


def check_folder(diagnosis: Diagnosis, settings: Settings) -> None:
    data = settings.data
    _check_private(diagnosis, data, data)
    ours = [settings.keys_folder]
    if settings.signer_socket is None:  # else they are another user's, and out of our reach on purpose
        ours += [settings.signer_folder, settings.signer_folder / SIGNER_FILE]
    for path in ours:
        if path.exists():
            _check_private(diagnosis, path, data)
    _check_marks(diagnosis, settings)
    _check_disk(diagnosis, data)


def load_keys(diagnosis: Diagnosis, settings: Settings) -> InstanceKeys | None:
    """The keys of the instance, or None with a finding where they cannot be had."""
    path = settings.keys_folder / "kek"
    if not path.is_file():
        diagnosis.find("kek", str(path), "The key file is not there: nothing that is sealed can be opened")
        return None
    _check_private(diagnosis, path, settings.data)
    key = path.read_bytes()
    if len(key) != KEY_SIZE:
        diagnosis.find("kek", str(path), f"It does not hold a key of {KEY_SIZE} bytes")
        return None
    return InstanceKeys.of(key)


def check_settings(diagnosis: Diagnosis, settings: Settings, hosts: set[str]) -> None:
    """``hosts``: those under which cases were opened."""
    if settings.testing or read_marks(settings.data)["testing"]:
        diagnosis.note("This folder was used with CASEROOM_TESTING: every page says so.")
    if hosts and settings.host not in hosts:
        # Each case keeps the host it was opened under: a new address is no error, a mistyped one would be.
        diagnosis.note(f"CASEROOM_ORIGIN is {settings.origin}; the cases were opened under {', '.join(sorted(hosts))}.")
    if not settings.https:
        diagnosis.note("CASEROOM_ORIGIN is http: for this machine alone.")
    if not settings.tsa_urls:
        diagnosis.note("No time-stamping authority is configured (CASEROOM_TSA_URL): checkpoints stay unstamped.")


def _check_private(diagnosis: Diagnosis, path: Path, data: Path) -> None:
    status = path.stat()
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        diagnosis.find("permissions", str(path), f"Its mode is {mode:04o}: others on this machine may use it")
    if status.st_uid != data.stat().st_uid:
        diagnosis.find("permissions", str(path), f"It belongs to user {status.st_uid}, the data folder to another")


def _check_marks(diagnosis: Diagnosis, settings: Settings) -> None:
    path = settings.data / MARKS
    if not path.exists():
        return
    try:
        marks = json.loads(path.read_bytes())
        whole = set(marks) == {"use", "testing"} and marks["use"] in USES and isinstance(marks["testing"], bool)
    except (ValueError, KeyError, TypeError):
        whole = False
    diagnosis.expect("folder", str(path), "It does not say whether this is a real instance or a sample", holds=whole)


def _check_disk(diagnosis: Diagnosis, data: Path) -> None:
    usage = shutil.disk_usage(data)
    if usage.free < LEAST_FREE_BYTES:
        diagnosis.find("disk", str(data), f"{usage.free // 1024**2} MiB are free")
