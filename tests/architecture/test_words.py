"""Every word a person reads has its French: none is missing, none stands bare in a template or a script, and the
typography is the French one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from caseroom.config import LOCALES
from caseroom.rooms.names import WORDS
from tests.catalogue import PLACEHOLDER, ROOT, asked_by_the_code, forms, french, french_messages, key

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
# What the checks of evidence refuse has a name; the page has the sentence. Their messages are for whoever debugs.
NOT_SPEAKING = ROOT / "static" / "js" / "evidence"
SPEAKING = [path for path in SCRIPTS if not path.is_relative_to(NOT_SPEAKING)]
WORDS_OF_SCRIPTS = ("rooms/_page_data.html", "evidence/_words.html", "evidence/_seen_evidence.html")
UNDERTAKINGS = sorted((ROOT / "caseroom" / "rooms" / "undertakings").glob("*.fr.txt"))

NAMES = {"Caseroom", "Français", "English", "SHA-256", "PDF"}
"""The same in every language."""

# --- The catalogue ---


def test_the_catalogue_holds_what_the_code_asks_for_and_nothing_else() -> None:
    asked = asked_by_the_code()
    assert len(asked) > 400, "code and templates are read"
    kept = {key(message.id, message.context) for message in french_messages()}
    assert sorted(asked - kept) == [], "run make translations, then write the French"
    assert sorted(kept - asked) == [], "run make translations: nobody asks for these any more"


def test_every_message_has_its_french_in_every_number() -> None:
    numbers = french().num_plurals
    assert numbers == 2
    for message in french_messages():
        wanted = 1 if isinstance(message.id, str) else numbers
        written = forms(message.string)
        assert len(written) == wanted, message.id
        assert all(text.strip() for text in written), message.id


def test_no_french_is_a_guess() -> None:
    assert [message.id for message in french_messages() if message.fuzzy] == []


def test_the_french_fills_in_what_the_english_fills_in() -> None:
    for message in french_messages():
        english, french_forms = forms(message.id), forms(message.string)
        for text, of in zip(french_forms, english, strict=True):
            wanted = Counter(PLACEHOLDER.findall(of))
            assert Counter(PLACEHOLDER.findall(text)) == wanted, f"{of!r} has {dict(wanted)}: {text!r}"


def test_every_message_can_be_filled_in() -> None:
    """Jinja treats each as a format, with or without values: a bare percent sign would be a broken page."""
    values = {name: 1 for message in french_messages() for name in re.findall(r"%\((\w+)\)", str(message.id))}
    for message in french_messages():
        for text in (*forms(message.id), *forms(message.string)):
            assert "%(" not in text % values


# --- French typography ---

MISTAKES = {
    "a straight apostrophe": r"'",
    "a straight quotation mark": r'"',
    "three dots for an ellipsis": r"\.\.\.",
    "an ordinary space before a double mark": r" [:;!?»]",
    "no space before a double mark": r"[^\W\d_)\]}»][:;!?](?=\s|$)|(?<=%\(\w\)[sd])[:;!?](?=\s|$)",
    "an ordinary space after an opening quotation mark": r"« ",
    "an ordinary space after n°": r"n° ",
    "a space at an end": r"^\s|\s$",
    "two spaces": r"\s\s",
    "a full point in the middle of a word": r"\w·\w",
}


def french_texts() -> Iterator[tuple[str, str]]:
    for message in french_messages():
        yield from (("the catalogue", text) for text in forms(message.string))
    yield from (("a name of a room", text) for text in WORDS["fr"].values())
    for path in UNDERTAKINGS:
        yield from ((path.name, line) for line in path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_french_is_set_as_french_is(mistake: str) -> None:
    texts = list(french_texts())
    assert {"the catalogue", "a name of a room", "1.fr.txt"} <= {source for source, _text in texts}
    wrong = re.compile(MISTAKES[mistake])
    assert [text for _source, text in texts if wrong.search(text)] == [], mistake


def test_the_rules_of_typography_find_each_mistake() -> None:
    samples = ["l'affaire", 'dite "commune"', "fin...", "Fait :", "Fait:", "« mot »", "n° 4", "fin ", "a  b", "admis·e"]
    for mistake, sample in zip(MISTAKES, samples, strict=True):
        assert re.search(MISTAKES[mistake], sample), mistake


# --- Templates ---

SPOKEN_ATTRIBUTES = {"alt", "aria-description", "aria-label", "aria-valuetext", "placeholder", "title"}
SILENT_ELEMENTS = {"script", "style", "svg"}
FILLED = "\ufffc"  # stands where a template writes a value
PART_OF_A_TAG = re.compile(r'--|__|^-|-$|="|"$')  # a block or a macro may hold a class or an attribute alone

jinja = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


class _Reader(HTMLParser):
    """Collects what a person reads or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT_ELEMENTS:
            self.silent.append(tag)
        self.found += [value or "" for name, value in attrs if name in SPOKEN_ATTRIBUTES]
        if tag == "input" and dict(attrs).get("type") in ("submit", "button", "reset"):
            self.found.append(dict(attrs).get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def html_of(template: str) -> str:
    """The HTML written in a template, all its branches one after the other, values and comments taken out."""
    parts: list[str] = []
    for _line, token, text in jinja.lex(template):
        if token in ("data", "raw_data"):
            parts.append(text)
        elif token == "variable_begin":
            parts.append(FILLED)
    return "".join(parts)


def bare_words(template: str) -> list[str]:
    reader = _Reader()
    reader.feed(html_of(template))
    reader.close()
    words = [text for found in reader.found for text in re.split(rf"[\s{FILLED}]+", found)]
    words = [word for word in words if not PART_OF_A_TAG.search(word)]
    return [word for word in words if re.search(r"[^\W\d_]", word) and word.strip(".,;:!?()") not in NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_a_template_says_nothing_outside_gettext(path: Path) -> None:
    assert bare_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_an_expression_of_a_template_says_nothing_outside_gettext(path: Path) -> None:
    assert spoken_constants(path.read_text(encoding="utf-8")) == []


def spoken_constants(template: str) -> list[str]:
    """Strings of expressions that read like words and do not go through gettext."""
    tree = jinja.parse(template)
    calls = [call for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name)]
    gettext = [call for call in calls if call.node.name in ("_", "ngettext")]
    translated = {id(each) for call in gettext for each in call.find_all(nodes.Const)}
    strings = [str(each.value) for each in tree.find_all(nodes.Const) if id(each) not in translated]
    allowed = NAMES | {"light dark", "True", "False", "None"}
    return [text for text in strings if re.search(r"^[A-ZÀ-Þ]|[^\W\d_]\s+[^\W\d_]", text) and text not in allowed]


def test_bare_words_of_a_template_are_found_wherever_they_hide() -> None:
    assert bare_words('<p>{{ name }} wrote</p><img alt="A map">') == ["wrote", "A", "map"]
    assert bare_words('<button{% if x %} title="Go"{% endif %}>Caseroom</button><!-- note -->{# note #}') == ["Go"]
    assert bare_words('<p class="lead">{{ _("Hello") }}</p><script>let x = "words here"</script>') == []
    assert spoken_constants('{{ "Open" if x else _("Closed") }}{% set k = "card-row" %}') == ["Open"]
    assert spoken_constants('{{ a ~ "and then" }}{{ ngettext("One", "Many things", n) }}') == ["and then"]


# --- Scripts ---

LITERAL = r"""(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)"""
COMMENT_OR_LITERAL = re.compile(rf"//[^\n]*|/\*.*?\*/|(new Error\()?({LITERAL})", re.DOTALL)
SAID = re.compile(
    r"(?:\b(?:textContent|innerText|ariaLabel|placeholder|title)\s*[:=](?!=)"
    r"|setAttribute\(\s*[\"'](?:aria-label|title|placeholder|alt)[\"']\s*,|insertAdjacentText\([^,]+,"
    r"|\b(?:page|window)\.(?:tell|announce|alert|confirm|prompt)\(|new Option\(|createTextNode\()"
    rf"\s*({LITERAL})"
)
NOT_FOR_PEOPLE = {"input, textarea, select, dialog", "io client disconnect", "not connected", "toast toast--"}


def fixed_part(literal: str) -> str:
    return re.sub(r"\$\{[^}]*\}", "", literal[1:-1])


def words_in_script(script: str) -> list[str]:
    """String literals that read like words, and those given to what shows or speaks a text."""
    literals = [match[2] for match in COMMENT_OR_LITERAL.finditer(script) if match[2] and not match[1]]
    phrases = [text for text in map(fixed_part, literals) if re.search(r"[^\W\d_]{2,}[,.]?\s+[^\W\d_]{2,}", text)]
    said = [text for text in map(fixed_part, SAID.findall(script)) if re.search(r"[^\W\d_]", text)]
    return [text for text in (*phrases, *said) if text not in NAMES | NOT_FOR_PEOPLE]


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: path.relative_to(ROOT / "static" / "js").as_posix())
def test_a_script_takes_its_words_from_the_page(path: Path) -> None:
    assert words_in_script(path.read_text(encoding="utf-8")) == []


def test_the_checks_of_evidence_touch_no_page() -> None:
    """So none of their messages can come to be read: the sentences are the page's own."""
    checks = sorted(NOT_SPEAKING.rglob("*.js"))
    assert len(checks) > 10
    for path in checks:
        assert not re.search(r"\b(?:document|textContent|page)\b\.?[.(\[=]", path.read_text(encoding="utf-8")), path
    for path in SPEAKING:
        assert not re.search(r"\bfinding\.message\b", path.read_text(encoding="utf-8")), path


def test_bare_words_of_a_script_are_found() -> None:
    assert words_in_script('line.textContent = "Sent"; // a remark here') == ["Sent"]
    assert words_in_script("page.tell(`${n} sent`); b.setAttribute('aria-label', 'Close')") == [" sent", "Close"]
    assert words_in_script('const said = "not sent yet"; throw new Error("no such row")') == ["not sent yet"]
    assert words_in_script('line.textContent = page.say("sent"); if (a.title === "x") b("card-row")') == []


def test_every_word_a_script_asks_for_stands_in_the_data_of_the_page() -> None:
    data = "".join((ROOT / "templates" / name).read_text(encoding="utf-8") for name in WORDS_OF_SCRIPTS)
    given = set(re.findall(r'^  "(\w+)":', data, flags=re.MULTILINE))
    said = re.compile(r'\b(?:say|line)\("(\w+)"')
    asked = {word for path in SCRIPTS for word in said.findall(path.read_text(encoding="utf-8"))}
    assert len(asked) > 20, "the scripts ask for their words with say()"
    assert asked - given == set()


def test_rooms_have_a_name_in_every_language() -> None:
    assert set(WORDS) == set(LOCALES)
    assert set(WORDS["fr"]) == set(WORDS["en"])
