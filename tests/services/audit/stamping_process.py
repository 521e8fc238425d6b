"""A process of its own that asks for the time stamps of a practice. Run by test_stamps_processes.

``together``: reads the queue, says so, and waits for a line before it goes on; prints how many tokens it kept.
``killed``: kills itself between the authority's answer and the commit."""

import os
import signal
import sys

from caseroom.audit.stamps import queue
from caseroom.audit.stamps.authorities import Authorities, trusted_roots
from caseroom.config import load_settings
from tests.doubles import RecordingPublisher
from tests.house import open_house


def main(folder: str, url: str, roots: str, what: str) -> None:
    settings = load_settings({"CASEROOM_DATA": folder, "CASEROOM_TSA_URL": url, "CASEROOM_TSA_ROOTS": roots})
    database = open_house(settings, RecordingPublisher())
    {"together": wait_after_reading, "killed": die_before_keeping}[what]()
    kept = queue.stamp_due(database, authorities=Authorities.of(settings), roots=trusted_roots(settings))
    say(str(kept))


def wait_after_reading() -> None:
    real = queue.due

    def due(*args, **kwargs):
        found = real(*args, **kwargs)
        say(str(len(found)))
        sys.stdin.readline()
        return found

    queue.due = due


def die_before_keeping() -> None:
    def keep(*_args, **_kwargs):
        os.kill(os.getpid(), signal.SIGKILL)

    queue._Round._keep = keep


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
