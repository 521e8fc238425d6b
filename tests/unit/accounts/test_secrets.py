from caseroom.accounts.secrets import (
    ALPHABET,
    digest,
    equal,
    new_recovery_codes,
    new_secret,
    read_recovery_code,
    recovery_digest,
)


def test_a_secret_is_32_random_bytes_and_never_the_same():
    drawn = {new_secret() for _ in range(100)}
    assert len(drawn) == 100
    assert {len(secret) for secret in drawn} == {43}


def test_ten_recovery_codes_of_at_least_50_bits_each():
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    signs = [code.replace("-", "") for code in codes]
    assert all(len(ALPHABET) ** len(code) >= 2**50 for code in signs)
    assert all(set(code) <= set(ALPHABET) for code in signs)
    assert all([len(group) for group in code.split("-")] == [4, 4, 4] for code in codes)


def test_a_recovery_code_is_read_as_people_type_it():
    assert read_recovery_code("7QZM-0KXW-93TD") == "7QZM0KXW93TD"
    assert read_recovery_code(" 7qzm okxw 93td ") == "7QZM0KXW93TD"
    assert read_recovery_code("iLo1-0000-0000") == "110100000000"


def test_what_cannot_be_a_recovery_code_is_none():
    for typed in ("", "7QZM-0KXW-93T", "7QZM-0KXW-93TDA", "7QZM-0KXW-93TU", "7QZM-0KXW-93Tß", "\ud800" * 12, "123456"):
        assert read_recovery_code(typed) is None, typed


def test_a_recovery_digest_belongs_to_one_person_and_one_key():
    one = recovery_digest(b"k" * 32, "ada", "7QZM0KXW93TD")
    assert one == recovery_digest(b"k" * 32, "ada", "7QZM0KXW93TD")
    assert one != recovery_digest(b"k" * 32, "bruno", "7QZM0KXW93TD")
    assert one != recovery_digest(b"j" * 32, "ada", "7QZM0KXW93TD")


def test_text_that_has_no_bytes_is_compared_and_digested_without_failing():
    assert len(digest("\ud800")) == 32
    assert not equal("\ud800", "a")
    assert equal("é", "é")
