import re

import pyotp
import pytest

from caseroom.accounts import services

PASSWORD = "heron gris 41 galets"


def test_a_person_signs_in_with_password_and_code_and_reaches_the_page_wanted(browser, ada):
    here = browser().open("/account")
    assert here.location == "/sign-in?next=/account"
    here.follow()
    assert 'value="/account"' in here.page
    here.send("/sign-in", email=" ADA@example.org", password=PASSWORD, next="/account")
    assert here.location == "/sign-in/code"
    assert not here.is_signed_in()
    here.follow().send("/sign-in/code", code=ada.code())
    assert here.location == "/account"
    assert here.follow().status == 200
    assert "Ada Lovelace" in here.page


def test_after_the_password_alone_every_other_page_is_closed(browser, ada):
    here = browser().open("/sign-in").send("/sign-in", email=ada.email, password=PASSWORD).follow()
    assert here.status == 200
    for path in ("/cases", "/account", "/sign-in/keep", "/sign-in/keep.txt"):
        assert here.open(path).location.startswith("/sign-in?next="), path
    here.open("/sign-in/code")
    for path in ("/sign-out", "/sign-out-everywhere", "/account", "/account/password", "/account/theme"):
        assert here.send(path).status == 401, path


def test_unknown_address_and_wrong_password_get_the_same_page(browser, ada):
    def answer(email):
        here = browser().open("/sign-in").send("/sign-in", email=email, password="wrong all the way")
        assert "The e-mail address or the password is not right." in here.words()
        changing = r'csrf[_-]token" (value|content)="[^"]+"|nonce="[^"]+"'
        return here.status, re.sub(changing, "", here.page).replace(email, "typed")

    assert answer("ada@example.org") == answer("otto@example.org")
    assert answer("ada@example.org")[0] == 422


def test_what_was_typed_is_shown_again_and_the_password_never(browser, ada):
    here = browser().open("/sign-in").send("/sign-in", email="ada@example.org", password="secret all the way")
    assert 'value="ada@example.org"' in here.page
    assert "secret all the way" not in here.page


def test_the_cookie_is_new_at_each_step_and_an_old_one_opens_nothing(browser, ada):
    here = browser().open("/sign-in").send("/sign-in", email=ada.email, password=PASSWORD)
    half_way = here.client.get_cookie("__Host-caseroom", domain="rooms.example.org").value
    here.follow().send("/sign-in/code", code=ada.code())
    assert here.is_signed_in()
    thief = browser()
    thief.client.set_cookie("__Host-caseroom", half_way, domain="rooms.example.org", secure=True)
    assert not thief.is_signed_in()
    assert thief.open("/sign-in/code").location.startswith("/sign-in")


def test_the_cookie_is_kept_from_scripts_other_hosts_and_clear_connections(browser, ada):
    here = browser()
    ada.signs_in(here)
    assert [cookie.partition("=")[0] for cookie in here.cookies] == ["known-device", "__Host-caseroom"]
    for cookie in here.cookies:
        for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert attribute in cookie
        assert "Domain" not in cookie


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\\/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\tevil",
        "/ok\r\nSet-Cookie: x=y",
        "account",
        "/" + "a" * 3000,
    ],
)
def test_the_sign_in_leads_to_no_other_site(browser, ada, goal):
    here = browser()
    here.open("/sign-in").send("/sign-in", email=ada.email, password=PASSWORD, next=goal).follow()
    here.send("/sign-in/code", code=ada.code())
    assert here.location == "/cases"
    assert here.is_signed_in()


def test_a_wrong_code_is_told_and_the_right_one_still_enters(browser, ada):
    here = browser().open("/sign-in").send("/sign-in", email=ada.email, password=PASSWORD).follow()
    here.send("/sign-in/code", code="12x")
    assert here.status == 422
    assert "This code is not right" in here.words()
    here.send("/sign-in/code", code=ada.code())
    assert here.is_signed_in()


def test_a_recovery_code_enters_once(browser, person, database, present):
    bruno = person("Bruno Munari", "bruno@example.org")
    with database.unit_of_work() as work:
        codes = services.renew_recovery_codes(
            work, _actor(services, work, bruno), code=bruno.code(), address="192.0.2.9"
        )
    for expected in (302, 422):
        here = browser().open("/sign-in").send("/sign-in", email=bruno.email, password=PASSWORD).follow()
        assert "/sign-in/recovery" in here.page
        here.open("/sign-in/recovery").send("/sign-in/recovery", code=codes[0].lower())
        assert here.status == expected
        assert here.is_signed_in() == (expected == 302)


def _actor(services, work, someone):
    from caseroom.accounts import queries

    return queries.resolve_session(work, services.open_session(work, someone.id, device=""))


def test_too_many_wrong_passwords_get_a_clear_page_and_a_time_to_wait(browser, ada):
    here = browser().open("/sign-in")
    for _ in range(5):
        assert here.send("/sign-in", email=ada.email, password="wrong all the way").status == 422
    here.send("/sign-in", email=ada.email, password=PASSWORD)
    assert here.status == 429
    assert "Too many attempts. Wait 5 min" in here.words()
    assert 0 < int(here.headers["Retry-After"]) <= 300
    assert 'value="ada@example.org"' in here.page


def test_who_guesses_day_and_night_does_not_keep_the_person_out_of_a_browser_that_knows_her(browser, ada, person):
    home, guesser = browser(address="192.0.2.20"), browser(address="198.51.100.1")
    ada.signs_in(home)
    home.open("/account").send("/sign-out")
    guesser.open("/sign-in")
    for _ in range(6):
        guesser.send("/sign-in", email=ada.email, password="wrong all the way")
    assert guesser.status == 429
    # Any other browser has to wait, the one she used before does not.
    assert browser().open("/sign-in").send("/sign-in", email=ada.email, password=PASSWORD).status == 429
    assert ada.signs_in(home).location == "/cases"
    # To that browser it is her account alone: for another one it is a stranger, and its own guesses are counted.
    bruno = person("Bruno Munari", "bruno@example.org")
    for _ in range(6):
        guesser.send("/sign-in", email=bruno.email, password="wrong all the way")
    home.open("/account").send("/sign-out")
    assert home.open("/sign-in").send("/sign-in", email=bruno.email, password=PASSWORD).status == 429
    for _ in range(6):
        home.send("/sign-in", email=ada.email, password="wrong all the way")
    assert home.status == 429


def test_a_made_up_device_is_no_known_one(browser, ada):
    guesser = browser()
    for number in range(6):
        guesser.client.set_cookie("known-device", f"x{number}.y", domain="rooms.example.org", secure=True)
        guesser.open("/sign-in").send("/sign-in", email=ada.email, password="wrong all the way")
    assert guesser.status == 429
    assert ada.email not in str(guesser.headers)


def test_a_sign_in_that_waited_too_long_begins_again_with_its_goal(browser, ada, present):
    here = browser().open("/sign-in?next=/account")
    here.send("/sign-in", email=ada.email, password=PASSWORD, next="/account").follow()
    present.move(minutes=11)
    here.send("/sign-in/code", code=ada.code())
    assert here.location == "/sign-in?next=/account"
    assert "Too much time has passed" in here.follow().words()


def test_the_first_sign_in_sets_up_the_second_factor_and_shows_the_recovery_codes(browser, person, present, me_of):
    ada = person("Ada Lovelace", "ada@example.org", enrolled=False)
    here = browser().open("/sign-in").send("/sign-in", email=ada.email, password=PASSWORD)
    assert here.location == "/sign-in/enrol"
    here.follow()
    uri = re.search(r'href="(otpauth://[^"]+)"', here.page)[1].replace("&amp;", "&")
    secret = pyotp.parse_uri(uri).secret
    assert f'value="{secret}"' in here.page
    assert here.page.count("<path") >= 1
    # Loaded again, the page offers the same secret: the phone may have it already.
    assert here.open("/sign-in/enrol").page.count(secret) == 2
    assert here.send("/sign-in/enrol", code="000000x").status == 422
    assert secret in here.page
    here.send("/sign-in/enrol", code=pyotp.TOTP(secret).at(present.instant), zone="America/Lima")
    assert here.location == "/sign-in/keep"
    here.follow()
    shown = re.findall(r"<li>(\S{4}-\S{4}-\S{4})</li>", here.page)
    assert len(shown) == 10
    assert secret not in here.page
    # A phone loads the page again when the person comes back from another application.
    assert re.findall(r"<li>(\S{4}-\S{4}-\S{4})</li>", here.open("/sign-in/keep").page) == shown
    assert here.open("/sign-in/keep.txt").page.split()[-10:] == shown
    assert here.headers["Content-Disposition"] == "attachment; filename=caseroom-codes.txt"
    here.open("/sign-in/keep").send("/sign-in/keep", kept="1")
    assert here.location == "/cases"
    # Once kept, they are shown never again.
    assert here.open("/sign-in/keep").location == "/cases"
    assert here.open("/sign-in/keep.txt").status == 404
    assert here.is_signed_in()
    assert me_of(here).zone == "America/Lima"


def test_recovery_codes_are_sealed_in_the_cookie(browser, person, present, app):
    ada = person("Ada Lovelace", "ada@example.org", enrolled=False)
    here = browser().open("/sign-in").send("/sign-in", email=ada.email, password=PASSWORD).follow()
    secret = re.search(r"secret=([A-Z2-7]+)", here.page)[1]
    here.send("/sign-in/enrol", code=pyotp.TOTP(secret).at(present.instant)).follow()
    shown = re.findall(r"<li>(\S{4}-\S{4}-\S{4})</li>", here.page)
    with here.client.session_transaction(base_url="https://rooms.example.org") as session:
        content = str(dict(session))
    assert shown
    assert not [code for code in shown if code in content or code.replace("-", "") in content]


def test_who_has_a_second_factor_is_not_offered_another_after_the_password(browser, ada):
    here = browser().open("/sign-in").send("/sign-in", email=ada.email, password=PASSWORD)
    assert here.open("/sign-in/enrol").location == "/sign-in/code"
    assert ada.secret not in here.page


def test_signing_out_ends_the_session_on_the_server(browser, ada, publisher):
    here = browser()
    ada.signs_in(here)
    kept = here.client.get_cookie("__Host-caseroom", domain="rooms.example.org").value
    here.open("/account").send("/sign-out")
    assert here.location == "/sign-in"
    assert not here.is_signed_in()
    assert len(publisher.cut) == 1
    thief = browser()
    thief.client.set_cookie("__Host-caseroom", kept, domain="rooms.example.org", secure=True)
    assert not thief.is_signed_in()


def test_signing_out_everywhere_reaches_the_other_devices(browser, ada, publisher):
    here, phone = browser(), browser(address="192.0.2.2")
    ada.signs_in(here)
    ada.signs_in(phone)
    assert phone.is_signed_in()
    here.open("/account").send("/sign-out-everywhere")
    assert not here.is_signed_in()
    assert not phone.is_signed_in()
    assert len(publisher.cut) == 2


def test_no_form_is_taken_without_its_token(browser, ada):
    here = browser()
    ada.signs_in(here)
    for path in ("/sign-out", "/account", "/account/password", "/account/recovery-codes", "/language", "/sign-in"):
        here.token = ""
        assert here.send(path).status == 400, path
    assert here.is_signed_in()


def test_a_forged_or_damaged_cookie_is_nobody(browser):
    here = browser()
    for value in ("x", "a.b.c", "eyJfdXNlcl9pZCI6IngifQ.x.y"):
        here.client.set_cookie("__Host-caseroom", value, domain="rooms.example.org", secure=True)
        assert here.open("/cases").location.startswith("/sign-in?next="), value


def test_the_time_of_last_use_is_written_by_requests(browser, ada, present):
    here = browser()
    ada.signs_in(here)
    for _ in range(3):
        present.move(hours=11)
        assert here.is_signed_in()
    present.move(hours=12, seconds=1)
    assert not here.is_signed_in()
