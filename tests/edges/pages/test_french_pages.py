"""What a person reads in French is French to the last sentence: pages, forms that come back, refusals, and nothing that
a library of ours would say in its own words."""

from __future__ import annotations

import html
import io
import re
from functools import cache

import pytest

from tests.browser import ORIGIN, Browser
from tests.catalogue import PLACEHOLDER, forms, french_messages
from tests.edges.pages.conftest import codes_on, invited

SIDES = ["Partie demanderesse", "Partie défenderesse"]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@cache
def english_pieces():
    """The English sentences without their values. Two words may be a name; more are a sentence left untranslated."""
    pieces = [piece for message in french_messages() for form in forms(message.id) for piece in PLACEHOLDER.split(form)]
    return {piece.strip(" .,;:?!()") for piece in pieces if len(piece.split()) > 2}


def said_by(page: str) -> str:
    """All that a page holds, attributes and the script's words included."""
    return html.unescape(re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), page))


def left_in_english(page: str) -> list[str]:
    said = said_by(page)
    return sorted(piece for piece in english_pieces() if piece in said)


@pytest.fixture
def reads_french():
    """Assert that a page is in French. One that has hardly any words proves nothing."""

    def check(browser: Browser, *, status: int = 200) -> None:
        assert browser.status == status, browser.words()[:600]
        assert '<html lang="fr"' in browser.page
        assert len(browser.words().split()) > 10
        assert left_in_english(browser.page) == []

    return check


@pytest.fixture
def neus(neus):
    neus.browser.language = "fr"
    return neus


@pytest.fixture
def ada(ada):
    ada.browser.language = "fr"
    return ada


@pytest.fixture
def mediation(neus, ada):
    """The same in French: Ada takes part, Bruno is invited. Gives its id."""
    people = invited(("Ada Lovelace", ada.email, "party", "0"), ("Bruno Munari", "bruno@example.org", "party", "1"))
    case = neus.opens_a_case(language="fr", title="Résidence des Tilleuls", side=SIDES, **people)
    ada.accepts(codes_on(neus.browser.page)[0])
    return case


def rooms_of(steward, case):
    return list(dict.fromkeys(re.findall(r'href="(/rooms/[0-9a-f]{32})"', steward.open(f"/cases/{case}").page)))


def writes_and_files(steward, room):
    """A message and an exhibit whose name says something else than its content, as the page sends them."""
    page = steward.open(room).page
    audience = re.search(r'data-audience="([^"]+)"', page)[1]
    steward.send(f"{room}/messages", body="Bonjour à tous.", audience=audience, client_id="a", quotes="")
    assert steward.browser.status in (302, 303)
    answer = steward.browser.client.post(
        f"/api/v1{room}/exhibits",
        base_url=ORIGIN,
        data={"title": "Constat", "file": (io.BytesIO(PDF), "constat.txt")},
        headers={"X-CSRFToken": steward.browser.token, "If-Match": f'"{audience}"', "Referer": f"{ORIGIN}/"},
    )
    assert answer.status_code == 201, answer.text


def test_english_left_on_a_page_would_be_found(app, otto):
    assert len(english_pieces()) > 200
    assert "Invited to a case? Open the link of your invitation: you need no account yet" in left_in_english(
        Browser(app).open("/sign-in").page
    )
    assert len(left_in_english(otto.open("/cases/new").page)) > 20


@pytest.mark.parametrize("path", ["/sign-in", "/about", "/accessibility"])
def test_pages_before_the_sign_in_are_in_french(app, reads_french, path):
    reads_french(Browser(app, language="fr").open(path))


def test_an_empty_list_of_cases_is_in_french(ada, neus, reads_french):
    for person in (ada, neus):
        reads_french(person.open("/"))


def test_the_pages_of_a_case_are_in_french(neus, ada, mediation, participant, reads_french):
    rooms = rooms_of(neus, mediation)
    assert len(rooms) == 4, "the joint room, a caucus with each side, notes"
    writes_and_files(neus, rooms[0])
    ada_here = participant(neus, mediation, "Ada")
    case = f"/cases/{mediation}"
    for path in ("/", case, f"{case}/participants/{ada_here}/remove", "/cases/new", "/account"):
        reads_french(neus.open(path))
    for room in rooms:
        for path in (room, f"{room}/exhibits", f"{room}/register"):
            reads_french(neus.open(path))
    neus.send(f"{rooms[0]}/register")
    reads_french(neus.browser)
    for path in ("/", case, rooms[0], f"{rooms[0]}/exhibits", f"{rooms[0]}/register"):
        reads_french(ada.open(path))


def test_the_links_and_the_letter_of_an_invitation_are_in_french(neus, mediation, reads_french):
    neus.open(f"/cases/{mediation}")
    neus.send(f"/cases/{mediation}/participants", name="Grace", email="grace@example.org", role="observer", side="")
    neus.open(neus.browser.location)
    assert codes_on(neus.browser.page)
    reads_french(neus.browser)
    assert "Ouvrez%20ce%20lien" in neus.browser.page


def test_an_invitation_is_in_french_from_the_first_step(app, neus, mediation, reads_french):
    neus.open(f"/cases/{mediation}")
    neus.send(f"/cases/{mediation}/participants", name="Grace", email="grace@example.org", role="observer", side="")
    [code] = codes_on(neus.open(neus.browser.location).page)
    grace = Browser(app, language="fr")
    reads_french(grace.open(f"/invitation/{code}"))
    grace.send(f"/invitation/{code}", step="account", name="", password="x", zone="")
    reads_french(grace, status=422)
    grace.send(f"/invitation/{code}", step="account", name="Grace", password="quatre mots sans rapport", zone="")
    reads_french(grace.follow())


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/cases/new", {"title": "", "kind": "", "me": "", "side": ["", ""], "do": "open"}, 422),
        ("/account/password", {"password": "wrong", "new_password": "short"}, 422),
        ("/account/recovery-codes", {"code": "000000"}, 422),
    ],
)
def test_a_form_that_comes_back_says_why_in_french(neus, reads_french, path, fields, status):
    page = neus.open("/cases/new").page if path == "/cases/new" else neus.open("/account").page
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    neus.send(path, **({"form_key": key[1]} if key else {}), **fields)
    reads_french(neus.browser, status=status)
    assert 'class="error"' in neus.browser.page


def test_a_refused_sign_in_says_why_in_french(app, neus, reads_french):
    guest = Browser(app, language="fr").open("/sign-in")
    guest.send("/sign-in", email=neus.email, password="wrong")
    assert "L’adresse électronique ou le mot de passe n’est pas le bon." in guest.words()
    reads_french(guest, status=guest.status)


# --- Nothing in the words of a library ---


def french_sentences():
    texts = [text for message in french_messages() for text in forms(message.string)]
    return [re.compile(".+".join(map(re.escape, PLACEHOLDER.split(text)))) for text in texts]


@pytest.fixture
def is_ours():
    """Assert that a sentence is one of the catalogue, not one that Werkzeug, pydantic or Flask-WTF wrote."""
    sentences = french_sentences()

    def check(text: str) -> None:
        assert any(sentence.fullmatch(text) for sentence in sentences), text

    return check


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("POST", "/cases/new", {"data": {"title": "x"}}, 400),  # no token: Flask-WTF has words of its own
        ("GET", "/nothing", {}, 404),
        ("POST", "/about", {}, 405),
        ("POST", "/language", {"data": {"language": "x" * 3_000_000}}, 413),
        ("GET", "/rooms/nothing", {}, 404),
    ],
)
def test_a_refused_page_says_so_in_our_words(neus, is_ours, reads_french, method, path, sent, status):
    browser = neus.browser
    answer = browser.client.open(
        path, method=method, base_url=ORIGIN, headers={"Accept": "text/html", "Accept-Language": "fr"}, **sent
    )
    assert answer.status_code == status
    browser.status, browser.page = answer.status_code, answer.text
    reads_french(browser, status=status)
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)[1]
    sentence = re.search(r'<p class="lead">(.*?)</p>', answer.text)[1]
    for text in (heading, sentence):
        is_ours(html.unescape(text))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b"<a/>", "content_type": "text/xml"}, 415),
        ({"json": []}, 422),
        ({"json": {"title": 3, "kind": "court", "sides": {}, "surprise": True}}, 422),  # pydantic has words of its own
        ({"json": {"title": " ", "kind": "mediation", "language": "fr", "sides": [{"label": "a"}]}}, 422),
    ],
)
def test_a_refused_call_says_so_in_our_words(neus, is_ours, sent, status):
    neus.open("/cases/new")
    headers = {"X-CSRFToken": neus.browser.token, "Accept-Language": "fr", "Referer": f"{ORIGIN}/"}
    answer = neus.browser.client.post("/api/v1/cases", base_url=ORIGIN, headers=headers, **sent)
    assert answer.status_code == status, answer.text
    problem = answer.get_json()
    for text in (problem["title"], *(each["title"] for each in problem.get("errors", ()))):
        is_ours(text)
    assert set(problem) <= {"type", "status", "code", "title", "errors"}, "nothing else that might speak"
