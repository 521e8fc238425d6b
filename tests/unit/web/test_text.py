"""From plain text to HTML: what people write is shown, and nothing of it runs."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caseroom.web.text import text_to_html


class Reader(HTMLParser):
    """Reads HTML as a browser does: the tags with their attributes, and the text between them."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data!r}")


def read(text):
    return Reader(str(text_to_html(text)))


def shown(text):
    """The text as it is read, with line breaks."""
    return read(text).text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "&lt;b&gt; & <b>",
        "</p></div><!-- -->",
        '"><svg onload=alert(1)>',
        'https://example.org/"onmouseover="alert(1)',
        "https://example.org/'onmouseover='alert(1)",
        "https://example.org/<script>alert(1)</script>",
        "http://example.org\u2028<b>",
    ],
)
def test_markup_is_shown_and_never_becomes_markup(text):
    page = read(text)
    assert {tag for tag, _ in page.tags} <= {"a", "br"}
    assert page.text.replace("\n", "") == text.replace("\n", "")
    for tag, attributes in page.tags:
        if tag == "a":
            assert set(attributes) == {"href", "rel", "target"}


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://example.org/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "mailto:ada@example.org",
        "ada@example.org",
        "ftp://example.org/x",
        "//example.org/x",
        "www.example.org",
        "192.168.1.1",
    ],
)
def test_only_addresses_that_say_http_become_links(text):
    assert read(text).tags == []


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("voir https://example.org/a?b=1&c=2#d.", ["https://example.org/a?b=1&c=2#d"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("https://a.example https://b.example", ["https://a.example", "https://b.example"]),
        ("HTTPS://EXAMPLE.ORG/X", ["HTTPS://EXAMPLE.ORG/X"]),
        ("https://médiation.example/été", ["https://médiation.example/été"]),
        ("https://example.org, puis", ["https://example.org"]),
        ("😀 https://example.org 😀", ["https://example.org"]),
    ],
)
def test_an_address_becomes_a_link_that_tells_the_other_site_nothing(text, links):
    page = read(text)
    found = [attributes for tag, attributes in page.tags if tag == "a"]
    assert [attributes["href"] for attributes in found] == links
    assert page.text == text
    for attributes in found:
        assert {"noopener", "noreferrer", "nofollow"} <= set(attributes["rel"].split())


def test_line_breaks_are_kept_and_spaces_are_not_touched():
    assert str(text_to_html("un\n\ndeux")) == "un<br>\n<br>\ndeux"
    assert shown("  a  b\t") == "  a  b\t"


@settings(max_examples=150)
@given(
    text=st.lists(
        st.sampled_from(
            [
                "http://",
                "https://",
                "x.org",
                "/",
                "<",
                ">",
                '"',
                "'",
                "&",
                "#",
                "&amp;",
                " ",
                "\n",
                "a",
                "😀",
                "[",
                "]",
                "\u202e",
                "javascript:",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_whatever_is_written_is_read_back_as_it_was_written(text):
    page = read(text)
    assert page.text.replace("\n", "") == text.replace("\n", "")
    for tag, attributes in page.tags:
        assert tag in ("a", "br")
        if tag == "a":
            assert attributes["href"].lower().startswith(("http://", "https://"))


def test_a_very_long_text_is_turned_in_a_moment():
    assert len(str(text_to_html("https://example.org/ " * 950))) > 19_000
    assert str(text_to_html("h" * 20_000)) == "h" * 20_000
