"""How long a message takes until it is acknowledged, and until everybody in the room has it: Caseroom beside a bare
broadcast, in turns, so that whatever else the machine does falls on both.

Run by ``run.py`` as a process of its own; the task comes as JSON on standard input, the result goes out as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    TASK = json.load(sys.stdin)
    if TASK["client"] == "socketio":
        import eventlet

        eventlet.monkey_patch()

import math
import uuid

from client import Crowd, Timing
from servers import cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK = 10  # messages to one server before it is the other's turn
TEXT = "Bonjour, voici notre proposition pour la réunion de jeudi."


class Side:
    """One of the two servers with its crowd, and what was measured there."""

    def __init__(self, server: dict[str, int], crowd: Any, address: dict[str, str]) -> None:
        self._pid = server["pid"]
        self._crowd = crowd
        self._address = address
        self._timings: list[Timing] = []
        self._cpu = 0.0
        crowd.settle()

    def speak(self, *, counted: bool) -> None:
        before = cpu_seconds(self._pid)
        timings = [
            self._crowd.post({"client_id": uuid.uuid4().hex, "body": TEXT, **self._address}) for _ in range(BLOCK)
        ]
        after = cpu_seconds(self._pid)
        if counted:
            self._timings += timings
            self._cpu += (after or 0.0) - (before or 0.0)

    def summary(self) -> dict[str, float]:
        """Milliseconds. ``cpu``: the server's own time per message, which other work on the machine hardly changes."""
        found = {
            "ack_p50": percentile([each.ack for each in self._timings], 50),
            "ack_p99": percentile([each.ack for each in self._timings], 99),
            "all_p50": percentile([each.all for each in self._timings], 50),
            "all_p99": percentile([each.all for each in self._timings], 99),
        }
        if self._cpu:
            found["cpu"] = self._cpu / len(self._timings)
        return {name: round(seconds * 1000, 3) for name, seconds in found.items()}

    def close(self) -> None:
        self._crowd.close()


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least ``percent`` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def measure(task: dict[str, Any]) -> dict[str, Any]:
    """``task``: client, the two servers, one case of ``setup.py``, posts."""
    make_crowd = Crowd
    if task["client"] == "socketio":
        from socketio_client import SocketioCrowd

        make_crowd = SocketioCrowd
    case, bare, caseroom = task["case"], task["bare"], task["caseroom"]
    auths = [{"token": token, "case": case["case"]} for token in case["tokens"]]
    sides = {
        "bare": Side(bare, make_crowd(bare["port"], [{} for _ in auths]), {}),
        "caseroom": Side(
            caseroom,
            make_crowd(caseroom["port"], auths),
            {"room": case["room"], "audience": case["audience"]},
        ),
    }
    for turn in range(1 + math.ceil(task["posts"] / BLOCK)):
        for side in sides.values():
            side.speak(counted=turn > 0)
    found = {name: side.summary() for name, side in sides.items()}
    for side in sides.values():
        side.close()
    ratio = {name: round(found["caseroom"][name] / value, 2) for name, value in found["bare"].items()}
    return {"members": len(auths), "posts": BLOCK * math.ceil(task["posts"] / BLOCK), **found, "ratio": ratio}


if __name__ == "__main__":
    print(json.dumps(measure(TASK)))
