"""When the signer says no, or says nothing: what was written is kept and told so, nothing more is written in a log that
cannot be signed, everything else goes on, and a retry finds its entry once the signer is back."""

from __future__ import annotations

import signal

import pytest
from sqlalchemy import func, select

from caseroom.access.words import CaseKind, Role
from caseroom.audit.models import CaseLog, LedgerEvent, RoomLog
from caseroom.audit.origins import case_origin
from caseroom.audit.sealing import RETRY_AFTER, forget_orphan_keys, sign_unsigned
from caseroom.audit.signer import FORGET_AFTER, Signer, SignerRefused, SignerUnavailable
from caseroom.audit.signer_client import SignerClient
from caseroom.cases.models import Case
from caseroom.cases.services import NewCase
from caseroom.errors import LedgerHalted, NotFound
from caseroom.exhibits.queries import check_register
from caseroom.rooms.opening import open_case
from tests.house import OPENER, email_of
from tests.signing import SignerProcess


class Halting:
    """Stands before the house's signer and lets nothing through but what it is told to."""

    def __init__(self, house):
        self.house, self.real, self.error, self.endings = house, house.signer, None, ("",)
        self.asked = 0
        house.database.provide(Signer, self)

    def says(self, error, *endings):
        """``endings``: of the origins concerned, or of all."""
        self.error, self.endings = error, endings or ("",)

    def __getattr__(self, name):
        call = getattr(self.real, name)

        def ask(*args, **named):
            self.asked += 1
            if self.error is not None and (not args or args[0].endswith(self.endings)):
                raise self.error
            return call(*args, **named)

        return ask


REFUSED, ABSENT = SignerRefused("the last signed size is 99, not 9"), SignerUnavailable("nobody listens")


@pytest.fixture
def signer(house):
    return Halting(house)


def halted(act):
    """The code the person is told, and whether the act is kept."""
    with pytest.raises(LedgerHalted) as told:
        act()
    assert told.value.status == 503
    return told.value.code, told.value.data["kept"]


def rows(house):
    with house.database.reading() as work:
        return work.session.scalar(select(func.count()).select_from(LedgerEvent))


def ending(house, room):
    with house.database.reading() as work:
        return f"/s/{work.session.get_one(RoomLog, room).slot}"


def intact(house, person, room):
    with house.database.reading() as work:
        return check_register(work, house.actors[person], room).intact


@pytest.mark.parametrize(("error", "code"), [(REFUSED, "ledger_halted"), (ABSENT, "signer_unavailable")])
def test_the_first_act_is_kept_and_said_to_be_and_the_next_ones_are_not_even_written(
    house, mediation, signer, error, code
):
    joint = mediation["joint"]
    signer.says(error)
    before = rows(house)
    assert halted(lambda: house.post("ada", joint, "gardé", client_id="k-1")) == (code, True)
    assert rows(house) == before + 1
    for _ in range(3):
        assert halted(lambda: house.post("bruno", joint, "pas écrit", client_id="k-2")) == (code, False)
    assert rows(house) == before + 1
    assert house.texts("bruno", joint) == []


@pytest.mark.parametrize("error", [REFUSED, ABSENT])
def test_a_retry_under_its_key_finds_its_entry_once_the_signer_is_back(house, mediation, signer, error):
    joint = mediation["joint"]
    signer.says(error)
    halted(lambda: house.post("ada", joint, "gardé", client_id="k-1"))
    _code, kept = halted(lambda: house.post("ada", joint, "gardé", client_id="k-1"))
    assert kept, "asked again, it is still the entry that was kept"
    halted(lambda: house.post("bruno", joint, "plus tard", client_id="k-2"))
    signer.says(None)
    assert house.post("ada", joint, "gardé", client_id="k-1").replayed
    assert house.texts("bruno", joint) == ["gardé"]
    assert not house.post("bruno", joint, "plus tard", client_id="k-2").replayed
    assert house.texts("bruno", joint) == ["gardé", "plus tard"]
    assert intact(house, "ada", joint)


def test_the_next_act_in_the_room_signs_what_was_kept_before_it_is_written(house, mediation, signer):
    joint = mediation["joint"]
    signer.says(ABSENT)
    halted(lambda: house.say("ada", joint, "gardé"))
    signer.says(None)
    house.say("bruno", joint, "la suite")
    assert house.texts("ada", joint) == ["gardé", "la suite"]
    assert intact(house, "ada", joint)


def test_a_refused_room_stops_no_other_room(house, mediation, signer):
    joint, caucus = mediation["joint"], mediation["caucus:0"]
    signer.says(REFUSED, ending(house, joint))
    assert halted(lambda: house.say("ada", joint, "gardé")) == ("ledger_halted", True)
    assert halted(lambda: house.say("ada", joint, "refusé")) == ("ledger_halted", False)
    house.say("ada", caucus, "entre nous")
    assert house.texts("neus", caucus) == ["entre nous"]


def test_of_the_rooms_one_act_touched_all_are_signed_but_the_refused_one(house, mediation, signer):
    with house.database.reading() as work:
        member = {row.room_id for row in work.session.scalars(select(RoomLog))}
    signer.says(REFUSED, ending(house, mediation["joint"]))
    halted(lambda: house.remove(mediation, "bruno", by="neus"))
    with house.database.reading() as work:
        unsigned = work.session.scalars(select(RoomLog.room_id).where(RoomLog.signed_size < RoomLog.size)).all()
    assert unsigned == [mediation["joint"]]
    assert len(member) > 1


def test_an_absent_signer_is_asked_once_and_not_once_for_each_room(house, mediation, signer):
    signer.says(ABSENT)
    halted(lambda: house.remove(mediation, "bruno", by="neus"))
    assert signer.asked == 1


def test_whoever_has_to_leave_leaves_though_the_register_is_halted(house, mediation, signer):
    joint = mediation["joint"]
    signer.says(ABSENT)
    assert halted(lambda: house.say("ada", joint, "gardé")) == ("signer_unavailable", True)
    assert halted(lambda: house.remove(mediation, "bruno", by="neus")) == ("signer_unavailable", True)
    with pytest.raises(NotFound):
        house.entries("bruno", joint)
    signer.says(None)
    sign_unsigned(house.database)
    assert house.kinds("ada", joint)[-2:] == ["message.posted", "participant.removed"]
    assert intact(house, "ada", joint)


def test_a_case_that_gets_no_key_is_not_opened_at_all(house, signer):
    signer.says(ABSENT)
    assert halted(lambda: house.open_case(CaseKind.MEDIATION)) == ("signer_unavailable", False)
    with house.database.reading() as work:
        assert work.session.scalars(select(Case)).all() == []
    signer.says(None)
    assert house.open_case(CaseKind.MEDIATION).id


def test_what_one_act_writes_itself_is_no_debt_of_the_room(house, mediation, signer):
    """Admitting somebody writes several events of one room before any of them can be signed."""
    signs = signer.asked
    house.admit(mediation, "otto", Role.OBSERVER)
    assert signer.asked > signs
    assert house.say("neus", mediation["joint"], "Bienvenue")


def test_a_healthy_room_asks_the_signer_no_more_than_before(house, mediation, signer):
    before = signer.asked
    house.say("ada", mediation["joint"], "un mot")
    assert signer.asked - before == 2, "where its log stands, and the signature"


def test_the_operator_reads_which_log_and_where_to_look_and_no_word_of_it(house, mediation, signer, caplog):
    joint = mediation["joint"]
    signer.says(REFUSED)
    halted(lambda: house.say("ada", joint, "un aveu"))
    with house.database.reading() as work:
        origin = work.session.get_one(CaseLog, mediation.id).origin
    assert f"{origin}{ending(house, joint)} stays unsigned" in caplog.text
    assert "docs/operating.md" in caplog.text
    assert "aveu" not in caplog.text


def test_an_absent_signer_tells_programs_when_to_ask_again(house, mediation, signer):
    signer.says(ABSENT)
    with pytest.raises(LedgerHalted) as told:
        house.say("ada", mediation["joint"], "gardé")
    assert told.value.data["retry_after"] == RETRY_AFTER


# --- At the start ---


def test_a_server_starts_without_its_signer_and_makes_good_later(house, mediation, signer):
    signer.says(ABSENT)
    halted(lambda: house.say("ada", mediation["joint"], "gardé"))
    assert sign_unsigned(house.database) == 1
    assert forget_orphan_keys(house.database) == 0
    assert house.texts("ada", mediation["joint"]) == []
    signer.says(None)
    assert sign_unsigned(house.database) == 1
    assert house.texts("ada", mediation["joint"]) == ["gardé"]
    assert sign_unsigned(house.database) == 0


def take_back_an_opening(house):
    """A case whose opening fails at its last moment: the key is made, the case is not."""
    person, role, side = OPENER[CaseKind.MEDIATION]
    command = NewCase(kind=CaseKind.MEDIATION, title="T", language="fr", sides=("A", "B"), my_role=role, my_side=side)
    opened = []

    def opens_and_fails():
        with house.database.unit_of_work() as work:
            opened.append(open_case(work, house.actors[person], command, email=email_of(person)))
            raise RuntimeError("at the last moment")

    with pytest.raises(RuntimeError, match="last moment"):
        opens_and_fails()
    return case_origin(house.settings.host, opened[0].case_id)


def test_the_key_of_an_opening_that_was_taken_back_is_dropped_an_hour_later(house, mediation, present):
    orphan = take_back_an_opening(house)
    known = [origin for origin in house.signer.origins() if origin != orphan]
    assert len(known) == len(house.signer.origins()) - 1
    assert forget_orphan_keys(house.database) == 0
    present.move(seconds=FORGET_AFTER + 1)
    assert forget_orphan_keys(house.database) == 1
    assert house.signer.origins() == known
    assert forget_orphan_keys(house.database) == 0


# --- With a signer in a process of its own ---


@pytest.fixture
def process(house, tmp_path):
    """It works on the house's own signer folder, whose keys are wrapped under the key the house has."""
    house.signer.close()
    key = house.settings.signer_folder / "wrapping.key"
    key.write_bytes(b"s" * 32)
    key.chmod(0o600)
    made = SignerProcess(tmp_path / "process", data=house.settings.signer_folder)
    made.start()
    client = SignerClient(made.path)
    house.database.provide(Signer, client)
    yield made
    client.close()
    made.stop()


def test_with_a_signer_beside_it_the_house_works_as_before(house, mediation, process):
    for number in range(3):
        house.say("ada", mediation["joint"], f"message {number}")
    assert house.texts("bruno", mediation["joint"]) == [f"message {number}" for number in range(3)]
    assert house.arbitration().id
    assert intact(house, "bruno", mediation["joint"])


def test_a_signer_killed_under_way_costs_nothing_but_the_time_until_it_is_back(house, mediation, process):
    joint, caucus = mediation["joint"], mediation["caucus:0"]
    house.say("ada", joint, "avant")
    process.end(signal.SIGKILL)
    assert halted(lambda: house.post("ada", joint, "pendant", client_id="k-1")) == ("signer_unavailable", True)
    assert halted(lambda: house.post("bruno", joint, "ensuite", client_id="k-2")) == ("signer_unavailable", False)
    assert halted(lambda: house.post("ada", caucus, "entre nous", client_id="k-3")) == ("signer_unavailable", True)
    assert house.texts("bruno", joint) == ["avant"]
    process.start()
    assert house.post("ada", joint, "pendant", client_id="k-1").replayed
    assert not house.post("bruno", joint, "ensuite", client_id="k-2").replayed
    assert house.texts("bruno", joint) == ["avant", "pendant", "ensuite"]
    assert sign_unsigned(house.database) == 1
    assert house.texts("neus", caucus) == ["entre nous"]
    for room in (joint, caucus):
        assert intact(house, "neus", room)


def test_a_destroyed_case_takes_nothing_more_while_the_others_go_on(house, mediation, process):
    other = house.mediation(title="Une autre affaire")
    with house.database.reading() as work:
        origin = work.session.get_one(CaseLog, mediation.id).origin
    house.database.tool(Signer).destroy(origin)
    assert halted(lambda: house.say("ada", mediation["joint"], "trop tard")) == ("ledger_halted", True)
    assert halted(lambda: house.say("ada", mediation["joint"], "trop tard")) == ("ledger_halted", False)
    assert house.say("ada", other["joint"], "ici, tout va bien")
