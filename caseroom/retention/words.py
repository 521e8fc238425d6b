"""The closed vocabularies of erasing and keeping. Their values are stored and shown by the API."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """What an erasure destroys (docs/evidence.md §11; E0, leaving something out of a pack, destroys nothing)."""

    ITEM = "E1"
    ROOM = "E2"
    CASE = "E3"


class Basis(StrEnum):
    """On what ground. ``REQUEST``: of the person concerned (GDPR art. 17)."""

    REQUEST = "request"
    CONSENT = "consent"  # withdrawn
    MISTAKE = "mistake"
    AGREEMENT = "agreement"
    ORDER = "order"
    RETENTION = "retention"  # its time is over; only a rule says so


class Progress(StrEnum):
    """Of an erasure, in this order."""

    ASKED = "asked"
    REFUSED = "refused"
    RECORDED = "recorded"
    DESTROYED = "destroyed"
    DONE = "done"


UNFINISHED = (Progress.RECORDED, Progress.DESTROYED)
"""On record, and to be carried out or finished whatever happens in between."""


class Content(StrEnum):
    """The kinds of content that a practice may keep for different times."""

    MESSAGES = "messages"
    EXHIBITS = "exhibits"
    NOTES = "notes"
    PRIVATE = "private"
    IDENTITIES = "identities"
    CASE = "case"


PEOPLES_GROUNDS = tuple(basis for basis in Basis if basis is not Basis.RETENTION)
