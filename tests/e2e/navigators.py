"""What people do in their browsers, in their own words: signing in, joining, conducting a case. Nothing here knows a
route that a person would not type or click; texts are those of the English interface."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pyotp

from tests.e2e.chromium import Chromium
from tests.e2e.in_rooms import Participant
from tests.e2e.practice import Account

SIDES = ("Claimant", "Respondent")


@dataclass(kw_only=True)
class Person(Participant):
    """Somebody with an address and, once they chose them, a password and a code application."""

    email: str
    password: str = field(default="", repr=False)
    authenticator: pyotp.TOTP | None = field(default=None, repr=False)
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

    def _choose_kind(self, kind: str) -> None:
        self._element(f"input[name=kind][value={kind}]").click()
        self.actions += 1

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
        chosen = {"Light": "light", "Dark": "dark"}.get(words)
        script = """return document.readyState === "complete"
            && (document.documentElement.dataset.theme ?? null) === arguments[0]"""
        self.browser.until(lambda _: self.browser.run(script, chosen), f"{words} was not taken")

    def paper(self) -> str:
        """The colour the page is written on."""
        return str(self.browser.run("return getComputedStyle(document.documentElement).backgroundColor"))
