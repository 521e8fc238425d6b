"""What the format cannot show: the changes of a pack that stay unseen, each with the reason why it harms nobody. A
change that no reason here covers has to be found (docs/evidence.md §22)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from caseroom.audit.event_bytes import FIELDS, event_salt

MANIFEST = "manifest.json"
SLACK = timedelta(seconds=300)  # δ of docs/evidence.md §10

Members = Mapping[str, bytes]


def _said_outside(before: Members, after: Members, path: str) -> bool:
    return path in ("README.txt", "verify.py") and path in after and path in before


def _made_by_the_exporter(before: Members, after: Members, path: str) -> bool:
    if path != MANIFEST or MANIFEST not in after:
        return False
    try:
        was, told = (json.loads(each[MANIFEST]) for each in (before, after))
    except ValueError:
        return False
    return set(was) == set(told) and {name for name in was if was[name] != told[name]} <= {"at", "exporter", "files"}


def _token_that_nothing_pins(before: Members, after: Members, path: str) -> bool:
    match = re.fullmatch(r"case/checkpoints/([0-9]{6})\.tsr", path)
    return match is not None and path in before and int(match[1]) not in pinned(before)


def _left_out_file(before: Members, after: Members, path: str) -> bool:
    return re.fullmatch(r"spaces/[0-9]+/files/[0-9a-f]{64}", path) is not None and path not in after


def _withheld(before: Members, after: Members, path: str) -> bool:
    """No line says more or other than before; only those are gone that said nothing, of what was erased."""
    if not path.endswith("/disclosures.jsonl") or not {path} <= before.keys() & after.keys():
        return False
    try:
        was, told = (dict(_parts(line) for line in each[path].split(b"\n")[:-1]) for each in (before, after))
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    gone = was.keys() - told.keys()
    return not any(was[seq] for seq in gone) and all(parts <= was.get(seq, set()) for seq, parts in told.items())


def _parts(line: bytes) -> tuple[int, set[tuple[Any, ...]]]:
    """A disclosure as the parts that it shows; that it shows them by one key or by their salts is the same."""
    value = json.loads(line)
    if "ek" in value:
        salts = {name: event_salt(bytes.fromhex(value["ek"]), name).hex() for name in FIELDS}
    else:
        salts = value["salts"]
    return value["seq"], {(name, salts[name], value["values"][name]) for name in salts}


def _before_the_exporter_came(before: Members, after: Members, path: str) -> bool:
    """The first openings, of epochs before the exporter's admission to some room: they may not be theirs to hold."""
    if not path.endswith("/openings.jsonl") or not {path} <= before.keys() & after.keys():
        return False
    lines = after[path].split(b"\n")[:-1]
    if not lines or not before[path].endswith(after[path]):
        return False
    dues = [json.loads(line)["due"] for line in before["case/epochs.jsonl"].split(b"\n")[:-1]]
    first = json.loads(lines[0])["n"]
    return first == 0 or _time(dues[first - 1]) - SLACK <= last_admission(before)


def _cosigned(before: Members, after: Members, path: str) -> bool:
    return re.fullmatch(r"case/checkpoints/[0-9]{6}\.cosig", path) is not None


def _links_left_out(before: Members, after: Members, path: str) -> bool:
    return path == "links.jsonl" and path not in after


REASONS: Mapping[str, Callable[[Members, Members, str], bool]] = {
    "the README and the verifier speak for themselves: get the verifier elsewhere": _said_outside,
    "who exported the pack and when is the exporter's own word": _made_by_the_exporter,
    "the last token is pinned by the next epoch; until then it may go or be unreadable": _token_that_nothing_pins,
    "a pack may be made without an exhibit's bytes: its hash stays": _left_out_file,
    "a value may be left undisclosed: it is counted as withheld": _withheld,
    "openings of epochs before the exporter came need not be there": _before_the_exporter_came,
    "cosignatures of witnesses are reserved, and noted as not checked": _cosigned,
    "links are the neutral's and the owners' to show": _links_left_out,
}


def reason(before: Members, after: Members) -> str | None:
    """Why this change may stay unseen, or None where it must be found. ``MANIFEST`` may be renewed."""
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    found = [
        next((name for name, holds in REASONS.items() if holds(before, after, path)), None)
        for path in sorted(changed - {MANIFEST} or changed)
    ]
    return found[0] if found and all(found) else None


def pinned(members: Members) -> set[int]:
    """The epochs whose tokens a later epoch names."""
    lines = members["case/epochs.jsonl"].split(b"\n")[:-1]
    return {n for line in lines for n in json.loads(line).get("stamps", [])}


def last_admission(members: Members) -> datetime:
    """When the exporter was last admitted to a room of the pack."""
    exporter, found = json.loads(members[MANIFEST])["exporter"], []
    for path in members:
        if path.endswith("/events.jsonl"):
            events = [json.loads(line) for line in members[path].split(b"\n")[:-1]]
            told = [json.loads(line) for line in members[path.replace("events", "disclosures")].split(b"\n")[:-1]]
            for event, disclosed in zip(events, told, strict=True):
                body = json.loads(disclosed["values"].get("body", "{}"))
                if event["in"]["k"] == "participant.admitted" and body.get("pid") == exporter:
                    found.append(_time(event["at"]))
    return max(found)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
