"""What every page must stand, whatever it is about: axe-core in light and dark, on a desk and on a phone; a quiet
console; no request to anybody else; the security headers on each answer."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.chromium import DESK, PHONE, Chromium, Size
from tests.e2e.navigators import Person
from tests.realtime.serving import ROOT

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SCHEMES = ("light", "dark")
# What Chromium itself notes of an answer that is a refusal, and of a pulled cable.
REFUSALS = ("Failed to load resource", "ERR_SOCKS_CONNECTION_FAILED")
PICTURES = os.environ.get("E2E_PICTURES", "")  # a folder: what every page looked like, for people to look at

RUN_AXE = """const done = arguments[1];
axe.run(document, {runOnly: {type: "tag", values: arguments[0]}, resultTypes: ["violations"]}).then(
  ({violations}) => done(violations.flatMap(({id, nodes}) => nodes.map(
    (node) => `${id} at ${node.target.flat().join(" ")}: ${node.failureSummary.replace(/\\s+/g, " ")}`))),
  (error) => done([`axe failed: ${error}`]))"""

# Where axe cannot see an element whole it says nothing of its colours; so the window gets as tall as what it scrolls.
HIDDEN_BELOW = """return Math.max(0, ...[...document.querySelectorAll("*")]
  .filter((each) => ["auto", "scroll"].includes(getComputedStyle(each).overflowY))
  .map((each) => each.scrollHeight - each.clientHeight))"""

# What may be scrolled sideways says so: a table of its own, a bar of tabs.
TOO_WIDE = """return [...document.querySelectorAll("html, body, body *")].filter((each) =>
  each.scrollWidth > each.clientWidth + 1 && (each === document.documentElement || each.matches("main, main *"))
  && (each === document.documentElement || ["auto", "scroll"].includes(getComputedStyle(each).overflowX))
  && !each.matches(".sheet, .tabs, input, textarea")).map((each) => each.outerHTML.slice(0, 90))"""


@dataclass
class Inspection:
    """Collects what is wrong over many pages; ``problems`` is empty when nothing is."""

    axe: str = field(default_factory=lambda: (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    problems: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)

    def look(self, person: Person, page: str, *, refused: bool = False, sizes: Sequence[Size] = (DESK, PHONE)) -> None:
        """Inspect what the person sees now. ``refused``: a refusal or a lack of network is part of it."""
        browser = person.browser
        self.pages.append(page)
        browser.run(self.axe)
        for size in sizes:
            browser.looks_like(size)
            if size == PHONE:
                self.problems += [f"{page}: wider than the phone: {each}" for each in browser.run(TOO_WIDE)]
            browser.looks_like(Size(size.width, size.height + int(browser.run(HIDDEN_BELOW))))
            for scheme in SCHEMES:
                # In the middle of a change of colours nothing is to be read off.
                browser.prefers(scheme, motion=False)
                place = f"{page}, {scheme}, {size.width}"
                self.problems += [f"{place}: {found}" for found in self._violations(browser)]
                if PICTURES:
                    browser.screenshot(Path(PICTURES) / f"{page} {size.width} {scheme}.png".replace("/", "-"))
        browser.looks_like(DESK)
        browser.prefers("light", motion=False)
        self._listen(person, page, refused=refused)

    def _violations(self, browser: Chromium) -> list[str]:
        return list(browser.driver.execute_async_script(RUN_AXE, list(TAGS)))

    def _listen(self, person: Person, page: str, *, refused: bool) -> None:
        browser = person.browser
        browser.listen()
        for complaint in browser.complaints:
            if not (refused and any(each in complaint for each in REFUSALS)):
                self.problems.append(f"{page}: console: {complaint}")
        for address in browser.requested():
            parts = urlsplit(address)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(person.origin).netloc:
                self.problems.append(f"{page}: asks {address}")
        for event in browser.noted("Network.responseReceived"):
            if event["response"]["url"].startswith(person.origin):
                self.problems += [f"{page}: {each}" for each in header_problems(event["response"])]
        browser.forget()


def header_problems(response: dict) -> list[str]:
    """What is wrong with the headers of one answer, as DevTools report it."""
    address = response["url"]
    headers = {name.lower(): value for name, value in response["headers"].items()}
    policy = headers.get("content-security-policy", "")
    immutable = urlsplit(address).path.startswith(("/static/", "/vendor/"))
    wrong = {
        "no policy that begins with nothing allowed": not policy.startswith("default-src 'none'"),
        "unsafe policy": re.search(r"unsafe-|\*|https:(?!//)", policy) is not None,
        "may be framed": "frame-ancestors 'none'" not in policy,
        "type may be guessed": headers.get("x-content-type-options") != "nosniff",
        "tells others where one comes from": headers.get("referrer-policy") not in ("same-origin", "no-referrer"),
        "may be kept by caches": not immutable and headers.get("cache-control") != "no-store",
        "names its software": re.search(r"\d", headers.get("server", "")) is not None,
    }
    return [f"{address}: {what}" for what, found in wrong.items() if found]
