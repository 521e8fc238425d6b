"""Step 6 in a pack: stamps and pins, tokens that only OpenSSL can read, and an authority of OpenSSL's own."""

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from caseroom.audit import verify
from tests.evidence.building import PackBuilder, small_case
from tests.evidence.judging import named, places
from tests.evidence.tokens import Authority, der


def stamped_case(made: Authority, *, late: bool = False) -> PackBuilder:
    """Epochs 0 and 1 of three are stamped (epoch 1 late), and pinned by the next epoch."""
    builder = PackBuilder()
    builder.roots["authority"] = made.pem
    room = builder.space(11)
    room.admit(builder.exporter, at=builder.opened)
    for n in range(3):
        builder.seal()
        if n < 2:
            hours = 3 if late and n == 1 else 0
            builder.stamp(n, made.at(builder.due(n) + timedelta(hours=hours, seconds=2)))
        room.event("message.posted", {"text": f"after epoch {n}"})
    return builder


@pytest.fixture(scope="module")
def good() -> Authority:
    return Authority.new(intermediates=1)


def test_stamps_are_counted_and_late_ones_told(judge: Any, good: Authority) -> None:
    report = judge(stamped_case(good))
    assert (report.findings, report.stamped, report.late) == ([], 2, 0)
    assert [note.epoch for note in report.notes] == [2]
    late = judge(stamped_case(good, late=True))
    assert (late.findings, late.stamped, late.late) == ([], 2, 1)


def test_a_pinned_token_that_is_missing_or_exchanged_for_a_better_one_is_found(judge: Any, good: Authority) -> None:
    builder = stamped_case(good)
    files = builder.files()
    path = "case/checkpoints/000000.tsr"
    better = good.token(builder.notes[0].encode(), builder.due(0) + timedelta(seconds=1))
    report = judge(builder, files | {path: better})
    assert places(report, "timestamp") == [(None, None, 1)]
    del files[path]
    report = judge(builder, files)
    assert places(report, "timestamp") == [(None, None, 0)]


def test_a_token_that_nothing_pins_yet_may_be_missing(judge: Any, good: Authority) -> None:
    builder = stamped_case(good)
    builder.stamp(2, good.at(builder.due(2)))
    assert judge(builder).stamped == 3
    del builder.tokens[2]
    report = judge(builder)
    assert (report.findings, report.stamped) == ([], 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda epoch: epoch.update(stamps=[0, 1]),
        lambda epoch: epoch.update(stamps=[0]),
        lambda epoch: epoch.update(stamps=[2]),
        lambda epoch: epoch.update(tst="0" * 64),
        lambda epoch: epoch.update(tst=""),
    ],
)
def test_a_pin_that_is_not_of_the_tokens_since_the_last_epoch_is_found(
    judge: Any, good: Authority, change: Callable[[dict[str, Any]], Any]
) -> None:
    builder = PackBuilder()
    builder.roots["authority"] = good.pem
    for n in range(3):
        builder.seal(change=change if n == 2 else None)
        builder.stamp(n, good.at(builder.due(n)))
    assert named(judge(builder)) == {"timestamp"}


@pytest.mark.parametrize(("seconds", "clean"), [(-299, True), (-302, False)])
def test_a_stamp_older_than_its_epoch_is_found(judge: Any, good: Authority, seconds: int, clean: bool) -> None:
    builder = PackBuilder()
    builder.roots["authority"] = good.pem
    builder.seal()
    builder.stamp(0, good.at(builder.due(0) + timedelta(seconds=seconds)))
    report = judge(builder)
    assert report.verified is clean
    assert clean or named(report) == {"timestamp"}


def test_an_event_later_than_the_stamp_of_its_epoch_is_found(judge: Any, good: Authority) -> None:
    """The window is closed by the token: accuracy one second, and one second more."""
    for late, clean in ((1.9, True), (2.1, False)):
        builder = PackBuilder()
        builder.roots["authority"] = good.pem
        room = builder.space(11)
        room.admit(builder.exporter, at=builder.opened)
        builder.seal()
        moment = builder.due(1) + timedelta(seconds=late)
        room.event("message.posted", {"text": "x"}, at=moment)
        builder.seal()
        builder.stamp(1, good.at(builder.due(1)))
        report = judge(builder)
        assert report.verified is clean
        assert clean or places(report, "window") == [(11, 1, 1)]


def test_roots_obtained_elsewhere_replace_those_of_the_pack(tmp_path: Path, good: Authority) -> None:
    path = stamped_case(good).write(tmp_path / "pack.zip")
    report = verify.verify_pack(path, roots=good.pem)
    assert (report.verified, report.roots_source, report.stamped) == (True, "given", 2)
    other = verify.verify_pack(path, roots=Authority.new().pem)
    assert (named(other), other.stamped) == ({"timestamp"}, 0)
    with pytest.raises(verify.NotAPack, match="--tsa-roots"):
        verify.verify_pack(path, roots=b"none")


# --- a token that this file cannot read ---


def indefinite(token: bytes) -> bytes:
    """The same response with the outermost length left open, as BER allows and DER does not."""
    status, content = verify.der_parts(verify.der_parts(token)[0].body)
    return b"\x30\x80" + status.raw + content.raw + b"\x00\x00"


def test_a_token_that_cannot_be_read_here_is_shown_to_openssl(judge: Any, good: Authority) -> None:
    assert shutil.which("openssl")
    builder = PackBuilder()
    builder.roots["authority"] = good.pem
    builder.seal()
    builder.stamp(0, lambda note: indefinite(good.token(note, builder.due(0))))
    report = judge(builder)
    assert (report.findings, report.stamped) == ([], 1)
    builder.stamp(0, lambda _: indefinite(good.token(b"other", builder.due(0))))
    assert named(judge(builder)) == {"timestamp"}


@pytest.mark.parametrize("token", [b"", b"no token at all", der(0x30, der(0x30, der(0x02, b"\x00")))])
def test_a_token_that_nobody_can_read_is_not_called_tampered(
    judge: Any, good: Authority, token: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = small_case()
    builder.roots["authority"] = good.pem
    builder.stamp(3, lambda _: token)
    for path in (os.environ["PATH"], "/nowhere"):
        monkeypatch.setenv("PATH", path)
        report = judge(builder)
        assert (report.findings, report.stamped) == ([], 0)
        assert any(note.epoch == 3 and "not checkable here" in note.message for note in report.notes)


def test_a_pinned_token_that_nobody_can_read_is_a_finding_only_where_it_was_exchanged(judge: Any) -> None:
    builder = PackBuilder()
    builder.seal()
    builder.stamp(0, lambda _: b"in another encoding")
    builder.seal()
    assert judge(builder).findings == []
    builder.tokens[0] = b"in another one"
    assert named(judge(builder)) == {"timestamp"}


@pytest.fixture(scope="module")
def openssl_authority(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], bytes]:
    """A live authority of OpenSSL, made as docs/evidence.md §16 says."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(TSA_CNF)
    (folder / "tsa_serial").write_text("01\n")
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    openssl = f"req -x509 {key} -keyout ca.key -out ca.crt -days 3650 -config tsa.cnf -extensions v3_ca -sha256"
    run(folder, f"{openssl} -subj /CN=CA")
    run(folder, f"req -new {key} -keyout tsa.key -out tsa.csr -subj /CN=TSA -config tsa.cnf")
    signing = "x509 -req -in tsa.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out tsa.crt -days 1825 -sha256"
    run(folder, f"{signing} -extfile tsa.cnf -extensions v3_tsa")

    def token(note: bytes) -> bytes:
        (folder / "cp.note").write_bytes(note)
        run(folder, "ts -query -data cp.note -sha256 -cert -out q.tsq")
        run(folder, "ts -reply -config tsa.cnf -section tsa1 -queryfile q.tsq -out r.tsr")
        return (folder / "r.tsr").read_bytes()

    token.root = (folder / "ca.crt").read_bytes()  # type: ignore[attr-defined]
    return token


def run(folder: Path, arguments: str) -> None:
    subprocess.run(
        [shutil.which("openssl") or "openssl", *arguments.split()], cwd=folder, check=True, capture_output=True
    )


TSA_CNF = """
[req]
distinguished_name=dn
[dn]
[v3_ca]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign
[v3_tsa]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=critical,timeStamping
[tsa]
default_tsa=tsa1
[tsa1]
serial=./tsa_serial
signer_cert=./tsa.crt
signer_key=./tsa.key
signer_digest=sha256
default_policy=1.3.6.1.4.1.99999.1
digests=sha256,sha384,sha512
accuracy=secs:1
ordering=yes
tsa_name=yes
ess_cert_id_alg=sha256
"""


def test_a_case_stamped_live_by_openssl_verifies(judge: Any, openssl_authority: Any) -> None:
    builder = PackBuilder(opened=datetime.now(UTC).replace(microsecond=0))
    builder.roots["openssl"] = openssl_authority.root
    room = builder.space(11)
    room.admit(builder.exporter, at=builder.opened)
    builder.seal()
    builder.stamp(0, openssl_authority)
    builder.seal()
    report = judge(builder)
    assert (report.findings, report.stamped, report.late) == ([], 1, 0)


def test_a_person_reads_whose_certificates_vouch_for_the_time_stamps(
    good: Authority, tmp_path: Path, capsys: Any
) -> None:
    """A pack can bring the root of an authority that its maker founded: verified then says nothing of the time."""
    pack, roots = tmp_path / "pack.zip", tmp_path / "roots.pem"
    stamped_case(good).write(pack)
    roots.write_bytes(good.pem)
    for options, words in (([], "taken from the pack itself: whoever"), (["--tsa-roots", str(roots)], "you gave")):
        assert verify.main([str(pack), "--lang", "en", *options]) == 0
        assert words in next(line for line in capsys.readouterr().out.splitlines() if line.startswith("  5. "))
