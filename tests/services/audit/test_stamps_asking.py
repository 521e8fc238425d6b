"""Asking over real HTTP: a local authority in every mood, and what is made of each."""

import base64
import datetime as dt
import ipaddress
import logging
import ssl
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from caseroom.audit.stamps import asking, openssl
from caseroom.audit.stamps.asking import (
    Authority,
    TsaFailed,
    TsaRefused,
    TsaUnreachable,
    ask,
    build_request,
    clock_difference,
    obtain,
)
from caseroom.audit.stamps.local_tsa import LocalTsa
from caseroom.audit.stamps.tokens import Verdict, check_token
from tests.stamping import roots_of

NOTE = b"rooms.example.org/c/00112233445566778899aabbccddeeff\n3\nAAAA\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with LocalTsa(tmp_path_factory.mktemp("asking") / "tsa") as tsa:
        yield tsa


@pytest.fixture
def tsa(served):
    served.behave("good")
    served.set_clock(timedelta(0))
    return served


def test_a_good_answer_is_a_token_over_the_note_that_openssl_finds_good_as_well(tsa):
    before = dt.datetime.now(dt.UTC) - timedelta(seconds=1)
    stamped = obtain(Authority(tsa.url), NOTE, roots=roots_of(tsa))
    assert before <= stamped.checked.gen_time <= dt.datetime.now(dt.UTC)
    assert stamped.checked.checked_with == "library"
    opinion, _ = openssl.verify(
        stamped.response,
        NOTE,
        gen_time=stamped.checked.gen_time,
        roots=[tsa.roots_file.read_bytes()],
        request=stamped.request,
    )
    assert opinion is openssl.Opinion.GOOD


def test_an_answer_that_the_library_cannot_read_is_good_by_openssl(tsa, monkeypatch):
    tsa.behave("chain")
    stamped = obtain(Authority(tsa.url), NOTE, roots=roots_of(tsa))
    assert stamped.checked.checked_with == "openssl"
    assert stamped.checked.gen_time is not None
    monkeypatch.setattr(openssl, "openssl_path", lambda: None)
    assert check_token(stamped.response, NOTE, roots=roots_of(tsa)).state is Verdict.UNREADABLE


@pytest.mark.parametrize(
    ("mood", "error", "told"),
    [
        ("refuse", TsaRefused, "it refused with status 2"),
        ("other", TsaRefused, "not accepted: Mismatch between messages"),
        ("rubbish", TsaRefused, "cannot be checked here"),
        ("page", TsaRefused, "its answer is no time stamp"),
        ("redirect", TsaRefused, "HTTP 302"),
        ("huge", TsaRefused, "too long"),
        ("error", TsaUnreachable, "HTTP 500"),
    ],
)
def test_an_answer_that_is_no_good_token_is_refused_by_its_name(tsa, mood, error, told):
    authority, asked = Authority(tsa.url), tsa.asked
    tsa.behave(mood)
    with pytest.raises(error, match=told):
        obtain(authority, NOTE, roots=roots_of(tsa))
    assert tsa.asked == asked + 1, "a redirect is not followed, nothing is asked twice"
    tsa.behave("good")
    assert obtain(authority, NOTE, roots=roots_of(tsa)).checked.state is Verdict.GOOD


def test_a_token_of_another_root_is_refused(tsa, tmp_path):
    with LocalTsa(tmp_path / "other") as other:
        with pytest.raises(TsaRefused, match="certificate verify error"):
            obtain(Authority(tsa.url), NOTE, roots=roots_of(other))
        assert obtain(Authority(tsa.url), NOTE, roots=[*roots_of(other), *roots_of(tsa)])


def test_an_authority_that_is_down_is_unreachable_and_comes_back(tsa):
    authority = Authority(tsa.url)
    tsa.down()
    try:
        with pytest.raises(TsaUnreachable, match="no connection"):
            obtain(authority, NOTE, roots=roots_of(tsa))
    finally:
        tsa.up()
    assert obtain(authority, NOTE, roots=roots_of(tsa))


def test_a_silent_authority_is_given_up_in_time(tsa, monkeypatch):
    monkeypatch.setattr(asking, "TIMEOUT", 0.2)
    tsa.behave("slow")
    with pytest.raises(TsaUnreachable, match="in time"):
        obtain(Authority(tsa.url), NOTE, roots=roots_of(tsa))


def test_a_name_that_does_not_exist_and_a_server_that_speaks_no_http_are_unreachable():
    with pytest.raises(TsaUnreachable, match="no connection"):
        ask(Authority("http://tsa.invalid/"), build_request(NOTE))
    with answering(Nonsense) as url, pytest.raises(TsaUnreachable, match="does not speak HTTP"):
        ask(Authority(url), build_request(NOTE))


def test_an_answer_that_is_dripped_byte_by_byte_is_given_up(monkeypatch):
    monkeypatch.setattr(asking, "TIMEOUT", 0.3)
    with answering(Dripping) as url, pytest.raises(TsaUnreachable, match="in time"):
        ask(Authority(url), build_request(NOTE))


def test_the_request_is_what_the_standard_asks_for_and_tells_nothing_about_the_note():
    with answering(Recording) as url, pytest.raises(TsaRefused):
        ask(Authority(f"{url}path?key=1"), build_request(NOTE))
    line, headers, body = Recording.seen.pop()
    assert line == "POST /path?key=1 HTTP/1.1"
    assert headers["Content-Type"] == "application/timestamp-query"
    assert "Authorization" not in headers
    assert set(headers) <= {
        "Host",
        "Content-Type",
        "Content-Length",
        "Accept",
        "Accept-Encoding",
        "User-Agent",
        "Connection",
    }
    assert b"rooms.example.org" not in body
    assert len(body) < 80


def test_the_difference_between_the_clocks_is_measured(tsa):
    tsa.set_clock(timedelta(minutes=-7))
    assert timedelta(minutes=6, seconds=58) < clock_difference(Authority(tsa.url), roots=roots_of(tsa))
    assert clock_difference(Authority(tsa.url), roots=roots_of(tsa)) < timedelta(minutes=7, seconds=30)


def test_credentials_go_over_tls_in_a_header_and_nowhere_else(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    server, client = tls_contexts(tmp_path)
    with answering(Recording, tls=server) as url:
        authority = Authority(url.replace("https://", "https://ada:p%40s%3As3cret@"), tls=client)
        with pytest.raises(TsaFailed) as refused:
            ask(authority, build_request(NOTE))
    _, headers, _ = Recording.seen.pop()
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"ada:p@s:s3cret").decode()
    told = str(refused.value) + repr(authority) + authority.label + caplog.text
    assert "HTTP 401" in told, "the credentials were wrong, and that is what is told"
    for secret in ("s3cret", "ada", headers["Authorization"].removeprefix("Basic ")):
        assert secret not in told


def test_a_certificate_that_nobody_vouches_for_is_refused_before_credentials_are_sent(tmp_path):
    server, client = tls_contexts(tmp_path)
    with answering(Recording, tls=server) as url:
        with pytest.raises(TsaUnreachable, match="TLS certificate is not valid"):
            ask(Authority(url.replace("https://", "https://ada:s3cret@")), build_request(NOTE))
        assert Recording.seen == []
        with pytest.raises(TsaRefused):
            ask(Authority(url, tls=client), build_request(NOTE))
    Recording.seen.clear()


# --- servers that are no authority ---


class answering:  # noqa: N801 - reads as a verb where it is used
    def __init__(self, handler, *, tls=None):
        self.server = HTTPServer(("127.0.0.1", 0), handler)
        self.scheme = "https" if tls else "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self):
        self.server.handle_error = lambda *_: None
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}/"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Recording(BaseHTTPRequestHandler):
    """Notes what comes, answers 401."""

    seen: ClassVar[list] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.requestline, dict(self.headers), body))
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Nonsense(Recording):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.wfile.write(b"EHLO whatever\r\n\r\n")


class Dripping(Recording):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        pause = threading.Event()
        try:
            for _ in range(100):
                self.wfile.write(b"\x30")
                pause.wait(0.05)
        except OSError:
            pass


def tls_contexts(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=20_000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "server.pem", folder / "server.key"
    chain.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, secret)
    return server, ssl.create_default_context(cafile=chain)
