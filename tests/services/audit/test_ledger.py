"""The record that comes of a busy case: canonical, chained, true about what was seen, receipted."""

import pytest
from sqlalchemy import select

from caseroom.access.words import CaseKind
from caseroom.audit import queries as ledger
from caseroom.audit import tree
from caseroom.audit.case_log import BlindKeys
from caseroom.audit.epoch_bytes import Why, parse_epoch, slot_path, slot_root, slot_salt, slot_value
from caseroom.audit.event_bytes import Kind, Values, check_event, parse_event
from caseroom.audit.models import CaseEpoch, CaseLog, LedgerEvent, LogNode, Opening, RoomCheckpoint, RoomLog, Slot
from caseroom.audit.notes import format_vkey, open_note, parse_checkpoint, parse_vkey
from caseroom.audit.receipts import ReceiptError, parse_receipt, verify_receipt
from caseroom.audit.sealing import sign_unsigned
from caseroom.audit.services import Stream, event_row
from caseroom.audit.signer import SignerRefused
from caseroom.errors import LedgerHalted
from caseroom.exhibits.services import record_download
from caseroom.rooms import queries
from caseroom.rooms.models import Room
from caseroom.rooms.services import NewMessage, post_message
from caseroom.vault.keyring import Keyring
from tests.house import sha256


@pytest.fixture
def busy(house, mediation):
    """Every kind of entry the product writes today, in every kind of room, before and after a removal."""
    for word, person in (
        ("joint", "ada"),
        ("caucus:0", "ada"),
        ("team:1", "bruno"),
        ("counsel", "clara"),
        ("notes:neus", "neus"),
    ):
        first = house.say(person, mediation[word], f"premier mot dans {word}")
        house.say(person, mediation[word], "je me cite", quotes=first.id)
    filed = house.file("ada", mediation["joint"], "devis.txt", b"devis", title="Devis")
    house.file("bruno", mediation["caucus:1"], "aveu.txt", b"aveu", title="Aveu")
    with house.database.unit_of_work() as work:
        record_download(work, house.actors["bruno"], filed.entry.id)
    house.remove(mediation, "basile", by="neus")
    house.say("bruno", mediation["joint"], "seul désormais")
    return mediation


def streams(work, affair):
    """Every room's log with its key, as no single person could have them."""
    for room in work.session.scalars(select(Room).where(Room.case_id == affair.id)):
        keys = work.tool(Keyring).find(work, case_id=affair.id, slot=room.slot)
        yield Stream(room_id=room.id, case_id=affair.id, slot=room.slot, keys=keys)


def lines(work, stream):
    rows = work.session.scalars(
        select(LedgerEvent).where(LedgerEvent.room_id == stream.room_id).order_by(LedgerEvent.seq)
    )
    return [
        (row, parse_event(stream.keys.open("event.line", event_row(stream.room_id, row.seq), row.line))) for row in rows
    ]


def room_vkey(work, stream):
    log = work.session.get_one(CaseLog, stream.case_id)
    return parse_vkey(format_vkey(f"{log.origin}/s/{stream.slot}", parse_vkey(log.vkey).public))


def test_every_event_is_canonical_and_follows_the_one_before_it(house, busy):
    with house.database.reading() as work:
        kinds = set()
        for stream in streams(work, busy):
            previous = None
            for row, line in lines(work, stream):
                check_event(line, case=bytes.fromhex(busy.id), space=stream.slot, previous=previous)
                assert (row.leaf, row.id, row.at) == (line.leaf, line.intent.x.hex(), line.at)
                kinds.add(line.intent.kind)
                previous = line
        assert kinds == {
            Kind.CASE_OPENED,
            Kind.ROOM_OPENED,
            Kind.PARTICIPANT_ADMITTED,
            Kind.PARTICIPANT_REMOVED,
            Kind.MESSAGE_POSTED,
            Kind.EXHIBIT_FILED,
            Kind.EXHIBIT_DOWNLOADED,
        }


def test_what_every_event_says_it_saw_is_the_case_log_at_that_size(house, busy):
    with house.database.reading() as work:
        log = work.session.get_one(CaseLog, busy.id)
        epochs = list(work.session.scalars(select(CaseEpoch).where(CaseEpoch.case_id == busy.id).order_by(CaseEpoch.n)))
        roots = [tree.tree_root([epoch.line for epoch in epochs[:size]]) for size in range(len(epochs) + 1)]
        assert (log.size, log.root) == (1, roots[1])
        seen = [line.intent for stream in streams(work, busy) for _, line in lines(work, stream)]
        assert all(intent.seen_root == roots[intent.seen_size] for intent in seen)
        unseen = [intent.kind for intent in seen if intent.seen_size == 0]
        assert unseen == [Kind.CASE_OPENED], "everything after the opening must state the first epoch"


def test_the_values_shown_are_those_the_event_committed_to(house, busy):
    with house.database.reading() as work:
        for stream in streams(work, busy):
            for (row, line), entry in zip(lines(work, stream), ledger.entries(work, stream), strict=True):
                ek = stream.keys.unwrap_event_key(row.event_key, seq=row.seq, version=row.key_version)
                values = Values.of(entry.body, meta=entry.meta, who=entry.who)
                assert values.commitments(ek) == dict(line.intent.commitments)


def test_no_two_events_share_a_key(house, busy):
    with house.database.reading() as work:
        keys = [
            stream.keys.unwrap_event_key(row.event_key, seq=row.seq, version=row.key_version)
            for stream in streams(work, busy)
            for row, _ in lines(work, stream)
        ]
    assert len(set(keys)) == len(keys) > 30


def test_events_hold_what_the_format_says_of_each_kind(house, busy):
    with house.database.reading() as work:
        joint = next(stream for stream in streams(work, busy) if stream.room_id == busy["joint"])
        found = ledger.entries(work, joint)
        by_kind = {entry.kind: entry for entry in found}
        by_leaf = {entry.leaf.hex(): entry for entry in found}
    filed, taken = by_kind[Kind.EXHIBIT_FILED], by_kind[Kind.EXHIBIT_DOWNLOADED]
    assert filed.body == {"files": [{"sha256": sha256(b"devis"), "size": 5, "type": "text/plain"}]}
    assert filed.meta == {"number": "Pièce n°\u00a01", "title": "Devis", "filename": "devis.txt"}
    assert taken.body == {"of": filed.leaf.hex(), "sha256": sha256(b"devis")}
    assert by_kind[Kind.PARTICIPANT_REMOVED].body == {"pid": busy.participants["basile"]}
    quoting = next(entry for entry in found if "quotes" in entry.body)
    assert by_leaf[quoting.body["quotes"]].body["text"] == "premier mot dans joint"
    for entry in found:
        if entry.kind is not Kind.CASE_OPENED:
            assert entry.who == {"auth": "AL1"}


# --- the opening ---


def test_the_first_epoch_opens_against_every_slot_used_or_not(house, busy):
    with house.database.reading() as work:
        row = work.session.get_one(CaseEpoch, (busy.id, 0))
        epoch = parse_epoch(row.line)
        assert (epoch.why, epoch.slots, epoch.case.hex()) == (Why.OPEN, 32, busy.id)
        slots = list(work.session.scalars(select(Slot).where(Slot.case_id == busy.id).order_by(Slot.slot)))
        openings = {each.slot: each for each in work.session.scalars(select(Opening).where(Opening.case_id == busy.id))}
        values = []
        for slot in slots:
            salt = slot_salt(work.tool(BlindKeys).unwrap(slot.blind_key, case_id=busy.id, slot=slot.slot), 0)
            opened = openings.get(slot.slot)
            size, root = (opened.size, opened.root) if opened else (0, tree.EMPTY_ROOT)
            values.append(slot_value(salt, case=epoch.case, slot=slot.slot, n=0, size=size, root=root))
        assert slot_root(values) == epoch.sroot
        for slot in range(32):
            tree.verify_inclusion(
                index=slot, size=32, leaf=tree.leaf_hash(values[slot]), proof=slot_path(values, slot), root=epoch.sroot
            )
        joint = next(stream for stream in streams(work, busy) if stream.room_id == busy["joint"])
        first = lines(work, joint)[0][1]
        assert set(openings) == {joint.slot}
        assert (openings[joint.slot].size, openings[joint.slot].root) == (1, tree.tree_root([first.data]))


def test_the_first_epoch_is_signed_by_the_key_it_names(house, busy):
    with house.database.reading() as work:
        row, log = work.session.get_one(CaseEpoch, (busy.id, 0)), work.session.get_one(CaseLog, busy.id)
    epoch = parse_epoch(row.line)
    assert (epoch.gen.vkey, epoch.gen.interval) == (log.vkey, house.settings.epoch_seconds)
    assert log.origin == f"{house.settings.host}/c/{busy.id}"
    checkpoint = parse_checkpoint(open_note(row.note.encode(), [parse_vkey(log.vkey)]).text)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (log.origin, 1, tree.leaf_hash(row.line))


def test_slots_are_drawn_at_random_for_each_case_and_given_once(house):
    drawn = []
    for _ in range(4):
        affair = house.mediation()
        with house.database.reading() as work:
            rooms = list(work.session.scalars(select(Room).where(Room.case_id == affair.id)))
        assert len({room.slot for room in rooms}) == len(rooms)
        drawn.append(tuple(sorted(room.slot for room in rooms)))
    assert len(set(drawn)) > 1


# --- receipts ---


def test_every_event_has_a_receipt_that_proves_it_and_nothing_else(house, busy):
    with house.database.reading() as work:
        for stream in streams(work, busy):
            found = lines(work, stream)
            for at_head in (False, True):
                for row, line in found:
                    receipt = ledger.receipt(work, stream, row.seq, at_head=at_head)
                    checkpoint = verify_receipt(receipt, line.leaf, room_vkey(work, stream))
                    assert parse_receipt(receipt).index == row.seq < checkpoint.size <= len(found)
                    assert not at_head or checkpoint.size == len(found)
                    with pytest.raises(ReceiptError):
                        verify_receipt(
                            receipt,
                            found[row.seq - 1][1].leaf if len(found) > 1 else bytes(32),
                            room_vkey(work, stream),
                        )


def test_a_receipt_of_one_room_is_none_under_the_name_of_another(house, busy):
    with house.database.reading() as work:
        one, other, *_ = streams(work, busy)
        receipt, (_, line) = ledger.receipt(work, one, 0), lines(work, one)[0]
        with pytest.raises(ReceiptError):
            verify_receipt(receipt, line.leaf, room_vkey(work, other))


def test_receipts_are_for_the_readers_of_the_room(house, busy):
    entry = house.entries("ada", busy["caucus:0"])[-1]
    with house.database.reading() as work:
        assert queries.receipt_of(work, house.actors["ada"], entry.id)
        for person in ("bruno", "otto"):
            with pytest.raises(Exception, match="not_found"):
                queries.receipt_of(work, house.actors[person], entry.id)


# --- crash and rollback ---


def signed(house, room_id):
    with house.database.reading() as work:
        log = work.session.get_one(RoomLog, room_id)
        sizes = list(work.session.scalars(select(RoomCheckpoint.size).where(RoomCheckpoint.room_id == room_id)))
        return log.size, log.signed_size, max(sizes)


def signer_fails_once(house, monkeypatch):
    real = house.signer.sign

    def fail(*_args, **_kwargs):
        monkeypatch.setattr(house.signer, "sign", real)
        raise OSError("no space left for the signer")

    monkeypatch.setattr(house.signer, "sign", fail)


def test_a_crash_between_commit_and_signature_loses_nothing_and_shows_nothing_unsigned(house, mediation, monkeypatch):
    joint = mediation["joint"]
    before = house.kinds("bruno", joint), house.unread("bruno", mediation)
    house.publisher.events.clear()
    signer_fails_once(house, monkeypatch)
    with pytest.raises(OSError, match="no space left"):
        house.say("ada", joint, "Écrit et pas encore signé")
    size, signed_size, newest = signed(house, joint)
    assert size == signed_size + 1 == newest + 1
    assert (house.kinds("bruno", joint), house.unread("bruno", mediation)) == before
    assert house.publisher.events == []
    assert sign_unsigned(house.database) == 1
    assert sign_unsigned(house.database) == 0
    assert signed(house, joint) == (size, size, size)
    assert house.texts("bruno", joint) == ["Écrit et pas encore signé"]
    assert house.unread("bruno", mediation)[joint] == before[1][joint] + 1


def test_the_next_entry_signs_what_an_earlier_failure_left_unsigned(house, mediation, monkeypatch):
    signer_fails_once(house, monkeypatch)
    with pytest.raises(OSError, match="no space left"):
        house.say("ada", mediation["joint"], "un")
    house.say("bruno", mediation["joint"], "deux")
    assert house.texts("neus", mediation["joint"]) == ["un", "deux"]
    with house.database.reading() as work:
        for stream in streams(work, mediation):
            for row, line in lines(work, stream):
                verify_receipt(ledger.receipt(work, stream, row.seq), line.leaf, room_vkey(work, stream))


def test_a_crash_at_the_opening_of_a_case_is_made_good_at_the_next_start(house, monkeypatch):
    signer_fails_once(house, monkeypatch)
    with pytest.raises(OSError, match="no space left"):
        house.open_case(CaseKind.MEDIATION)
    assert sign_unsigned(house.database) > 1
    with house.database.reading() as work:
        case_id = work.session.scalars(select(CaseLog.case_id)).one()
        assert work.session.get_one(CaseEpoch, (case_id, 0)).note
        for log in work.session.scalars(select(RoomLog)):
            assert log.signed_size == log.size


def test_a_signature_that_was_given_before_a_crash_is_given_again_and_not_another(house, mediation):
    """The signer keeps its own record: a checkpoint lost with the database's transaction must come back the same."""
    house.say("ada", mediation["joint"], "un")
    with house.database.unit_of_work() as work:
        newest = work.session.scalars(
            select(RoomCheckpoint)
            .where(RoomCheckpoint.room_id == mediation["joint"])
            .order_by(RoomCheckpoint.size.desc())
        ).first()
        note, size = newest.note, newest.size
        work.session.delete(newest)
        work.session.get_one(RoomLog, mediation["joint"]).signed_size = size - 1
    assert sign_unsigned(house.database) == 1
    with house.database.reading() as work:
        assert work.session.get_one(RoomCheckpoint, (mediation["joint"], size)).note == note


def count_all(house):
    with house.database.reading() as work:
        models = (LedgerEvent, LogNode, RoomCheckpoint, CaseEpoch, Opening, Slot)
        return [len(work.session.execute(select(model)).all()) for model in models]


def heads(house, affair):
    return {
        word: house.signer.last(f"{house.settings.host}/c/{affair.id}/s/{slot}") for word, slot in slots(house, affair)
    }


def slots(house, affair):
    with house.database.reading() as work:
        return [(word, work.session.get_one(Room, room).slot) for word, room in affair.rooms.items()]


def test_a_rollback_leaves_no_row_no_event_and_no_signature(house, mediation):
    before = count_all(house), heads(house, mediation), house.kinds("ada", mediation["joint"])
    house.publisher.events.clear()
    command = NewMessage(body="jamais", audience=house.audience("ada", mediation["joint"]), client_id="k")

    def posts_and_fails():
        with house.database.unit_of_work() as work:
            post_message(work, house.actors["ada"], mediation["joint"], command)
            raise RuntimeError("and then it failed")

    with pytest.raises(RuntimeError, match="and then"):
        posts_and_fails()
    assert (count_all(house), heads(house, mediation), house.kinds("ada", mediation["joint"])) == before
    assert house.publisher.events == []
    assert not house.post("ada", mediation["joint"], "jamais", client_id="k").replayed


def test_a_unit_of_work_that_touches_many_rooms_signs_all_or_can_be_made_good(house, mediation, monkeypatch):
    """The signer may have signed the first room of a removal and fail at the second."""
    real, calls = house.signer.sign, []

    def fail_at_second(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise OSError("no space left for the signer")
        return real(*args, **kwargs)

    monkeypatch.setattr(house.signer, "sign", fail_at_second)
    with pytest.raises(OSError, match="no space left"):
        house.remove(mediation, "ada", by="neus")
    assert sign_unsigned(house.database) == 3
    for word in ("joint", "caucus:0", "team:0"):
        size, signed_size, newest = signed(house, mediation[word])
        assert size == signed_size == newest
    assert house.kinds("clara", mediation["team:0"])[-1] == "participant.removed"


def test_the_signer_refuses_a_history_rewritten_in_the_database(house, mediation):
    """Somebody with the database, and without the signer's own file, can append and not rewrite."""
    house.say("ada", mediation["joint"], "la vérité")
    with house.database.unit_of_work() as work:
        log = work.session.get_one(RoomLog, mediation["joint"])
        last = log.size - 1
        for node in work.session.scalars(
            select(LogNode).where(LogNode.log_id == log.room_id, LogNode.position == last, LogNode.level == 0)
        ):
            node.hash = bytes(32)
    with pytest.raises(LedgerHalted):
        house.say("bruno", mediation["joint"], "la suite")


def test_a_log_that_the_signer_refuses_keeps_no_other_from_being_signed_at_the_start(
    house, mediation, monkeypatch, caplog
):
    """So it is when the database alone was restored: the signer remembers entries that are no longer there."""
    refused, other = mediation["joint"], mediation["caucus:0"]
    signer_fails_once(house, monkeypatch)
    with pytest.raises(OSError, match="no space left"):
        house.say("ada", other, "Écrit et pas encore signé")
    real, ending = house.signer.sign, f"/s/{dict(slots(house, mediation))['joint']}"

    def refuse(origin, **what):
        if origin.endswith(ending):
            raise SignerRefused("the last signed size is 99, not 9")
        return real(origin, **what)

    monkeypatch.setattr(house.signer, "sign", refuse)
    with pytest.raises(LedgerHalted):
        house.say("ada", refused, "Suite d’un registre plus ancien")
    assert sign_unsigned(house.database) == 2
    size, signed_size, _newest = signed(house, other)
    assert size == signed_size
    size, signed_size, _newest = signed(house, refused)
    assert size == signed_size + 1
    assert house.texts("bruno", refused) == []
    assert f"{ending} stays unsigned" in caplog.text
