"""From the plain text people write to safe HTML: escaped, links clickable, line breaks kept. Nothing else."""

from __future__ import annotations

from functools import cache

from linkify_it import LinkifyIt
from markupsafe import Markup, escape


@cache
def _linkifier() -> LinkifyIt:
    finder = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("ftp:", "mailto:", "//"):
        finder.add(scheme, None)
    return finder


def text_to_html(text: str) -> Markup:
    """Return ``text`` escaped, http(s) addresses as links that tell the other site nothing about where they stood."""
    parts: list[str] = []
    done = 0
    for match in _linkifier().match(text) or ():
        parts.append(_lines(text[done : match.index]))
        url = escape(match.url)
        parts.append(f'<a href="{url}" rel="noopener noreferrer nofollow" target="_blank">{escape(match.raw)}</a>')
        done = match.last_index
    parts.append(_lines(text[done:]))
    return Markup("".join(parts))  # noqa: S704 - every part was escaped above


def _lines(text: str) -> str:
    return str(escape(text)).replace("\n", "<br>\n")
