"""A zip that is no pack, or made to do harm: the verifier ends soon with a named finding or with "not a pack"."""

import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from caseroom.audit import verify
from tests.evidence.building import MANIFEST, small_case, write_zip
from tests.evidence.judging import named


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return small_case().write(tmp_path / "pack.zip")


def archive(path: Path, *more: tuple[Any, bytes]) -> Path:
    """A small case's pack with further members, names of any kind, under a manifest that does not know them."""
    builder = small_case()
    files = builder.files()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in (*files.items(), (MANIFEST, builder.manifest(files)), *more):
            written.writestr(name, data)
    return path


# --- not a pack ---


def manifest(**members: Any) -> bytes:
    return json.dumps(members).encode() + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"not json",
        b"\xff",
        b"[]",
        b"1",
        b"[" * 100_000,
        b'{"v":' + b"9" * 5_000 + b"}",
        manifest(v="caseroom/v2/pack"),
        manifest(case="0" * 32),
        manifest(v=["caseroom/v1/pack"]),
    ],
)
def test_a_zip_without_a_manifest_of_this_version_is_not_a_pack(tmp_path: Path, data: bytes | None) -> None:
    files = {} if data is None else {MANIFEST: data}
    path = write_zip(tmp_path / "other.zip", files)
    with pytest.raises(verify.NotAPack):
        verify.verify_pack(path)
    assert verify.main([str(path), "--json"]) == 2


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04" + bytes(100), b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_not_a_pack(tmp_path: Path, capsys: Any, data: bytes) -> None:
    path = tmp_path / "no.zip"
    path.write_bytes(data)
    assert verify.main([str(path)]) == 2
    assert "not an evidence pack" in capsys.readouterr().out
    assert verify.main([str(tmp_path / "absent.zip")]) == 2
    assert verify.main([str(tmp_path)]) == 2


@pytest.mark.parametrize(
    "members",
    [
        {"v": "caseroom/v1/pack"},
        {"v": "caseroom/v1/pack", "case": None, "files": []},
        {"v": "caseroom/v1/pack", "case": 1, "exporter": [], "at": {}, "files": {"a": 1, "b": {}}},
        {"v": "caseroom/v1/disclosure", "files": {}},
    ],
)
def test_a_manifest_of_this_version_with_anything_else_in_it_is_a_finding(tmp_path: Path, members: Any) -> None:
    report = verify.verify_pack(write_zip(tmp_path / "pack.zip", {MANIFEST: manifest(**members)}))
    assert "manifest" in named(report)
    assert not any("to its end" in each.message for each in report.findings)


# --- a zip that is made to do harm ---


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../evil", "case/../../evil", "C:\\evil", "case\\vkey", "a" * 60_000, "\ud83d", "case/", "."],
)
def test_a_path_that_leaves_its_folder_or_is_no_path_of_a_pack_is_found(tmp_path: Path, name: str) -> None:
    name = name.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    report = verify.verify_pack(archive(tmp_path / "pack.zip", (name, b"x")))
    assert named(report) == {"manifest"}
    assert all(len(each.message) < 300 and each.message.isprintable() for each in report.findings)


def test_a_name_that_stands_twice_is_found(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = archive(tmp_path / "pack.zip", ("case/vkey", b"another"))
    report = verify.verify_pack(path)
    assert named(report) == {"manifest"}
    assert "twice" in report.findings[0].message


def test_a_link_to_another_file_is_found(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("README.html")
    info.external_attr = 0o120777 << 16
    assert named(verify.verify_pack(archive(tmp_path / "pack.zip", (info, b"/etc/passwd")))) == {"manifest"}


def test_an_encrypted_member_is_found_and_not_read(pack: Path) -> None:
    data = bytearray(pack.read_bytes())
    place = data.rindex(b"spaces/11/vkey") - 46 + 8
    data[place] |= 0x01
    pack.write_bytes(data)
    report = verify.verify_pack(pack)
    assert named(report) == {"manifest", "key"}


def test_a_member_whose_bytes_do_not_fit_its_checksum_is_found(pack: Path) -> None:
    data = bytearray(pack.read_bytes())
    place = data.index(b"case/epochs.jsonl") + 100
    data[place] ^= 0x01
    pack.write_bytes(data)
    assert "manifest" in named(verify.verify_pack(pack))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_of_compression_that_is_not_of_the_format_is_found(tmp_path: Path, method: int) -> None:
    info = zipfile.ZipInfo("verify.py")
    info.compress_type = method
    assert named(verify.verify_pack(archive(tmp_path / "pack.zip", (info, b"x" * 1000)))) == {"manifest"}


def test_a_zip_bomb_is_found_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written, written.open("README.txt", "w") as member:
        for _ in range(400):
            member.write(bytes(1 << 20))
    archive_size = path.stat().st_size
    with zipfile.ZipFile(path, "a") as written:
        written.writestr(MANIFEST, manifest(v="caseroom/v1/pack"))
    start = time.monotonic()
    report = verify.verify_pack(path)
    assert any("bomb" in each.message for each in report.findings)
    assert time.monotonic() - start < 2
    assert archive_size < 1 << 20


def test_members_that_lie_over_one_another_are_found(tmp_path: Path) -> None:
    """Ten thousand names for the same bytes would be read ten thousand times."""
    path = archive(tmp_path / "pack.zip", ("verify.py", b"x" * 500))
    data = bytearray(path.read_bytes())
    directory = data.rindex(b"PK\x01\x02")
    target = data.index(b"PK\x01\x02")
    data[directory + 42 : directory + 46] = data[target + 42 : target + 46]
    path.write_bytes(data)
    report = verify.verify_pack(path)
    assert any("lies over" in each.message for each in report.findings)


def test_a_truncated_pack_is_not_a_pack_or_has_findings(pack: Path) -> None:
    data = pack.read_bytes()
    for length in range(0, len(data), len(data) // 23):
        pack.write_bytes(data[:length])
        assert verify.main([str(pack), "--json"]) in (1, 2)
