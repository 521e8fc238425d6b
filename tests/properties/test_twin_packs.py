"""Two worlds, alike but for what happened in Ada's own rooms: Bruno's packs of them have the same files of the same
length, and the same words once what is random is masked."""

import io
import re
import zipfile

import pytest

from caseroom import clock
from caseroom.audit.scheduler import seal_due
from caseroom.evidence.disclosing import plan_disclosure, write_disclosure
from caseroom.evidence.packing import plan_pack, write_pack
from tests.doubles import SteeredClock
from tests.house import House
from tests.properties.shown import masked

QUIET, SMALL, BUSY = 0, 1, 60
HEX = re.compile(rb"[0-9a-f]{32,64}")
KEY = re.compile(rb"\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}")


def world(folder, schema, *, entries, size):
    """The same mediation with two checkpoints; in Ada's caucus and team ``entries`` messages and a file."""
    with pytest.MonkeyPatch.context() as patch:
        present = SteeredClock()
        patch.setattr(clock, "now", present.now)
        house = House(folder, schema=schema)
        affair = house.mediation()
        filed = house.file("bruno", affair["joint"], "piece.txt", b"piece de Bruno")
        for hour in range(2):
            house.say("ada", affair["joint"], f"Heure {hour}")
            for number in range(entries):
                house.say("ada", affair["caucus:0"], f"Secret {number}")
            if entries:
                house.file("ada", affair["caucus:0"], "secret.txt", b"s" * size)
                house.say("clara", affair["team:0"], "Secret d'équipe")
            present.move(seconds=3600)
            assert seal_due(house.database, now=present.now()) == 1
            present.move(seconds=60)
        house.say("bruno", affair["joint"], "Fin")
        with house.database.reading() as work:
            plan = plan_pack(work, house.actors["bruno"], affair.id, files=True, language="fr")
            proof = plan_disclosure(work, house.actors["bruno"], filed.facts.id, language="fr")
        packs = [b"".join(write_pack(house.database, plan)), b"".join(write_disclosure(house.database, proof))]
        held = len(house.entries("ada", affair["caucus:0"]))
        house.close()
    return packs, held


def told(data):
    """Length and masked words of each file, with its path, slot numbers masked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    found = []
    for name, content in members.items():
        slot = re.match(r"spaces/(\d+)/", name)
        hidden = content if slot is None else content.replace(f"/s/{slot[1]}".encode(), b"/s/#")
        hidden = re.sub(rb'"space":\d+', b'"space":#', hidden)
        hidden = re.sub(rb"spaces/\d+/", b"spaces/#/", hidden)
        hidden = re.sub(rb"/s/\d+", b"/s/#", hidden)
        if name == "manifest.json":  # its files are in the order of their paths, and so of the slots that were drawn
            hidden = b",".join(sorted(hidden.split(b",")))
        path = HEX.sub(b"<hex>", re.sub(r"spaces/\d+/", "spaces/#/", name).encode())
        found.append((path, len(hidden), masked(HEX.sub(b"<hex>", KEY.sub(b"+<key>", hidden)).decode())))
    return sorted(found)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory, schema):
    folder = tmp_path_factory.mktemp("worlds")
    return {
        entries: world(folder / str(entries), schema, entries=entries, size=size)
        for entries, size in ((QUIET, 0), (SMALL, 1000), (BUSY, 2_000_000))
    }


@pytest.mark.parametrize("entries", [SMALL, BUSY])
@pytest.mark.parametrize("which", [0, 1], ids=["pack", "proof of an exhibit"])
def test_the_other_sides_pack_is_the_same_whatever_happened_in_ones_own_rooms(worlds, entries, which):
    assert worlds[entries][1] >= worlds[QUIET][1] + 2 * entries, "the worlds must differ for this to mean anything"
    quiet, other = told(worlds[QUIET][0][which]), told(worlds[entries][0][which])
    assert [(path, length) for path, length, _ in quiet] == [(path, length) for path, length, _ in other]
    assert quiet == other
