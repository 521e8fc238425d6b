"""The sample practice has an outside time-stamping authority as a real one would: here a local one, which nobody outside
trusts. Without OpenSSL it goes on unstamped and says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates

from caseroom.audit.stamps.local_authority import OpensslMissing
from caseroom.audit.stamps.local_tsa import LocalTsa
from caseroom.config import Settings

FOLDER = "local-tsa"
UNSTAMPED = "No openssl command here: the sample practice runs without time stamps."


@contextmanager
def stamped(settings: Settings) -> Iterator[tuple[Settings, str]]:
    """The settings to serve the demo with, and a line for the person who started it (empty: all is well).

    Where an authority is configured it is that one; else a child process in the data folder serves until the end of the
    block, or of this process, however that ends."""
    if settings.tsa_urls:
        yield settings, ""
        return
    tsa = LocalTsa(settings.data / FOLDER)
    try:
        tsa.start()
    except OpensslMissing:
        yield settings, UNSTAMPED
        return
    try:
        found = load_pem_x509_certificates(tsa.roots_file.read_bytes())
        roots = tuple(each.public_bytes(Encoding.PEM).decode() for each in found)
        yield replace(settings, tsa_urls=(tsa.url,), tsa_roots=roots), ""
    finally:
        tsa.stop()
