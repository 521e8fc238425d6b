"""The forms about a case, from what was typed to a command. What was typed is kept as it is, so that a wrong form comes
back with nothing lost; every wrong field is named at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from caseroom.access.policy import COUNSEL_STEERED
from caseroom.access.words import SIDED_ROLES, CaseKind, Role
from caseroom.accounts.fields import Findings, checked_email
from caseroom.cases.services import NewCase, NewParticipant, check_new_case
from caseroom.cases.templates import MAX_SIDES, MIN_SIDES
from caseroom.cases.text import clean_line
from caseroom.config import LOCALES
from caseroom.errors import Invalid, invalid_field
from caseroom.rooms.case_words import default_label
from caseroom.rooms.opening_once import NewPerson

MAX_PEOPLE = 12
FIRST_ROWS = 2
LONGEST_NAME = 120
COUNSEL_FOR = "counsel:"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """Somebody to invite, as typed. ``side`` is a position among the sides, or nothing: none is proposed, since
    a person put on the wrong side reads the other's private rooms."""

    name: str = ""
    email: str = ""
    role: str = Role.PARTY
    side: str = ""

    @property
    def blank(self) -> bool:
        return not self.name.strip() and not self.email.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseForm:
    """The page "Open a case", as typed. ``me`` is a role, or ``counsel:1`` for the second side. ``key`` is drawn with
    the page: the same page sent twice opens one case."""

    title: str
    kind: str
    language: str
    me: str
    sides: tuple[str, ...]
    people: tuple[PersonRow, ...]
    key: str


def empty_form(*, language: str) -> CaseForm:
    sides = tuple(default_label("", position, language=language) for position in range(MIN_SIDES))
    people = (PersonRow(),) * FIRST_ROWS
    key = secrets.token_urlsafe(16)
    return CaseForm(title="", kind="", language=language, me="", sides=sides, people=people, key=key)


def read_case_form(form: MultiDict[str, str]) -> CaseForm:
    columns = [form.getlist(f"person_{name}") for name in ("name", "email", "role", "side")]
    people = [
        PersonRow(name=name, email=email, role=role, side=side)
        for name, email, role, side in zip(*columns, strict=False)
    ]
    return CaseForm(
        title=form.get("title", ""),
        kind=form.get("kind", ""),
        language=form.get("language", ""),
        me=form.get("me", ""),
        sides=tuple(form.getlist("side"))[: MAX_SIDES + 1],
        people=tuple(people)[: MAX_PEOPLE + 1],
        key=form.get("form_key", "")[:100],
    )


def reshaped(form: CaseForm, verb: str) -> CaseForm | None:
    """The form with a row more or less, for browsers without scripts; None where ``verb`` asks for neither."""
    name, _colon, text = verb.partition(":")
    at = int(text) if text.isdecimal() and len(text) <= 2 else MAX_PEOPLE
    match name:
        case "add-side":
            more = (_usual_label(form, len(form.sides)),) if len(form.sides) < MAX_SIDES else ()
            return replace(form, sides=form.sides + more)
        case "remove-side":
            return _without_side(form, at) if len(form.sides) > MIN_SIDES and at < len(form.sides) else form
        case "add-person":
            return replace(form, people=(*form.people, PersonRow())[:MAX_PEOPLE])
        case "remove-person":
            return replace(form, people=form.people[:at] + form.people[at + 1 :])
        case _:
            return None


def _without_side(form: CaseForm, at: int) -> CaseForm:
    """Everybody stays with the side they were given; the removed side's people have to be given another."""
    moved = {str(old): str(old - (old > at)) for old in range(len(form.sides)) if old != at}
    people = tuple(replace(row, side=moved.get(row.side, "")) for row in form.people)
    me = form.me
    if me.startswith(COUNSEL_FOR):
        new = moved.get(me.removeprefix(COUNSEL_FOR))
        me = COUNSEL_FOR + new if new else ""
    return replace(form, sides=form.sides[:at] + form.sides[at + 1 :], people=people, me=me)


def case_command(form: CaseForm, *, email: str) -> tuple[NewCase, tuple[NewPerson, ...]]:
    """Check the whole form. ``email`` is the opener's own. Raises Invalid with every wrong field."""
    findings = Findings()
    labels = _labels(form)
    with findings.gather():
        clean_line("title", form.title)
    with findings.gather():
        _kind(form)
    for index, label in enumerate(labels):
        with findings.gather():
            clean_line(f"sides.{index}.label", label)
    with findings.gather():
        _role_of_opener(form)
    with findings.gather():
        people = _people(form, email=email)
    findings.raise_any()
    role, side = _role_of_opener(form)
    command = NewCase(
        kind=_kind(form), title=form.title, language=form.language, sides=labels, my_role=role, my_side=side
    )
    check_new_case(command)
    return command, people


def participant_command(row: PersonRow, *, sides: tuple[str, ...]) -> NewParticipant:
    """One person to invite into a case that exists. ``sides`` are the ids of its sides. Raises Invalid."""
    person = _person(row, prefix="", sides=len(sides))
    side_id = sides[person.side] if person.side is not None else None
    return NewParticipant(email=person.email, name=person.name, role=person.role, side_id=side_id)


def _kind(form: CaseForm) -> CaseKind:
    if not form.kind:
        raise invalid_field("kind", "kind_missing")
    if form.kind not in list(CaseKind):
        raise invalid_field("kind", "unknown_value")
    return CaseKind(form.kind)


def _labels(form: CaseForm) -> tuple[str, ...]:
    """A side left without a name gets the usual one."""
    return tuple(label if label.strip() else _usual_label(form, position) for position, label in enumerate(form.sides))


def _usual_label(form: CaseForm, position: int) -> str:
    language = form.language if form.language in LOCALES else LOCALES[0]
    return default_label(form.kind, position, language=language)


def _role_of_opener(form: CaseForm) -> tuple[Role, int | None]:
    """A neutral unless said otherwise; where lawyers steer, one has to say for whom."""
    if form.me.startswith(COUNSEL_FOR):
        return Role.COUNSEL, _position("me.side", form.me.removeprefix(COUNSEL_FOR), sides=len(form.sides))
    if form.me:
        return _role("me.role", form.me), None
    if form.kind in COUNSEL_STEERED:
        raise invalid_field("me.role", "role_missing")
    return Role.NEUTRAL, None


def _people(form: CaseForm, *, email: str) -> tuple[NewPerson, ...]:
    if len(form.people) > MAX_PEOPLE:
        raise invalid_field("people", "too_many_people", most=MAX_PEOPLE)
    findings, people, seen = Findings(), [], {email}
    for index, row in enumerate(form.people):
        if row.blank:
            continue
        with findings.gather():
            person = _person(row, prefix=f"people.{index}.", sides=len(form.sides))
            people.append(person)
            if person.email in seen:
                raise invalid_field(f"people.{index}.email", "already_invited")
            seen.add(person.email)
    findings.raise_any()
    return tuple(people)


def _person(row: PersonRow, *, prefix: str, sides: int) -> NewPerson:
    """A side given to a role that has none is passed over: the role decides."""
    findings = Findings()
    with findings.gather():
        name = clean_line(f"{prefix}name", row.name, longest=LONGEST_NAME)
    with findings.gather():
        email = _email(f"{prefix}email", row.email)
    with findings.gather():
        role = _role(f"{prefix}role", row.role)
        sided = role in SIDED_ROLES or (role is Role.EXPERT and row.side)
        side = _position(f"{prefix}side_id", row.side, sides=sides) if sided else None
    findings.raise_any()
    return NewPerson(name=name, email=email, role=role, side=side)


def _email(field: str, text: str) -> str:
    try:
        return checked_email(text)
    except Invalid as error:
        raise Invalid(errors=[{**each, "field": field} for each in error.data["errors"]]) from error


def _role(field: str, text: str) -> Role:
    if text not in list(Role):
        raise invalid_field(field, "unknown_value")
    return Role(text)


def _position(field: str, text: str, *, sides: int) -> int:
    if not text:
        raise invalid_field(field, "side_required")
    if not text.isdecimal() or len(text) > 2 or int(text) >= sides:
        raise invalid_field(field, "unknown_value")
    return int(text)
