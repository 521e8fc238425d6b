"""A case in which something has happened in every room, before and after its checkpoints."""

import pytest

from caseroom.exhibits.services import record_download
from tests.services.evidence.packs import seal

PLAN = b"plan " * 50_000


@pytest.fixture
def busy(house, mediation, present):
    """Two checkpoints, exhibits in two rooms (one of them filed twice), a tail that no checkpoint covers."""
    filed = house.file("ada", mediation["joint"], "plan.txt", PLAN, title="Plan")
    house.file("bruno", mediation["joint"], "le-meme.txt", PLAN, title="Le même plan")
    house.say("ada", mediation["caucus:0"], "Notre plancher est de 41 000.")
    seal(house, present)
    present.move(seconds=60)
    first = house.say("clara", mediation["team:0"], "Gardons cela pour nous : « œuvre », \U0001f58b, <b>.")
    house.say("ada", mediation["team:0"], "Oui.", quotes=first.id)
    with house.database.unit_of_work() as work:
        record_download(work, house.actors["bruno"], filed.entry.id)
    house.file("ada", mediation["caucus:0"], "marge.txt", b"marge", title="Marge")
    seal(house, present)
    present.move(seconds=60)
    house.say("bruno", mediation["joint"], "Nous sommes au complet.")
    return mediation


@pytest.fixture
def joint_slot(house, mediation):
    with house.database.reading() as work:
        return house.opened(work, "neus", mediation["joint"]).room.slot
