"""Settings, read once from the environment and frozen. The process refuses to start on an unsafe value."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

MIN_EPOCH_SECONDS = 60
LIVE_PERIOD = 20  # seconds a vanished person stays present, and between two proofs of an open connection
ASYNC_MODES = ("eventlet", "gevent", "threading")
LOCALES = ("fr", "en")

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
        return self.data / "signer"


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
    )


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
