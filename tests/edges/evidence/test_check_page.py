"""The public check page, and the only thing it asks the server: whether a key is one of its own."""

from __future__ import annotations

import hashlib
import re

from caseroom.accounts.throttle import Guess, Throttle
from caseroom.audit.notes import parse_vkey
from tests.browser import ORIGIN, Browser


def digest_of(visitor, affair):
    vkey = visitor("ada").opens(f"/rooms/{affair['joint']}").data["checkpoint"]["vkey"]
    return hashlib.sha256(parse_vkey(vkey).public).hexdigest()


def asked(app, digest, *, address="192.0.2.77"):
    answer = app.test_client().get(
        f"/check/keys/{digest}",
        base_url=ORIGIN,
        headers={"Accept": "application/json"},
        environ_base={"REMOTE_ADDR": address},
    )
    return answer.status_code, answer.data


def test_anybody_may_open_the_check_page_and_is_told_that_nothing_is_sent(app):
    stranger = Browser(app).open("/check")
    assert stranger.status == 200
    assert "No account is needed. The file is read on this device and is not sent anywhere" in stranger.words()
    hook = re.search(r'<div [^>]*data-controller="drop-check"[^>]*>', stranger.page)
    assert hook
    assert "data-check-fragment" in hook[0]
    assert re.search(r'<input type="file" data-drop-input[^>]*>', stranger.page)
    assert not re.search(r'<form(?![^>]*action="/language")', stranger.page), "no form could send the file"


def test_the_check_page_runs_our_own_scripts_only_and_may_reach_no_other_host(app):
    policy = Browser(app).open("/check").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'nonce-[A-Za-z0-9_-]+';", policy)
    assert re.search(r"connect-src 'self' wss://rooms\.example\.org;", policy)


def test_the_check_page_is_the_same_for_who_is_signed_in(app, visitor, mediation):
    def shape(page):
        return re.sub(r'nonce="[^"]+"|value="[^"]+"|content="[^"]+"', "", page)

    assert shape(visitor("ada").opens("/check").page) == shape(Browser(app).open("/check").page)


def test_a_key_of_a_case_here_is_known_and_nothing_more_is_said(app, mediation, visitor):
    assert asked(app, digest_of(visitor, mediation)) == (204, b"")


def test_a_key_is_known_from_the_first_moment_of_its_case(app, house, visitor):
    assert asked(app, "0" * 64)[0] == 404, "the list of keys has been read"
    later = house.mediation()
    assert asked(app, digest_of(visitor, later)) == (204, b"")


def test_every_other_key_and_what_is_no_digest_is_the_same_404(app, mediation, visitor):
    known = digest_of(visitor, mediation)
    answers = {asked(app, wrong) for wrong in ("0" * 64, known.upper(), known[:-1], mediation.id, "x")}
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404


def test_asking_for_many_unknown_keys_has_to_wait_and_known_ones_cost_nothing(app, house, mediation, visitor):
    known = digest_of(visitor, mediation)
    house.database.provide(Throttle, Throttle())
    for _ in range(100):
        assert asked(app, known, address="198.51.100.9")[0] == 204
    statuses = [asked(app, f"{number:064x}", address="198.51.100.9")[0] for number in range(61)]
    assert statuses == [404] * 60 + [429]
    assert asked(app, known, address="198.51.100.9")[0] == 429
    assert asked(app, known, address="198.51.100.10")[0] == 204
    # and nobody at that address is kept from signing in by it: this raises nothing
    house.database.tool(Throttle).attempt(Guess.PASSWORD, account="ada@example.org", address="198.51.100.9")
