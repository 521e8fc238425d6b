"""Languages. French is the first, English is complete. Message ids are English; catalogues live in translations/.

Chosen by the person, else by the browser, else by the instance."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, request
from flask_babel import Babel, format_date, format_datetime, format_time, get_locale, get_timezone, gettext
from flask_babel import ngettext as plural
from flask_babel import pgettext as in_context

from caseroom.config import LOCALES, Settings
from caseroom.web.edge import actor_or_none, settings

SOURCES = Path(__file__).resolve().parent.parent / "translations"
DEFAULT_ZONE = "Europe/Paris"

__all__ = ["_", "get_locale", "get_timezone", "language", "ngettext", "pgettext"]


def _(message: str, **values: object) -> str:
    """The message in the running language; ``%(name)s`` is filled from ``values``."""
    return str(gettext(message, **values))


def pgettext(context: str, message: str, **values: object) -> str:
    """The message as it reads in ``context``, where a language needs more than one word for it."""
    return str(in_context(context, message, **values))


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """The singular or the plural form; ``%(num)d`` is the number."""
    return str(plural(one, many, number, **values))


def select_locale() -> str:
    chosen = g.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    actor = actor_or_none()
    if actor is not None and actor.locale in LOCALES:
        return actor.locale
    cookie = request.cookies.get("language") if request else None
    if cookie in LOCALES:
        return str(cookie)
    return (request.accept_languages.best_match(LOCALES) if request else None) or settings().locale


def language() -> str:
    """The language of the running request, two letters; the instance's own where there is no request."""
    running = str(get_locale() or "")[:2]
    return running if running in LOCALES else settings().locale


def select_zone() -> str:
    actor = actor_or_none()
    return checked_zone(actor.zone if actor is not None else "")


def checked_zone(name: str) -> str:
    """Return ``name`` if it is a known IANA time zone, else the default one."""
    try:
        return ZoneInfo(name).key if name else DEFAULT_ZONE
    except (ZoneInfoNotFoundError, ValueError):
        return DEFAULT_ZONE


def local_time(instant: datetime) -> str:
    """10:42 in the person's zone."""
    return str(format_time(instant, "short"))


def local_second(instant: datetime) -> str:
    """10:42:07: for acts, whose second matters."""
    return str(format_time(instant, "medium"))


def local_day(instant: datetime) -> str:
    """jeudi 19 mars 2026."""
    return str(format_date(instant, "full"))


def local_datetime(instant: datetime) -> str:
    """19 mars 2026, 10:42:07."""
    return str(format_datetime(instant, "medium"))


def install_languages(app: Flask, configuration: Settings) -> None:
    folder = _compile(configuration.data / "cache" / "translations")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(folder)
    Babel(app, locale_selector=select_locale, timezone_selector=select_zone, default_locale="en")
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.globals["get_locale"] = get_locale
    app.jinja_env.globals["get_timezone"] = get_timezone
    app.jinja_env.filters.update(
        localtime=local_time, localsecond=local_second, localday=local_day, localdatetime=local_datetime
    )


def _compile(target: Path) -> Path:
    """Compile the catalogues into the data folder: the installed code may be read-only, and no build step is needed."""
    for source in sorted(SOURCES.glob("*/LC_MESSAGES/messages.po")):
        compiled = target / source.relative_to(SOURCES).with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        compiled.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as text:
            catalogue = read_po(text)
        fresh = compiled.with_suffix(".tmp")
        with fresh.open("wb") as binary:
            write_mo(binary, catalogue)
        fresh.replace(compiled)
    return target
