"""A time-stamping authority of one's own, for the demo and for tests: two certificates, and ``openssl`` that signs.

Nobody outside trusts it, and nobody should. Its certificates are made with dates long past, so that a test may stamp
"yesterday"; everything else is as docs/evidence.md §16 has it."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from caseroom.audit.stamps.openssl import SECONDS, openssl_path

POLICY = "1.3.6.1.4.1.99999.1"
ROOTS_FILE = "roots.pem"

_FROM, _UNTIL = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2060, 1, 1, tzinfo=dt.UTC)
_CONF = """[tsa]
default_tsa = good
[good]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = {policy}
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
[without_sha256]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = {policy}
digests = sha512
ess_cert_id_alg = sha256
"""


class OpensslMissing(Exception):
    """There is no ``openssl`` command here, or it could not do what was asked."""


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """The authority in ``folder``, made at the first use and the same ever after: tokens kept must stay checkable.

    One call at a time: the serial number is a file."""

    folder: Path

    @property
    def roots_file(self) -> Path:
        return self.folder / ROOTS_FILE

    def set_up(self) -> None:
        """Make keys and certificates where they are not there yet. Raises OpensslMissing."""
        if openssl_path() is None:
            raise OpensslMissing("there is no openssl command here")
        if self.roots_file.exists():
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = _root_certificate(root_key)
        self._write("tsa.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self._write("tsa.pem", _authority_certificate(key, root, root_key).public_bytes(Encoding.PEM))
        self._write("tsa.cnf", _CONF.format(policy=POLICY).encode())
        self._write("serial", f"{secrets.randbits(63):016X}".encode())
        # Last: its presence says that the rest is complete. The root's key is kept nowhere.
        self._write(ROOTS_FILE, root.public_bytes(Encoding.PEM))

    def reply(self, query: bytes, *, section: str = "good", chain: bool = False) -> bytes:
        """The response to a query, at the present time. ``section`` ``without_sha256`` refuses ours; with ``chain``
        the token holds the root as well, in the order that the library refuses. Raises OpensslMissing."""
        self._write("query.tsq", query)
        arguments = ["ts", "-reply", "-config", "tsa.cnf", "-section", section, "-queryfile", "query.tsq"]
        return self._run([*arguments, *(["-chain", ROOTS_FILE] if chain else [])])

    def reply_at(self, query: bytes, moment: dt.datetime, *, accuracy: int | None = 1) -> bytes:
        """The response to a query as if it were ``moment`` (aware), its accuracy in seconds or unstated: `ts -reply`
        has no clock but the machine's, so the token's content is written here and signed with `openssl cms`."""
        described = _Query.read(query)
        serial = int((self.folder / "serial").read_text(), 16) + 1  # the file holds the last one, as OpenSSL has it
        self._write("serial", f"{serial:016X}".encode())
        content = _sequence(
            b"\x02\x01\x01",
            _object(POLICY),
            described.imprint,
            _integer(serial),
            _tagged(0x18, moment.astimezone(dt.UTC).strftime("%Y%m%d%H%M%SZ").encode()),
            b"" if accuracy is None else _sequence(_integer(accuracy)),
            described.nonce,
        )
        self._write("content.der", content)
        arguments = ["cms", "-sign", "-binary", "-nodetach", "-cades", "-md", "sha256", "-outform", "DER"]
        arguments += ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-signer", "tsa.pem", "-inkey", "tsa.key"]
        token = self._run([*arguments, "-in", "content.der"])
        return _sequence(_sequence(_integer(0)), token)

    def _write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        fresh.replace(path)

    def _run(self, arguments: Sequence[str]) -> bytes:
        program = openssl_path()
        if program is None:
            raise OpensslMissing("there is no openssl command here")
        done = subprocess.run(  # noqa: S603 - a fixed program; the arguments are names of our own files
            [program, *arguments, "-out", "answer.der"],
            capture_output=True,
            check=False,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
        )
        if done.returncode != 0:
            raise OpensslMissing(done.stderr.decode("utf-8", "replace").strip())
        return (self.folder / "answer.der").read_bytes()


def _root_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    # A name of its own, or two such roots together would be taken for one another. And a short one: its certificate is
    # then the shorter of the two, and OpenSSL, which puts the signer's first, writes a chain in the order that
    # rfc3161-client refuses.
    name = _named(f"Local root {secrets.token_hex(4)}")
    return (
        _certificate(name, key, issuer=name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _authority_certificate(
    key: ec.EllipticCurvePrivateKey, root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    name = _named("Local time-stamping authority of one machine, for tests")
    return (
        _certificate(name, key, issuer=root.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(root_key, hashes.SHA256())
    )


def _certificate(name: x509.Name, key: ec.EllipticCurvePrivateKey, *, issuer: x509.Name) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
    )


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


# --- as much DER as a query and a token's content need (X.690) ---


@dataclass(frozen=True, slots=True)
class _Query:
    """Of a TimeStampReq (RFC 3161 §2.4.1): the encoded messageImprint, and the encoded nonce or nothing."""

    imprint: bytes
    nonce: bytes

    @classmethod
    def read(cls, query: bytes) -> _Query:
        parts = list(_elements(_content(query)))
        nonces = [part for part in parts[2:] if part[0] == 0x02]
        return cls(imprint=parts[1], nonce=nonces[0] if nonces else b"")


def _elements(data: bytes) -> list[bytes]:
    found = []
    while data:
        size = _size(data)
        found.append(data[:size])
        data = data[size:]
    return found


def _header(data: bytes) -> tuple[int, int]:
    """The length of an element's header and of its content."""
    first = data[1]
    if first < 0x80:
        return 2, first
    count = first & 0x7F
    return 2 + count, int.from_bytes(data[2 : 2 + count])


def _size(data: bytes) -> int:
    return sum(_header(data))


def _content(data: bytes) -> bytes:
    header, length = _header(data)
    return data[header : header + length]


def _tagged(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _integer(number: int) -> bytes:
    return _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def _object(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = bytes([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.insert(0, number & 0x7F | 0x80)
        content += bytes(groups)
    return _tagged(0x06, content)
