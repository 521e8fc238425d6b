"""What is kept: the tokens of a case, and every root certificate that one of them may need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from caseroom import clock
from caseroom.audit.models import TimeStamp, TsaRoot
from caseroom.db import Work, table_of

STAMP = table_of(TimeStamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """How an epoch stands: ``kept`` with the token's own time, or waiting (``gen_time`` None). Times aware UTC."""

    n: int
    kept: bool
    late: bool
    gen_time: datetime | None
    tsa: str
    tries: int
    next_try: datetime
    asked_since: datetime
    pinned_in: int | None


def stamps_of(work: Work, case_id: str, *, before: int | None = None, limit: int | None = None) -> list[Stamp]:
    """The stamps of a case in the order of its epochs: all, or the last ``limit`` below epoch ``before``. An epoch that
    is not among them was sealed while no authority was configured."""
    columns = ("n", "state", "late", "gen_time", "tsa", "tries", "next_try", "asked_since", "pinned_in")
    query = select(*(STAMP.c[name] for name in columns)).where(STAMP.c.case_id == case_id)
    if before is not None:
        query = query.where(STAMP.c.n < before)
    rows = work.session.execute(query.order_by(STAMP.c.n.desc()).limit(limit)).mappings().all()
    fields = [name for name in columns if name != "state"]
    return [Stamp(kept=row["state"] == "kept", **{name: row[name] for name in fields}) for row in reversed(rows)]


def token_of(work: Work, case_id: str, n: int) -> bytes | None:
    """The response kept for an epoch, the bytes of its ``.tsr``; None where there is none (yet)."""
    return work.session.scalars(
        select(STAMP.c.token).where(STAMP.c.case_id == case_id, STAMP.c.n == n, STAMP.c.state == "kept")
    ).first()


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
