"""The golden data of tests/vectors, one fixture per file."""

import json
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "vectors"


def _load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def published_tree() -> Any:
    return _load("rfc6962_published.json")


@pytest.fixture(scope="session")
def published_notes() -> Any:
    return _load("signed_note.json")


@pytest.fixture(scope="session")
def published_json() -> Any:
    return _load("jcs_rfc8785.json")


@pytest.fixture(scope="session")
def golden() -> Any:
    """Party A's pack, made by an independent prototype of docs/evidence.md."""
    return _load("construction_v1_A.json")
