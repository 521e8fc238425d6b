"""Codes of invitation links, between the request that made them and the page that shows them once.

The server keeps digests only, so the codes travel in the steward's own cookie; a cookie is signed and not secret, so
they travel sealed for that person."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping

from caseroom.access.actor import Actor
from caseroom.accounts.sealing import AccountKey, Unreadable
from caseroom.db import Work
from caseroom.rooms.admission import Invited

PURPOSE = "fresh-links"


def seal_links(work: Work, actor: Actor, case_id: str, invited: Iterable[Invited]) -> str:
    """Return the codes of one case as printable text that only this server opens, for this person."""
    plain = json.dumps({"case": case_id, "codes": {each.participant_id: each.code for each in invited}})
    sealed = work.tool(AccountKey).seal(plain.encode(), purpose=PURPOSE, person_id=actor.person)
    return urlsafe_b64encode(sealed).decode()


def open_links(work: Work, actor: Actor, case_id: str, sealed: str) -> Mapping[str, str]:
    """The codes by participant id; none where they are another person's or another case's."""
    try:
        plain = work.tool(AccountKey).open(urlsafe_b64decode(sealed), purpose=PURPOSE, person_id=actor.person)
    except (Unreadable, ValueError):
        return {}
    found = json.loads(plain)
    return dict(found["codes"]) if found["case"] == case_id else {}
