"""What people do in a room: write, read, file, and lose the network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium.webdriver.common.by import By

from tests.e2e.hands import Hands

SOMEBODY_WRITES = "textarea[name=body]"
ENTRIES = "[data-thread] [data-seq]"
WAITING = ".msg.is-pending"


@dataclass(kw_only=True)
class Participant(Hands):
    """Somebody with the rooms of a case before them."""

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
        script = """const all = [...document.querySelectorAll("[data-thread] .msg")];
            all.find((each) => each.textContent.includes(arguments[0])).querySelector("[data-action=quote]").click()"""
        self.browser.run(script, text)
        self.actions += 1

    def writes_without_network(self, text: str) -> None:
        self.types(text)
        self.sends()
        self.browser.until(lambda _: text in self.waiting(), f"{text!r} does not wait with {self.name}")

    def waiting(self) -> list[str]:
        """Texts of the messages that are not yet with the server."""
        return self._texts(f"{WAITING} .msg__body")

    def has_nothing_waiting(self) -> None:
        self.browser.until(lambda _: not self.waiting(), f"a message of {self.name} stays unsent")

    def thread(self) -> list[str]:
        """Texts of the messages of the room, from above, those that wait included."""
        return self._texts("[data-thread] .msg .msg__body")

    def numbers(self) -> list[int]:
        """The register's numbers of the entries on the page, from above."""
        return [int(seq) for seq in self._marks("seq")]

    def entry_ids(self) -> list[str]:
        return self._marks("id")

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

    def _texts(self, selector: str) -> list[str]:
        # In one step: an entry may take the place of a waiting message between two questions.
        script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText.trim())"
        return list(self.browser.run(script, selector))

    def _marks(self, name: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.dataset[arguments[1]])"
        return list(self.browser.run(script, ENTRIES, name))

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
        script = """return [...document.querySelectorAll(".chain .link[id^=entry-]")].map((link) =>
            [Number(link.id.slice("entry-".length)), link.querySelector(".link__meta .hash").title])"""
        return {int(seq): str(leaf) for seq, leaf in self.browser.run(script)}

    def _downloaded(self, act: Callable[[], Any]) -> Path:
        before = set(self.browser.downloads.iterdir())
        act()
        return Path(self.browser.until(lambda _: self._new_file(before), f"nothing arrived on the disk of {self.name}"))

    def _new_file(self, before: Iterable[Path]) -> Path | None:
        new = set(self.browser.downloads.iterdir()) - set(before)
        # While it arrives it has a name of Chromium's own, and its last name may stand beside it, empty.
        arriving = [file for file in new if file.name.startswith(".") or file.suffix == ".crdownload"]
        return next((file for file in new if not arriving and file.stat().st_size), None)

    # --- Without a network ---

    def loses_the_network(self) -> None:
        self.browser.cable.pull()

    def hears_no_answer(self) -> None:
        self.browser.cable.deafen()

    def finds_the_network_again(self) -> None:
        self.browser.cable.plug()


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
