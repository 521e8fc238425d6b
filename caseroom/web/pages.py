"""Pages that belong to no domain: health, the browser's library, who hosts and with what, accessibility."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from caseroom.errors import NotFound
from caseroom.web.edge import database, settings

blueprint = Blueprint("pages", __name__)
log = logging.getLogger("caseroom.web")

# What the browser may have from node_modules: named files, never a folder.
VENDOR: Mapping[str, str] = {
    "socket.io.esm.min.js": "socket.io-client/dist/socket.io.esm.min.js",
    "zip.js": "@zip.js/zip.js/dist/zip-core-external.min.js",
}
VENDOR_SECONDS = 3600

_REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==")
_LONGEST_LICENCE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A library this server runs with. ``licence`` is empty where its authors do not state it in its metadata."""

    name: str
    licence: str


@blueprint.get("/healthz")
def health() -> tuple[Response, int]:
    """200 after a read of the database, 503 where it cannot be read."""
    try:
        with database().reading() as work:
            work.session.connection().exec_driver_sql("SELECT version_num FROM alembic_version").all()
    except Exception:  # whatever is wrong with the database, the answer to the probe is the same
        log.exception("health: the database cannot be read")
        return jsonify(status="unavailable"), 503
    return jsonify(status="ok"), 200


@blueprint.get("/vendor/<path:name>")
def vendor(name: str) -> Response:
    """A file of the allow-list. Raises NotFound for any other, and where the browser's libraries are not installed."""
    source = VENDOR.get(name)
    file = _root() / "node_modules" / source if source else None
    if file is None or not file.is_file():
        raise NotFound(reason=f"no vendor file {name!r}")
    return send_file(file, mimetype="text/javascript", conditional=True, max_age=VENDOR_SECONDS)


@blueprint.get("/favicon.ico")
def favicon() -> AnyResponse:
    return redirect(url_for("static", filename="favicon.svg"), 301)


@blueprint.get("/about")
def about() -> str:
    """Who hosts, what is kept, with which components. Names no practice: those are the business of their guests."""
    return render_template("pages/about.html", host=settings().host, components=components(_root()))


@blueprint.get("/accessibility")
def accessibility() -> str:
    return render_template("pages/accessibility.html", host=settings().host)


@cache
def components(root: Path) -> tuple[Component, ...]:
    """The libraries of ``requirements.txt`` and of the browser, as installed, in alphabetical order."""
    names = [found[1] for line in _lines(root / "requirements.txt") if (found := _REQUIREMENT.match(line))]
    listed = [Component(name=name, licence=_python_licence(name)) for name in names]
    listed += [_browser_component(root / "node_modules", source) for source in VENDOR.values()]
    return tuple(sorted(listed, key=lambda component: component.name.casefold()))


def _python_licence(name: str) -> str:
    """The SPDX expression where there is one, else the short words of the older fields."""
    try:
        stated = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    for field in ("License-Expression", "License"):
        text = stated[field].strip() if field in stated else ""
        if text and "\n" not in text and len(text) <= _LONGEST_LICENCE:
            return text
    trove = [text.rpartition(" :: ")[2] for text in stated.get_all("Classifier") or () if text.startswith("License ::")]
    return ", ".join(text for text in trove if text != "OSI Approved")


def _browser_component(modules: Path, source: str) -> Component:
    """``source`` is a path inside node_modules; a name with a scope has two parts."""
    name = "/".join(source.split("/")[: 2 if source.startswith("@") else 1])
    try:
        licence = str(json.loads((modules / name / "package.json").read_text(encoding="utf-8")).get("license", ""))
    except (OSError, ValueError):
        licence = ""
    return Component(name=name, licence=licence)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _root() -> Path:
    return Path(current_app.root_path)
