"""A recording as a picture: how loud it is over its length, read from a WAV file (RIFF, PCM)."""

from __future__ import annotations

import sys
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path

BARS = 240
_FRAMES = 4000
"""Frames that are looked at for a bar: an hour of sound costs no more than a minute of it."""

HEIGHT = 40
_FULL = 32768


@dataclass(frozen=True, slots=True)
class Waveform:
    """`seconds` long; `sides` are paths of SVG, one for each direction, `BARS` wide and `HEIGHT`
    high, that go round the loudness of each bar."""

    seconds: float
    sides: tuple[str, ...]
    width: int = BARS
    height: int = HEIGHT

    def place(self, second: float) -> float:
        """Where `second` is in the picture, in bars."""
        return round(BARS * min(max(second / self.seconds, 0.0), 1.0), 1)


def waveform(path: Path) -> Waveform | None:
    """The picture of a 16-bit WAV file; None for anything else."""
    try:
        with wave.open(str(path), "rb") as file:
            return _drawn(file)
    except (OSError, EOFError, wave.Error, ValueError):
        return None


def _drawn(file: wave.Wave_read) -> Waveform | None:
    count, rate, sides = file.getnframes(), file.getframerate(), file.getnchannels()
    if file.getsampwidth() != 2 or count < 1 or rate < 1 or not 1 <= sides <= 2:
        return None
    bars: list[list[float]] = [[] for _ in range(sides)]
    for bar in range(BARS):
        file.setpos(bar * count // BARS)
        frames = max(1, min(_FRAMES, (bar + 1) * count // BARS - bar * count // BARS))
        samples = _samples(file.readframes(frames))
        for side in range(sides):
            mine = samples[side::sides]
            bars[side].append(max(max(mine), -min(mine)) / _FULL if mine else 0.0)
    return Waveform(count / rate, tuple(map(_path, bars)))


def _samples(data: bytes) -> array[int]:
    samples = array("h", data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _path(bars: list[float]) -> str:
    """Up along the loudness and back along its mirror."""
    middle = HEIGHT / 2
    high = [max(0.5, loud**0.5 * middle) for loud in bars]
    up = [f"{x} {middle - y:.1f}" for x, y in enumerate(high)]
    down = [f"{x} {middle + y:.1f}" for x, y in reversed(list(enumerate(high)))]
    return f"M{' L'.join([*up, *down])}Z"
