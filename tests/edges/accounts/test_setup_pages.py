import re

import pyotp
import pytest

from caseroom.accounts import commands, queries
from caseroom.config import load_settings

PASSWORD = "heron gris 41 galets"
FORM = {
    "practice": "Centre de Valmoncel",
    "name": "Neus Català",
    "email": "neus@valmoncel.example",
    "password": PASSWORD,
}


@pytest.fixture
def link(database, tmp_path):
    settings = load_settings({"CASEROOM_DATA": str(tmp_path), "CASEROOM_ORIGIN": "https://rooms.example.org"})
    return commands.first_setup_link(database, settings).removeprefix("https://rooms.example.org")


def test_the_first_start_leads_to_a_practice_its_owner_and_the_list_of_cases(browser, link, present, database, me_of):
    here = browser().open(link)
    assert "Set up your practice" in here.words()
    here.send(link, **FORM)
    assert here.location == "/sign-in/enrol"
    here.follow()
    assert "issuer=Centre%20de%20Valmoncel" in here.page
    secret = re.search(r"secret=([A-Z2-7]+)", here.page)[1]
    here.send("/sign-in/enrol", code=pyotp.TOTP(secret).at(present.instant)).follow()
    here.send("/sign-in/keep", kept="1")
    assert here.location == "/cases"
    assert here.follow().page == "Neus Català"
    me = me_of(here)
    assert me.owner
    assert me.practice_name == "Centre de Valmoncel"
    assert me.recovery_left == 10


def test_everything_wrong_is_said_at_once_with_what_was_typed(browser, link, database):
    here = browser().open(link).send(link, practice="Centre", name="", email="neus", password="short-secret")
    assert here.status == 422
    for sentence in ("This must not be empty.", "This is not an e-mail address."):
        assert sentence in here.words()
    assert 'value="Centre"' in here.page
    assert "short-secret" not in here.page
    with database.reading() as work:
        assert not queries.has_practice(work)
    here.send(link, **FORM)
    assert here.location == "/sign-in/enrol"


def test_a_used_link_and_an_unknown_one_are_the_same_page(browser, link):
    here = browser().open(link).send(link, **FORM)
    assert here.status == 302
    stranger = browser()

    def page(path):
        stranger.open(path)
        return stranger.status, re.sub(r'csrf-token" content="[^"]+"|nonce="[^"]+"', "", stranger.page)

    assert page(link) == page("/setup/unknown")
    assert page(link)[0] == 404


def test_guessing_links_is_throttled(browser, link):
    guesser = browser()
    for number in range(30):
        assert guesser.open(f"/setup/{number}").status == 404
    assert guesser.open("/setup/31").status == 429
    assert browser(address="192.0.2.50").open(link).status == 200


def test_an_owner_who_stopped_half_way_signs_in_and_goes_on(browser, link):
    browser().open(link).send(link, **FORM)
    here = browser().open("/sign-in").send("/sign-in", email=FORM["email"], password=PASSWORD)
    assert here.location == "/sign-in/enrol"


def test_the_language_chosen_before_is_the_owners(browser, link, present, me_of):
    here = browser(language="fr").open(link)
    here.send("/language", language="en", next=link)
    assert here.location == link
    here.follow().send(link, **FORM).follow()
    secret = re.search(r"secret=([A-Z2-7]+)", here.page)[1]
    here.send("/sign-in/enrol", code=pyotp.TOTP(secret).at(present.instant))
    assert me_of(here).locale == "en"
