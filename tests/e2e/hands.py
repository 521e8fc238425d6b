"""Eyes and hands of a person before a browser: what any page is read and used with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from tests.e2e.chromium import Chromium

MOST_STOPS = 60
# What has the focus: its name, whether it or what holds it is marked, whether something lies over it.
FOCUSED = """const at = document.activeElement, box = at.getBoundingClientRect();
  const plain = (text) => (text ?? "").replace(/\\s+/g, " ").trim();
  const name = plain(at.getAttribute("aria-label")) || plain(at.labels?.[0]?.textContent) || plain(at.textContent);
  const holders = [at];
  while (holders.at(-1).parentElement && holders.length < 6) holders.push(holders.at(-1).parentElement);
  const marked = holders.map((each) => getComputedStyle(each)).some(
    (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  const [middle, upper] = [box.left + Math.min(box.width, innerWidth) / 2, box.top + Math.min(box.height, 40) / 2];
  const over = document.elementFromPoint(middle, upper);
  return {name, marked, uncovered: over !== null && (at.contains(over) || over.contains(at))};"""


@dataclass(kw_only=True)
class Hands:
    """``actions`` counts fields filled, choices made and buttons or links pressed: what a newcomer has to get right."""

    name: str
    browser: Chromium = field(repr=False)
    origin: str
    actions: int = 0

    # --- Looking ---

    def asks(self, path: str) -> dict[str, Any]:
        """What a request of the page is answered, without what differs by nature from one answer to the next."""
        script = """const done = arguments[1];
            fetch(arguments[0], {headers: {Accept: "text/html"}}).then(async (answer) => done(
              {status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text()}))"""
        answer = dict(self.browser.driver.execute_async_script(script, path))
        headers: dict[str, str] = answer["headers"]
        headers.pop("date")
        policy = headers["content-security-policy"]
        (nonce,) = re.findall(r"nonce-([A-Za-z0-9_-]+)", policy)
        headers["content-security-policy"] = policy.replace(nonce, "NONCE")
        answer["body"] = str(answer["body"]).replace(nonce, "NONCE")
        return answer

    def opens(self, address: str) -> None:
        self.browser.driver.get(address if ":" in address else self.origin + address)

    def reads_heading(self, words: str) -> None:
        self.browser.until(lambda _: words in self._text("h1"), f"{self.name} expects the heading {words!r}")

    def sees(self, text: str) -> None:
        self.browser.until(lambda _: text in self.page(), f"{self.name} does not see {text!r}")

    def page(self) -> str:
        """The visible text of the page."""
        return self._text("body")

    def traces(self) -> str:
        """All the page could know: source with what scripts made of it, title, address, storages."""
        script = """return [document.documentElement.outerHTML, document.title, location.href, document.cookie,
            JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join("\\n")"""
        return str(self.browser.run(script))

    def title(self) -> str:
        return self.browser.driver.title

    # --- Keyboard alone ---

    def keys(self, *keys: str) -> None:
        ActionChains(self.browser.driver).send_keys(*keys).perform()

    def holds_control_and_presses(self, key: str) -> None:
        ActionChains(self.browser.driver).key_down(Keys.CONTROL).send_keys(key).key_up(Keys.CONTROL).perform()

    def tabs_to(self, words: str) -> None:
        """Press Tab until what has the focus is called so. Every stop on the way must be seen."""
        stops = []
        for _ in range(MOST_STOPS):
            self.keys(Keys.TAB)
            stop = dict(self.browser.run(FOCUSED))
            stops.append(stop["name"])
            assert stop["marked"], f"{self.name} cannot see where the keyboard is: {stop['name']}"
            assert stop["uncovered"], f"{self.name} finds the focus covered: {stop['name']}"
            if words in stop["name"]:
                return
        raise AssertionError(f"{self.name} does not come to {words!r}: {stops}")

    # --- Pressing and filling ---

    def follows(self, selector: str) -> None:
        self._element(selector).click()
        self.actions += 1

    def waits_for(self, selector: str) -> None:
        self.browser.until(lambda _: self._displayed(selector), f"{self.name} waits for {selector}")

    def fills(self, name: str, text: str) -> None:
        box = self.browser.until(lambda _: self._displayed(f"#{name}"), f"{self.name} finds no field {name!r}")
        box.clear()
        box.send_keys(text)
        self.actions += 1

    def ticks(self, name: str) -> None:
        self._element(f"#{name}").click()
        self.actions += 1

    def selects(self, name: str, words: str) -> None:
        Select(self._element(f"#{name}")).select_by_visible_text(words)
        self.actions += 1

    def presses(self, words: str, *, within: str = "body") -> None:
        """The first button or link in sight whose words, or whose name for a screen reader, are these."""
        self.browser.until(
            lambda _: self._named(words, f"{within} button, {within} a"), f"{self.name} finds no button {words!r}"
        ).click()
        self.actions += 1

    def _named(self, words: str, selector: str) -> WebElement | None:
        script = """const plain = (text) => text.replace(/\\s+/g, " ").trim();
            const all = [...document.querySelectorAll(arguments[1])].filter((each) => each.checkVisibility()
              && each.tabIndex >= 0);
            const names = (each) => [plain(each.getAttribute("aria-label") ?? ""), plain(each.textContent)];
            return all.find((each) => names(each).includes(arguments[0]))
              ?? all.find((each) => names(each).some((name) => name.startsWith(arguments[0]))) ?? null"""
        found = self.browser.run(script, words, selector)
        return found if isinstance(found, WebElement) else None

    def _displayed(self, selector: str) -> WebElement | None:
        return next((each for each in self._elements(selector) if each.is_displayed()), None)

    def _element(self, selector: str) -> WebElement:
        return self.browser.driver.find_element(By.CSS_SELECTOR, selector)

    def _elements(self, selector: str) -> list[WebElement]:
        return self.browser.driver.find_elements(By.CSS_SELECTOR, selector)

    def _text(self, selector: str) -> str:
        """What is displayed; a page on its way to another has none."""
        try:
            return next((each.text for each in self._elements(selector)), "")
        except WebDriverException:
            return ""
