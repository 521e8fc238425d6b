import hashlib
from importlib import resources

from caseroom.rooms.undertaking import LOCALES, VERSION, undertaking, undertaking_hash

# What was ever accepted is never edited: a change is a new version beside it.
ACCEPTED = {
    "1.fr.txt": "7e5e99ae4b173c9b8c331051a29fdf01c85d4c09cf2fe116325a0ad37019ab85",
    "1.en.txt": "1d847e8278cae83a87365e14c8e0b328514772a7a35c9b6ad2b6b396e21c4d70",
}


def texts():
    return {
        path.name: path.read_bytes() for path in resources.files("caseroom.rooms").joinpath("undertakings").iterdir()
    }


def test_no_text_that_may_have_been_accepted_has_changed():
    assert {name: hashlib.sha256(content).hexdigest() for name, content in texts().items()} == ACCEPTED


def test_the_hash_is_that_of_the_file_as_sha256sum_prints_it():
    for locale in LOCALES:
        assert undertaking_hash(locale) == ACCEPTED[f"{VERSION}.{locale}.txt"]


def test_the_parts_shown_are_the_whole_text():
    for locale in LOCALES:
        shown = undertaking(locale)
        numbered = [f"{number}. {clause}" for number, clause in enumerate(shown.clauses, start=1)]
        lines = [shown.title, shown.opening, *numbered, shown.closing]
        assert "".join(f"{line}\n" for line in lines).encode() == texts()[f"{VERSION}.{locale}.txt"]


def test_both_languages_have_the_same_clauses():
    assert len(undertaking("fr").clauses) == len(undertaking("en").clauses) >= 5


def test_a_language_that_is_not_ours_gets_the_french_text():
    assert undertaking("de") is undertaking("de")
    assert undertaking("de").sha256 == undertaking("fr").sha256
    assert undertaking("../../etc/passwd").locale == "fr"
