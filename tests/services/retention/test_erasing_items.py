"""One entry is erased: by whom, what goes with it, what stays to prove that it was there."""

import pytest
from sqlalchemy import select

from caseroom.accounts.models import Person
from caseroom.audit import queries as ledger
from caseroom.audit.checking import check_chain
from caseroom.audit.models import LedgerEvent
from caseroom.errors import Conflict, Forbidden, Gone, Invalid, NotFound, SecondFactorRequired
from caseroom.exhibits import queries as exhibits
from caseroom.exhibits.services import record_download
from caseroom.retention.finishing import finish_erasures
from caseroom.retention.second_factor import SecondFactor
from caseroom.rooms import queries
from caseroom.vault.keys import SealBroken
from tests.services.retention.conftest import REASON
from tests.services.test_at_rest import everything_on_disk, forms

CANARY = "Nous renonçons à la clause de non-concurrence du 12 janvier"
FILE = b"Bilan confidentiel de la verriere, page unique. " * 700


def stored(house, room, seq):
    with house.database.reading() as work:
        row = work.session.get_one(LedgerEvent, (room, seq))
        return row.event_key, row.values


def chain(house, room):
    with house.database.reading() as work:
        return check_chain(work, house.opened(work, "neus", room).stream)


def test_an_author_erases_the_own_message_and_its_place_stays(house, mediation, keepers):
    said = house.say("ada", mediation["joint"], CANARY)
    before = len(house.entries("bruno", mediation["joint"]))
    keepers.erases("ada", said.id)
    seen = house.entries("bruno", mediation["joint"])
    assert len(seen) == before + 1
    gone = next(entry for entry in seen if entry.id == said.id)
    assert (gone.text, gone.erased, gone.leaf, gone.author.id) == (None, True, said.leaf, mediation.participants["ada"])
    last = seen[-1]
    assert (last.kind, last.erases, last.facts["basis"]) == ("item.erased", said.seq, "request")
    assert stored(house, mediation["joint"], said.seq) == (None, None)


def test_the_entry_of_the_erasure_names_the_leaf_the_ground_and_when_the_last_key_is_gone(house, mediation, keepers):
    said = house.say("ada", mediation["joint"], CANARY)
    erasure = keepers.row(keepers.erases("ada", said.id))
    with house.database.reading() as work:
        last = ledger.entries(work, house.opened(work, "bruno", mediation["joint"]).stream)[-1]
    assert last.body == {"of": said.leaf, "basis": "request", "keys_gone_by": erasure.keys_gone_by.date().isoformat()}
    assert last.who == {"auth": "AL1+"}
    assert (erasure.keys_gone_by - erasure.asked_at).days == 31, "thirty days of backups, and the one made before"
    assert erasure.state == "done"


def test_a_steward_erases_what_others_said_and_a_party_does_not(house, mediation, keepers):
    said = house.say("ada", mediation["joint"], CANARY)
    with pytest.raises(Forbidden) as refused:
        keepers.erases("bruno", said.id)
    assert refused.value.code == "not_a_steward"
    assert house.texts("bruno", mediation["joint"]) == [CANARY]
    keepers.erases("neus", said.id)
    assert house.texts("bruno", mediation["joint"]) == []


def test_where_counsel_steer_none_erases_what_the_other_side_said(house, keepers):
    affair = house.collaborative()
    said = house.say("bruno", affair["joint"], CANARY)
    with pytest.raises(Forbidden) as refused:
        keepers.erases("clara", said.id)
    assert refused.value.code == "other_sides_people"
    keepers.erases("basile", said.id)
    assert house.texts("clara", affair["joint"]) == []


def test_what_one_does_not_read_is_as_unknown_as_what_never_was(house, mediation, keepers):
    hidden = house.say("bruno", mediation["team:1"], CANARY)
    for person, entry_id in (("neus", hidden.id), ("ada", hidden.id), ("neus", "f" * 32), ("neus", "no id")):
        with pytest.raises(NotFound):
            keepers.erases(person, entry_id)
    assert house.texts("bruno", mediation["team:1"]) == [CANARY]


def test_the_second_factor_is_asked_for_and_a_wrong_code_erases_nothing(house, mediation, keepers):
    said = house.say("ada", mediation["joint"], CANARY)
    with pytest.raises(SecondFactorRequired):
        keepers.erases("ada", said.id, proof=SecondFactor(code=None, address=""))
    with pytest.raises(Invalid) as refused:
        keepers.erases("ada", said.id, proof=keepers.proof("ada", right=False))
    assert refused.value.data["errors"][0]["code"] == "wrong_code"
    assert house.texts("ada", mediation["joint"]) == [CANARY]
    keepers.erases("ada", said.id)


def test_a_code_that_erased_one_entry_does_not_erase_another(house, mediation, keepers):
    first, second = (house.say("ada", mediation["joint"], text) for text in ("un", "deux"))
    proof = keepers.proof("ada")
    keepers.erases("ada", first.id, proof=proof)
    with pytest.raises(Invalid):
        keepers.erases("ada", second.id, proof=proof)
    assert house.texts("ada", mediation["joint"]) == ["deux"]


@pytest.mark.parametrize("kind", ["case.opened", "room.opened", "participant.removed", "item.erased"])
def test_what_the_rest_could_not_be_understood_without_stays(house, mediation, keepers, kind):
    said = house.say("neus", mediation["joint"], "un")
    keepers.erases("neus", said.id)
    house.remove(mediation, "bruno", by="neus")
    room = mediation["caucus:0" if kind == "room.opened" else "joint"]
    entry = next(entry for entry in house.entries("neus", room) if entry.kind == kind)
    with pytest.raises(Forbidden) as refused:
        keepers.erases("neus", entry.id)
    assert refused.value.code == "cannot_be_erased"


def test_an_erased_entry_is_not_erased_twice(house, mediation, keepers):
    said = house.say("ada", mediation["joint"], CANARY)
    keepers.erases("ada", said.id)
    with pytest.raises(Conflict) as refused:
        keepers.erases("neus", said.id)
    assert refused.value.code == "already_erased"


def test_a_quotation_of_it_keeps_the_hash_and_loses_the_words(house, mediation, keepers):
    said = house.say("ada", mediation["joint"], CANARY)
    answer = house.say("bruno", mediation["joint"], "Vraiment ?", quotes=said.id)
    assert answer.quoted.excerpt == CANARY
    keepers.erases("ada", said.id)
    quoting = next(entry for entry in house.entries("bruno", mediation["joint"]) if entry.id == answer.id)
    assert (quoting.quoted.entry_id, quoting.quoted.excerpt) == (said.id, "")


def test_a_retry_of_what_was_erased_does_not_post_it_anew(house, mediation, keepers):
    said = house.say("ada", mediation["joint"], CANARY, client_id="k-1")
    assert house.post("ada", mediation["joint"], CANARY, client_id="k-1").replayed
    keepers.erases("ada", said.id)
    with pytest.raises(Invalid) as refused:
        house.say("ada", mediation["joint"], CANARY, client_id="k-1")
    assert refused.value.code == "idempotency_conflict"
    assert house.texts("ada", mediation["joint"]) == []


def test_of_an_exhibit_the_file_the_title_and_the_digest_in_the_downloads_go(house, mediation, keepers):
    filed = house.file("ada", mediation["joint"], "bilan.txt", FILE, title="Bilan 2025")
    kept = house.file("ada", mediation["joint"], "autre.txt", b"autre")
    for _ in range(2):
        with house.database.unit_of_work() as work:
            record_download(work, house.actors["bruno"], filed.facts.id)
    with house.database.unit_of_work() as work:
        record_download(work, house.actors["bruno"], kept.facts.id)
    assert len(house.files_in_store()) == 2
    erasure = keepers.row(keepers.erases("neus", filed.facts.id))
    assert (erasure.entries, erasure.files) == (3, 1)
    assert len(house.files_in_store()) == 1
    with house.database.reading() as work:
        opened = house.opened(work, "bruno", mediation["joint"])
        assert [view.facts.id for view in exhibits.exhibits_of(work, opened)] == [kept.facts.id]
        assert exhibits.erased_exhibits(work, opened) == 1
        entries = ledger.entries(work, opened.stream)
    downloads = [entry for entry in entries if entry.kind == "exhibit.downloaded"]
    assert [entry.erased for entry in downloads] == [True, True, False]
    assert filed.facts.sha256 not in repr(entries)
    with pytest.raises(Gone):
        house.content("bruno", filed.facts.id)
    assert house.content("bruno", kept.facts.id) == b"autre"
    with pytest.raises(NotFound):
        house.content("otto", filed.facts.id)


def test_the_number_of_an_erased_exhibit_is_not_given_again(house, mediation, keepers):
    filed = house.file("ada", mediation["joint"], "un.txt", b"1")
    keepers.erases("neus", filed.facts.id)
    assert house.file("ada", mediation["joint"], "deux.txt", b"2").number == filed.number + 1


def test_the_register_of_the_room_still_checks_and_its_receipts_still_stand(house, mediation, keepers):
    said = house.say("ada", mediation["joint"], CANARY)
    with house.database.reading() as work:
        receipt = queries.receipt_of(work, house.actors["ada"], said.id)
    keepers.erases("ada", said.id)
    report = chain(house, mediation["joint"])
    assert (report.problem, report.events) == ("", len(house.entries("ada", mediation["joint"])))
    with house.database.reading() as work:
        assert queries.receipt_of(work, house.actors["ada"], said.id) == receipt
        with pytest.raises(SealBroken):
            ledger.event_key(work, house.opened(work, "ada", mediation["joint"]).stream, said.seq)


def test_values_that_went_without_an_erasure_on_record_are_found(house, mediation, keepers):
    first, second = (house.say("ada", mediation["joint"], text) for text in ("un", "deux"))
    keepers.erases("ada", first.id)
    assert chain(house, mediation["joint"]).intact
    with house.database.unit_of_work() as work:
        row = work.session.get_one(LedgerEvent, (mediation["joint"], second.seq))
        row.event_key = row.values = None
    assert (chain(house, mediation["joint"]).problem, chain(house, mediation["joint"]).seq) == (
        "commitment",
        second.seq,
    )


def test_neither_the_plain_nor_the_sealed_bytes_are_on_disk_or_in_the_log_afterwards(house, mediation, keepers, caplog):
    """Sealed too: the key of the room is still there, and an old page of the database would open with it."""
    caplog.set_level("DEBUG")
    said = house.say("ada", mediation["joint"], CANARY, client_id="canary")
    filed = house.file("ada", mediation["joint"], "bilan.txt", FILE)
    spoken = [stored(house, mediation["joint"], seq) for seq in (said.seq, filed.entry.seq)]
    (sealed_file,) = (path.read_bytes() for path in house.files_in_store())
    pieces = [each for pair in spoken for each in pair] + [sealed_file[:64], sealed_file[-64:]]
    disk = b"".join(everything_on_disk(house).values())
    assert all(piece in disk for piece in pieces), "what is to vanish must be there first"
    keepers.erases("ada", said.id)
    keepers.erases("neus", filed.facts.id)
    disk = everything_on_disk(house)
    assert [path for path, content in disk.items() for piece in pieces if piece in content] == []
    assert [path for path, content in disk.items() for form in forms(CANARY) if form in content] == []
    assert [path for path, content in disk.items() for form in forms(REASON) if form in content] == []
    assert not any(text in caplog.text for text in (CANARY, REASON, "bilan.txt", filed.facts.sha256))


def test_while_somebody_reads_an_older_state_the_erasure_waits_for_the_log_and_is_finished_later(
    house, mediation, keepers
):
    said = house.say("ada", mediation["joint"], CANARY)
    sealed = stored(house, mediation["joint"], said.seq)
    with house.database.reading() as work:
        work.session.scalars(select(Person)).all()
        erasure = keepers.erases("ada", said.id)
        assert keepers.row(erasure).state == "destroyed"
        assert stored(house, mediation["joint"], said.seq) == (None, None)
    assert finish_erasures(house.database) == 1
    assert keepers.row(erasure).state == "done"
    assert not any(piece in content for content in everything_on_disk(house).values() for piece in sealed)
    assert finish_erasures(house.database) == 0


def test_a_crash_between_record_and_destruction_is_made_good(house, mediation, keepers, monkeypatch):
    filed = house.file("ada", mediation["joint"], "bilan.txt", FILE)
    with monkeypatch.context() as patched:
        patched.setattr(
            "caseroom.retention.finishing.destroy_items", lambda *_: (_ for _ in ()).throw(OSError("power"))
        )
        erasure = keepers.erases("neus", filed.facts.id)
    assert keepers.row(erasure).state == "recorded"
    assert house.content("bruno", filed.facts.id) == FILE
    assert house.kinds("bruno", mediation["joint"])[-1] == "item.erased", "it is on record before anything is gone"
    assert finish_erasures(house.database) == 1
    assert house.files_in_store() == []
    assert keepers.row(erasure).state == "done"
    assert chain(house, mediation["joint"]).intact


def test_a_crash_after_the_file_was_deleted_is_made_good_too(house, mediation, keepers, monkeypatch):
    filed = house.file("ada", mediation["joint"], "bilan.txt", FILE)
    with monkeypatch.context() as patched:
        patched.setattr("caseroom.retention.destroying.update", lambda _: 1 / 0)
        erasure = keepers.erases("neus", filed.facts.id)
    assert (keepers.row(erasure).state, house.files_in_store()) == ("recorded", [])
    assert stored(house, mediation["joint"], filed.entry.seq)[0] is not None
    assert finish_erasures(house.database) == 1
    assert stored(house, mediation["joint"], filed.entry.seq) == (None, None)


def test_the_readers_of_the_room_and_nobody_else_hear_of_it(house, mediation, keepers):
    said = house.say("ada", mediation["caucus:0"], CANARY)
    house.publisher.events.clear()
    keepers.erases("ada", said.id)
    (event,) = house.publisher.events
    assert event.audience.people == {house.actors[person].person for person in ("ada", "clara", "neus")}
    assert event.payload["erases"] == said.seq
    assert CANARY not in repr(event)


def test_the_other_side_learns_nothing_of_an_erasure_in_a_caucus(house, mediation, keepers):
    said = house.say("ada", mediation["caucus:0"], CANARY)

    def bruno_sees():
        rooms = house.view("bruno", mediation.id).rooms
        return [(room.id, room.audience, room.unread, house.entries("bruno", room.id)) for room in rooms]

    before = repr(bruno_sees())
    keepers.erases("ada", said.id)
    assert repr(bruno_sees()) == before
    assert house.texts("neus", mediation["caucus:0"]) == []


def test_an_identity_is_erased_in_every_room_once_the_person_has_left(house, mediation, keepers):
    admission = next(
        entry
        for entry in house.entries("neus", mediation["joint"])
        if entry.kind == "participant.admitted" and entry.facts.get("name") == "Bruno Marchettino"
    )
    with pytest.raises(Conflict) as refused:
        keepers.erases("neus", admission.id)
    assert refused.value.code == "participant_still_here"
    house.say("bruno", mediation["joint"], "Bonjour")
    house.remove(mediation, "bruno", by="neus")
    erasure = keepers.row(keepers.erases("neus", admission.id))
    assert erasure.entries == 3, "the joint room, the caucus, and a team room which Neus does not read"
    for person, word in (("basile", "team:1"), ("neus", "joint"), ("neus", "caucus:1")):
        assert "Bruno Marchettino" not in repr(house.entries(person, mediation[word]))
        assert house.kinds(person, mediation[word])[-1] == "item.erased"
    spoke = next(entry for entry in house.entries("ada", mediation["joint"]) if entry.text == "Bonjour")
    assert spoke.author.name == "Identité effacée"
    assert [person.name for person in house.view("neus", mediation.id).people].count("Bruno Marchettino") == 0


def test_nobody_erases_the_own_admission_to_become_unknown(house, mediation, keepers):
    own = next(
        entry for entry in house.entries("bruno", mediation["joint"]) if entry.facts.get("name") == "Bruno Marchettino"
    )
    assert own.author.id == mediation.participants["bruno"], "the entry is Bruno's own act"
    with pytest.raises(Forbidden):
        keepers.erases("bruno", own.id)


@pytest.mark.parametrize(("place", "alone"), [("joint", False), ("caucus:0", True), ("team:0", True)])
def test_an_exhibit_before_the_other_side_is_erased_by_the_mediator_and_not_by_who_filed_it(
    house, mediation, keepers, place, alone
):
    filed = house.file("ada", mediation[place], "a.txt", CANARY.encode()).facts.id
    if alone:
        assert keepers.row(keepers.erases("ada", filed)).state == "done"
        return
    with pytest.raises(Forbidden) as refused:
        keepers.erases("ada", filed)
    assert refused.value.code == "not_a_steward"
    assert keepers.row(keepers.erases("neus", filed)).state == "done"


def test_nothing_said_before_a_tribunal_is_taken_back_by_who_said_it(house, keepers):
    arbitration = house.arbitration()
    said = house.say("ada", arbitration["joint"], CANARY)
    with pytest.raises(Forbidden) as refused:
        keepers.erases("ada", said.id)
    assert refused.value.code == "not_a_steward"
    assert keepers.row(keepers.erases("neus", said.id)).state == "done"
    own = house.say("ada", arbitration["team:0"], CANARY)
    assert keepers.row(keepers.erases("ada", own.id)).state == "done"
