"""The proof page of a room: entries and checkpoints in words, a check that finds what was changed, and what can be
taken away. Of other rooms it tells nothing."""

from __future__ import annotations

import re
from dataclasses import replace

from caseroom.audit.checking import ChainReport, Problem
from caseroom.audit.epoch_bytes import Why
from caseroom.evidence.cards import problem_sentence, verdict_of
from caseroom.evidence.queries import register_of

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n" + b"x" * 200


def order(page):
    """The lines of the register from the top: e5 an entry, p2 a checkpoint."""
    return [
        f"{kind[0]}{number}" for kind, number in re.findall(r'<li class="link[^"]*" id="(entry|point)-(\d+)"', page)
    ]


def test_the_register_says_each_entry_in_words_with_its_number_second_hash_and_receipts(house, mediation, visitor):
    room = mediation["joint"]
    said = house.say("ada", room, "not in the register")
    page = visitor("bruno").opens(f"/rooms/{room}/register").page
    line = re.search(rf'<li class="link" id="entry-{said.seq}">.*?</li>', page, re.DOTALL)
    assert line
    assert "Ada Quilliam wrote a message." in line[0]
    assert f"{said.leaf[:4]}…{said.leaf[-4:]}" in line[0]
    assert f'"/entries/{said.id}/receipt"' in line[0]
    assert f'"/entries/{said.id}/receipt.pdf"' in line[0]
    assert re.search(r"\d{1,2}:\d\d:\d\d", line[0])
    assert "not in the register" not in page


def test_each_checkpoint_stands_above_the_entries_it_was_the_first_to_cover(house, mediation, visitor, seals):
    room = mediation["joint"]
    before = len(house.entries("ada", room))
    house.say("ada", room, "one")
    seals(mediation.id)
    house.say("ada", room, "two")
    house.say("ada", room, "three")
    seals(mediation.id)
    house.say("ada", room, "four")
    page = visitor("bruno").opens(f"/rooms/{room}/register")
    top = [f"e{before + 3}", "p2", f"e{before + 2}", f"e{before + 1}", "p1", f"e{before}"]
    assert order(page.page)[:6] == top
    assert order(page.page)[-2:] == ["p0", "e0"]
    assert f"Checkpoint no. 2 , entries {before + 1} to {before + 2}" in page.words
    assert f"Not in a checkpoint yet: entry {before + 3}" in page.words
    assert "The next checkpoint is due" in page.words


def test_checkpoints_without_a_new_entry_are_one_line_and_the_newest_is_shown(house, mediation, visitor, seals):
    room = mediation["caucus:0"]
    for why in (Why.GRID, Why.CATCHUP, Why.GRID, Why.GRID):
        seals(mediation.id, why=why)
    ada = visitor("ada").opens(f"/rooms/{room}/register")
    assert [line for line in order(ada.page) if line[0] == "p"] == ["p4", "p1"]
    assert "Checkpoint no. 4 , no new entry in this room" in ada.words
    assert "Checkpoints no. 2 to 3: no new entry in this room" in ada.words
    assert "1 was made late, because the server had been stopped." in ada.words


def test_a_checkpoint_says_why_it_was_made_where_it_was_not_the_hour(house, mediation, visitor, seals):
    room = mediation["joint"]
    for why in (Why.CATCHUP, Why.JOINT):
        house.say("ada", room, why)
        seals(mediation.id, why=why)
    words = visitor("bruno").opens(f"/rooms/{room}/register").words
    assert "Made late: the server had been stopped" in words
    assert "Besides the schedule, after an act in the joint room" in words
    assert "The first one, when the case was opened" in words


def test_a_time_stamp_is_named_with_its_authority_only_once_it_is_there(house, mediation, visitor, seals, stamps):
    room = mediation["joint"]
    house.say("ada", room, "one")
    first = seals(mediation.id)
    house.say("ada", room, "two")
    second = seals(mediation.id)
    bruno = visitor("bruno").opens(f"/rooms/{room}/register")
    assert "Time-stamped by" not in bruno.words
    assert "Not time-stamped: no authority was set up here" in bruno.words
    assert "no outside authority has time-stamped this register yet" in bruno.words
    stamps(mediation.id, first, late=True)
    stamps(mediation.id, second, came=False)
    bruno.opens(f"/rooms/{room}/register")
    assert "Time-stamped by tsa.example.net" in bruno.words
    assert "The time stamp came late" in bruno.words
    assert "Time stamp asked of tsa.example.net since" in bruno.words
    assert "qualified" not in bruno.page.lower(), "what an authority is, this server does not know"
    last = len(house.entries("bruno", room)) - 1
    assert f"Anything against the host about entry {last}, as long as no time stamp covers it." in bruno.words


def test_a_page_of_earlier_entries_repeats_no_checkpoint_and_misses_none(house, mediation, visitor, seals):
    room = mediation["joint"]
    before = len(house.entries("ada", room))
    for number in range(70):
        house.say("ada", room, f"number {number}")
        if number in (10, 40):
            seals(mediation.id)
    ada = visitor("ada").opens(f"/rooms/{room}/register")
    first = order(ada.page)
    earlier = re.search(r'href="(/rooms/[0-9a-f]+/register\?before=\d+)"', ada.page)
    assert earlier
    second = order(ada.opens(earlier[1]).page)
    whole = first + second
    assert [line for line in whole if line[0] == "e"] == [f"e{seq}" for seq in reversed(range(before + 70))]
    assert [line for line in whole if line[0] == "p"] == ["p2", "p1", "p0"]
    assert ada.opens(f"/rooms/{room}/register?before=none").status == 422


def test_a_caucus_leaves_no_trace_on_the_other_sides_proof_page(house, mediation, visitor, seals):
    """Nor in its length: the same page, whatever happened next door."""
    joint = f"/rooms/{mediation['joint']}/register"
    seals(mediation.id)
    bruno = visitor("bruno")
    quiet = order(bruno.opens(joint).page)
    for number in range(20):
        house.say("ada", mediation["caucus:0"], f"confidence {number}")
    house.file("ada", mediation["caucus:0"], "secret.pdf", PDF * 1000, title="A secret")
    page = bruno.opens(joint)
    assert order(page.page) == quiet
    for hidden in (mediation["caucus:0"], mediation["team:0"], "secret", "confidence"):
        assert hidden not in page.page
    assert mediation["caucus:1"] in page.page
    assert re.search(r"Download the evidence pack\s+The same without", page.words), "no size where there are no files"


def test_the_offered_pack_states_the_size_of_the_files_in_ones_own_rooms(house, mediation, visitor):
    house.file("ada", mediation["caucus:0"], "plan.pdf", PDF + b"x" * 400_000)
    ada = visitor("ada").opens(f"/rooms/{mediation['joint']}/register")
    assert re.search(r"Download the evidence pack\s+with 40\d(\.\d)?\s.?kB of files", ada.words)
    assert f'href="/cases/{mediation.id}/evidence/pack?files=1"' in ada.page
    assert f'href="/cases/{mediation.id}/evidence/pack?files=0"' in ada.page
    form = re.search(
        rf'<form class="form" method="post" action="/cases/{mediation.id}/evidence/pack.*?</form>', ada.page, re.DOTALL
    )
    assert form
    assert 'name="passphrase"' in form[0]
    assert 'name="csrf_token"' in form[0]


def test_the_page_gives_its_script_what_the_check_on_the_device_needs(house, mediation, visitor, seals):
    newest = seals(mediation.id)
    ada = visitor("ada").opens(f"/rooms/{mediation['joint']}/register")
    hook = re.search(r'<section [^>]*data-controller="verify"[^>]*>', ada.page)
    assert hook
    assert f'data-pack="/cases/{mediation.id}/evidence/pack?files=0"' in hook[0]
    checkpoint = ada.data["checkpoint"]
    assert (checkpoint["case"], checkpoint["size"]) == (mediation.id, newest + 1)
    assert f'data-vkey="{checkpoint["vkey"]}"' in hook[0]
    assert checkpoint["note"].split("\n")[1] == str(newest + 1)
    assert '<body data-controller="seen">' in ada.page
    warning = re.search(r"<div [^>]*data-seen-warning[^>]*>", ada.page)
    assert warning
    assert " hidden" in warning[0]
    assert 'role="alert"' in warning[0]


def test_before_a_check_nothing_is_called_intact(mediation, visitor):
    ada = visitor("ada").opens(f"/rooms/{mediation['joint']}/register")
    assert "Not checked yet on this page" in ada.words
    assert "The register is intact" not in ada.words


def test_a_check_reads_every_entry_and_every_file_again(house, mediation, visitor, seals, stamps):
    room = mediation["joint"]
    house.file("ada", room, "devis.pdf", PDF)
    total = len(house.entries("ada", room))
    stamps(mediation.id, 0, came=False)
    stamps(mediation.id, seals(mediation.id))
    ada = visitor("ada").opens(f"/rooms/{room}/register")
    ada.sends(f"/rooms/{room}/register")
    assert ada.status == 200
    assert "The register is intact" in ada.words
    assert f"{total} entries read again on the server" in ada.words
    assert f"{total} of them time-stamped." in ada.words
    assert f"Complete sequence from 0 to {total - 1}, without a gap" in ada.words
    assert "1 identical file to the byte, as at filing" in ada.words
    assert re.search(r"\d+ valid signatures of this register’s states", ada.words)
    assert "1 checkpoint time-stamped no. 0 is waiting" in ada.words


def test_a_changed_file_is_found_and_its_entry_named(house, mediation, visitor):
    room = mediation["joint"]
    kept = set(house.files_in_store())
    filed = house.file("ada", room, "devis.pdf", PDF)
    (sealed,) = set(house.files_in_store()) - kept
    data = bytearray(sealed.read_bytes())
    data[-20] ^= 1
    sealed.chmod(0o600)
    sealed.write_bytes(data)
    ada = visitor("ada").opens(f"/rooms/{room}/register")
    ada.sends(f"/rooms/{room}/register")
    assert f"Entry no. {filed.entry.seq} is not as it was written" in ada.words
    assert "The register is intact" not in ada.words
    assert f'<li class="link link--bad" id="entry-{filed.entry.seq}">' in ada.page


def test_a_stranger_cannot_have_a_register_checked(mediation, visitor):
    otto = visitor("otto").opens("/")
    otto.browser.token = otto.browser.token or re.search(r'name="csrf-token" content="([^"]+)"', otto.page)[1]
    assert otto.sends(f"/rooms/{mediation['joint']}/register").status == 404
    ada = visitor("ada").opens(f"/rooms/{mediation['joint']}/register")
    assert ada.sends(f"/rooms/{mediation['joint']}/register").status == 200


def test_every_finding_of_a_check_has_words_of_its_own(app):
    names = ("canonical", "sequence", "seen", "commitment", "file", "head", "key", "checkpoint")
    with app.test_request_context():
        texts = {problem_sentence(name) for name in names}
        unknown = problem_sentence("new")
    assert len(texts) == len(names)
    assert unknown not in texts


def test_a_finding_about_no_single_entry_names_none(house, app, mediation):
    report = ChainReport(events=3, files=1, problem="head", seq=None, root=b"", problems=(Problem("head"),))
    both = (Problem("prev", 2), Problem("head"))
    with house.database.reading() as work, app.test_request_context(headers={"Accept-Language": "en"}):
        register = register_of(work, house.opened(work, "ada", mediation["joint"]))
        verdict = verdict_of(report, register)
        named = verdict_of(replace(report, problem="canonical", seq=2, problems=both), register)
    assert (verdict.title, verdict.wrong, verdict.findings) == ("The register is not intact", frozenset(), ())
    assert (named.title, named.wrong) == ("Entry no. 2 is not as it was written", {2})
    assert named.text.endswith("is broken. 1 more problem was found.")


def test_beside_an_exhibit_stands_its_proof_for_somebody_outside_and_beside_nothing_else(house, mediation, visitor):
    house.say("ada", mediation["joint"], "bonjour")
    filed = house.file("ada", mediation["joint"], "plan.pdf", PDF).entry.id
    bruno = visitor("bruno").opens(f"/rooms/{mediation['joint']}/register")
    assert re.findall(r'href="(/exhibits/[0-9a-f]+/evidence)"', bruno.page) == [f"/exhibits/{filed}/evidence"]
    answer = bruno.browser.client.get(f"/exhibits/{filed}/evidence", base_url="https://rooms.example.org")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
