"""What stands before a story begins: the real server, and people and cases made as an operator and a program would make
them, through the command line and the API."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyotp
import requests

from caseroom.app import open_database
from caseroom.audit.case_log import head_of
from caseroom.audit.notes import Verifier, format_vkey, open_note, parse_vkey
from caseroom.audit.receipts import parse_receipt, verify_receipt
from caseroom.config import LIVE_PERIOD, load_settings
from tests.realtime.serving import PATIENCE, ROOT, LiveServer

PRACTICE = "Médiation du Port"
PASSWORD = "heron gris 41 galets"
COMMAND_SECONDS = 120  # until a command counts as stuck
LARGEST_EXHIBIT = 300_000  # bytes


class Server(LiveServer):
    """``python -m caseroom serve`` as it comes, but for the port, a limit of exhibits that a test can reach, and the
    ``settings`` that a story needs."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        super().__init__(folder / "data", os.environ.get("CASEROOM_ASYNC", "eventlet"), period=LIVE_PERIOD)
        self.environ = {
            "CASEROOM_DATA": str(folder / "data"),
            "CASEROOM_BIND": f"127.0.0.1:{self.port}",
            "CASEROOM_LOCALE": "en",
            "CASEROOM_MAX_EXHIBIT_BYTES": str(LARGEST_EXHIBIT),
            **settings,
        }

    def command(self, *arguments: str, password: str = "") -> str:
        """Run ``python -m caseroom ...`` beside the server and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "caseroom", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environ},
            input=password + "\n",
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def setup_link(self) -> str:
        """The link that a first start prints."""
        found = re.search(r"^ +(http\S+/setup/\S+)$", self.log(), re.MULTILINE)
        assert found, self.log()
        return found[1]


@dataclass
class Account:
    """Somebody the operator has made. ``authenticator`` stands for the application on their telephone."""

    server: Server
    name: str
    email: str
    authenticator: pyotp.TOTP
    password: str = PASSWORD
    used: set[int] = field(default_factory=set)  # a one-time code works once, whichever browser it is typed in

    @cached_property
    def token(self) -> str:
        return self.server.command("token", "--email", self.email)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Ask the API as this person. Anything but success fails the test."""
        answer = requests.request(
            method,
            f"{self.server.origin}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}", **headers},
            timeout=PATIENCE,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@dataclass(frozen=True, slots=True)
class Case:
    """Ids of a case. ``rooms`` are those that its mediator and Ada read, by kind; the caucus and the team are Ada's."""

    id: str
    title: str
    sides: tuple[str, str]
    rooms: dict[str, str]


class Practice:
    """A practice with its server, running until ``stop``."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.server = Server(folder, settings)
        owner = ("--practice", PRACTICE, "--email", "neus@port.example", "--name", "Neus Ferrer", "--password-stdin")
        made = json.loads(self.server.command("init", *owner, "--json", password=PASSWORD))
        self.server.start()
        self.neus = self._account("Neus Ferrer", "neus@port.example", made)

    def person(self, name: str) -> Account:
        """Make an account for somebody, with an address of their first name."""
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        options = ("--practice", PRACTICE, "--email", email, "--name", name, "--password-stdin", "--json")
        return self._account(name, email, json.loads(self.server.command("create-user", *options, password=PASSWORD)))

    def open_case(self, kind: str, title: str, *sides: str) -> dict[str, Any]:
        """A case that Neus conducts; the answer of the API."""
        labels = [{"label": label} for label in sides]
        body = {"kind": kind, "title": title, "language": "en", "sides": labels, "me": {"role": "neutral"}}
        return dict(self.neus.call("POST", "/cases", body))

    def mediation(self, title: str, ada: Account, bruno: Account) -> Case:
        """A mediation that Neus conducts, with Ada on the first side and Bruno on the second, both admitted."""
        opened = self.open_case("mediation", title, "Claimant", "Respondent")
        sides = tuple(side["id"] for side in opened["sides"])
        self.admit(opened["id"], ada, "party", sides[0])
        self.admit(opened["id"], bruno, "party", sides[1])
        rooms = {}
        for reader in (self.neus, ada):
            for room in reader.call("GET", f"/cases/{opened['id']}")["rooms"]:
                if room["side_id"] in (None, sides[0]):
                    rooms[room["kind"]] = room["id"]
        return Case(opened["id"], title, (sides[0], sides[1]), rooms)

    def admit(self, case: str, somebody: Account, role: str, side: str | None) -> str:
        """Invite somebody and let them accept; returns the participant's id."""
        body = {"email": somebody.email, "name": somebody.name, "role": role, "side_id": side}
        invited = self.neus.call("POST", f"/cases/{case}/participants", body)
        code = invited["invitation_url"].rpartition("/")[2]
        return str(somebody.call("POST", f"/invitations/{code}/accept", {"undertaking": True})["participant_id"])

    def check_receipt(self, text: str, leaf: str, case: str) -> int:
        """Verify a receipt for the entry with this leaf (hex) under the case's public key, as somebody would who holds
        only the two; returns the number of entries it was signed for. Raises ReceiptError."""
        note = parse_receipt(text).checkpoint_note
        with self._database.reading() as work:
            log = head_of(work, case)
        origin = note.partition("\n")[0]
        assert origin.startswith(f"{log.origin}/s/"), "signed for another log"
        verifier: Verifier = parse_vkey(format_vkey(origin, parse_vkey(log.vkey).public))
        assert open_note(note.encode(), [verifier]).text
        return verify_receipt(text, bytes.fromhex(leaf), verifier).size

    def stop(self) -> None:
        self.server.stop()
        if "_database" in vars(self):
            self._database.engine.dispose()

    def _account(self, name: str, email: str, made: dict[str, str]) -> Account:
        authenticator = pyotp.parse_uri(made["totp_uri"])
        assert isinstance(authenticator, pyotp.TOTP)
        return Account(self.server, name, email, authenticator)

    @cached_property
    def _database(self) -> Any:
        return open_database(load_settings(self.server.environ))
