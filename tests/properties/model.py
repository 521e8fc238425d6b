"""Who belongs where, written again from the words of the design and not from the code: what the state machine holds the
product against. Rooms are words here: ``joint``, ``caucus:0`` (of side 0), ``team:1``, ``counsel``, ``deliberation``,
``notes:neus``."""

from __future__ import annotations

from dataclasses import dataclass, field

# What each role reads, by kind of case. "side" stands for one's own side, "every" for each side, "me" for oneself.
MEDIATOR = ("joint", "caucus:every", "notes:me")
ARBITRATOR = ("joint", "deliberation", "notes:me")
READS = {
    "mediation": {
        "neutral": MEDIATOR,
        "counsel": ("joint", "caucus:side", "team:side", "counsel"),
        "party": ("joint", "caucus:side", "team:side"),
        "expert of a side": ("joint", "caucus:side", "team:side"),
    },
    "arbitration": {
        "neutral": ARBITRATOR,
        "counsel": ("joint", "team:side"),
        "party": ("joint", "team:side"),
        "expert of a side": ("joint", "team:side"),
    },
    "small_claim": {
        "neutral": ("joint", "notes:me"),
        "counsel": ("joint", "team:side"),
        "party": ("joint", "team:side"),
        "expert of a side": ("joint", "team:side"),
    },
    "collaborative": {
        "neutral": ("joint",),
        "counsel": ("joint", "team:side", "counsel"),
        "party": ("joint", "team:side"),
        "expert of a side": ("joint", "team:side"),
    },
}
READS["instruction"] = READS["collaborative"]
STEWARDS = {
    "mediation": {"neutral", "secretary"},
    "arbitration": {"neutral", "secretary"},
    "small_claim": {"neutral", "secretary"},
    "collaborative": {"neutral", "secretary", "counsel"},
    "instruction": {"neutral", "secretary", "counsel"},
}


@dataclass
class Room:
    """``said`` holds the seq of what counts as unread; ``mark`` how far each person has read; ``version`` counts the
    changes of the audience."""

    size: int = 0
    said: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    numbers: dict[int | None, int] = field(default_factory=dict)
    mark: dict[str, int] = field(default_factory=dict)
    version: int = 0

    def append(self, *, speaks: bool) -> int:
        seq = self.size
        self.size += 1
        if speaks:
            self.said.append(seq)
        return seq

    def unread(self, person: str) -> int:
        return sum(seq > self.mark[person] for seq in self.said)

    def speak(self, person: str) -> int:
        """A person's own words count as read where nothing unread stood before them."""
        caught_up = self.unread(person) == 0
        seq = self.append(speaks=True)
        if caught_up:
            self.mark[person] = max(self.mark[person], seq)
        return seq


@dataclass
class Case:
    """``members``: person -> (role, side). ``invited``: person -> (role, side)."""

    kind: str
    sides: int
    rooms: dict[str, Room] = field(default_factory=dict)
    members: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    invited: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    had_counsel: set[int] = field(default_factory=set)

    def open(self, person: str, role: str, side: int | None) -> None:
        words = ["joint", *(f"team:{each}" for each in range(self.sides))]
        if self.kind == "mediation":
            words += [*(f"caucus:{each}" for each in range(self.sides)), "counsel"]
        if self.kind == "arbitration":
            words.append("deliberation")
        if self.kind in ("collaborative", "instruction"):
            words.append("counsel")
        for word in words:
            self.rooms[word] = Room(size=1)
        self.admit(person, role, side)

    def admit(self, person: str, role: str, side: int | None) -> set[str]:
        """Returns the rooms entered."""
        self.invited.pop(person, None)
        self.members[person] = (role, side)
        if role == "counsel":
            self.had_counsel.add(side)
        if "notes:me" in READS[self.kind].get(role, ()):
            self.rooms[f"notes:{person}"] = Room(size=1)
        entered = self.reads(person)
        for word in entered:
            room = self.rooms[word]
            room.append(speaks=False)
            room.mark[person] = -1
            room.version += 1
        return entered

    def remove(self, person: str) -> set[str]:
        """Returns the rooms left."""
        left = self.reads(person)
        del self.members[person]
        for word in left:
            room = self.rooms[word]
            room.append(speaks=False)
            del room.mark[person]
            room.version += 1
        return left

    def reads(self, person: str) -> set[str]:
        if person not in self.members:
            return set()
        role, side = self.members[person]
        row = "expert of a side" if role == "expert" and side is not None else role
        words = set()
        for word in READS[self.kind].get(row, ("joint",)):
            room, _, whose = word.partition(":")
            match whose:
                case "":
                    words.add(room)
                case "me":
                    words.add(f"{room}:{person}")
                case "side":
                    words.add(f"{room}:{side}")
                case "every":
                    words |= {f"{room}:{each}" for each in range(self.sides)}
        return words

    def readers(self, word: str) -> set[str]:
        return {person for person in self.members if word in self.reads(person)}

    def writes(self, person: str, word: str) -> bool:
        return word in self.reads(person) and self.members[person][0] != "observer"

    def steers(self, person: str) -> bool:
        return person in self.members and self.members[person][0] in STEWARDS[self.kind]

    def stewards(self) -> set[str]:
        return {person for person in self.members if self.steers(person)}

    def may_admit_to(self, person: str, side: int | None) -> bool:
        """Where counsel steer, a side that has or had counsel is its counsel's alone."""
        if self.kind not in ("collaborative", "instruction") or side is None:
            return True
        return self.members[person][1] == side or side not in self.had_counsel

    def may_remove(self, person: str, other: str) -> bool:
        """Somebody who has come, by somebody who steers."""
        side = self.members[other][1]
        if self.kind not in ("collaborative", "instruction") or side is None:
            return True
        return self.members[person][1] == side
