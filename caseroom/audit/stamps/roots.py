"""Every root certificate that a token may need, kept for ever."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from caseroom import clock
from caseroom.audit.models import TsaRoot
from caseroom.db import Work


def keep_roots(work: Work, pems: Iterable[str]) -> None:
    """Remember root certificates (PEM, one each) for ever: a token needs its root after the setting has changed."""
    for pem in pems:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
        if work.session.get(TsaRoot, fingerprint) is None:
            text = certificate.public_bytes(Encoding.PEM).decode()
            work.session.add(TsaRoot(fingerprint=fingerprint, pem=text, added_at=clock.now()))


def kept_roots(work: Work) -> dict[str, str]:
    """Every root that was ever configured: PEM by fingerprint (SHA-256 of the DER, hex), in the order of these."""
    rows = work.session.scalars(select(TsaRoot).order_by(TsaRoot.fingerprint))
    return {row.fingerprint: row.pem for row in rows}
