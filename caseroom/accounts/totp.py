"""One-time codes by time (RFC 6238: SHA-1, 6 digits, 30 seconds, as every authenticator application has them)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import pyotp
import segno

from caseroom.accounts.sealing import AccountKey
from caseroom.accounts.secrets import equal

PERIOD = 30
WINDOW = 1  # one step early or late: the clock of a phone
SECRET_SIGNS = 32  # 160 bits in base 32, as RFC 4226 section 4 recommends
PURPOSE = "totp"


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpOffer:
    """What a person needs to add the account to an application: text, link for a phone, drawing for its camera."""

    secret: str
    uri: str
    qr_svg: str


def new_totp_secret() -> str:
    """Return 160 random bits in base 32."""
    return pyotp.random_base32(SECRET_SIGNS)


def seal_totp(key: AccountKey, person_id: str, secret: str) -> bytes:
    return key.seal(secret.encode("ascii"), purpose=PURPOSE, person_id=person_id)


def open_totp(key: AccountKey, person_id: str, sealed: bytes) -> str:
    """Raises ``sealing.Unreadable``."""
    return key.open(sealed, purpose=PURPOSE, person_id=person_id).decode("ascii")


def read_totp_code(typed: str) -> str | None:
    """Return six ASCII digits, spaces forgiven (many applications show 123 456); None for anything else."""
    digits = "".join(typed.split())
    return digits if len(digits) == 6 and digits.isascii() and digits.isdigit() else None


def matching_step(secret: str, code: str, *, at: datetime) -> int | None:
    """Return the 30-second step whose code this is, within the window around ``at``; None if there is none.

    Every step of the window is compared, and each in constant time."""
    otp = pyotp.TOTP(secret)
    present = int(at.timestamp()) // PERIOD
    found = None
    for step in range(present - WINDOW, present + WINDOW + 1):
        if equal(otp.generate_otp(step), code):
            found = step
    return found


def code_at(secret: str, step: int) -> str:
    """The code of the 30-second step ``step``, counted from 1970."""
    return pyotp.TOTP(secret).generate_otp(step)


def totp_uri(secret: str, *, email: str, issuer: str) -> str:
    """Return the ``otpauth://`` link that authenticator applications read."""
    # A colon separates the issuer from the account inside the label.
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer.replace(":", " "))


def offer_totp(secret: str, *, email: str, issuer: str) -> TotpOffer:
    uri = totp_uri(secret, email=email, issuer=issuer)
    return TotpOffer(secret=secret, uri=uri, qr_svg=draw_qr(uri))


def draw_qr(text: str) -> str:
    """Draw ``text`` as inline SVG, on this machine: the secret must reach no drawing service. No ``style`` attribute,
    so a strict content policy lets it pass; black, and the page lays it on white in every theme."""
    drawn = BytesIO()
    segno.make(text, micro=False, error="m").save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        svgclass=None,
        lineclass=None,
        dark="#000",
        light=None,
        nl=False,
    )
    return drawn.getvalue().decode("utf-8")
