"""The fingerprint of a prompt: how its sound goes, apart from its level and the line's colour."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.sound import Sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frames = NDArray[np.float64]

RATE, HOP, WIDTH = 8000, 0.02, 0.032
"""Samples a second, seconds from frame to frame, seconds of a frame."""
BANDS, NUMBERS = 22, 13
LOWEST, HIGHEST = 200.0, 3400.0
"""Hz: the band that every telephone line passes."""
QUIET = 30.0
"""dB below the loudest frame under which a frame is a pause."""
FLOOR = 4e-3
"""Share of the strongest band (-24 dB) below which a codec's noise hides what is there."""
SILENT = -60.0
"""dBFS of a sound that has nothing in it."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Cepstra (shape `(n, NUMBERS)`) every `HOP` seconds, and which frames have sound in them."""

    frames: Frames
    loud: NDArray[np.bool_]

    @property
    def seconds(self) -> float:
        return len(self.frames) * HOP


def fingerprint(sound: Sound) -> Fingerprint:
    """The fingerprint of what is heard in `sound`, silence before and after cut away.

    Mel-frequency cepstra without the level (c0), less their mean: a codec, a filter or a louder
    line moves all frames alike.
    """
    import numpy as np

    if sound.level < SILENT:
        return Fingerprint(np.zeros((0, NUMBERS)), np.zeros(0, bool))
    powers = bands(sound.at(RATE))
    level = powers.max(axis=1)
    loud = level > level.max() - QUIET / 10 * math.log(10)
    inside = np.flatnonzero(loud)
    kept = slice(inside[0], inside[-1] + 1)
    audible = np.maximum(powers[kept], powers.max() + math.log(FLOOR))
    loud, cepstra = loud[kept], audible @ cosines()
    return Fingerprint(cepstra - cepstra[loud].mean(axis=0), loud)


def bands(sound: Sound) -> Frames:
    """Natural logarithm of the power in each mel band (shape `(n, BANDS)`)."""
    import numpy as np

    width, hop = round(WIDTH * RATE), round(HOP * RATE)
    wave = np.pad(sound.floats(), (0, width))
    wave[1:] -= 0.95 * wave[:-1]
    cut = np.lib.stride_tricks.sliding_window_view(wave, width)[: len(sound.samples) : hop]
    power = np.abs(np.fft.rfft(cut * np.hanning(width), axis=1)) ** 2
    made = power @ _filters()
    # a floor tied to the loudest: what a codec or a hiss puts into a quiet band says nothing
    logs: Frames = np.log(np.maximum(made, made.max(initial=1e-9) * 1e-4 + 1e-9))
    return logs


@cache
def _filters() -> Frames:
    """Triangles, evenly spread in mel between `LOWEST` and `HIGHEST`."""
    import numpy as np

    def mel(hertz: float) -> float:
        return 1127 * math.log(1 + hertz / 700)

    edges = 700 * (np.exp(np.linspace(mel(LOWEST), mel(HIGHEST), BANDS + 2) / 1127) - 1)
    bins = np.fft.rfftfreq(round(WIDTH * RATE), 1 / RATE)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles: Frames = np.clip(np.minimum(rising, falling), 0, None)
    return triangles


@cache
def cosines() -> Frames:
    """The cosine transform (DCT-II) from bands to cepstra 1 to `NUMBERS`."""
    import numpy as np

    turns = np.arange(1, NUMBERS + 1)[None, :] * (np.arange(BANDS)[:, None] + 0.5)
    return np.cos(np.pi * turns / BANDS) / math.sqrt(BANDS)
