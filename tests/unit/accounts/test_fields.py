import pytest

from caseroom.accounts.fields import Findings, checked_email, checked_locale, checked_name, checked_theme, checked_zone
from caseroom.errors import Invalid


def code_of(check, *args, **kwargs):
    with pytest.raises(Invalid) as refused:
        check(*args, **kwargs)
    (error,) = refused.value.data["errors"]
    return error["code"]


def test_a_name_is_kept_in_one_form():
    assert checked_name("  Ada   Lovelace ") == "Ada Lovelace"
    assert checked_name("Zoe\u0308") == "Zo\u00eb"
    assert checked_name("नेउस\u200d") == "नेउस\u200d"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("...", "empty"),
        ("A" * 121, "too_long"),
        ("Ada\nLovelace", "control_characters"),
        ("Ada\x00", "control_characters"),
        ("Ada \u202egnp.exe", "control_characters"),
        ("Ada\u2066", "control_characters"),
        ("Ada\u200b", "control_characters"),
        ("Ada\ud800", "bad_unicode"),
    ],
)
def test_a_name_that_is_empty_too_long_or_deceiving_is_refused(typed, code):
    assert code_of(checked_name, typed) == code


def test_an_address_is_kept_in_lower_case():
    assert checked_email(" Ada@Example.ORG ") == "ada@example.org"
    assert checked_email("ada@registry.internal") == "ada@registry.internal"
    assert checked_email("ada@firm.test") == "ada@firm.test"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("ada", "invalid_email"),
        ("ada@", "invalid_email"),
        ("ada@firm", "invalid_email"),
        ("ada@test", "invalid_email"),
        ("ada lovelace@example.org", "invalid_email"),
        ("Ada <ada@example.org>", "invalid_email"),
        ("ada@example.org\nbcc: otto@example.org", "invalid_email"),
        ("ada\x00@example.org", "invalid_email"),
        ("a" * 250 + "@example.org", "invalid_email"),
        ("ada@\ud800.org", "invalid_email"),
        ("\ud800@example.org", "invalid_email"),
    ],
)
def test_what_is_not_an_address_is_refused(typed, code):
    assert code_of(checked_email, typed) == code


def test_preferences_are_choices_and_empty_means_no_choice():
    assert [checked_locale(text) for text in ("", "fr", "en")] == ["", "fr", "en"]
    assert [checked_zone(text) for text in ("", "Europe/Paris")] == ["", "Europe/Paris"]
    assert [checked_theme(text) for text in ("", "dark", "light")] == ["", "dark", "light"]
    assert code_of(checked_locale, "xx") == "unknown_value"
    assert code_of(checked_theme, "pink") == "unknown_value"
    for zone in ("Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "Europe/Paris\x00", "x" * 5000, "\ud800"):
        assert code_of(checked_zone, zone) == "unknown_value", zone


def test_everything_wrong_is_said_at_once():
    findings = Findings()
    with findings.gather():
        checked_name("")
    with findings.gather():
        checked_email("nowhere")
    with pytest.raises(Invalid) as refused:
        findings.raise_any()
    assert [error["field"] for error in refused.value.data["errors"]] == ["name", "email"]
