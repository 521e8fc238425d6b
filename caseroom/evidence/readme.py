"""README.txt: what a pack is, for the lawyer who opens it without us. The texts are in ``readmes/``, one per language;
``$name`` is filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from string import Template

from caseroom.audit.canonical import format_due

LOCALES = ("fr", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFacts:
    """A room as README lists it: its number in the case log, its name, how many entries the pack holds."""

    slot: int
    title: str = field(repr=False)
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What could not be put in: the file ``sha256`` of an entry, or (empty) what the entry says."""

    slot: int
    seq: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFacts:
    """What README says of one pack. ``epochs`` and ``stamped`` are numbers."""

    title: str = field(repr=False)
    person: str = field(repr=False)
    case_id: str
    at: datetime
    epochs: int
    stamped: int
    rooms: tuple[RoomFacts, ...]
    files: bool
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitFacts:
    """What README says of the proof of one exhibit. ``size``: entries of its room at the state the proof shows; the
    exhibit is number ``seq`` among them, counted from 0. ``epoch``: the checkpoint that covers it, None before one."""

    label: str = field(repr=False)
    title: str = field(repr=False)
    filename: str = field(repr=False)
    person: str = field(repr=False)
    sha256: str
    at: datetime
    seq: int
    size: int
    epoch: int | None
    stamped: bool


WORDS = {
    "fr": {
        "room": "  spaces/$slot/   « $title » ($events inscriptions)",
        "files_in": "Les pièces elles-mêmes sont jointes, telles qu’elles ont été déposées.",
        "files_out": "Ce dossier a été demandé sans les fichiers des pièces. Leurs empreintes (SHA-256) y sont :\n"
        "un fichier présenté plus tard pourra leur être comparé.",
        "missing": "ATTENTION. Le serveur n’a pas pu lire les éléments suivants, qui manquent donc à ce dossier.\n"
        "Demandez-en la raison à l’hébergeur.",
        "lost_file": "  spaces/$slot, inscription $seq : fichier d’empreinte $sha256",
        "lost_values": "  spaces/$slot, inscription $seq : contenu illisible",
        "sealed": "L’inscription est couverte par le point de contrôle n° $epoch de l’affaire.",
        "unsealed": "Aucun point de contrôle de l’affaire ne couvre encore l’inscription : pour l’instant la preuve\n"
        "repose sur le récépissé seul. Demandez-la de nouveau après le prochain point de contrôle.",
        "stamped": "Ce point de contrôle a été horodaté par une autorité extérieure.",
        "unstamped": "Ce point de contrôle n’est pas encore horodaté par une autorité extérieure.",
        "file_in": "Le fichier est joint, tel qu’il a été déposé.",
        "file_out": "ATTENTION. Le serveur n’a pas pu lire le fichier, qui manque.\n"
        "Demandez-en la raison à l’hébergeur.",
    },
    "en": {
        "room": "  spaces/$slot/   “$title” ($events entries)",
        "files_in": "The exhibits themselves are included, as they were filed.",
        "files_out": "This pack was asked for without the files of the exhibits. Their fingerprints (SHA-256) are in\n"
        "it: a file that is shown later can be compared with them.",
        "missing": "ATTENTION. The server could not read the following, which is therefore missing from this pack.\n"
        "Ask the host why.",
        "lost_file": "  spaces/$slot, entry $seq: the file with fingerprint $sha256",
        "lost_values": "  spaces/$slot, entry $seq: its content cannot be read",
        "sealed": "The entry is covered by checkpoint no. $epoch of the case.",
        "unsealed": "No checkpoint of the case covers the entry yet: for now the proof rests on the receipt alone.\n"
        "Ask for it again after the next checkpoint.",
        "stamped": "That checkpoint was time-stamped by an outside authority.",
        "unstamped": "That checkpoint has not been time-stamped by an outside authority yet.",
        "file_in": "The file is included, as it was filed.",
        "file_out": "ATTENTION. The server could not read the file: it is missing. Ask the host why.",
    },
}


def verifier() -> bytes:
    """The one-file verifier as it is installed: the pack explains and checks itself."""
    return resources.files("caseroom.audit").joinpath("verify.py").read_bytes()


def pack_readme(facts: PackFacts, *, language: str) -> str:
    """README.txt of a pack, in French where the language is not one of ours."""
    words = _words(language)
    parts = [words["files_in" if facts.files else "files_out"]]
    if facts.missing:
        lines = [words["missing"]]
        lines += [
            Template(words["lost_file" if each.sha256 else "lost_values"]).substitute(
                slot=each.slot, seq=each.seq, sha256=each.sha256
            )
            for each in facts.missing
        ]
        parts.append("\n".join(lines))
    rooms = [
        Template(words["room"]).substitute(slot=room.slot, title=room.title, events=room.events) for room in facts.rooms
    ]
    return _text("pack", language).substitute(
        title=facts.title,
        person=facts.person,
        case=facts.case_id,
        at=format_due(facts.at),
        epochs=facts.epochs,
        stamped=facts.stamped,
        rooms="\n".join(rooms),
        files="\n\n".join(parts),
    )


def exhibit_readme(facts: ExhibitFacts, *, file: bool, language: str) -> str:
    """README.txt of the proof of one exhibit. ``file``: whether its bytes are there."""
    words = _words(language)
    state = [words["file_in" if file else "file_out"]]
    if facts.epoch is None:
        state.append(words["unsealed"])
    else:
        state += [
            Template(words["sealed"]).substitute(epoch=facts.epoch),
            words["stamped" if facts.stamped else "unstamped"],
        ]
    return _text("exhibit", language).substitute(
        label=facts.label,
        title=facts.title,
        filename=facts.filename,
        person=facts.person,
        sha256=facts.sha256,
        at=format_due(facts.at),
        seq=facts.seq,
        size=facts.size,
        state="\n".join(state),
    )


def _known(language: str) -> str:
    return language if language in LOCALES else LOCALES[0]


def _words(language: str) -> dict[str, str]:
    return WORDS[_known(language)]


def _text(name: str, language: str) -> Template:
    file = resources.files("caseroom.evidence").joinpath("readmes", f"{name}.{_known(language)}.txt")
    return Template(file.read_text(encoding="utf-8"))
