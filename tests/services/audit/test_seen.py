"""What a client saw of the case's history is written into what it posts, and a server that shows another is refused."""

import pytest

from caseroom.audit.event_bytes import parse_event
from caseroom.audit.models import CaseLog, LedgerEvent
from caseroom.audit.scheduler import seal_due
from caseroom.audit.seen import Seen
from caseroom.audit.services import event_row
from caseroom.errors import Conflict, Invalid
from caseroom.rooms.services import NewMessage, post_message

ROOT = "ab" * 32


def head(house, mediation):
    with house.database.reading() as work:
        log = work.session.get_one(CaseLog, mediation.id)
        return Seen(log.size, log.root)


def post(house, mediation, seen, text="Bonjour."):
    room = mediation["joint"]
    command = NewMessage(body=text, audience=house.audience("ada", room), seen=seen)
    with house.database.unit_of_work() as work:
        entry = post_message(work, house.actors["ada"], room, command).entry
    with house.database.reading() as work:
        stream = house.opened(work, "ada", room).stream
        row = work.session.get_one(LedgerEvent, (room, entry.seq))
        intent = parse_event(stream.keys.open("event.line", event_row(room, row.seq), row.line)).intent
    return Seen(intent.seen_size, intent.seen_root)


def test_an_entry_states_the_checkpoint_that_its_author_saw_and_not_a_later_one(house, mediation, present):
    before = head(house, mediation)
    present.move(hours=1)
    assert seal_due(house.database) == 1
    assert head(house, mediation).size == before.size + 1
    assert post(house, mediation, before) == before


def test_without_a_statement_the_present_checkpoint_is_written(house, mediation):
    assert post(house, mediation, None) == head(house, mediation)


@pytest.mark.parametrize(
    "forge",
    [
        lambda seen: Seen(seen.size, bytes(32)),
        lambda seen: Seen(seen.size + 1, seen.root),
        lambda seen: Seen(0, seen.root),
        lambda seen: Seen(10**8, seen.root),
    ],
    ids=["another root", "a longer history", "a root of the empty history", "a history far longer"],
)
def test_a_client_that_saw_another_history_is_refused_and_nothing_is_written(house, mediation, forge):
    room = mediation["joint"]
    seen, size = head(house, mediation), len(house.entries("ada", room))
    with pytest.raises(Conflict) as refused:
        post(house, mediation, forge(seen))
    assert refused.value.code == "history_differs"
    assert len(house.entries("ada", room)) == size
    assert post(house, mediation, seen) == seen


def test_the_header_is_a_size_and_a_root():
    assert Seen.parse(f"3 {ROOT}") == Seen(3, bytes.fromhex(ROOT))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "3",
        f"-1 {ROOT}",
        f"3  {ROOT}",
        f"3 {ROOT.upper()}",
        f"3 {ROOT[:-2]}",
        f"3 {ROOT}00",
        f"³ {ROOT}",
        f"{10**9} {ROOT}",
    ],
)
def test_any_other_header_is_refused(header):
    with pytest.raises(Invalid):
        Seen.parse(header)


@pytest.mark.parametrize("size", [True, "3", 1.0, -1, None, 10**9])
def test_a_size_is_a_whole_number_within_reason(size):
    assert Seen.of(3, ROOT).size == 3
    with pytest.raises(Invalid):
        Seen.of(size, ROOT)
