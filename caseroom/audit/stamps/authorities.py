"""The configured authorities, in their order, and which of them is asked at which try."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from cryptography import x509

from caseroom.audit.stamps.asking import Authority
from caseroom.config import Settings

TRIES_OF_THE_FIRST = 3
ALARM_PAUSE = timedelta(hours=1)


class Authorities:
    """One or two authorities, or none: then it is false. One instance per process, for it keeps the pace."""

    def __init__(self, authorities: Sequence[Authority] = ()) -> None:
        self._authorities = tuple(authorities)
        self._alarmed: datetime | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of ``CASEROOM_TSA_URL``."""
        return cls([Authority(url, pause=settings.tsa_pause) for url in settings.tsa_urls])

    def __bool__(self) -> bool:
        return bool(self._authorities)

    @property
    def first(self) -> Authority:
        return self._authorities[0]

    def for_try(self, tries: int) -> Authority:
        """Whom to ask after ``tries`` failures: three times the first, then the second, and from there in turn."""
        if len(self._authorities) == 1 or tries < TRIES_OF_THE_FIRST:
            return self._authorities[0]
        return self._authorities[(tries - TRIES_OF_THE_FIRST + 1) % 2]

    def may_alarm(self, now: datetime) -> bool:
        """True once an hour: the operator's log is read by people."""
        if self._alarmed is not None and self._alarmed <= now < self._alarmed + ALARM_PAUSE:
            return False
        self._alarmed = now
        return True


def trusted_roots(settings: Settings) -> list[x509.Certificate]:
    """The roots of ``CASEROOM_TSA_ROOTS``, against which a fresh token is checked."""
    return [x509.load_pem_x509_certificate(pem.encode()) for pem in settings.tsa_roots]
