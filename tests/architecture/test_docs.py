"""Nothing undocumented: settings, commands, codes, live events, words, decisions."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from caseroom.access.words import CaseKind, Role, RoomKind
from caseroom.app import create_app
from caseroom.cli import _parser
from caseroom.config import load_settings
from caseroom.demo.views import blueprint as demo_links

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_that_is_read_is_documented_for_the_operator() -> None:
    settings = set(re.findall(r"CASEROOM_[A-Z_]+", read("caseroom/config.py")))
    assert len(settings) > 8, "the settings are read in config.py"
    documented = set(re.findall(r"CASEROOM_[A-Z_]+", read("docs/operating.md")))
    assert settings - documented == set()


def test_every_command_has_its_help_and_its_line_in_the_docs() -> None:
    text = read("docs/operating.md") + read("docs/api.md") + read("README.md")
    subcommands = next(action for action in _parser()._actions if action.choices)
    assert {"serve", "demo", "init", "create-user", "token"} <= set(subcommands.choices)
    for name, parser in subcommands.choices.items():
        assert parser.description, f"{name} says what it does"
        assert re.search(rf"\b(caseroom|make) {name}\b|`{name}`", text), f"{name} is in the docs"


def test_the_page_of_error_codes_is_what_the_code_says() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "errors_page.py", "--check"], check=False)
    assert done.returncode == 0, "run python scripts/errors_page.py"


@pytest.mark.parametrize("name", ["post", "since", "typing", "read", "entry", "audience", "room", "presence", "gone"])
def test_every_live_event_is_in_the_table_of_live_events(name: str) -> None:
    assert f"| `{name}` |" in read("docs/live.md")


@pytest.mark.parametrize("word", [*CaseKind, *RoomKind, *Role])
def test_every_word_of_the_closed_vocabularies_is_in_the_glossary(word: str) -> None:
    assert re.search(rf"`{word}`", read("docs/glossary.md"))


def test_every_decision_is_dated() -> None:
    decisions = sorted((DOCS / "decisions").glob("*.md"))
    assert len(decisions) >= 7
    for decision in decisions:
        assert re.search(r"20\d\d-\d\d-\d\d", decision.read_text(encoding="utf-8").splitlines()[0]), decision.name


def test_every_link_of_the_docs_leads_to_a_file_of_the_project() -> None:
    pages = [ROOT / "README.md", ROOT / "LISEZMOI.md", *DOCS.rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} -> {target}"


def test_every_address_of_a_page_is_in_the_table_of_pages_and_the_table_has_no_other(tmp_path) -> None:
    app = create_app(load_settings({"CASEROOM_DATA": str(tmp_path)}))
    app.register_blueprint(demo_links)
    served = {str(rule) for rule in app.url_map.iter_rules() if not str(rule).startswith("/api/")}
    assert len(served) > 30
    assert served == set(re.findall(r"^\| `(/[^`]*)` \|", read("docs/pages.md"), re.MULTILINE))
