"""What the tests of the verifier share: writing a pack and having it judged."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from caseroom.audit.verify import Report, verify_pack
from tests.evidence.building import PackBuilder

Judge = Callable[..., Report]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Write a builder's pack, or these files of it, under a fresh manifest, and verify it."""

    def judge(builder: PackBuilder, files: Mapping[str, bytes] | None = None) -> Report:
        return verify_pack(builder.write(tmp_path / "pack.zip", files))

    return judge
