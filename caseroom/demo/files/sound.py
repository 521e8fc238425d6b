"""A recording made by arithmetic: the hum of a heat pump heard at night through a half-open window."""

from __future__ import annotations

import array
import io
import math
import random
import sys
import wave
from typing import Final

from caseroom.demo.script import Spec

_RATE: Final = 16_000
_SECONDS: Final = 3
_PEAK: Final = 0.72
# Frequency in Hz and relative strength: the compressor at twice the mains frequency, its overtones, the blades of the fan.
_PARTIALS: Final = ((50.0, 0.20), (100.0, 0.55), (200.0, 0.22), (300.0, 0.10), (137.0, 0.12), (411.0, 0.05))
_BEAT_HZ: Final = 0.7


def heat_pump_sound(_spec: Spec) -> bytes:
    """Make a WAV file: three seconds, mono, 16 bits, 16 kHz."""
    samples = array.array("h", (round(32767 * _PEAK * level) for level in _levels()))
    if sys.byteorder == "big":
        samples.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(_RATE)
        recording.writeframes(samples.tobytes())
    return out.getvalue()


def _levels() -> list[float]:
    """Samples between -1 and 1: hum that slowly swells, over air noise softened by a one-pole low-pass filter."""
    air = random.Random(16)  # noqa: S311 - noise to listen to, not a secret
    turns = [(2 * math.pi * frequency / _RATE, strength) for frequency, strength in _PARTIALS]
    total = sum(strength for _, strength in _PARTIALS)
    breath, levels = 0.0, []
    for index in range(_RATE * _SECONDS):
        breath += 0.12 * (air.uniform(-1, 1) - breath)
        swell = 0.8 + 0.2 * math.sin(2 * math.pi * _BEAT_HZ * index / _RATE)
        hum = sum(strength * math.sin(turn * index) for turn, strength in turns) / total
        fade = min(1.0, index / 800, (_RATE * _SECONDS - 1 - index) / 800)
        levels.append(fade * (0.72 * swell * hum + 0.28 * breath * 2))
    return levels
