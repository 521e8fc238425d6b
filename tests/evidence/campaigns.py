"""The campaigns over a pack: whole members moved about, signed notes, chains made again without the key; and how often
each kind of change is drawn."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Mapping

from caseroom.audit.canonical import canonical
from tests.evidence.forging import chained
from tests.evidence.mutating import MANIFEST, Change, Members, bitten, refielded, relined
from tests.house import sha256

COVERED = ("case/", "spaces/", "tsa/", "links.jsonl")  # what a renewed manifest must not hide a change of


# --- members ---


def remembered(members: Members, chance: random.Random) -> Change:
    """A whole member: removed, renamed, added, exchanged with another, standing twice."""
    after = dict(members)
    path = chance.choice([each for each in members if each.startswith(COVERED)])
    kind = chance.choice(["removed", "renamed", "exchanged", "copied", "added", "twice", "emptied"])
    if kind == "removed":
        del after[path]
    elif kind == "renamed":
        after[_other_path(path, members, chance)] = after.pop(path)
    elif kind == "exchanged":
        to = chance.choice([each for each in members if _alike(each) == _alike(path) and each != path] or [MANIFEST])
        if to == MANIFEST:
            del after[path]
        else:
            after[path], after[to] = after[to], after[path]
    elif kind == "copied":
        after[_other_path(path, members, chance)] = after[path]
    elif kind == "added":
        path, data = _new_member(members, chance)
        after[path] = data
    elif kind == "emptied":
        after[path] = b""
    else:
        data = members[path] if chance.random() < 0.5 else bitten(members[path], chance)
        return Change(f"twice {path}", after, (path, data))
    return Change(f"{kind} {path}", after)


def _alike(path: str) -> str:
    return re.sub(r"[0-9a-f]{64}|[0-9]+", "N", path)


def _other_path(path: str, members: Members, chance: random.Random) -> str:
    """A path of the same form, mostly one that the format knows."""
    slot = f"spaces/{chance.randrange(32)}/"
    number = f"/{chance.randrange(40):06d}."
    hashed = f"/{chance.randbytes(32).hex()}"
    forms = [
        re.sub(r"spaces/[0-9]+/", slot, path),
        re.sub(r"/[0-9]{6}\.", number, path),
        re.sub(r"/[0-9a-f]{64}", hashed, path),
        path + "~",
        path.upper(),
        path.replace("/", "//", 1),
        "./" + path,
        f"spaces/032/{path.rpartition('/')[2]}",
    ]
    return chance.choice([form for form in forms if form not in members and form != path])


def _new_member(members: Members, chance: random.Random) -> tuple[str, bytes]:
    data = chance.randbytes(chance.randrange(1, 200))
    slots = sorted({path.split("/")[1] for path in members if path.startswith("spaces/")})
    slot = chance.choice([*slots, str(chance.randrange(128))])
    epochs = len([path for path in members if path.endswith(".note") and path.startswith("case/")])
    return chance.choice(
        [
            (f"spaces/{slot}/files/{sha256(data)}", data),
            (f"spaces/{slot}/acts/{sha256(data)}", data),
            (f"case/checkpoints/{epochs:06d}.note", data),
            (f"case/checkpoints/{epochs:06d}.tsr", data),
            (f"case/checkpoints/{epochs:06d}.cosig", data),
            (f"spaces/{slot}/other.txt", data),
            ("tsa/more.pem", data),
            ("links.jsonl", data),
            ("case/vkey.txt", data),
            (f"spaces/{slot}/vkey", data),
        ]
    )


# --- the campaign ---

_LINES = re.compile(r"case/epochs\.jsonl|links\.jsonl|spaces/[0-9]+/(?:events|disclosures|openings)\.jsonl")


def of_any_byte(members: Members, chance: random.Random) -> Change:
    """Any byte of any member, under the manifest as it was."""
    path = chance.choice(sorted(members))
    return Change(f"bytes of {path}", members | {path: bitten(members[path], chance)})


def of_a_covered_byte(members: Members, chance: random.Random) -> Change:
    path = chance.choice(_balanced(members))
    return Change(f"bytes of {path}", members | {path: bitten(members[path], chance)})


def of_a_line(members: Members, chance: random.Random) -> Change:
    path = _lines_of(members, chance)
    others = [each for each in sorted(members) if _alike(each) == _alike(path) and each != path]
    other = members[chance.choice(others)] if others else b""
    return Change(f"lines of {path}", members | {path: relined(members[path], other, chance)})


def of_a_field(members: Members, chance: random.Random) -> Change:
    path = _lines_of(members, chance)
    return Change(f"a field of {path}", members | {path: refielded(members[path], chance)})


def of_a_note(members: Members, chance: random.Random) -> Change:
    """A signed note: another text, a signature of another note, more or fewer signatures, other base64 bits."""
    path = chance.choice([each for each in sorted(members) if each.endswith(".note")])
    text, _, signatures = members[path].decode().partition("\n\n")
    other = members[chance.choice([each for each in sorted(members) if each.endswith(".note") and each != path])]
    their_text, _, theirs = other.decode().partition("\n\n")
    origin, size, root = text.split("\n")
    name, _, blob = signatures.strip().rpartition(" ")
    raw = bytearray(base64.b64decode(blob))
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    written = chance.choice(
        [
            f"{text}\n\n{theirs}",
            f"{their_text}\n\n{signatures}",
            f"{text}\n\n{signatures}{theirs}",
            f"{text}\n\n{signatures}{signatures}",
            f"{text}\n\n",
            f"{origin}\n{int(size) + 1}\n{root}\n\n{signatures}",
            f"{origin}\n{size}\n{root}\nextra\n\n{signatures}",
            f"{origin}x\n{size}\n{root}\n\n{signatures}",
            f"{text}\n\n{name} {base64.b64encode(raw).decode()}\n",
            f"{text}\n\n{name} {blob[:-1]}\n",
            f"{text}\n\n{name.replace('—', '-')} {blob}\n",
        ]
    )
    return Change(f"the note {path}", members | {path: written.encode()})


def rechained(members: Members, chance: random.Random) -> Change:
    """A forger's whole work without the key: a line changed and every later one made to follow it."""
    path = chance.choice([each for each in sorted(members) if each.endswith(("events.jsonl", "epochs.jsonl"))])
    lines = members[path].split(b"\n")[:-1]
    at = chance.randrange(len(lines))
    kind = chance.choice(["changed", "dropped", "doubled", "cut"])
    if kind == "changed":
        value = json.loads(lines[at])
        target = value["in"]["f"] if "in" in value else value
        name = chance.choice(["body", "meta", "who"]) if "in" in value else "sroot"
        target[name] = chance.randbytes(32).hex()
        lines[at] = canonical(value)
    elif kind == "dropped":
        del lines[at]
    elif kind == "doubled":
        lines.insert(at, lines[at])
    else:
        lines = lines[:at]
    data = b"".join(line + b"\n" for line in chained(lines, start=0))
    return Change(f"rechained ({kind}) {path}", members | {path: data})


def _balanced(members: Members) -> list[str]:
    """Covered paths, each kind of file as often as any other, whatever the number of checkpoints."""
    kinds: dict[str, list[str]] = {}
    for path in sorted(members):
        if path.startswith(COVERED):
            kinds.setdefault(_alike(path), []).append(path)
    longest = max(len(paths) for paths in kinds.values())
    return [paths[turn % len(paths)] for paths in kinds.values() for turn in range(longest)]


def _lines_of(members: Members, chance: random.Random) -> str:
    paths = [path for path in _balanced(members) if _LINES.fullmatch(path) and members[path]]
    return chance.choice(paths)


Maker = Callable[[Members, random.Random], Change]
RENEWED: Mapping[str, tuple[Maker, int]] = {  # with how many seeds each is drawn
    "bytes": (of_a_covered_byte, 260),
    "lines": (of_a_line, 200),
    "fields": (of_a_field, 400),
    "notes": (of_a_note, 60),
    "members": (remembered, 160),
    "rechained": (rechained, 60),
}
UNDER_THE_OLD_MANIFEST = (of_any_byte, 200)
