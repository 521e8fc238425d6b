"""What the doctor says: findings, each with a stable check name, a place, and what to do; and notes, which are none.

Where evidence is concerned the names are those of docs/evidence.md §9.1, as the offline verifier uses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

_EVIDENCE = "Stop the server, keep a copy of this folder as it is, and restore the newest backup in which it is whole."
_ROW = "Compare with a backup; correct the row, or restore the newest backup in which it is whole."

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        # the folder and the machine
        "permissions": "Correct owner and mode: folders 0700, files 0600.",
        "folder": "Correct it, or restore the folder.",
        "disk": "Make room: a full disk stops the server from writing.",
        "clock": "Keep systemd-timesyncd or chrony running: the ledger's times are this machine's.",
        "settings": "Correct the environment of the service.",
        # the database file
        "database": _EVIDENCE,
        "references": _ROW,
        "values": _ROW,
        "migrations": "Start the server once: it brings an older database up to date.",
        # keys
        "kek": "Put the key file back from the place where it is kept (docs/operating.md, Backup).",
        "space-key": "Restore the keys from a backup that has them.",
        "slot": _EVIDENCE,
        # the ledger, by the names of the offline verifier
        "canonical": _EVIDENCE,
        "sequence": _EVIDENCE,
        "seen": _EVIDENCE,
        "commitment": _EVIDENCE,
        "file": _EVIDENCE,
        "head": _EVIDENCE,
        "key": _EVIDENCE,
        "checkpoint": _EVIDENCE,
        "epoch": _EVIDENCE,
        "opening": _EVIDENCE,
        "schedule": _EVIDENCE,
        "timestamp": _EVIDENCE,
        "unsigned": "The signer refuses this log or does not answer: see the other findings, then restart the server.",
        "stamp-overdue": "See that CASEROOM_TSA_URL can be reached. Nothing is lost: stamping goes on when it answers.",
        # the signer
        "signer": "Put the signer's folder back; without it no log can go on.",
        "rollback": "This database is older than the signer. Get the newer backup, or the packs that the participants "
        "hold; docs/operating.md, After restoring an older copy.",
        "signer-behind": "The signer's file is older than the database. Put the newer one back.",
        # rows beside the ledger
        "case": _ROW,
        "room": _ROW,
        "side": _ROW,
        "participant": _ROW,
        "member": _ROW,
        "wall": "Stop the server: somebody reads a room who should not, or cannot who should. " + _ROW,
        "exhibit": _ROW,
        "draft": _ROW,
        "replay": _ROW,
        "account": _ROW,
        "erasure": _ROW,
        # exhibits
        "object-missing": "Copy it from a backup (objects/) into its place; the check then says whether it is the one.",
        "object-damaged": "Copy it from a backup (objects/) over it; the check then says whether it is the one.",
        "object-unknown": "The next start sets it aside into objects-set-aside/; a newer database may know it.",
        "object-left": "It was erased on record and is still here: delete the file.",
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """``where``: ids, numbers and paths, never content. ``message``: what is wrong, and what to do."""

    check: str
    where: str
    message: str


@dataclass(slots=True)
class Diagnosis:
    """``checked``: how many of what were looked at, so that "healthy" says of what."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        return not self.findings

    def find(self, check: str, where: str, what: str) -> None:
        """Report a problem once; ``check`` is one of ADVICE."""
        finding = Finding(check, where, f"{what}. {ADVICE[check]}")
        if finding not in self.findings:
            self.findings.append(finding)

    def expect(self, check: str, where: str, what: str, *, holds: bool) -> None:
        if not holds:
            self.find(check, where, what)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def count(self, what: str, number: int = 1) -> None:
        self.checked[what] = self.checked.get(what, 0) + number

    @contextmanager
    def reading(self, check: str, where: str) -> Iterator[None]:
        """Whatever cannot even be read is a finding: the doctor must come to the end of a broken instance."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a damaged row fails in any way there is
            self.find(check, where, f"It cannot be read ({type(error).__name__}): something was changed or is missing")
