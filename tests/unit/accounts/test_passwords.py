import threading
import time

import pytest
from argon2 import extract_parameters

from caseroom.accounts.passwords import Passwords, check_password, common_passwords
from caseroom.errors import Invalid
from tests.doubles import UNSAFE_LIGHT_ARGON2, unsafe_light_passwords

GOOD = "heron gris 41 galets"


def refusal(password, *, name="Ada Lovelace", email="countess@example.org", practice="Centre de Valmoncel"):
    with pytest.raises(Invalid) as refused:
        check_password(password, name=name, email=email, practice=practice)
    (error,) = refused.value.data["errors"]
    assert error["field"] == "password"
    return error["code"]


def test_twelve_characters_of_any_kind_are_enough():
    for password in (GOOD, "tourterelles", "éèçàùïôëüâîq", "日本語の長い秘密の言葉だ", "xk 9!d\t;Ω§~_"):
        check_password(password, name="Ada Lovelace", email="countess@example.org", practice="Centre de Valmoncel")


def test_eleven_are_not_however_they_are_typed():
    assert refusal("tourterelle") == "too_short"
    # Eleven letters of which one is typed as letter and accent: one character after NFC.
    assert refusal("tourterelle\u0301") == "too_short"


def test_256_characters_are_taken_and_257_are_not():
    long = "".join(chr(0x4E00 + number) for number in range(257))
    check_password(long[:256], name="Ada", email="a@example.org")
    assert refusal(long) == "too_long"


@pytest.mark.parametrize(
    "password",
    [
        "motdepasse2024!",
        "Password123456",
        "P@ssw0rd-2026",
        "qwertyuiop12",
        "azertyuiopqs",
        "123456789012",
        "!@#$%^&*()_+",
        "1999sunshine",
        "iloveyoufootball",
        "Correct Horse Battery Staple",
        "aaaaaaaaaaaa",
        "gluonpgluonpgluonp",
        "vive la france",
        "Liberté, égalité, fraternité",
    ],
)
def test_common_passwords_are_refused_however_dressed(password):
    assert refusal(password) == "common_password"


@pytest.mark.parametrize(
    "password",
    ["my-lovelace-1815-x", "LOVELACE and a dog", "the countess rides", "valmoncel-gravier-9", "LÓVELACE-gravier-9"],
)
def test_a_password_with_the_persons_name_address_or_practice_is_refused(password):
    assert refusal(password) == "password_has_name"


def test_short_parts_of_a_name_do_not_forbid_honest_passwords():
    check_password("un radar adapte", name="Ada Ng", email="a@example.org", practice="Le Bar")


def test_half_a_character_is_refused_with_a_reason():
    assert refusal("heron gris \ud800 galets") == "bad_unicode"


def test_the_bundled_list_is_long_and_has_no_empty_line_that_would_match_everything():
    assert len(common_passwords()) > 1000
    assert "" not in common_passwords()


def test_a_hash_is_argon2id_at_the_cost_rfc_9106_recommends():
    passwords = Passwords()
    encoded = passwords.hash(GOOD)
    assert encoded.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.verify(encoded, GOOD)
    assert not passwords.verify(encoded, GOOD + "!")


def test_a_password_is_the_same_in_both_unicode_spellings():
    passwords = unsafe_light_passwords()
    assert passwords.verify(passwords.hash("he\u0301ron gris galets"), "h\u00e9ron gris galets")


def test_nobody_has_every_password_wrong_and_costs_as_much(monkeypatch):
    passwords = Passwords()
    known = passwords.hash(GOOD)
    matched = []
    matches = passwords._matches
    monkeypatch.setattr(passwords, "_matches", lambda encoded, text: matched.append(encoded) or matches(encoded, text))
    assert not passwords.verify(None, GOOD)
    assert not passwords.verify(known, "wrong all the way")
    nobody, somebody = (extract_parameters(encoded) for encoded in matched)
    assert nobody == somebody, "the same work, by the parameters that decide it"


def test_hostile_text_is_a_wrong_password_and_no_failure():
    passwords = unsafe_light_passwords()
    known = passwords.hash(GOOD)
    for typed in ("", "\ud800", "\x00", "x" * 100_000):
        assert not passwords.verify(known, typed)
    assert not passwords.verify("not a hash", GOOD)


def test_a_hash_of_other_parameters_is_dated():
    light = unsafe_light_passwords()
    assert not light.is_dated(light.hash(GOOD))
    assert Passwords().is_dated(light.hash(GOOD))


def test_no_more_hashes_run_at_once_than_memory_is_meant_for(monkeypatch):
    passwords = Passwords(UNSAFE_LIGHT_ARGON2, at_once=2)
    running, most, lock = 0, 0, threading.Lock()

    def slow(task, *args):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return task(*args)

    monkeypatch.setattr("caseroom.workers.run", slow)
    threads = [threading.Thread(target=passwords.hash, args=(GOOD,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


@pytest.mark.parametrize("password", ["river annlee 42", "river ann lee 42", "Ann-Lee rivers", "al@x.org and more"])
def test_a_name_or_address_of_short_parts_is_found_whole(password):
    about = {"email": "al@x.org", "practice": ""}
    assert refusal(password, name="Ann Lee", **about) == "password_has_name"
    check_password("river and leeway 42", name="Ann Lee", **about)
