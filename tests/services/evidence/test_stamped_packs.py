"""Tokens of a real authority in the packs: kept as they came, pinned, with the root to check them by."""

import pytest

from caseroom.audit.models import CaseEpoch, TimeStamp
from caseroom.audit.stamps.asking import build_request
from caseroom.audit.stamps.local_authority import LocalAuthority
from caseroom.audit.stamps.roots import keep_roots
from tests.services.evidence.packs import disclosure_of, pack_of, seal, verified


@pytest.fixture
def authority(tmp_path):
    made = LocalAuthority(tmp_path / "authority")
    made.set_up()
    return made


def stamp(house, present, authority, case, n):
    """Have the checkpoint of epoch ``n`` stamped now, as the queue would."""
    with house.database.unit_of_work() as work:
        note = work.session.get_one(CaseEpoch, (case, n)).note
        token = authority.reply_at(build_request(note.encode()).as_bytes(), present.now())
        now = present.now()
        work.session.add(
            TimeStamp(case_id=case, n=n, state="kept", asked_since=now, next_try=now, token=token, gen_time=now)
        )
        keep_roots(work, [authority.roots_file.read_text()])
    return token


@pytest.fixture
def stamped(house, mediation, present, authority):
    """Epoch 1 with its token, which epoch 2 pins; epoch 2 with one that nothing pins yet; the others without."""
    filed = house.file("ada", mediation["joint"], "plan.txt", b"plan")
    tokens = {}
    for n in (1, 2):
        seal(house, present)
        tokens[n] = stamp(house, present, authority, mediation.id, n)
    return mediation, filed.facts.id, tokens


def test_tokens_lie_beside_their_checkpoints_with_the_root_to_check_them_by(house, stamped, tmp_path, authority):
    case, _, tokens = stamped
    pack = pack_of(house, "ada", case.id)
    for n, token in tokens.items():
        assert pack.members[f"case/checkpoints/{n:06d}.tsr"] == token
    assert list(pack.under("tsa/").values()) == [authority.roots_file.read_bytes()]
    (tmp_path / "checks").mkdir()
    found = verified(pack, tmp_path / "checks")
    assert (found["stamped"], found["late"], found["epochs"]) == (2, 0, 3)


def test_stamped_packs_of_opponents_have_the_same_case_part(house, stamped):
    case, _, _ = stamped
    ada, bruno = (pack_of(house, person, case.id) for person in ("ada", "bruno"))
    assert ada.under("case/") == bruno.under("case/")
    assert ada.under("tsa/") == bruno.under("tsa/") != {}


def test_the_proof_of_an_exhibit_says_that_its_checkpoint_is_stamped(house, stamped, tmp_path):
    _, exhibit, _ = stamped
    proof = disclosure_of(house, "bruno", exhibit, language="en")
    assert "covered by checkpoint no. 1" in proof.members["README.txt"].decode()
    assert "time-stamped by an outside authority.\n" in proof.members["README.txt"].decode()
    (tmp_path / "checks").mkdir()
    assert verified(proof, tmp_path / "checks")["stamped"] == 2
