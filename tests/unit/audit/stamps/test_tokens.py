"""Judging a time stamp: the published cases, and what is never called good or wrong without reason."""

import base64
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response

from caseroom.audit.stamps import openssl
from caseroom.audit.stamps.asking import build_request
from caseroom.audit.stamps.local_authority import LocalAuthority
from caseroom.audit.stamps.tokens import Verdict, check_token

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "rfc3161_local_tsa.json").read_text())
ROOTS = {name: x509.load_pem_x509_certificate(pem.encode()) for name, pem in VECTORS["roots"].items()}
TSA = x509.load_pem_x509_certificate(VECTORS["tsa_certificate"].encode())
CASES = {case["name"]: case for case in VECTORS["cases"]}
GOOD = CASES["good, certificate embedded"]
TWO = next(case for name, case in CASES.items() if name.startswith("two certificates"))
BARE = next(case for name, case in CASES.items() if name.startswith("no certificate"))
REJECTED = next(case for name, case in CASES.items() if name.startswith("status rejection"))
NOTE = b"rooms.example.org/c/00112233445566778899aabbccddeeff\n3\nAAAA\n"


def response(case):
    return base64.b64decode(case["tsr"])


def data(case):
    return base64.b64decode(case["data_b64"])


def check(case, *, certificates=(TSA,)):
    return check_token(response(case), data(case), roots=[ROOTS[case["root"]]], certificates=certificates)


def by_openssl(case):
    """OpenSSL's own verdict, whatever the library says."""
    described = openssl.describe(response(case))
    if described is None or described.gen_time is None:
        return "FAILED"
    opinion, _ = openssl.verify(
        response(case),
        data(case),
        gen_time=described.gen_time,
        roots=[ROOTS[case["root"]].public_bytes(Encoding.PEM)],
        certificates=[TSA.public_bytes(Encoding.PEM)],
    )
    return "OK" if opinion is openssl.Opinion.GOOD else "FAILED"


@pytest.fixture
def without_openssl(monkeypatch):
    monkeypatch.setattr(openssl, "openssl_path", lambda: None)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = LocalAuthority(tmp_path_factory.mktemp("authority") / "tsa")
    made.set_up()
    return made


def trusted(authority):
    return x509.load_pem_x509_certificates(authority.roots_file.read_bytes())


@pytest.mark.parametrize("name", CASES)
def test_every_published_response_is_judged_as_published(name):
    case = CASES[name]
    checked = check(case)
    assert (checked.state is Verdict.GOOD) == case["expect"].startswith("ok")
    assert checked.state is not Verdict.UNREADABLE, "OpenSSL reads them all"
    assert checked.checked_with == ("openssl" if case is TWO else "library")


@pytest.mark.parametrize("name", CASES)
def test_openssl_alone_judges_every_published_response_as_published(name):
    assert by_openssl(CASES[name]) == CASES[name]["seen"]["openssl 3.0.19"]


@pytest.mark.parametrize("name", CASES)
def test_the_library_alone_judges_every_published_response_as_published(name, without_openssl):
    case = CASES[name]
    seen = case["seen"]["rfc3161-client 1.0.9"]
    checked = check(case)
    if seen is True:
        assert (checked.state, checked.checked_with) == (Verdict.GOOD, "library")
    elif seen.startswith("VerificationError"):
        assert (checked.state, checked.checked_with) == (Verdict.WRONG, "library")
    elif case is REJECTED:
        assert (checked.state, checked.reason) == (Verdict.WRONG, "the authority refused")
    else:
        assert (checked.state, checked.checked_with) == (Verdict.UNREADABLE, "")


def test_what_a_good_token_states_is_read():
    checked = check(GOOD)
    assert checked.gen_time == datetime(2026, 11, 22, 1, 41, 45, tzinfo=UTC)
    assert (checked.accuracy, checked.serial, checked.policy) == (timedelta(seconds=1), 11, VECTORS["policy"])


def test_library_and_openssl_read_the_same_in_a_token():
    described, checked = openssl.describe(response(GOOD)), check(GOOD)
    assert described is not None
    assert (described.gen_time, described.accuracy, described.serial, described.policy) == (
        checked.gen_time,
        checked.accuracy,
        checked.serial,
        checked.policy,
    )


def test_a_token_that_only_openssl_reads_tells_what_it_states():
    checked = check(TWO)
    assert checked.gen_time == datetime(2026, 11, 22, 1, 41, 45, tzinfo=UTC)
    assert (checked.accuracy, checked.serial, checked.policy) == (timedelta(seconds=1), 13, VECTORS["policy"])


def test_a_token_that_only_openssl_reads_is_still_found_wrong_for_other_data_or_another_root():
    other = check_token(response(TWO), data(TWO) + b"x", roots=[ROOTS["ca"]])
    assert (other.state, other.reason) == (Verdict.WRONG, "message imprint mismatch")
    unrelated = check_token(response(TWO), data(TWO), roots=[ROOTS["ca2"]])
    assert (unrelated.state, unrelated.reason) == (Verdict.WRONG, "certificate verify error")
    assert check(TWO).state is Verdict.GOOD


def test_a_token_without_its_certificate_is_not_wrong_only_not_to_be_checked_until_the_certificate_is_there():
    assert check(BARE, certificates=()).state is Verdict.UNREADABLE
    assert check(BARE).state is Verdict.GOOD


def test_rubbish_is_unreadable_and_never_wrong():
    for rubbish in (b"", b"\x00", b"\x30\x00", b"<html>", bytes(2000), random.Random(1).randbytes(500)):
        assert check_token(rubbish, NOTE, roots=[ROOTS["ca"]]).state is Verdict.UNREADABLE


def test_without_a_root_nothing_is_good():
    assert check_token(response(GOOD), data(GOOD), roots=[]).state is Verdict.UNREADABLE
    assert check(GOOD).state is Verdict.GOOD


def test_several_roots_may_be_trusted_at_once():
    assert check_token(response(GOOD), data(GOOD), roots=[ROOTS["ca2"], ROOTS["ca"]]).state is Verdict.GOOD


def test_changed_bytes_of_what_is_signed_are_never_good(without_openssl):
    """The outer frame has a few bytes that no signature covers; the hash that the next epoch pins covers those."""
    draw, start = random.Random(7), response(GOOD)
    signed = start.index(bytes.fromhex("060b2a864886f70d0109100104"))  # from the content's type on
    until = start.rindex(bytes.fromhex("06082a8648ce3d040302"))  # up to the name of the signature's algorithm
    before = decode_timestamp_response(start)
    tried = 0
    for _ in range(600):
        changed = bytearray(start)
        place = draw.randrange(signed, until)
        changed[place] ^= 1 << draw.randrange(8)
        checked = check_token(bytes(changed), data(GOOD), roots=[ROOTS["ca"]])
        tried += 1
        if checked.state is Verdict.GOOD:
            assert checked.gen_time == before.tst_info.gen_time
            assert checked.serial == before.tst_info.serial_number
            assert bytes(changed)[signed : signed + 150] == start[signed : signed + 150], "the token's content"
    assert tried == 600


def test_a_nonce_that_does_not_come_back_is_refused_by_both(authority):
    asked, another = build_request(NOTE), build_request(NOTE)
    token = authority.reply(asked.as_bytes())
    roots = trusted(authority)
    assert check_token(token, NOTE, roots=roots, request=asked).state is Verdict.GOOD
    assert check_token(token, NOTE, roots=roots, request=another).reason == "Nonce mismatch"
    chain = authority.reply(asked.as_bytes(), chain=True)
    good = check_token(chain, NOTE, roots=roots, request=asked)
    assert (good.state, good.checked_with) == (Verdict.GOOD, "openssl")
    wrong = check_token(chain, NOTE, roots=roots, request=another)
    assert (wrong.state, wrong.reason) == (Verdict.WRONG, "nonce mismatch")


def test_a_request_asks_for_a_sha_256_with_a_nonce_and_the_certificate_and_holds_nothing_else_of_the_note():
    request = build_request(NOTE)
    assert request.message_imprint.hash_algorithm.dotted_string == "2.16.840.1.101.3.4.2.1"
    assert request.cert_req
    assert request.nonce != build_request(NOTE).nonce
    assert b"rooms.example.org" not in request.as_bytes()
    assert len(request.as_bytes()) < 80


def test_the_chain_is_checked_as_of_the_tokens_own_time(authority):
    request = build_request(NOTE).as_bytes()
    inside = authority.reply_at(request, datetime(2021, 1, 1, tzinfo=UTC))
    assert check_token(inside, NOTE, roots=trusted(authority)).state is Verdict.GOOD
    before = authority.reply_at(request, datetime(2019, 1, 1, tzinfo=UTC))
    checked = check_token(before, NOTE, roots=trusted(authority))
    assert (checked.state, checked.reason) == (Verdict.WRONG, "certificate verify error")


def test_an_accuracy_that_is_not_stated_counts_as_one_second(authority):
    token = authority.reply_at(build_request(NOTE).as_bytes(), datetime(2026, 1, 5, tzinfo=UTC), accuracy=None)
    assert decode_timestamp_response(token).tst_info.accuracy is None
    assert check_token(token, NOTE, roots=trusted(authority)).accuracy == timedelta(seconds=1)


def test_a_self_signed_certificate_handed_in_with_a_token_is_not_trusted_for_it(tmp_path, authority):
    """Certificates beside a token are an attacker's choice; the library would put them among the trusted ones."""
    forged = LocalAuthority(tmp_path / "forged")
    forged.set_up()
    key, certificate = self_signed_authority()
    (forged.folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (forged.folder / "tsa.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    request = (
        TimestampRequestBuilder()
        .data(NOTE)
        .hash_algorithm(HashAlgorithm.SHA256)
        .cert_request(cert_request=False)
        .build()
    )
    token = forged.reply(request.as_bytes())
    roots = trusted(authority)
    alone = VerifierBuilder(roots=roots, tsa_certificate=certificate).build()
    assert alone.verify_message(decode_timestamp_response(token), NOTE), "the library alone must be taken in"
    assert check_token(token, NOTE, roots=roots, certificates=[certificate]).state is not Verdict.GOOD


def self_signed_authority():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Forged authority")])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, made


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("Nov 22 01:41:45 2026 GMT", datetime(2026, 11, 22, 1, 41, 45, tzinfo=UTC)),
        ("Jan  2 23:59:59.25 2027 GMT", datetime(2027, 1, 2, 23, 59, 59, 250_000, tzinfo=UTC)),
    ],
)
def test_times_and_accuracies_are_read_in_every_form_that_openssl_prints(line, time, monkeypatch):
    text = (
        f"Status: Granted.\nTST info:\nPolicy OID: 1.2.3\nSerial number: 0x-1A\nTime stamp: {line}\n"
        "Accuracy: unspecified seconds, 0x1F4 millis, 0xA micros\n"
    )
    described = openssl._parse(text)
    assert described == openssl.Described("Granted", time, timedelta(microseconds=500_010), -26, "1.2.3")
    assert openssl._parse(text.replace("unspecified seconds", "0x02 seconds")).accuracy == timedelta(
        seconds=2, microseconds=500_010
    )
    assert openssl._parse(text.replace("Accuracy: ", "Accuracy: unspecified\n")).accuracy is None
    assert openssl._parse("nothing of the kind") is None
