"""One night of measurements, told by a table and by a note: both read it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Reading:
    """Sound levels of one hour in dB(A): pump running, pump stopped, and the mode it ran in."""

    hour: str
    ambient: float
    residual: float
    mode: Literal["normal", "nuit"]

    @property
    def emergence(self) -> float:
        """What the pump adds, in dB(A)."""
        return round(self.ambient - self.residual, 1)


NIGHT: Final = (
    Reading("22 h", 36.8, 30.1, "normal"),
    Reading("23 h", 35.9, 29.3, "normal"),
    Reading("0 h", 34.7, 28.0, "normal"),
    Reading("1 h", 30.2, 27.9, "nuit"),
    Reading("2 h", 29.1, 27.0, "nuit"),
    Reading("3 h", 28.6, 26.4, "nuit"),
    Reading("4 h", 28.9, 26.7, "nuit"),
    Reading("5 h", 29.8, 27.6, "nuit"),
    Reading("6 h", 31.7, 29.5, "nuit"),
    Reading("7 h", 33.9, 31.8, "nuit"),
)


def decimal_comma(value: float) -> str:
    """One decimal, the French way: `83,4`."""
    return f"{value:.1f}".replace(".", ",")
