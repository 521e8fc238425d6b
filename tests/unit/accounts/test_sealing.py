import pytest

from caseroom.accounts.sealing import AccountKey, Unreadable

KEY = AccountKey(bytes(range(32)))


def test_what_is_sealed_opens_for_its_person_and_purpose():
    sealed = KEY.seal(b"secret", purpose="totp", person_id="ada")
    assert b"secret" not in sealed
    assert KEY.open(sealed, purpose="totp", person_id="ada") == b"secret"


@pytest.mark.parametrize(
    ("key", "purpose", "person_id"),
    [(KEY, "totp", "bruno"), (KEY, "other", "ada"), (AccountKey(b"x" * 32), "totp", "ada")],
)
def test_another_person_purpose_or_key_opens_nothing(key, purpose, person_id):
    sealed = KEY.seal(b"secret", purpose="totp", person_id="ada")
    with pytest.raises(Unreadable):
        key.open(sealed, purpose=purpose, person_id=person_id)


def test_any_changed_or_missing_byte_is_noticed():
    sealed = KEY.seal(b"secret", purpose="totp", person_id="ada")
    altered = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    shortened = [sealed[:size] for size in range(len(sealed))]
    for damaged in altered + shortened:
        with pytest.raises(Unreadable):
            KEY.open(damaged, purpose="totp", person_id="ada")


def test_a_key_is_32_bytes_and_shows_itself_to_nobody():
    with pytest.raises(ValueError, match="32 bytes"):
        AccountKey(b"short")
    assert repr(KEY) == "AccountKey(...)"
