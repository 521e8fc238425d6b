"""Time-stamp tokens of any time and any fault, written in DER by hand (RFC 3161, RFC 5652): OpenSSL's own authority
only gives good ones of the present moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SHA256 = "2.16.840.1.101.3.4.2.1"
ECDSA_SHA256, RSA, RSA_PSS = "1.2.840.10045.4.3.2", "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2036, 1, 1, tzinfo=UTC)
TIME_STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)

Key = Any


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def sequence(*parts: bytes) -> bytes:
    return der(0x30, *parts)


def integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    body = b""
    for number in (40 * first + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.insert(0, number & 0x7F | 0x80)
        body += bytes(digits)
    return der(0x06, body)


def certificate(
    name: str,
    key: Key,
    *,
    issuer: tuple[x509.Certificate, Key] | None = None,
    ca: bool = True,
    usages: Sequence[Any] = (),
    critical: bool = True,
    until: datetime = END,
) -> x509.Certificate:
    """A certificate, self-signed without an issuer."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(usages)), critical=critical)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256())


def new_key(kind: str = "ec") -> Key:
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Authority:
    """A time-stamping authority: root, intermediates, signer, and how it writes its tokens."""

    root: x509.Certificate
    chain: tuple[x509.Certificate, ...]  # from the signer to the last before the root
    key: Key
    scheme: str = "ec"  # ec, rsa or pss
    included: tuple[x509.Certificate, ...] | None = None
    accuracy: bytes = field(default=sequence(integer(1)))
    by_key_id: bool = False
    status: int = 0
    named: x509.Certificate | None = None  # the certificate that signingCertificateV2 names, the signer's otherwise
    imprint: str = SHA256
    signed_change: Callable[[bytes], bytes] = lambda signed: signed

    @classmethod
    def new(
        cls,
        *,
        scheme: str = "ec",
        intermediates: int = 0,
        usages: Sequence[Any] = TIME_STAMPING,
        critical: bool = True,
        until: datetime = END,
        ca: bool = True,
    ) -> Authority:
        """``usages``, ``critical`` and ``until`` are the signer's certificate's, ``ca`` that of intermediates."""
        key = new_key()
        issuer = root, _ = certificate("Root", key), key
        chain: list[x509.Certificate] = []
        for number in range(intermediates):
            key = new_key()
            issuer = certificate(f"Intermediate {number}", key, issuer=issuer, ca=ca), key
            chain.insert(0, issuer[0])
        key = new_key("ec" if scheme == "ec" else "rsa")
        signer = certificate("TSA", key, issuer=issuer, ca=False, usages=usages, critical=critical, until=until)
        return cls(root, (signer, *chain), key, scheme)

    def but(self, **changes: Any) -> Authority:
        return replace(self, **changes)

    @property
    def pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)

    def at(self, moment: datetime) -> Callable[[bytes], bytes]:
        """What makes tokens of this time: ``builder.stamp(n, authority.at(...))``."""
        return lambda note: self.token(note, moment)

    def token(self, note: bytes, at: datetime) -> bytes:
        """A TimeStampResp over a note."""
        info = sequence(
            integer(1),
            oid("1.3.6.1.4.1.99999.1"),
            sequence(sequence(oid(self.imprint), der(0x05)), der(0x04, hashlib.sha256(note).digest())),
            integer(7),
            der(0x18, at.strftime("%Y%m%d%H%M%SZ").encode()),
            self.accuracy,
        )
        attributes = self._attributes(info)
        signature = self._sign(der(0x31, attributes))
        algorithm = sequence(oid(SHA256), der(0x05))
        certificates = self.chain if self.included is None else self.included
        signed_data = sequence(
            integer(3),
            der(0x31, algorithm),
            sequence(oid("1.2.840.113549.1.9.16.1.4"), der(0xA0, der(0x04, self.signed_change(info)))),
            der(0xA0, *(each.public_bytes(Encoding.DER) for each in certificates)) if certificates else b"",
            der(
                0x31,
                sequence(
                    integer(1),
                    self._identity(),
                    algorithm,
                    der(0xA0, attributes),
                    self._algorithm(),
                    der(0x04, signature),
                ),
            ),
        )
        content = sequence(oid("1.2.840.113549.1.7.2"), der(0xA0, signed_data))
        return sequence(sequence(integer(self.status)), b"" if self.status > 1 else content)

    def _identity(self) -> bytes:
        signer = self.chain[0]
        if self.by_key_id:
            identifier = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
            return der(0x80, identifier)
        return sequence(signer.issuer.public_bytes(), integer(signer.serial_number))

    def _attributes(self, info: bytes) -> bytes:
        named = (self.named or self.chain[0]).public_bytes(Encoding.DER)
        identity = sequence(sequence(sequence(der(0x04, hashlib.sha256(named).digest()))))
        parts = [
            sequence(oid("1.2.840.113549.1.9.3"), der(0x31, oid("1.2.840.113549.1.9.16.1.4"))),
            sequence(oid("1.2.840.113549.1.9.4"), der(0x31, der(0x04, hashlib.sha256(info).digest()))),
            sequence(oid("1.2.840.113549.1.9.16.2.47"), der(0x31, identity)),
        ]
        return b"".join(sorted(parts))

    def _sign(self, signed: bytes) -> bytes:
        if self.scheme == "ec":
            return bytes(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
        if self.scheme == "rsa":
            return bytes(self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))
        return bytes(self.key.sign(signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()))

    def _algorithm(self) -> bytes:
        if self.scheme == "ec":
            return sequence(oid(ECDSA_SHA256))
        if self.scheme == "rsa":
            return sequence(oid(RSA), der(0x05))
        digest = sequence(oid(SHA256), der(0x05))
        mask = sequence(oid("1.2.840.113549.1.1.8"), digest)
        return sequence(oid(RSA_PSS), sequence(der(0xA0, digest), der(0xA1, mask), der(0xA2, integer(32))))


def hours(number: float) -> timedelta:
    return timedelta(hours=number)
