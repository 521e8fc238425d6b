"""What is wrong with a form about a case: the sentence at each field, and the list above the form that leads there."""

from __future__ import annotations

from collections.abc import Mapping

from caseroom.errors import CaseroomError
from caseroom.web.i18n import _
from caseroom.web.words import error_sentence, field_sentence


def field_errors(error: CaseroomError, *, ids: Mapping[str, str] | None = None) -> dict[str, str]:
    """The sentence for each wrong field, by the id of the field on the page; what is about no field, under ``""``."""
    if "errors" not in error.data:
        return {"": error_sentence(error.code, error.data)}
    named = ids or {}
    return {named.get(each["field"], field_id(each["field"])): field_sentence(each) for each in error.data["errors"]}


def field_id(field: str) -> str:
    """``sides.0.label`` is the field ``side-0``, ``people.1.email`` is ``person-1-email``, ``me.role`` is ``me``."""
    match field.split("."):
        case ["sides", index, "label"]:
            return f"side-{index}"
        case ["sides"]:
            return "side-0"
        case ["people", index, part]:
            return f"person-{index}-{part.removesuffix('_id')}"
        case ["people"]:
            return "person-0-name"
        case ["me", _part]:
            return "me"
        case _:
            return field.removesuffix("_id")


def error_lines(errors: Mapping[str, str]) -> list[tuple[str, str]]:
    """For the list above the form: (field id, the field's name and its sentence), in the order found."""
    return [(key, _line(_name(key), sentence)) for key, sentence in errors.items()]


def _line(field: str, sentence: str) -> str:
    return _("%(field)s: %(sentence)s", field=field, sentence=sentence) if field else sentence


def _name(key: str) -> str:
    """Which field of the page an id is, in words; nothing where the sentence says it."""
    parts = {"name": _("Name"), "email": _("E-mail address"), "role": _("Role"), "side": _("Side")}
    match key.split("-"):
        case ["title"]:
            return _("Title")
        case ["language"]:
            return _("Language of the case")
        case ["side", index]:
            return _("Side %(number)s", number=int(index) + 1)
        case ["person", index, part]:
            return f"{_('Person %(number)s', number=int(index) + 1)}, {parts[part]}"
        case ["invite", part]:
            return parts[part]
        case _:
            return ""
