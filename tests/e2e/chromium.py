"""One person's browser: a real Chromium with a fresh profile, its cable, and a record of what it asked, got and
complained of."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from tests.e2e.cable import Cable

PATIENCE = 60.0  # seconds until something that must happen counts as failed; never a promise about speed
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # By itself Chromium never sends what is for this machine through a proxy.
    "--proxy-bypass-list=<-loopback>",
)


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int


DESK = Size(1440, 900)
PHONE = Size(390, 844)


@dataclass
class Chromium:
    """``driver`` is Selenium's. What follows accumulates as ``listen`` is called: ``events`` of the network,
    ``complaints`` of the console."""

    driver: webdriver.Chrome
    cable: Cable
    downloads: Path
    events: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def until(self, condition: Callable[[webdriver.Chrome], Any], what: str) -> Any:
        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.1).until(condition, what)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def looks_like(self, size: Size) -> None:
        """A window of this size; as narrow as a phone, also what a phone says of itself."""
        metrics = {"width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": size.width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefers(self, scheme: str, *, motion: bool = True) -> None:
        """``light`` or ``dark``, and things that move or not, as the system's settings would."""
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "no-preference" if motion else "reduce"}
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def listen(self) -> None:
        """Take in what the browser has noted since the last time."""
        for line in self.driver.get_log("performance"):
            self.events.append(json.loads(line["message"])["message"])
        self.complaints += [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]

    def forget(self) -> None:
        """Begin all records anew."""
        self.listen()
        self.events.clear()
        self.complaints.clear()
        self.cable.forget()

    def noted(self, *methods: str) -> list[dict[str, Any]]:
        """Parameters of the DevTools events of these methods, in order."""
        self.listen()
        return [event["params"] for event in self.events if event["method"] in methods]

    def frames(self) -> list[str]:
        """What came over websockets."""
        return [event["response"]["payloadData"] for event in self.noted("Network.webSocketFrameReceived")]

    def live_events(self) -> list[str]:
        """The frames that carry an event of the application: Engine.IO messages (4) with a Socket.IO EVENT (2)."""
        return [frame for frame in self.frames() if frame.startswith("42")]

    def is_live(self) -> bool:
        """Whether the page now shown has its live channel: a websocket opened after the page was asked for, welcomed by
        the server (a Socket.IO packet of type CONNECT), and not closed since."""
        self.listen()
        live: set[str] = set()
        for event in self.events:
            match event["method"], event["params"]:
                case "Network.requestWillBeSent", {"type": "Document"}:
                    live.clear()
                case "Network.webSocketFrameReceived", {"requestId": socket, "response": {"payloadData": text}}:
                    live |= {socket} if text.startswith("40") else set()
                case "Network.webSocketClosed", {"requestId": socket}:
                    live.discard(socket)
        return bool(live)

    def requested(self) -> list[str]:
        sent = self.noted("Network.requestWillBeSent", "Network.webSocketCreated")
        return [event["request"]["url"] if "request" in event else event["url"] for event in sent]

    def notes(self) -> str:
        """Everything the browser noted about its network, as one text to search."""
        self.listen()
        return json.dumps(self.events, ensure_ascii=False)

    def screenshot(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(file))


@contextmanager
def chromium(folder: Path, *, language: str = "en", size: Size = DESK) -> Iterator[Chromium]:
    """A browser of its own, with its profile and its downloads in ``folder``."""
    downloads = folder / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    with Cable() as cable:
        options = webdriver.ChromeOptions()
        options.binary_location = os.environ.get("SE_BROWSER_PATH") or _installed("chromium", "google-chrome")
        for flag in (
            *FLAGS,
            f"--proxy-server=socks5://127.0.0.1:{cable.port}",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={size.width},{size.height}",
            f"--lang={language}",
        ):
            options.add_argument(flag)
        options.add_experimental_option(
            "prefs", {"intl.accept_languages": language, "download.default_directory": str(downloads)}
        )
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        service = Service(os.environ.get("SE_CHROMEDRIVER") or _installed("chromedriver"))
        driver = webdriver.Chrome(options=options, service=service)
        try:
            browser = Chromium(driver, cable, downloads)
            if size == PHONE:
                browser.looks_like(size)
            yield browser
        finally:
            driver.quit()


def _installed(*names: str) -> str:
    found = next((path for path in map(shutil.which, names) if path), None)
    assert found, f"{' or '.join(names)} is not installed: `make setup-dev` names what to install"
    return found
