"""The forms about a case, from what was typed to a command. What was typed is kept as it is, so that a wrong form comes
back with nothing lost; every wrong field is named at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from caseroom.access.words import SIDED_ROLES, CaseKind, Role
from caseroom.accounts.fields import Findings, checked_email
from caseroom.cases.services import NewCase, NewParticipant, check_new_case
from caseroom.cases.templates import MAX_SIDES, MIN_SIDES
from caseroom.cases.text import clean_line
from caseroom.errors import Invalid, invalid_field
from caseroom.rooms.case_words import default_label
from caseroom.rooms.opening_once import NewPerson

MAX_PEOPLE = 12
FIRST_ROWS = 2
LONGEST_NAME = 120
COUNSEL_FOR = "counsel:"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """Somebody to invite, as typed. ``side`` is a position among the sides, or nothing."""

    name: str = ""
    email: str = ""
    role: str = Role.PARTY
    side: str = ""

    @property
    def blank(self) -> bool:
        return not self.name.strip() and not self.email.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseForm:
    """The page "Open a case", as typed. ``me`` is a role, or ``counsel:1`` for the second side. ``key`` is drawn with the
    page: the same page sent twice opens one case."""

    title: str
    kind: str
    language: str
    me: str
    sides: tuple[str, ...]
    people: tuple[PersonRow, ...]
    key: str


def empty_form(*, language: str) -> CaseForm:
    sides = tuple(default_label("", position, language=language) for position in range(MIN_SIDES))
    people = tuple(PersonRow(side=str(position)) for position in range(FIRST_ROWS))
    return CaseForm(title="", kind="", language=language, me="", sides=sides, people=people, key=secrets.token_urlsafe(16))


def read_case_form(form: MultiDict[str, str]) -> CaseForm:
    columns = [form.getlist(f"person_{name}") for name in ("name", "email", "role", "side")]
    rows = [PersonRow(name=name, email=email, role=role, side=side) for name, email, role, side in zip(*columns, strict=False)]
    return CaseForm(
        title=form.get("title", ""),
        kind=form.get("kind", ""),
        language=form.get("language", ""),
        me=form.get("me", ""),
        sides=tuple(form.getlist("side"))[: MAX_SIDES + 1],
        people=tuple(rows)[: MAX_PEOPLE + 1],
        key=form.get("form_key", "")[:100],
    )


def reshaped(form: CaseForm, verb: str) -> CaseForm | None:
    """The form with a row more or less, for browsers without scripts; None where ``verb`` asks for neither."""
    name, _colon, text = verb.partition(":")
    at = int(text) if text.isdecimal() and len(text) < 3 else -1
    match name:
        case "add-side" if len(form.sides) < MAX_SIDES:
            return replace(form, sides=(*form.sides, default_label(form.kind, len(form.sides), language=form.language)))
        case "remove-side" if len(form.sides) > MIN_SIDES:
            return replace(form, sides=form.sides[:at] + form.sides[at + 1 :]) if 0 <= at < len(form.sides) else form
        case "add-person" if len(form.people) < MAX_PEOPLE:
            return replace(form, people=(*form.people, PersonRow(side="0")))
        case "remove-person":
            return replace(form, people=form.people[:at] + form.people[at + 1 :]) if 0 <= at < len(form.people) else form
        case "add-side" | "remove-side" | "add-person":
            return form
    return None


def case_command(form: CaseForm, *, email: str) -> tuple[NewCase, tuple[NewPerson, ...]]:
    """Check the whole form. ``email`` is the opener's own. Raises Invalid with every wrong field."""
    findings = Findings()
    with findings.gather():
        clean_line("title", form.title)
    with findings.gather():
        if not form.kind:
            raise invalid_field("kind", "kind_missing")
        _one_of(CaseKind, "kind", form.kind)
    labels = _labels(form)
    for index, label in enumerate(labels):
        with findings.gather():
            clean_line(f"sides.{index}.label", label)
    with findings.gather():
        if form.kind in list(CaseKind):
            _role_of_opener(form)
    people = _people(form, findings, email=email)
    findings.raise_any()
    role, side = _role_of_opener(form)
    command = NewCase(
        kind=CaseKind(form.kind), title=form.title, language=form.language, sides=labels, my_role=role, my_side=side
    )
    check_new_case(command)
    return command, people


def participant_command(row: PersonRow, *, sides: tuple[str, ...]) -> NewParticipant:
    """One person to invite into a case that exists. ``sides`` are the ids of its sides. Raises Invalid."""
    findings = Findings()
    person = _person(row, findings, prefix="", sides=len(sides))
    findings.raise_any()
    assert person is not None  # noqa: S101 - nothing was found wrong
    side_id = sides[person.side] if person.side is not None else None
    return NewParticipant(email=person.email, name=person.name, role=person.role, side_id=side_id)


def _labels(form: CaseForm) -> tuple[str, ...]:
    """A side left without a name gets the usual one."""
    language = form.language if form.language in ("fr", "en") else "fr"
    return tuple(
        label if label.strip() else default_label(form.kind, position, language=language)
        for position, label in enumerate(form.sides)
    )


def _role_of_opener(form: CaseForm) -> tuple[Role, int | None]:
    """A neutral unless said otherwise; where lawyers steer, one has to say for whom."""
    if form.me.startswith(COUNSEL_FOR):
        return Role.COUNSEL, _position("me.side", form.me.removeprefix(COUNSEL_FOR), sides=len(form.sides))
    if form.me:
        return _one_of(Role, "me.role", form.me), None
    if form.kind in (CaseKind.COLLABORATIVE, CaseKind.INSTRUCTION):
        raise invalid_field("me.role", "role_missing")
    return Role.NEUTRAL, None


def _people(form: CaseForm, findings: Findings, *, email: str) -> tuple[NewPerson, ...]:
    if len(form.people) > MAX_PEOPLE:
        raise invalid_field("people", "too_many_people", most=MAX_PEOPLE)
    people, seen = [], {email}
    for index, row in enumerate(form.people):
        if row.blank:
            continue
        person = _person(row, findings, prefix=f"people.{index}.", sides=len(form.sides))
        if person is None:
            continue
        with findings.gather():
            if person.email in seen:
                raise invalid_field(f"people.{index}.email", "already_invited")
        seen.add(person.email)
        people.append(person)
    return tuple(people)


def _person(row: PersonRow, findings: Findings, *, prefix: str, sides: int) -> NewPerson | None:
    """None where something was found wrong. A side given to a role that has none is passed over: the role decides."""
    name = email = ""
    role = side = None
    wrong = Findings()
    with wrong.gather():
        name = clean_line(f"{prefix}name", row.name, longest=LONGEST_NAME)
    with wrong.gather(), _under(prefix):
        email = checked_email(row.email)
    with wrong.gather():
        role = _one_of(Role, f"{prefix}role", row.role)
    with wrong.gather():
        if role in SIDED_ROLES or (role is Role.EXPERT and row.side):
            side = _position(f"{prefix}side_id", row.side, sides=sides)
    with findings.gather():
        wrong.raise_any()
    return NewPerson(name=name, email=email, role=role, side=side) if role and email and name else None
