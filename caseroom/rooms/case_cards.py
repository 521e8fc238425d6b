"""What the pages of a case show, ready for their templates: groups of people with what may be done for each, and the
invitation links that are shown once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from flask_babel import force_locale, format_date, format_time

from caseroom.access.policy import answers_for, may_invite_for
from caseroom.access.words import Role
from caseroom.accounts.queries import FoundLink
from caseroom.cases.people import PersonInCase, SideView
from caseroom.rooms.queries import CaseView
from caseroom.rooms.rendering import role_label
from caseroom.web.i18n import _

CONDUCT = (Role.NEUTRAL, Role.SECRETARY)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """A row of the table of people. ``may_remove``: this viewer may remove them, renew or withdraw their invitation."""

    id: str
    name: str
    initials: str
    role: str
    is_neutral: bool
    is_you: bool
    state: str
    may_remove: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleGroup:
    title: str
    people: tuple[PersonLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshLink:
    """An invitation link as it is shown once. ``mailto`` opens a letter that holds the link and nothing of the case."""

    participant_id: str
    name: str
    url: str
    mailto: str
    until: datetime


def people_groups(case: CaseView) -> tuple[PeopleGroup, ...]:
    """Everybody this viewer may know of: those who conduct the case, each side, then the others."""
    conduct = [person for person in case.people if person.side is None and person.role in CONDUCT]
    others = [person for person in case.people if person.side is None and person.role not in CONDUCT]
    groups = [(_("Conduct of the case"), conduct)]
    groups += [(side.label, _of_side(case, side)) for side in case.sides]
    groups += [(_("Others"), others)]
    return tuple(
        PeopleGroup(title=title, people=tuple(person_line(case, person) for person in people))
        for title, people in groups
        if people
    )


def _of_side(case: CaseView, side: SideView) -> list[PersonInCase]:
    return [person for person in case.people if person.side is not None and person.side.id == side.id]


def person_line(case: CaseView, person: PersonInCase) -> PersonLine:
    return PersonLine(
        id=person.id,
        name=person.name,
        initials=person.initials,
        role=role_label(person.role, kind=person.kind, name=person.name),
        is_neutral=person.role is Role.NEUTRAL,
        is_you=person.id == case.me.id,
        state=person.state,
        may_remove=may_remove(case, person),
    )


def may_remove(case: CaseView, person: PersonInCase) -> bool:
    """The service decides; this only keeps buttons that would be refused off the page."""
    if not case.steward or person.state == "removed" or person.id == case.me.id:
        return False
    side, own = _id(person.side), _id(case.me.side)
    if answers_for(side, kind=case.kind, own=own):
        return True
    return person.state == "invited" and may_invite_for(side, kind=case.kind, own=own, represented=case.represented)


def invitable_sides(case: CaseView) -> list[tuple[str, str]]:
    """The sides this steward may invite people for, as (position, label)."""
    own = _id(case.me.side)
    return [
        (str(side.position), side.label)
        for side in case.sides
        if may_invite_for(side.id, kind=case.kind, own=own, represented=case.represented)
    ]


def _id(side: SideView | None) -> str | None:
    return side.id if side else None


def fresh_link(case: CaseView, person: PersonInCase, *, code: str, found: FoundLink, origin: str) -> FreshLink:
    """``found`` is what the code still opens. The letter is in the language of the case and says nothing about it."""
    url = f"{origin}/invitation/{code}"
    with force_locale(case.language):
        subject = _("You are invited to a secure case room")
        lines = (
            _("You are invited to a secure case room. Open this link:"),
            url,
            _(
                "It works once, for you alone, until %(day)s at %(time)s.",
                day=format_date(found.expires_at, "long"),
                time=format_time(found.expires_at, "short"),
            ),
        )
    body = "\r\n\r\n".join(lines)  # RFC 6068 §5: line breaks are CRLF
    mailto = f"mailto:{quote(found.email, safe='@')}?subject={quote(subject)}&body={quote(body)}"
    return FreshLink(participant_id=person.id, name=person.name, url=url, mailto=mailto, until=found.expires_at)
