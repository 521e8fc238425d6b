import re

import pytest

from caseroom.accounts import queries, services

PASSWORD = "heron gris 41 galets"


@pytest.fixture
def here(browser, ada):
    signed_in = browser()
    ada.signs_in(signed_in)
    return signed_in.open("/account")


def test_a_person_changes_name_language_zone_and_theme(here, me_of):
    here.send("/account", name="Ada King", locale="en", zone="America/Lima", theme="dark")
    assert here.location == "/account"
    me = me_of(here)
    assert (me.name, me.locale, me.zone, me.theme) == ("Ada King", "en", "America/Lima", "dark")
    here.follow()
    assert 'data-theme="dark"' in here.page
    assert 'value="Ada King"' in here.page


def test_a_wrong_field_keeps_what_was_typed_and_changes_nothing(here, me_of):
    here.send("/account", name="", locale="en", zone="Mars/Olympus", theme="dark")
    assert here.status == 422
    assert "This must not be empty." in here.words()
    assert "This is not one of the possible choices." in here.words()
    assert me_of(here).theme == ""


def test_a_new_password_needs_the_present_one_and_ends_the_other_devices(here, browser, ada):
    phone = browser(address="192.0.2.2")
    ada.signs_in(phone)
    here.send("/account/password", password="wrong all the way", new_password="sarcelle 77 roseaux")
    assert here.status == 422
    assert "This is not your present password." in here.words()
    here.send("/account/password", password=PASSWORD, new_password="short")
    assert "This is too short: 12 characters at least." in here.words()
    assert phone.is_signed_in()
    here.send("/account/password", password=PASSWORD, new_password="sarcelle 77 roseaux")
    assert here.location == "/account"
    assert here.is_signed_in()
    assert not phone.is_signed_in()
    assert browser().open("/sign-in").send("/sign-in", email=ada.email, password=PASSWORD).status == 422


def test_recovery_codes_are_renewed_with_a_code_of_the_phone(here, ada):
    here.send("/account/recovery-codes", code="12x")
    assert here.status == 422
    here.send("/account/recovery-codes", code=ada.code())
    assert here.location == "/sign-in/keep"
    shown = re.findall(r"<li>(\S{4}-\S{4}-\S{4})</li>", here.follow().page)
    assert len(shown) == 10
    here.send("/sign-in/keep", kept="1")
    assert here.location == "/account"
    assert "10 left" in here.follow().words()


def test_the_devices_are_listed_and_a_lost_one_is_signed_out(here, browser, ada):
    phone = browser(address="192.0.2.2")
    ada.signs_in(phone)
    here.open("/account")
    assert here.words().count("Firefox, Linux") == 2
    assert here.words().count("This device") == 1
    (end,) = re.findall(r'action="(/account/sessions/\w+/end)"', here.page)
    here.send(end)
    assert here.location == "/account"
    assert not phone.is_signed_in()
    assert here.is_signed_in()


def test_tokens_are_listed_and_revoked(here, ada, database):
    with database.unit_of_work() as work:
        token = services.create_token(work, email=ada.email, label="nightly export")
    here.open("/account")
    assert "nightly export" in here.words()
    assert token not in here.page
    (revoke,) = re.findall(r'action="(/account/tokens/\w+/revoke)"', here.page)
    here.send(revoke)
    with database.reading() as work:
        assert queries.resolve_token(work, token) is None
    here.open("/account")
    assert here.send(revoke).status == 404


def test_another_persons_token_is_not_there_to_be_revoked(here, person, database):
    bruno = person("Bruno Munari", "bruno@example.org")
    with database.unit_of_work() as work:
        token = services.create_token(work, email=bruno.email, label="his")
    with database.reading() as work:
        token_id = queries.resolve_token(work, token).session
    assert here.send(f"/account/tokens/{token_id}/revoke").status == 404
    with database.reading() as work:
        assert queries.resolve_token(work, token) is not None


def test_language_and_theme_change_from_the_menu_and_come_back_to_the_page(here, me_of):
    here.send("/language", language="fr", next="/account")
    assert here.location == "/account"
    here.send("/account/theme", theme="light", next="/account")
    assert here.location == "/account"
    assert (me_of(here).locale, me_of(here).theme) == ("fr", "light")
    here.open("/account")
    assert '<html lang="fr" data-theme="light"' in here.page
    here.send("/language", language="xx", next="https://evil.example")
    assert here.status == 422
    here.open("/account").send("/language", language="en", next="https://evil.example")
    assert here.location == "/cases"


def test_a_name_is_shown_as_text_and_never_as_markup(here):
    here.send("/account", name="<b>Ada</b> & Co", locale="", zone="", theme="")
    here.follow()
    assert "<b>Ada</b>" not in here.page
    assert "&lt;b&gt;Ada&lt;/b&gt; &amp; Co" in here.page
