"""Changes of a pack as anybody could make them who has the file and no key: of bytes, of lines, of fields. Each is
drawn from a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caseroom.audit.canonical import canonical
from tests.house import sha256

Members = dict[str, bytes]
MANIFEST = "manifest.json"
_HEX = "0123456789abcdef"


@dataclass(frozen=True)
class Change:
    """``members`` after it, in the order of the zip; ``twice`` a member that then stands in it once more."""

    what: str
    members: Members
    twice: tuple[str, bytes] | None = None


def renewed(members: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Members:
    """The members under a manifest that lists them as they are now."""
    listed = {path: sha256(data) for path, data in members.items() if path != MANIFEST}
    return {**members, MANIFEST: canonical({**manifest, "files": listed}) + b"\n"}


# --- bytes ---


def bitten(data: bytes, chance: random.Random) -> bytes:
    """Other bytes, in one place."""
    at = chance.randrange(len(data)) if data else 0
    kinds = ["flip", "set", "insert", "delete", "cut", "double", "swap", "append"] if data else ["insert"]
    kind = chance.choice(kinds)
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
    if kind == "set":
        return data[:at] + bytes([(data[at] + chance.randrange(1, 256)) % 256]) + data[at + 1 :]
    if kind == "insert":
        return data[:at] + bytes([chance.randrange(256)]) + data[at:]
    if kind == "delete":
        return data[:at] + data[at + 1 :]
    if kind == "cut":
        return data[:at]
    if kind == "double":
        return data[: at + 40] + data[at:]
    if kind == "swap" and data[at : at + 1] != data[at + 1 : at + 2]:
        return data[:at] + data[at + 1 : at + 2] + data[at : at + 1] + data[at + 2 :]
    return data + bytes([chance.choice((0x0A, 0x20, 0x00, chance.randrange(256)))])


# --- lines ---


def relined(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Whole lines: dropped, doubled, exchanged, cut, or taken from the same file of another room (``other``)."""
    lines = data.split(b"\n")[:-1]
    at = chance.randrange(len(lines))
    strangers = other.split(b"\n")[:-1] or lines
    kind = chance.choice(["drop", "double", "swap", "cut", "unended", "empty", "moved", "brought", "tail"])
    if kind == "drop":
        del lines[at]
    elif kind == "double":
        lines.insert(chance.randrange(len(lines) + 1), lines[at])
    elif kind == "swap":
        to = (at + 1) % len(lines)
        lines[at], lines[to] = lines[to], lines[at]
    elif kind == "cut":
        lines[at] = lines[at][: chance.randrange(len(lines[at]))]
    elif kind == "empty":
        lines.insert(at, b"")
    elif kind == "moved":
        lines[at] = chance.choice(strangers)
    elif kind == "brought":
        lines.insert(at, chance.choice(strangers))
    elif kind == "tail":
        lines = lines[:at]
    joined = b"".join(line + b"\n" for line in lines)
    return joined[:-1] if kind == "unended" else joined


# --- fields ---


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every member and element of a JSON value."""
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(each, (*path, key))


def at_place(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def other_value(value: Any, chance: random.Random) -> Any:
    """A value that differs, mostly of the same form: what a careful forger would write."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return chance.choice([value + 1, value + 1000, 0 if value else 1, str(value), [value]])
    if not isinstance(value, str):
        return chance.choice(["", 0, [], {}]) if value else "x"
    if chance.random() < 0.15:
        return chance.choice([0, [value], {"": value}, value + "x", value.upper() if value.upper() != value else "X"])
    at = chance.randrange(len(value)) if value else 0
    if value and value[at] in _HEX:
        return value[:at] + chance.choice(_HEX.replace(value[at], "")) + value[at + 1 :]
    return value[:at] + ("Y" if value[at : at + 1] == "X" else "X") + value[at + 1 :]


def refielded(data: bytes, chance: random.Random) -> bytes:
    """One field of one line: changed, removed, added, given the neighbour's value, written twice or elsewhere."""
    lines = data.split(b"\n")[:-1]
    at = chance.randrange(len(lines))
    value = json.loads(lines[at])
    kind = chance.choice(["changed", "changed", "changed", "removed", "added", "neighbour", "twice", "spelt", "inner"])
    path = chance.choice(list(places(value)))
    holder, key = at_place(value, path[:-1]), path[-1]
    if kind == "removed":
        del holder[key]
    elif kind == "added":
        at_place(value, chance.choice([(), *(each[:-1] for each in places(value))]))  # any holder will do
        _add(at_place(value, path[:-1]), chance)
    elif kind == "neighbour":
        _from_neighbour(lines, at, path, holder)
    elif kind in ("twice", "spelt"):
        lines[at] = _spelt_otherwise(lines[at], value, chance, twice=kind == "twice")
        return b"".join(line + b"\n" for line in lines)
    elif kind == "inner" and isinstance(value.get("values"), dict) and value["values"]:
        name = chance.choice(sorted(value["values"]))
        value["values"][name] = _inner(value["values"][name], chance)
    else:
        holder[key] = other_value(holder[key], chance)
    lines[at] = canonical(value)
    return b"".join(line + b"\n" for line in lines)


def _add(holder: Any, chance: random.Random) -> None:
    if isinstance(holder, list):
        holder.insert(chance.randrange(len(holder) + 1), holder[0] if holder else 0)
    else:
        holder[chance.choice(["stamps", "gen", "ek", "note", "aa", "zz"])] = chance.choice([1, "", [1], {"a": "b"}])


def _from_neighbour(lines: list[bytes], at: int, path: tuple[Any, ...], holder: Any) -> None:
    neighbour = json.loads(lines[at - 1])
    try:
        theirs = at_place(neighbour, path)
    except (KeyError, IndexError, TypeError):
        theirs = "x"
    holder[path[-1]] = theirs if theirs != holder[path[-1]] else other_value(theirs, random.Random(at))


def _inner(text: str, chance: random.Random) -> str:
    """What stands inside a disclosed value: the words that somebody said, a name, a digest."""
    value = json.loads(text)
    ways = list(places(value))
    if not ways:
        return canonical({"text": "x"}).decode()
    path = chance.choice(ways)
    holder = at_place(value, path[:-1])
    holder[path[-1]] = other_value(holder[path[-1]], chance)
    return canonical(value).decode()


def _spelt_otherwise(line: bytes, value: dict[str, Any], chance: random.Random, *, twice: bool) -> bytes:
    """The same value in other bytes, or a member written twice: JSON allows it, canonical JSON does not."""
    text = line.decode()
    if twice:
        name = chance.choice(sorted(value))
        return (text[:-1] + "," + json.dumps({name: value[name]}, ensure_ascii=False)[1:]).encode()
    spellings = [
        json.dumps(value, ensure_ascii=False, sort_keys=True).encode(),
        json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)[::1].encode() + b" ",
        json.dumps(dict(reversed(value.items())), ensure_ascii=False, separators=(",", ":")).encode(),
        text.replace("a", "\\u0061", 1).encode(),
        b"\xef\xbb\xbf" + line,
        line + b"\r",
    ]
    return chance.choice(spellings)
