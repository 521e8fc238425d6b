import re
from datetime import timedelta

import pyotp
import pytest

from caseroom import clock
from caseroom.access.words import Role
from caseroom.accounts import queries as accounts
from caseroom.accounts.services import INVITE, revoke_links
from caseroom.cases.models import Participant
from caseroom.rooms.admission import remove_participant
from caseroom.rooms.undertaking import undertaking, undertaking_hash
from tests.house import PASSWORD, email_of

NEW = "ada.new@example.org"


def phone_on(page):
    return pyotp.TOTP(re.search(r"secret=([A-Z2-7]+)", page)[1])


def makes_account(browser, link, **typed):
    browser.open(link)
    return browser.send(link, step="account", **{"name": "Ada Quilliam", "password": PASSWORD, **typed})


def keeps_codes(browser):
    """From the page of the second factor, through the recovery codes, to where the flow leads."""
    browser.send("/sign-in/enrol", code=phone_on(browser.page).now())
    assert browser.location == "/sign-in/keep"
    browser.follow()
    assert len(re.findall(r"<li>\S{4}-\S{4}-\S{4}</li>", browser.page)) == 10
    return browser.send("/sign-in/keep", kept="1")


def accepts(browser, link, locale="en", **changed):
    fields = {"accepted": "1", "locale": locale, "sha256": undertaking_hash(locale), **changed}
    return browser.send(link, step="undertaking", **fields)


def test_an_invited_person_without_account_reaches_the_room_in_four_steps(browser, invite, house, affair):
    link, here = invite(), browser()
    # One: who invites, as what, for which address; a name and a password.
    here.open(link)
    assert here.status == 200
    for words in ("Cabinet Ferrerola", "Party", NEW, "Step 1 of 4"):
        assert words in here.words()
    makes_account(here, link)
    # Two: one-time codes, with a link for the very phone this is read on.
    assert here.location == "/sign-in/enrol"
    here.follow()
    assert "Step 2 of 4" in here.words()
    assert 'href="otpauth://totp/' in here.page
    # Three: recovery codes, once.
    assert keeps_codes(here).location == link
    # Four: the undertaking, in full, and the room.
    here.follow()
    assert "Step 4 of 4" in here.words()
    for clause in undertaking("en").clauses:
        assert clause in here.words()
    accepts(here, link)
    assert here.location == f"/rooms/{affair['joint']}"
    assert here.follow().page == f"Ada Quilliam in {affair['joint']}"


def test_the_undertaking_accepted_is_in_the_register_with_its_hash(browser, invite, house, affair):
    link, here = invite(), browser()
    makes_account(here, link).follow()
    keeps_codes(here).follow()
    accepts(here, link, locale="fr")
    assert house.kinds("neus", affair["joint"])[-1] == "participant.admitted"
    with house.database.reading() as work:
        me = accounts.person_by_email(work, NEW)
    with house.database.reading() as work:
        row = work.session.query(Participant).filter_by(person_id=me.person).one()
    assert row.undertaking == undertaking_hash("fr")


def test_nobody_enters_without_accepting_the_text_that_was_shown(browser, invite, affair, house):
    link, here = invite(), browser()
    makes_account(here, link).follow()
    keeps_codes(here).follow()
    before = house.kinds("neus", affair["joint"])
    for changed, status in (({"accepted": ""}, 422), ({"sha256": "0" * 64}, 409), ({"locale": "xx"}, 409)):
        assert accepts(here, link, **changed).status == status
        assert undertaking("en").clauses[0] in here.words()
    assert house.kinds("neus", affair["joint"]) == before
    assert accepts(here, link).location == f"/rooms/{affair['joint']}"


def test_the_undertaking_is_shown_in_the_language_of_the_page(browser, invite):
    link, here = invite(), browser(language="fr")
    makes_account(here, link).follow()
    keeps_codes(here).follow()
    assert undertaking("fr").title in here.words()
    assert undertaking_hash("fr") in here.page
    here.send("/language", language="en", next=link).follow()
    assert undertaking("en").title in here.words()
    assert undertaking_hash("en") in here.page


def test_what_is_wrong_in_the_first_step_is_said_and_the_name_is_kept(browser, invite, house):
    link, here = invite(), browser()
    makes_account(here, link, name="Ada \u202egnp", password="short-pass")
    assert here.status == 422
    assert "This is too short: 12 characters at least." in here.words()
    assert "This text has hidden control characters" in here.words()
    assert "short-pass" not in here.page
    makes_account(here, link, password="ferrerola-7-xyz")
    assert "must not contain your name" in here.words()
    with house.database.reading() as work:
        assert accounts.person_by_email(work, NEW) is None
    assert makes_account(here, link).location == "/sign-in/enrol"


def test_the_address_is_the_invitations_whatever_the_form_says(browser, invite, house):
    link, here = invite(), browser()
    makes_account(here, link, email="otto@evil.example", username="otto@evil.example")
    with house.database.reading() as work:
        assert accounts.person_by_email(work, NEW) is not None
        assert accounts.person_by_email(work, "otto@evil.example") is None


def test_who_was_interrupted_opens_the_link_again_and_goes_on_where_it_stopped(browser, invite, affair):
    link, here = invite(), browser()
    makes_account(here, link)
    # The same browser, a moment later.
    assert here.open(link).location == "/sign-in/enrol"
    # Another browser: the account is there by now, so the password is asked first.
    there = browser().open(link)
    assert "You have an account already" in there.words()
    there.send("/sign-in", email=NEW, password=PASSWORD, next=link)
    assert there.location == "/sign-in/enrol"
    there.follow()
    assert "Step 2 of 4" in there.words()
    there.send("/sign-in/enrol", code=phone_on(there.page).now())
    # The link again, before the codes were put away: they come first.
    assert there.open(link).location == "/sign-in/keep"
    assert there.follow().send("/sign-in/keep", kept="1").location == link
    there.follow()
    assert accepts(there, link).location == f"/rooms/{affair['joint']}"


def test_who_has_an_account_signs_in_and_accepts_and_makes_no_second_one(browser, invite, house, affair, phone_of):
    link, here, phone = invite(email=email_of("ada")), browser(), phone_of("ada")
    here.open(link)
    assert "You have an account already" in here.words()
    here.send("/sign-in", email=email_of("ada"), password=PASSWORD, next=link).follow()
    here.send("/sign-in/code", code=phone.now())
    assert here.location == link
    here.follow()
    assert undertaking("en").title in here.words()
    assert accepts(here, link).location == f"/rooms/{affair['joint']}"


def test_the_account_of_the_invited_address_is_not_replaced_through_the_link(browser, invite, house):
    link, here = invite(email=email_of("ada")), browser()
    makes_account(here, link)
    assert here.status == 422
    assert "Somebody already uses this address." in here.words()
    assert not here.is_signed_in()


def test_who_is_signed_in_as_somebody_else_is_told_and_may_sign_out(browser, invite, house, affair, phone_of):
    link, here, phone = invite(), browser(), phone_of("otto")
    here.open("/sign-in").send("/sign-in", email=email_of("otto"), password=PASSWORD).follow()
    here.send("/sign-in/code", code=phone.now())
    assert here.is_signed_in()
    here.open(link)
    assert f"You are signed in as {email_of('otto')}. The invitation is for {NEW}." in here.words()
    assert accepts(here, link).location == link
    assert house.kinds("neus", affair["joint"]).count("participant.admitted") == 1
    here.open(link).send("/sign-out", next=link)
    assert here.location == link
    assert "Step 1 of 4" in here.follow().words()


@pytest.mark.parametrize("reason", ["unknown", "revoked", "used", "expired"])
def test_a_link_that_does_not_work_is_one_same_page(browser, invite, house, affair, reason, monkeypatch):
    link = invite()
    if reason == "revoked":
        with house.database.unit_of_work() as work:
            row = work.session.query(Participant).filter_by(state="invited").one()
            assert revoke_links(work, INVITE, row.id) == 1
    elif reason == "used":
        here = browser()
        makes_account(here, link).follow()
        keeps_codes(here).follow()
        assert accepts(here, link).status == 302
    elif reason == "expired":
        real = clock.now
        monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=7, seconds=1))
    else:
        link = "/invitation/unknown"

    def page(path):
        stranger = browser(address="192.0.2.77").open(path)
        return stranger.status, re.sub(r'csrf-token" content="[^"]+"|nonce="[^"]+"', "", stranger.page)

    assert page(link)[0] == 404
    assert page(link) == page("/invitation/never-was")


def test_an_invitation_revoked_during_the_flow_leads_nowhere(browser, invite, house, affair):
    link, here = invite(), browser()
    makes_account(here, link).follow()
    keeps_codes(here).follow()
    with house.database.unit_of_work() as work:
        row = work.session.query(Participant).filter_by(state="invited").one()
        remove_participant(work, house.actors["neus"], affair.id, row.id)
    assert accepts(here, link).status == 404
    assert house.kinds("neus", affair["joint"]).count("participant.admitted") == 1


def test_the_link_survives_all_steps_but_the_last(browser, invite, affair):
    link, here = invite(), browser()
    makes_account(here, link).follow()
    keeps_codes(here).follow()
    assert browser().open(link).status == 200
    assert accepts(here, link).status == 302
    assert browser().open(link).status == 404


def test_a_step_that_is_none_is_refused(browser, invite):
    link, here = invite(), browser()
    here.open(link)
    for step in ("", "three", "ACCOUNT"):
        assert here.send(link, step=step).status == 400, step
    # The undertaking of somebody who is not signed in: back to where one stands.
    assert accepts(here, link).location == link


def test_an_invited_person_is_nobody_before_the_code(browser, invite):
    link, here = invite(), browser()
    makes_account(here, link).follow()
    assert not here.is_signed_in()
    assert accepts(here, link).location == link


def test_counsel_is_told_as_what_she_is_invited(browser, invite):
    here = browser().open(invite(email="counsel@example.org", person="clara", role=Role.COUNSEL))
    assert "As: Counsel" in here.words()
