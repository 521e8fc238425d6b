"""Pages that belong to nobody: health, the browser's library, legal notice, accessibility, refusals."""

import re
from pathlib import Path

import pytest

from caseroom.ids import new_id
from caseroom.web import pages
from tests.browser import Browser


@pytest.fixture
def anybody(app):
    return Browser(app)


def test_health_says_ok_while_the_database_answers_and_503_when_it_does_not(app, anybody, database, caplog):
    assert (anybody.open("/healthz").status, anybody.page.strip()) == (200, '{"status":"ok"}')
    with database.unit_of_work() as work:
        work.session.connection().exec_driver_sql("DROP TABLE alembic_version")
    assert anybody.open("/healthz").status == 503
    assert "alembic" not in anybody.page
    assert "cannot be read" in caplog.text


def test_only_named_files_of_the_libraries_are_served_and_the_browser_may_keep_them(app, anybody, tmp_path):
    folder = tmp_path / "root" / "node_modules" / "socket.io-client" / "dist"
    folder.mkdir(parents=True)
    (folder / "socket.io.esm.min.js").write_text("export {};")
    (folder / "socket.io.esm.min.js.map").write_text("{}")
    scoped = tmp_path / "root" / "node_modules" / "@zip.js" / "zip.js"
    (scoped / "dist").mkdir(parents=True)
    (scoped / "dist" / "zip-core-external.min.js").write_text("export {};")
    (scoped / "index.min.js").write_text("export {};")
    app.root_path = str(tmp_path / "root")
    assert anybody.open("/vendor/socket.io.esm.min.js").status == 200
    assert anybody.headers["Content-Type"].startswith("text/javascript")
    assert "max-age=3600" in anybody.headers["Cache-Control"]
    assert anybody.headers["X-Content-Type-Options"] == "nosniff"
    assert anybody.open("/vendor/zip.js").status == 200
    for name in (
        "socket.io.esm.min.js.map",
        "@zip.js/zip.js/index.min.js",
        "index.min.js",
        "socket.io-client/package.json",
        "../package.json",
        "%2e%2e/package.json",
    ):
        assert anybody.open(f"/vendor/{name}").status == 404, name


def test_without_the_libraries_their_address_is_not_found(app, anybody, tmp_path):
    app.root_path = str(tmp_path)
    assert anybody.open("/vendor/socket.io.esm.min.js").status == 404


def test_the_legal_notice_names_the_host_and_every_required_library_and_no_practice(anybody, practice):
    anybody.open("/about")
    assert anybody.status == 200
    assert "rooms.example.org" in anybody.words()
    assert "Mill Lane Mediation" not in anybody.page
    required = [line.split("==")[0] for line in _requirements() if "==" in line and not line.startswith("#")]
    assert len(required) > 30
    for name in required:
        assert f'<th scope="row">{name}</th>' in anybody.page, name


def test_a_library_is_listed_with_its_licence():
    listed = {component.name: component.licence for component in pages.components(_root())}
    assert "BSD" in listed["Flask"]
    assert listed["SQLAlchemy"] == "MIT"
    assert "socket.io-client" in listed


def test_the_statement_of_accessibility_is_open_to_whoever_is_not_signed_in(anybody):
    assert anybody.open("/accessibility").status == 200
    assert "WCAG" in anybody.page


def test_the_old_address_of_the_icon_leads_to_the_icon(anybody):
    assert anybody.open("/favicon.ico").location.endswith("/static/favicon.svg")


def test_pages_about_nobody_set_no_cookie_and_run_no_script(anybody):
    for path in ("/about", "/accessibility", "/nothing-here"):
        anybody.open(path)
        assert "Set-Cookie" not in anybody.headers, path
        assert "<script" not in anybody.page, path


def test_what_is_hidden_and_what_does_not_exist_are_the_same_bytes(neus, otto, mediation):
    assert neus.open(f"/cases/{mediation}").status == 200
    absent = otto.open(f"/cases/{new_id()}")
    assert absent.status == 404
    nothing, hidden = absent.page, f"/cases/{mediation}"
    for path in (hidden, f"{hidden}/participants/{new_id()}/remove", "/cases/x", "/nothing?q=1"):
        assert otto.open(path).status == 404
        assert otto.browser.page == nothing, path


def test_a_refusal_repeats_nothing_of_the_request(ada):
    ada.open("/quillfeather?next=quillfeather")
    assert ada.browser.status == 404
    assert "quillfeather" not in ada.browser.page
    assert re.search(r'href="/"', ada.browser.page), "there is a way back"


def test_a_refusal_reads_in_the_language_of_the_person_who_is_not_signed_in(app):
    page = Browser(app, language="fr").open("/nothing").page
    assert '<html lang="fr"' in page


def _root() -> Path:
    return Path(pages.__file__).parents[2]


def _requirements() -> list[str]:
    return (_root() / "requirements.txt").read_text().splitlines()
