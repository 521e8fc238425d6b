"""Step 6: time-stamp tokens of OpenSSL and of every form the standards allow, and each way one can be wrong."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from caseroom.audit import verify
from tests.evidence.tokens import Authority, certificate, der, integer, new_key, sequence

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "rfc3161_local_tsa.json").read_text(encoding="utf-8"))
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NOTE = b"a checkpoint\n"


def judged(token: bytes, note: bytes, certificates: list[x509.Certificate]) -> str:
    try:
        verify.check_token(token, note, certificates)
    except verify.Refused:
        return "fail"
    except verify.Unreadable:
        return "unreadable"
    return "ok"


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"][:40])
def test_the_tokens_of_openssl_are_judged_as_openssl_judges_them(case: Any) -> None:
    roots = x509.load_pem_x509_certificates(VECTORS["roots"][case["root"]].encode())
    token, note = base64.b64decode(case["tsr"]), base64.b64decode(case["data_b64"])
    signer = x509.load_pem_x509_certificates(VECTORS["tsa_certificate"].encode())
    assert judged(token, note, roots) == ("ok" if case["expect"] == "ok" else "fail")
    if "supplied" in case["expect"]:
        assert judged(token, note, [*roots, *signer]) == "ok"


@pytest.fixture(scope="module", params=["ec", "rsa", "pss"])
def authority(request: pytest.FixtureRequest) -> Authority:
    return Authority.new(scheme=request.param, intermediates=2)


def test_a_token_is_read_in_every_form_the_standards_allow(authority: Authority) -> None:
    roots = [authority.root]
    stamp = verify.check_token(authority.token(NOTE, AT), NOTE, roots)
    assert (stamp.at, stamp.accuracy) == (int(AT.timestamp() * 1000), 1000)
    assert judged(authority.but(included=authority.chain[::-1]).token(NOTE, AT), NOTE, roots) == "ok"
    assert judged(authority.but(by_key_id=True).token(NOTE, AT), NOTE, roots) == "ok"
    assert judged(authority.but(included=authority.chain[:1]).token(NOTE, AT), NOTE, roots) == "fail"
    assert judged(authority.but(included=authority.chain[:1]).token(NOTE, AT), NOTE, [*roots, *authority.chain]) == "ok"
    assert judged(authority.but(included=()).token(NOTE, AT), NOTE, roots) == "fail"


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [
        (b"", 1000),
        (sequence(integer(2)), 2000),
        (sequence(der(0x80, b"\x64")), 100),
        (sequence(integer(1), der(0x80, b"\x01"), der(0x81, b"\x01")), 1002),
    ],
)
def test_the_accuracy_is_that_of_the_token_and_otherwise_a_second(accuracy: bytes, expected: int) -> None:
    made = Authority.new().but(accuracy=accuracy)
    assert verify.check_token(made.token(NOTE, AT), NOTE, [made.root]).accuracy == expected


def other_certificate() -> x509.Certificate:
    return certificate("Other", new_key())


@pytest.mark.parametrize(
    "make",
    [
        lambda: Authority.new(usages=()),
        lambda: Authority.new(usages=(ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH)),
        lambda: Authority.new(critical=False),
        lambda: Authority.new(until=AT - timedelta(days=1)),
        lambda: Authority.new(intermediates=1, ca=False),
        lambda: Authority.new().but(named=other_certificate()),
        lambda: Authority.new().but(key=new_key()),
        lambda: Authority.new().but(status=2),
        lambda: Authority.new().but(status=1),
        lambda: Authority.new().but(imprint="2.16.840.1.101.3.4.2.3"),
        lambda: Authority.new().but(root=other_certificate()),
        lambda: Authority.new().but(signed_change=lambda info: info.replace(b"20261122", b"20261121")),
    ],
)
def test_a_token_that_does_not_prove_its_time_is_refused(make: Callable[[], Authority]) -> None:
    good = Authority.new()
    assert judged(good.token(NOTE, AT), NOTE, [good.root]) == "ok"
    wrong = make()
    assert judged(wrong.token(NOTE, AT), NOTE, [wrong.root]) == "fail"
    assert judged(good.token(NOTE, AT), NOTE, []) == "fail"


def test_no_byte_of_a_token_changes_without_an_error_of_its_own() -> None:
    """Every byte, one after the other: refused or unreadable, or it is one that nothing signs (a certificate's name for
    an algorithm, the version), and then the time is still the same."""
    made = Authority.new()
    token = made.token(NOTE, AT)
    good = verify.check_token(token, NOTE, [made.root])
    for place in range(len(token)):
        other = token[:place] + bytes([token[place] ^ 0x01]) + token[place + 1 :]
        try:
            assert verify.check_token(other, NOTE, [made.root]) == good
        except (verify.Refused, verify.Unreadable):
            continue
