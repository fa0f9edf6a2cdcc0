"""A short sweep that one side sends and the other finds: proof that both hear each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.sound import Sound, sound_of
from cxassure.errors import Misread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LENGTH = 0.3
LOW, HIGH = 500.0, 2800.0
"""Seconds, and Hz from which and to which it sweeps: inside every telephone line's band."""
LEVEL = 0.35
PRESENT = 0.45
"""The score from which on a marker is there: a clean one has 1.0, none some 0.2."""
DIRECTIONS = ("up", "down")
"""One for each way, so that an echo of ours is never taken for theirs."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best place for a marker: `score` 0 to 1, `at` seconds from the start of the sound."""

    score: float
    at: float

    @property
    def present(self) -> bool:
        return self.score >= PRESENT

    def delay(self, sent: float) -> float:
        """Seconds on the way, where both clocks are one: `sent` is when it left."""
        return self.at - sent


def marker(direction: str, rate: int = 8000) -> Sound:
    """The sweep `up` or `down`, 300 ms long; raises `Misread` for another direction."""
    if direction not in DIRECTIONS:
        raise Misread(f"«{direction}» is no direction", "write up or down")
    return sound_of(_sweep(direction, rate) * LEVEL, rate)


def find(sound: Sound, direction: str) -> Found:
    """Where the marker lies in `sound`, by a matched filter: its correlation with the sweep, over
    the strength of what is there. Speech, noise, a codec and lost packets lower the score."""
    import numpy as np

    sweep = _sweep(direction, sound.rate)
    wave = _banded(sound)
    if len(wave) < len(sweep):
        return Found(0.0, 0.0)
    size = 1 << (len(wave) + len(sweep)).bit_length()
    turned = np.conj(np.fft.rfft(sweep, size)) * np.fft.rfft(wave, size)
    match = np.abs(_analytic(turned, size))[: len(wave) - len(sweep) + 1]
    energy = np.cumsum(np.concatenate([[0.0], wave**2]))
    here = energy[len(sweep) :] - energy[: -len(sweep)]
    # silence has no strength to be measured by: what is 60 dB below full scale counts as that
    floor = len(sweep) * 1e-6
    score = match / np.sqrt((here + floor) * float(np.sum(sweep**2)))
    best = int(score.argmax())
    return Found(round(min(float(score[best]), 1.0), 3), best / sound.rate)


def _analytic(spectrum: NDArray[np.complex128], size: int) -> NDArray[np.complex128]:
    """The envelope's carrier: a phase shifted on the way must not hide the peak."""
    import numpy as np

    whole = np.zeros(size, np.complex128)
    whole[: len(spectrum)] = spectrum
    whole[1 : len(spectrum) - 1] *= 2
    return np.fft.ifft(whole)


def _banded(sound: Sound) -> NDArray[np.float64]:
    """Only what lies where the marker sweeps: a voice's low half does not count against it."""
    import numpy as np

    wave = sound.floats()
    bins = np.fft.rfftfreq(len(wave), 1 / sound.rate) if len(wave) else np.zeros(1)
    kept = (bins > LOW - 50) & (bins < HIGH + 50)
    return np.fft.irfft(np.fft.rfft(wave) * kept, len(wave)) if len(wave) else wave


@lru_cache
def _sweep(direction: str, rate: int) -> NDArray[np.float64]:
    import numpy as np

    time = np.arange(round(LENGTH * rate)) / rate
    phase = 2 * np.pi * (LOW * time + (HIGH - LOW) * time**2 / (2 * LENGTH))
    edges = np.minimum(1, np.minimum(time, LENGTH - time) / 0.02)
    wave = np.sin(phase) * np.clip(edges, 0, 1)
    swept: NDArray[np.float64] = wave if direction == "up" else wave[::-1].copy()
    return swept
