"""What people do in their browsers, in their own words. Nothing here knows a route that a person would not type or click;
texts are those of the English interface."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from tests.e2e.chromium import Chromium
from tests.e2e.practice import Account

SOMEBODY_WRITES = "textarea[name=body]"
ENTRIES = "[data-thread] [data-seq]"
WAITING = ".msg.is-pending"
MOST_STOPS = 60
# What has the focus: its name, whether it or what holds it is marked, whether something lies over it.
FOCUSED = """const at = document.activeElement, box = at.getBoundingClientRect();
  const plain = (text) => (text ?? "").replace(/\\s+/g, " ").trim();
  const name = plain(at.getAttribute("aria-label")) || plain(at.labels?.[0]?.textContent) || plain(at.textContent);
  const holders = [at]; while (holders.at(-1).parentElement && holders.length < 6) holders.push(holders.at(-1).parentElement);
  const marked = holders.map((each) => getComputedStyle(each)).some(
    (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  const over = document.elementFromPoint(box.left + Math.min(box.width, innerWidth) / 2, box.top + Math.min(box.height, 40) / 2);
  return {name, marked, uncovered: over !== null && (at.contains(over) || over.contains(at))};"""
SIDES = ("Claimant", "Respondent")


@dataclass
class Person:
    """``actions`` counts fields filled, choices made and buttons or links pressed: what a newcomer has to get right."""

    name: str
    email: str
    browser: Chromium = field(repr=False)
    origin: str
    password: str = field(default="", repr=False)
    authenticator: pyotp.TOTP | None = field(default=None, repr=False)
    actions: int = 0
    used: set[int] = field(default_factory=set)  # steps of the one-time code

    @classmethod
    def with_account(cls, account: Account, browser: Chromium) -> Person:
        return cls(
            name=account.name,
            email=account.email,
            browser=browser,
            origin=account.server.origin,
            password=account.password,
            authenticator=account.authenticator,
            used=account.used,
        )

    # --- Signing in ---

    def signs_in(self) -> None:
        self.opens("/sign-in")
        self.gives_their_password()
        self.gives_a_code()
        self.reads_heading("My cases")

    def gives_their_password(self) -> None:
        self.fills("email", self.email)
        self.fills("password", self.password)
        self.presses("Go on")
        self.reads_heading("Your six-digit code")

    def gives_a_code(self) -> None:
        self.fills("code", self.code())
        self.presses("Enter")

    def code(self) -> str:
        """The code the telephone shows; where it was used already, the next one."""
        assert self.authenticator is not None, f"{self.name} has no code application"
        step = int(time.time()) // 30
        while step in self.used:
            step += 1
        # The server takes the next code half a minute early, as for a telephone whose clock is ahead, and no earlier.
        while step > int(time.time()) // 30 + 1:
            time.sleep(0.2)
        self.used.add(step)
        return self.authenticator.generate_otp(step)

    def signs_out_everywhere(self) -> None:
        self.opens("/account")
        self.presses("Sign out everywhere")
        self.reads_heading("Sign in")

    def signs_out(self) -> None:
        self.opens("/")
        self.opens_menu()
        self.presses("Sign out")
        self.reads_heading("Sign in")

    def opens_menu(self) -> None:
        self._element(".menu summary").click()

    def chooses_language(self, words: str) -> None:
        self.opens_menu()
        self.presses(words)
        code = words[:2].lower()
        self.browser.until(lambda _: self.language() == code, f"{self.name} does not get {words}")

    # --- Joining ---

    def opens_invitation(self, link: str) -> None:
        self.opens(link)
        self.reads_heading("You are expected")

    def chooses_password(self, password: str) -> None:
        self.password = password
        self.fills("password", password)
        self.presses("Go on")

    def sets_up_codes(self) -> None:
        self.reads_heading("A second lock for your account")
        secret = self._element("#totp-secret").get_attribute("value")
        assert secret, "the page gives the secret as text"
        self.authenticator = pyotp.TOTP(secret)
        self.fills("code", self.code())
        self.presses("Confirm")
        self.reads_heading("Keep these ten codes")

    def keeps_recovery_codes(self) -> list[str]:
        codes = [each.text for each in self._elements(".codes li")]
        self.ticks("kept")
        self.presses("Go on")
        return codes

    def accepts_undertaking(self) -> None:
        self.reads_heading("Undertaking of confidentiality")
        self.ticks("accepted")
        self.presses("Accept and enter the room")

    # --- Conducting a case ---

    def opens_a_mediation(self, title: str, *invited: tuple[str, str]) -> list[str]:
        """Fill in "Open a case" with one (name, address) per side; returns the links that are shown once."""
        self.presses("Open a case")
        self.fills("title", title)
        self._choose_kind("mediation")
        for index, (name, email) in enumerate(invited):
            self.fills(f"person-{index}-name", name)
            self.fills(f"person-{index}-email", email)
            self.selects(f"person-{index}-side", SIDES[index])
        self.presses("Open the case")
        self.reads_heading(title)
        return self.copies_links()

    def copies_links(self) -> list[str]:
        return [str(each.get_attribute("value")) for each in self._elements("section[aria-labelledby=links] input")]

    def invites(self, name: str, email: str, *, role: str, side: str) -> str:
        """On the page of the case; returns the link."""
        self.fills("invite-name", name)
        self.fills("invite-email", email)
        self.selects("invite-role", role)
        self.selects("invite-side", side)
        self.presses("Invite")
        self.sees(f"For {name}")
        (link,) = self.copies_links()
        return link

    def removes(self, name: str) -> None:
        """On the page of the case."""
        self.presses(f"Remove {name}")
        self.reads_heading(f"Remove {name} from the case?")
        self.presses(f"Remove {name}")

    # --- In a room ---

    def goes_to_case(self, title: str) -> None:
        self.opens("/")
        self.presses(title)
        self.reads_heading(title)

    def goes_to_room(self, word: str) -> None:
        """By the navigation of the case; on a phone it is behind the first of the bottom buttons."""
        rooms = ".nav__room"
        if not self._element(".nav").is_displayed():
            self.presses("Case", within=".tabbar")
            rooms = ".room-tile"
        self.browser.until(lambda _: self._named(word, rooms), f"{self.name} finds no room {word!r}").click()
        self.is_in_room(word)

    def is_in_room(self, word: str) -> None:
        self.browser.until(lambda _: word in self._text("#room-name"), f"{self.name} is not in the room {word!r}")
        self.is_connected()

    def is_connected(self) -> None:
        self.browser.until(lambda _: self.browser.is_live(), f"{self.name} has no live connection")

    def types(self, text: str) -> None:
        box = self._element(SOMEBODY_WRITES)
        box.send_keys(text)
        self.actions += 1

    def sends(self) -> None:
        self._element("form[data-composer] button[data-send]").click()
        self.actions += 1

    def writes(self, text: str) -> None:
        """Type and send; done when the server has it."""
        self.types(text)
        self.sends()
        self.sees(text)
        self.has_nothing_waiting()

    def quotes(self, text: str) -> None:
        """Answer the message that holds this text; what is written next goes under it."""
        script = """[...document.querySelectorAll("[data-thread] .msg")].find((each) => each.textContent.includes(arguments[0]))
            .querySelector("[data-action=quote]").click()"""
        self.browser.run(script, text)
        self.actions += 1

    def writes_without_network(self, text: str) -> None:
        self.types(text)
        self.sends()
        self.browser.until(lambda _: text in self.waiting(), f"{text!r} does not wait with {self.name}")

    def waiting(self) -> list[str]:
        """Texts of the messages that are not yet with the server."""
        return [self._text_of(each, ".msg__body") for each in self._elements(WAITING)]

    def has_nothing_waiting(self) -> None:
        self.browser.until(lambda _: not self._elements(WAITING), f"a message of {self.name} stays unsent")

    def thread(self) -> list[str]:
        """Texts of the messages of the room, from above, those that wait included."""
        return [self._text_of(each, ".msg__body") for each in self._elements("[data-thread] .msg:not(:has(.exhibit))")]

    def numbers(self) -> list[int]:
        """The register's numbers of the entries on the page, from above."""
        return [int(str(each.get_attribute("data-seq"))) for each in self._elements(ENTRIES)]

    def entry_ids(self) -> list[str]:
        return [str(each.get_attribute("data-id")) for each in self._elements(ENTRIES)]

    def is_read_by_all(self) -> None:
        """Wait until the last entry of the room is marked as read by everybody."""
        script = """const last = [...document.querySelectorAll("[data-thread] [data-seen-text]")].at(-1);
            const told = last?.textContent.match(/(\\d+) of (\\d+)/); return told && told[1] === told[2]"""
        self.browser.until(lambda _: self.browser.run(script), "not everybody has read the last message")

    def draft(self) -> str:
        return str(self._element(SOMEBODY_WRITES).get_attribute("value"))

    def readers_on_the_button(self) -> str:
        return self._text("form[data-composer] button[data-send]")

    def presence(self) -> dict[str, str]:
        """Name and state of everybody the page lists as a reader."""
        script = """return Object.fromEntries([...document.querySelectorAll(".who__item")].map(
            (item) => [item.querySelector("b").textContent, item.querySelector("[data-presence]").textContent]))"""
        return dict(self.browser.run(script))

    def unread(self) -> dict[str, str]:
        """What the counts beside the rooms say, hidden ones included."""
        script = """return Object.fromEntries([...document.querySelectorAll("[data-unread],[data-unread-total]")].map(
            (count) => [count.dataset.unread ?? "total", `${count.hidden} ${count.textContent.trim()}`]))"""
        return dict(self.browser.run(script))

    # --- Exhibits ---

    def chooses_files(self, *titled: tuple[Path, str]) -> None:
        """Choose all of them in one go and name them; nothing is sent yet."""
        rows = len(self._elements("[data-upload]"))
        self._element("input[data-file-input]").send_keys("\n".join(str(path) for path, _title in titled))
        self.browser.until(
            lambda _: len(self._elements("[data-upload]")) == rows + len(titled), "the files are not listed"
        )
        for row, (_path, title) in zip(self._elements("[data-upload]")[rows:], titled, strict=True):
            name = row.find_element(By.CSS_SELECTOR, "[data-slot=title]")
            name.clear()
            name.send_keys(title)
        self.actions += 1 + len(titled)

    def chooses_too_large(self, file: Path) -> None:
        self._element("input[data-file-input]").send_keys(str(file))
        self.actions += 1

    def may_file(self) -> bool:
        return self._displayed("[data-action=file-all]") is not None

    def presses_file(self) -> None:
        self._element("[data-action=file-all]").click()
        self.actions += 1

    def files(self, *titled: tuple[Path, str]) -> None:
        """Choose, name and file; done when the cards stand in the room."""
        self.chooses_files(*titled)
        self.presses_file()
        for _path, title in titled:
            self.card(title)

    def card(self, title: str) -> dict[str, str]:
        """What the card of an exhibit says, once it is there: number, author, sha256, size and the links."""
        script = """const card = [...document.querySelectorAll(".msg .exhibit")].find(
              (each) => each.querySelector(".exhibit__title").textContent.trim() === arguments[0]);
            return card && {
              number: card.querySelector(".exhibit__no").textContent.trim(), text: card.textContent,
              id: card.closest(".msg").id, author: card.closest(".msg").querySelector(".msg__name").textContent,
              sha256: card.querySelector(".hash").title.replace("SHA-256 ", ""),
              receipt: card.querySelector(".exhibit__proof a:last-child").href}"""
        found = self.browser.until(lambda _: self.browser.run(script, title), f"{self.name} sees no exhibit {title!r}")
        return dict(found)

    def downloads(self, title: str) -> Path:
        """By the button of the card; returns the file as the browser has put it down."""
        card = f"#{self.card(title)['id']}"
        return self._downloaded(lambda: self.presses("Download", within=card))

    def downloads_receipt(self, title: str) -> str:
        card = f"#{self.card(title)['id']}"
        return self._downloaded(lambda: self.presses("Receipt", within=card)).read_text("utf-8")

    def leaves(self) -> dict[int, str]:
        """On the page of a register: the hash of each entry, by its number."""
        script = """return [...document.querySelectorAll(".chain .link[id]")].map((link) =>
            [Number(link.id.slice("entry-".length)), link.querySelector(".link__meta .hash").title])"""
        return {int(seq): str(leaf) for seq, leaf in self.browser.run(script)}

    # --- Without a network ---

    def loses_the_network(self) -> None:
        self.browser.cable.pull()

    def finds_the_network_again(self) -> None:
        self.browser.cable.plug()

    # --- Dialogs and settings ---

    def is_asked(self, question: str) -> str:
        """Wait for a dialog; returns all it says."""
        self.browser.until(lambda _: question in self._text("dialog[open]"), f"{self.name} is not asked {question!r}")
        return self._text("dialog[open]")

    def answers(self, words: str) -> None:
        self.presses(words, within="dialog[open]")

    def language(self) -> str:
        return str(self.browser.run("return document.documentElement.lang"))

    def chooses_appearance(self, words: str) -> None:
        self.opens_menu()
        self.presses(words)
        chosen = "light" if words == "Light" else "dark" if words == "Dark" else None
        script = "return document.readyState === 'complete' && (document.documentElement.dataset.theme ?? null) === arguments[0]"
        self.browser.until(lambda _: self.browser.run(script, chosen), f"{words} was not taken")

    def paper(self) -> str:
        """The colour the page is written on."""
        return str(self.browser.run("return getComputedStyle(document.documentElement).backgroundColor"))

    # --- Looking ---

    def asks(self, path: str) -> dict[str, Any]:
        """What a request of the page is answered, without what differs by nature from one answer to the next."""
        script = """const done = arguments[1]; fetch(arguments[0], {headers: {Accept: "text/html"}}).then(async (answer) => done({
            status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text()}))"""
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
        script = """return [document.documentElement.outerHTML, document.title, location.href, JSON.stringify(localStorage),
            JSON.stringify(sessionStorage), document.cookie].join("\\n")"""
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

    # --- Hands ---

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

    def _choose_kind(self, kind: str) -> None:
        self._element(f"input[name=kind][value={kind}]").click()
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
        except (StaleElementReferenceException, WebDriverException):
            return ""

    def _text_of(self, element: WebElement, selector: str) -> str:
        return element.find_element(By.CSS_SELECTOR, selector).text

    def _downloaded(self, act: Callable[[], Any]) -> Path:
        before = set(self.browser.downloads.iterdir())
        act()
        return Path(self.browser.until(lambda _: self._new_file(before), f"nothing arrived on the disk of {self.name}"))

    def _new_file(self, before: Iterable[Path]) -> Path | None:
        new = set(self.browser.downloads.iterdir()) - set(before)
        # While it arrives it has a name of Chromium's own.
        return next((file for file in new if not file.name.startswith(".") and file.suffix != ".crdownload"), None)


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
