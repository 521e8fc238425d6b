"""A process of its own that seals epoch after epoch until it is killed, and prints each once it is signed. Run by
test_kill_while_sealing. With a moment it kills itself inside its fourth seal: ``unsigned``, between the commit and the
signature; ``signed``, between the signature and what the database keeps of it."""

import sys
from datetime import timedelta

from caseroom import clock
from caseroom.audit.models import CaseLog
from caseroom.audit.scheduler import seal_due
from caseroom.audit.signer import Signer
from caseroom.config import load_settings
from tests.doubles import RecordingPublisher
from tests.house import open_house
from tests.services.audit.posting import die_at


def main(folder: str, case_id: str, moment: str = "") -> None:
    database = open_house(load_settings({"CASEROOM_DATA": folder}), RecordingPublisher())
    if moment:
        die_at(database.tool(Signer), moment)
    now = clock.now()
    while True:
        now += timedelta(hours=1)
        seal_due(database, now=now)
        with database.reading() as work:
            size = work.session.get_one(CaseLog, case_id).size
        sys.stdout.write(f"{size}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
