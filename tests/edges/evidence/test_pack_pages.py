"""The pack and the proof of an exhibit as a browser downloads them, in clear or encrypted."""

import io
import zipfile

import pyrage
import pytest

from tests.browser import ORIGIN

WORDS = "trois hérons sur la digue"


@pytest.fixture
def filed(house, mediation):
    return house.file("ada", mediation["joint"], "devis.txt", b"devis", title="Devis").facts.id


@pytest.fixture
def ada(visitor):
    person = visitor("ada")
    person.opens("/account")  # a page with a form, and so with its token
    return person


def fetch(person, path, **form):
    """The whole answer to a GET, or to a form that is posted."""
    client, headers = person.browser.client, {"Accept": "text/html", "Accept-Language": "en", "Referer": f"{ORIGIN}/"}
    if not form:
        return client.get(path, base_url=ORIGIN, headers=headers)
    data = {"csrf_token": person.browser.token, **form}
    return client.post(path, base_url=ORIGIN, headers=headers, data=data)


def names(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return set(archive.namelist())


def test_the_pack_downloads_with_and_without_files_and_no_page_of_it_can_run(mediation, filed, ada):
    whole = fetch(ada, f"/cases/{mediation.id}/evidence/pack")
    light = fetch(ada, f"/cases/{mediation.id}/evidence/pack?files=0")
    assert whole.status_code == light.status_code == 200
    assert {name for name in names(whole.data) if "/files/" in name} == names(whole.data) - names(light.data) != set()
    assert whole.headers["Content-Disposition"].startswith("attachment;")
    assert whole.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox;")
    assert whole.headers["Cache-Control"] == "no-store"


def test_the_proof_of_an_exhibit_downloads(filed, ada):
    answer = fetch(ada, f"/exhibits/{filed}/evidence")
    assert answer.status_code == 200
    assert "disclosure/event.json" in names(answer.data)


def test_a_pack_encrypted_to_a_passphrase_is_opened_by_another_program(mediation, filed, ada):
    answer = fetch(ada, f"/cases/{mediation.id}/evidence/pack", passphrase=WORDS)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="caseroom-{mediation.id[:8]}.zip.age"'
    assert b"spaces/" not in answer.data
    assert "manifest.json" in names(pyrage.passphrase.decrypt(answer.data, WORDS))
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(answer.data, WORDS.upper())


def test_a_pack_encrypted_to_a_key_is_opened_by_its_owner_alone(mediation, filed, ada):
    identity = pyrage.x25519.Identity.generate()
    answer = fetch(ada, f"/cases/{mediation.id}/evidence/pack?files=0", recipient=f" {identity.to_public()} ")
    assert answer.status_code == 200
    opened = names(pyrage.decrypt(answer.data, [identity]))
    assert "manifest.json" in opened
    assert not [name for name in opened if "/files/" in name]
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(answer.data, [pyrage.x25519.Identity.generate()])


RECIPIENT = "age1j6rjje3w5erchmqux0wrmgdxk57fga7rpcc4ehfvmkamgzc06pdskr46l3"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"passphrase": ""}, "This is required."),
        ({"passphrase": "short"}, "12 characters at least"),
        ({"passphrase": "x" * 1001}, "1000 characters at most"),
        ({"recipient": RECIPIENT[:-1] + "q"}, "not of the right form"),
        ({"recipient": RECIPIENT, "passphrase": WORDS}, "Give one of the two, not both."),
    ],
)
def test_a_form_that_does_not_say_for_whom_gets_no_pack(mediation, ada, form, sentence):
    answer = fetch(ada, f"/cases/{mediation.id}/evidence/pack", **form)
    assert answer.status_code == 422
    assert answer.mimetype == "text/html"
    client = ada.browser.client
    told = client.post(
        f"/cases/{mediation.id}/evidence/pack",
        base_url=ORIGIN,
        headers={"Accept": "application/json", "Accept-Language": "en", "Referer": f"{ORIGIN}/"},
        data={"csrf_token": ada.browser.token, **form},
    )
    assert sentence in told.get_json()["errors"][0]["title"]


def test_the_form_needs_the_token_of_a_page(mediation, ada):
    ada.browser.token = ""
    assert fetch(ada, f"/cases/{mediation.id}/evidence/pack", passphrase=WORDS).status_code == 400


def test_hidden_and_absent_are_one_page(mediation, filed, visitor):
    otto, absent = visitor("otto").opens("/account"), "f" * 32
    for path, nothing in (
        (f"/cases/{mediation.id}/evidence/pack", f"/cases/{absent}/evidence/pack"),
        (f"/exhibits/{filed}/evidence", f"/exhibits/{absent}/evidence"),
    ):
        for form in ({}, {"passphrase": WORDS}) if "cases" in path else ({},):
            hidden, never = fetch(otto, path, **form), fetch(otto, nothing, **form)
            assert hidden.status_code == never.status_code == 404
            assert len(hidden.data) == len(never.data)
