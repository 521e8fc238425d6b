"""What a data folder remembers of itself: real or sample, made for tests or not.

One-click sign-in links must never reach real files, so a folder made by ``serve`` can never be opened by ``demo``, nor
the other way round; and a folder that once had a test's settings says so on every page for ever."""

from __future__ import annotations

import json
from pathlib import Path

from caseroom.config import Settings

FILE = "folder.json"


class DataFolderMisused(Exception):
    """The folder was made for something else."""


def mark_data_folder(settings: Settings) -> None:
    """Write the mark at the first start; afterwards compare. Raises DataFolderMisused."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.data / FILE
    wanted = "demo" if settings.demo else "real"
    if not path.exists():
        if settings.demo and any(settings.data.iterdir()):
            raise DataFolderMisused(f"{settings.data} is not empty: a sample needs a folder of its own (CASEROOM_DATA)")
        path.write_text(json.dumps({"use": wanted, "testing": settings.testing}))
        return
    marks = read_marks(settings.data)
    if marks["use"] != wanted:
        raise DataFolderMisused(
            f"{settings.data} was made as a {marks['use']} instance and stays one: set CASEROOM_DATA to another folder"
        )
    if settings.testing and not marks["testing"]:
        path.write_text(json.dumps({**marks, "testing": True}))


def read_marks(data: Path) -> dict[str, object]:
    """``{"use": "real"|"demo", "testing": bool}``; a folder without a mark is real."""
    path = data / FILE
    found = json.loads(path.read_text()) if path.exists() else {}
    return {"use": found.get("use", "real"), "testing": bool(found.get("testing", False))}
