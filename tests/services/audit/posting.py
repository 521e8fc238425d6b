"""A process of its own that posts in a room until it is killed, and prints what was acknowledged. Run by test_kill.

With a moment, ``unsigned`` or ``signed``, it kills itself inside the answer to its fourth post: between the commit and
the signature, or between the signature and what the database keeps of it."""

import os
import signal
import sys

from caseroom.access.actor import Actor
from caseroom.access.words import AuthLevel
from caseroom.audit.signer import Signer
from caseroom.config import load_settings
from caseroom.ids import PersonId
from caseroom.rooms import queries
from caseroom.rooms.services import NewMessage, post_message
from tests.doubles import RecordingPublisher
from tests.house import open_house


def main(folder: str, person: str, room: str, moment: str = "") -> None:
    database = open_house(load_settings({"CASEROOM_DATA": folder}), RecordingPublisher())
    if moment:
        die_at(database.tool(Signer), moment)
    actor = Actor(person=PersonId(person), name="Ada", session="", level=AuthLevel.AL1, locale="fr", zone="")
    number = 0
    while True:
        with database.reading() as work:
            audience = queries.audience_of(work, actor, room)
        command = NewMessage(body=f"message {number}", audience=audience, client_id=f"k-{number}")
        with database.unit_of_work() as work:
            posted = post_message(work, actor, room, command)
        with database.reading() as work:
            assert queries.receipt_of(work, actor, posted.entry.id)
        sys.stdout.write(f"{posted.entry.seq} {posted.entry.id} {number}\n")
        sys.stdout.flush()
        number += 1


def die_at(signer: Signer, moment: str) -> None:
    real, calls = signer.sign, []

    def sign(*args, **kwargs):
        calls.append(args)
        if len(calls) == 4 and moment == "unsigned":
            os.kill(os.getpid(), signal.SIGKILL)
        note = real(*args, **kwargs)
        if len(calls) == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return note

    signer.sign = sign


if __name__ == "__main__":
    main(*sys.argv[1:])
