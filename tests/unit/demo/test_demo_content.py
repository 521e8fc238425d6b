"""The sample practice keeps the promises of the product: nobody speaks where they are not, nothing confided leaks."""

from __future__ import annotations

import base64
import io
import re
import unicodedata
import wave
import zlib
from datetime import date
from pathlib import PurePath

import magic
import pytest
from docx import Document
from PIL import Image

from caseroom.access.permissions import Permission
from caseroom.access.policy import Allowed, decide_room
from caseroom.access.words import SIDED_ROLES, CaseKind, Role, RoomKind, State
from caseroom.demo.cases import sample_cases
from caseroom.demo.files import MEDIA_TYPES
from caseroom.demo.files.invoice import balance_due
from caseroom.demo.people import PEOPLE, person_named
from caseroom.demo.script import Case, File, Participant, Room, Say
from caseroom.demo.typography import typeset

TODAY = date(2026, 3, 19)
CASES = sample_cases(TODAY)
MEDIATION = next(case for case in CASES if case.kind is CaseKind.MEDIATION)
LARGEST = 600 * 1024

ROOMS_OF_A_KIND = {
    CaseKind.MEDIATION: {"joint", "caucus", "team", "counsel", "notes"},
    CaseKind.ARBITRATION: {"joint", "team", "deliberation", "notes"},
    CaseKind.COLLABORATIVE: {"joint", "team", "counsel"},
    CaseKind.INSTRUCTION: {"joint", "team", "counsel"},
}

# What each side of the mediation tells the mediator alone: figures, and words no other text could need.
CONFIDED = {
    0: ("22 000", "31 000", "vendre l'immeuble", "congé", "provision de 6 000"),
    1: ("28 000", "15 000", "19 350", "6 750", "référence du joint", "assureur", "appels d'offres"),
}

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind.value)
each_file = pytest.mark.parametrize(
    ("case", "step"),
    [(case, step) for case in CASES for step in case.script if isinstance(step, File)],
    ids=lambda value: value.filename if isinstance(value, File) else "",
)


def members(case: Case, room: Room) -> set[str]:
    """Who is in a room, by the definition of each kind of room."""
    neutrals = {who.person for who in case.participants if who.role is Role.NEUTRAL}
    if room[0] == "joint":
        return {who.person for who in case.participants}
    if room[0] == "counsel":
        return {who.person for who in case.participants if who.role is Role.COUNSEL}
    if room[0] == "deliberation":
        return neutrals
    if room[0] == "notes":
        return neutrals & {room[1]}
    return of_side(case, room[1]) | (neutrals if room[0] == "caucus" else set())


def of_side(case: Case, side: int) -> set[str]:
    sided = {Role.COUNSEL, Role.PARTY, Role.EXPERT}
    return {who.person for who in case.participants if who.side == side and who.role in sided}


def participant(case: Case, person: str) -> Participant:
    return next(who for who in case.participants if who.person == person)


def plain(text: str) -> str:
    """Letters and figures as typed on a keyboard, so that typesetting hides nothing from a comparison."""
    return unicodedata.normalize("NFKC", text).replace("\u2019", "'").casefold()


def written_in(case: Case, step: Say | File) -> str:
    """All the words a step brings: a message, or the title, the name and the readable text of a file."""
    if isinstance(step, Say):
        return plain(step.text)
    readers = {".docx": words_of_docx, ".csv": words_of_csv, ".pdf": words_of_pdf}
    reader = readers.get(PurePath(step.filename).suffix)
    body = reader(step.maker(case.spec)) if reader else ""
    return plain(f"{step.title}\n{step.filename}\n{body}")


def words_of_docx(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def words_of_csv(content: bytes) -> str:
    return re.sub(r"\b(\d{1,3})(\d{3})\b", r"\1 \2", content.decode())


def words_of_pdf(content: bytes) -> str:
    """The lines drawn by the pages, which reportlab writes as Latin strings in base-85 deflated streams."""
    lines: list[str] = []
    for stream in re.findall(rb"stream\r?\n(.*?~>)\s*endstream", content, re.DOTALL):
        page = zlib.decompress(base64.a85decode(b"<~" + stream, adobe=True))
        for line in re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", page):
            octets = re.sub(rb"\\(\d{3})", lambda octal: bytes([int(octal[1], 8)]), line)
            lines.append(re.sub(rb"\\(.)", rb"\1", octets).decode("cp1252"))
    return " ".join(lines)


@each_case
def test_every_author_is_in_the_room_they_write_in(case: Case) -> None:
    for step in case.script:
        assert step.author in members(case, step.room), f"{step.author} is not in {step.room}"


@each_case
def test_the_policy_lets_every_author_post_where_the_script_makes_them_post(case: Case) -> None:
    for step in case.script:
        permission = Permission.ENTRY_POST if isinstance(step, Say) else Permission.ENTRY_FILE
        role = participant(case, step.author).role
        decision = decide_room(permission, kind=case.kind, room=RoomKind(step.room[0]), role=role, state=State.OPEN)
        assert decision == Allowed(), f"{step.author} in {step.room}"


@each_case
def test_every_room_of_the_kind_is_shown_and_no_other(case: Case) -> None:
    assert {step.room[0] for step in case.script} == ROOMS_OF_A_KIND[case.kind]
    for kind in {"caucus", "team"} & ROOMS_OF_A_KIND[case.kind]:
        shown = {step.room[-1] for step in case.script if step.room[0] == kind}
        assert shown == set(range(len(case.sides))), f"a {kind} stays empty"


def test_the_sample_shows_four_different_kinds_of_case() -> None:
    assert [case.kind for case in CASES] == list(ROOMS_OF_A_KIND)


@each_case
def test_every_participant_is_a_known_person_with_a_side_exactly_when_the_role_needs_one(case: Case) -> None:
    keys = [who.person for who in case.participants]
    assert len(keys) == len(set(keys))
    for who in case.participants:
        assert person_named(who.person).name
        if who.role in SIDED_ROLES:
            assert who.side is not None
            assert 0 <= who.side < len(case.sides)
        elif who.role is not Role.EXPERT:
            assert who.side is None


@each_case
def test_everybody_in_a_case_says_or_files_something(case: Case) -> None:
    silent = {who.person for who in case.participants} - {step.author for step in case.script}
    assert silent == set()


def test_everybody_in_the_sample_takes_part_in_a_case() -> None:
    assert {person.key for person in PEOPLE} == {who.person for case in CASES for who in case.participants}


def test_people_are_distinct_and_their_addresses_can_receive_nothing() -> None:
    for field in ("key", "name", "email"):
        values = [getattr(person, field) for person in PEOPLE]
        assert len(values) == len(set(values)), field
    for person in PEOPLE:
        domain = person.email.rpartition("@")[2]
        assert domain in {"example.org", "example.net"} or domain.endswith(".example"), person.email
    assert {person.locale for person in PEOPLE} == {"fr", "en"}
    assert len({person.time_zone for person in PEOPLE}) > 1


@each_case
def test_a_quote_points_at_an_earlier_message_of_the_same_room(case: Case) -> None:
    quoting = [
        (place, step) for place, step in enumerate(case.script) if isinstance(step, Say) and step.quotes is not None
    ]
    assert quoting, "the case shows no quote"
    for place, step in quoting:
        assert step.quotes is not None
        assert 0 <= step.quotes < place
        quoted = case.script[step.quotes]
        assert isinstance(quoted, Say)
        assert quoted.room == step.room
        assert quoted.author != step.author


@pytest.mark.parametrize("side", CONFIDED)
def test_what_a_side_confides_is_read_by_that_side_and_the_mediator_alone(side: int) -> None:
    own = {("caucus", side), ("team", side), ("notes", "roy")}
    inside = "\n".join(written_in(MEDIATION, step) for step in MEDIATION.script if step.room == ("caucus", side))
    for words in CONFIDED[side]:
        assert plain(words) in inside, f"the caucus does not mention {words}"
        for step in MEDIATION.script:
            if step.room not in own:
                assert plain(words) not in written_in(MEDIATION, step), f"{words} leaked into {step.room}"


@pytest.mark.parametrize("side", CONFIDED)
def test_no_passage_of_a_caucus_is_repeated_in_the_joint_room(side: int) -> None:
    def passages(room: Room) -> set[tuple[str, ...]]:
        found: set[tuple[str, ...]] = set()
        for step in MEDIATION.script:
            if step.room == room:
                words = re.findall(r"\w+", written_in(MEDIATION, step))
                found.update(tuple(words[start : start + 5]) for start in range(len(words) - 4))
        return found

    confided, joint = passages(("caucus", side)), passages(("joint",))
    assert len(confided) > 100
    assert len(joint) > 500
    assert confided & joint == set()


def test_the_mediation_is_the_longest_case_and_fills_both_caucuses() -> None:
    said = [step for step in MEDIATION.script if isinstance(step, Say)]
    assert 10 <= sum(step.room == ("joint",) for step in said) <= 20
    for side in (0, 1):
        assert 4 <= sum(step.room == ("caucus", side) for step in said) <= 8
        assert any(isinstance(step, File) and step.room == ("caucus", side) for step in MEDIATION.script)
    assert len(MEDIATION.script) == max(len(case.script) for case in CASES)


@each_case
def test_messages_vary_and_fit_the_limit_of_a_message(case: Case) -> None:
    texts = [step.text for step in case.script if isinstance(step, Say)]
    assert all(0 < len(text) <= 20_000 and text == text.strip() for text in texts)
    assert min(map(len, texts)) < 100
    assert max(map(len, texts)) > 300
    assert any("\n" in text for text in texts)
    assert len(texts) == len(set(texts))


@each_file
def test_a_file_is_really_of_the_type_its_name_announces(case: Case, step: File) -> None:
    content = step.maker(case.spec)
    assert magic.from_buffer(content, mime=True) == MEDIA_TYPES[PurePath(step.filename).suffix]
    assert 200 < len(content) < LARGEST


@each_file
def test_a_file_made_twice_on_the_same_day_is_the_same_file(case: Case, step: File) -> None:
    assert step.maker(case.spec) == step.maker(case.spec)


def test_a_printed_file_reads_back_as_french_text() -> None:
    case, step = next(
        (case, step)
        for case in CASES
        for step in case.script
        if isinstance(step, File) and step.filename == "facture-2118-solde.pdf"
    )
    words = plain(words_of_pdf(step.maker(case.spec)))
    assert "36 800,00 €" in words
    assert "châssis bois et aluminium" in words


def test_no_two_files_of_the_sample_are_alike_and_every_type_is_shown() -> None:
    made = [(step.filename, step.maker(case.spec)) for case in CASES for step in case.script if isinstance(step, File)]
    assert len({name for name, _ in made}) == len({content for _, content in made}) == len(made)
    assert {PurePath(name).suffix for name, _ in made} == set(MEDIA_TYPES)


def test_pictures_open_at_their_size_and_the_recording_plays_for_three_seconds() -> None:
    made = {step.filename: step.maker(case.spec) for case in CASES for step in case.script if isinstance(step, File)}
    for name in ("chassis-204.jpg", "facade-rue-des-tanneurs.png", "croquis-implantation.png"):
        with Image.open(io.BytesIO(made[name])) as picture:
            picture.load()
            assert min(picture.size) >= 900
            assert len(set(picture.convert("L").tobytes())) > 20, f"{name} is blank"
    with wave.open(io.BytesIO(made["bruit-pompe-a-chaleur.wav"])) as recording:
        assert (recording.getnchannels(), recording.getsampwidth(), recording.getframerate()) == (1, 2, 16_000)
        assert recording.getnframes() == 3 * 16_000
        assert any(recording.readframes(16_000))


def test_the_invoice_asks_for_the_balance_the_lawyers_speak_of() -> None:
    assert balance_due() == 36_800
    assert any("36 800" in plain(step.text) for step in MEDIATION.script if isinstance(step, Say))


@pytest.mark.parametrize("today", [date(2027, 12, 31), date(2028, 2, 29), date(2028, 3, 1), date(2026, 11, 22)])
def test_the_sample_can_be_made_on_any_day_files_included(today: date) -> None:
    for case in sample_cases(today):
        assert str(today.year) in case.spec.reference
        for step in case.script:
            if isinstance(step, File):
                assert step.maker(case.spec)


def test_every_message_is_typeset() -> None:
    for case in CASES:
        for step in case.script:
            text = step.text if isinstance(step, Say) else step.title
            assert "'" not in text
            assert not re.search(r" [:;!?»]", text), text
            assert typeset(text) == text
