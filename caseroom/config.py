"""Settings, read once from the environment and frozen. The process refuses to start on an unsafe value."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

MIN_EPOCH_SECONDS = 60
LIVE_PERIOD = 20  # seconds a vanished person stays present, and between two proofs of an open connection
ASYNC_MODES = ("eventlet", "gevent", "threading")
LOCALES = ("fr", "en")
LONGEST_DELAY = 3650  # days
LONGEST_SOCKET_PATH = 100

_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?")


class ConfigError(Exception):
    """A setting that is missing, malformed or unsafe. The message names the variable and the mend."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one instance. Sizes in bytes, durations in seconds."""

    data: Path
    database_url: str
    origin: str
    bind_host: str
    bind_port: int
    async_mode: str = "eventlet"
    redis_url: str = ""
    epoch_seconds: int = 3600
    locale: str = "fr"
    max_exhibit_bytes: int = 2 * 1024**3
    live_period: int = LIVE_PERIOD
    testing: bool = False
    demo: bool = False
    trusted_proxies: int = 0
    key_backup_days: int = 30
    key_days_after_closing: int = 30
    # Not in the repr: the URLs may hold a password.
    tsa_urls: tuple[str, ...] = field(default=(), repr=False)
    tsa_roots: tuple[str, ...] = field(default=(), repr=False)  # PEM, one certificate each
    tsa_pause: int = 0
    signer_socket: Path | None = None  # where another process signs; None: this one does
    signer_data: Path | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """``host[:port]`` of the origin, as the ledger's names use it (docs/evidence.md §1)."""
        return urlsplit(self.origin).netloc

    @property
    def page_origins(self) -> list[str]:
        """Where our own pages may come from: the origin, and on loopback its other usual name."""
        names = ("127.0.0.1", "localhost")
        host = urlsplit(self.origin).hostname or ""
        return [self.origin.replace(host, name, 1) for name in names] if host in names else [self.origin]

    @property
    def https(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def keys_folder(self) -> Path:
        return self.data / "keys"

    @property
    def objects_folder(self) -> Path:
        return self.data / "objects"

    @property
    def signer_folder(self) -> Path:
        """What the signing process owns; the web process too, as long as it signs itself."""
        return self.signer_data or self.data / "signer"


def load_settings(environ: Mapping[str, str] | None = None, *, demo: bool = False) -> Settings:
    """Read ``CASEROOM_*``. Raises ConfigError on a value that is malformed or unsafe."""
    env = os.environ if environ is None else environ
    data = Path(env.get("CASEROOM_DATA") or ("var-demo" if demo else "var")).expanduser().resolve()
    host, port = _bind(env.get("CASEROOM_BIND", "127.0.0.1:8000"))
    testing = _one_of("CASEROOM_TESTING", env.get("CASEROOM_TESTING") or "0", ("0", "1")) == "1"
    return Settings(
        data=data,
        database_url=env.get("CASEROOM_DATABASE_URL") or f"sqlite:///{data / 'caseroom.db'}",
        origin=_origin(env.get("CASEROOM_ORIGIN") or f"http://{_address(host)}:{port}"),
        bind_host=host,
        bind_port=port,
        async_mode=_async_mode(env.get("CASEROOM_ASYNC", "eventlet"), testing=testing),
        redis_url=env.get("CASEROOM_REDIS_URL", ""),
        epoch_seconds=_epoch_seconds(env.get("CASEROOM_EPOCH_SECONDS", "3600"), testing=testing),
        locale=_one_of("CASEROOM_LOCALE", env.get("CASEROOM_LOCALE", "fr"), LOCALES),
        max_exhibit_bytes=_number(
            "CASEROOM_MAX_EXHIBIT_BYTES", env.get("CASEROOM_MAX_EXHIBIT_BYTES", str(2 * 1024**3))
        ),
        live_period=_live_period(env.get("CASEROOM_LIVE_PERIOD", str(LIVE_PERIOD)), testing=testing),
        testing=testing,
        demo=demo,
        trusted_proxies=_number("CASEROOM_TRUSTED_PROXIES", env.get("CASEROOM_TRUSTED_PROXIES", "0"), least=0),
        key_backup_days=_days("CASEROOM_KEY_BACKUP_DAYS", env),
        key_days_after_closing=_days("CASEROOM_KEY_DAYS_AFTER_CLOSING", env),
        signer_socket=_unix_socket("CASEROOM_SIGNER", env.get("CASEROOM_SIGNER", "")),
        signer_data=_folder(env.get("CASEROOM_SIGNER_DATA", "")),
        **_time_stamps(env),
    )


def _time_stamps(env: Mapping[str, str]) -> dict[str, Any]:
    urls = tuple(env.get("CASEROOM_TSA_URL", "").split())
    roots = env.get("CASEROOM_TSA_ROOTS", "")
    if len(urls) > 2:
        raise ConfigError("CASEROOM_TSA_URL takes one URL or two, separated by a space")
    for url in urls:
        _check_tsa_url(url)
    if urls and not roots:
        # Without roots of our choosing, any authority's word would do, an attacker's included.
        raise ConfigError("CASEROOM_TSA_URL needs CASEROOM_TSA_ROOTS: a PEM file with the authority's root certificate")
    return {
        "tsa_urls": urls,
        "tsa_roots": _tsa_roots(Path(roots).expanduser()) if roots else (),
        "tsa_pause": _number("CASEROOM_TSA_PAUSE", env.get("CASEROOM_TSA_PAUSE", "0"), least=0),
    }


def _check_tsa_url(url: str) -> None:
    """The messages do not repeat the URL: it may hold a password."""
    try:
        parts = urlsplit(url)
        sound = url.isascii() and url.isprintable() and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.scheme not in ("http", "https") or parts.fragment:
        raise ConfigError("CASEROOM_TSA_URL must look like https://tsa.example.org/path (two, separated by a space)")
    if "@" in parts.netloc and parts.scheme != "https":
        raise ConfigError("CASEROOM_TSA_URL: user and password would cross the network in clear; use https for them")


def _tsa_roots(path: Path) -> tuple[str, ...]:
    """The certificates of a PEM file, each as PEM. Raises ConfigError on one that is no root."""
    mend = "it must be a PEM file with the root certificate of the time-stamping authority"
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"CASEROOM_TSA_ROOTS: {path} cannot be read ({error.strerror}); {mend}") from error
    except ValueError as error:
        raise ConfigError(f"CASEROOM_TSA_ROOTS: {path} has no readable certificate in it; {mend}") from error
    for certificate in found:
        if not _is_root(certificate):
            name = certificate.subject.rfc4514_string()
            raise ConfigError(
                f"CASEROOM_TSA_ROOTS: {name} in {path} is not the certificate of a root authority; {mend}, "
                "not the authority's own"
            )
    return tuple(each.public_bytes(serialization.Encoding.PEM).decode() for each in found)


def _is_root(certificate: x509.Certificate) -> bool:
    try:
        limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(certificate)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return limits.ca


def _unix_socket(name: str, text: str) -> Path | None:
    """An absolute path; the system cuts those of sockets at 108 bytes, and some systems at 104."""
    if not text:
        return None
    path = text.removeprefix("unix:")
    if path == text or not path.startswith("/") or "\0" in path or len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise ConfigError(f"{name} must be unix: and an absolute path of 100 bytes at most, not {text!r}")
    return Path(path)


def _folder(text: str) -> Path | None:
    return Path(text).expanduser().resolve() if text else None


def _address(host: str) -> str:
    """How a page on this machine reaches what listens on ``host``."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _origin(text: str) -> str:
    """In the form in which browsers state it: lower case, without the scheme's own port."""
    match = _ORIGIN.fullmatch(text.lower().rstrip("/"))
    if match is None or int(match["port"] or 1) not in range(1, 65536):
        raise ConfigError(f"CASEROOM_ORIGIN must look like https://rooms.example.org, not {text!r}")
    scheme, host, port = match["scheme"], match["host"], match["port"]
    if scheme == "http" and not _is_loopback(host.strip("[]")):
        # Session cookies and exhibits would cross the network in clear.
        raise ConfigError(
            "CASEROOM_ORIGIN may use http only on this machine (127.0.0.1, localhost); use https elsewhere"
        )
    own = port is None or int(port) == {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}" if own else f"{scheme}://{host}:{int(port)}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bind(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not _is_decimal(port) or not 0 < int(port) < 65536:
        raise ConfigError(f"CASEROOM_BIND must be host:port, not {text!r}")
    return host.strip("[]"), int(port)


def _number(name: str, text: str, *, least: int = 1) -> int:
    if not _is_decimal(text) or int(text) < least:
        raise ConfigError(f"{name} must be a whole number of at least {least}, not {text!r}")
    return int(text)


def _days(name: str, env: Mapping[str, str]) -> int:
    days = _number(name, env.get(name, "30"), least=0)
    if days > LONGEST_DELAY:
        raise ConfigError(f"{name} may be {LONGEST_DELAY} days at most, not {days}")
    return days


def _is_decimal(text: str) -> bool:
    """``isdigit`` alone would take digits of other scripts, and superscripts that ``int`` refuses."""
    return text.isascii() and text.isdigit()


def _epoch_seconds(text: str, *, testing: bool) -> int:
    seconds = _number("CASEROOM_EPOCH_SECONDS", text)
    if seconds < MIN_EPOCH_SECONDS and not testing:
        raise ConfigError(f"CASEROOM_EPOCH_SECONDS below {MIN_EPOCH_SECONDS} is for tests: it needs CASEROOM_TESTING=1")
    return seconds


def _live_period(text: str, *, testing: bool) -> int:
    seconds = _number("CASEROOM_LIVE_PERIOD", text)
    if seconds != LIVE_PERIOD and not testing:
        raise ConfigError("CASEROOM_LIVE_PERIOD is for tests: it needs CASEROOM_TESTING=1")
    return seconds


def _async_mode(text: str, *, testing: bool) -> str:
    mode = _one_of("CASEROOM_ASYNC", text, ASYNC_MODES)
    if mode == "threading" and not testing:
        raise ConfigError("CASEROOM_ASYNC=threading is for tests without a server: it needs CASEROOM_TESTING=1")
    return mode


def _one_of(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(allowed)}, not {text!r}")
    return text
