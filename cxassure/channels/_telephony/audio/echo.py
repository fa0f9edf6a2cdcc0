"""What needs both directions of a call: our own voice that comes back, and one-way audio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voice import spoken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST = 1.0
"""Seconds after which what comes back is a conversation and not an echo."""
ECHO = 0.25
"""Correlation from which on it is our voice: none in common gives less than 0.1."""
FLATTER = 0.7
"""How far spectra are made flat: 0 leaves them, 1 keeps the phases alone."""
LEAST = 0.5
"""Seconds of our speech below which nothing is decided."""


@dataclass(frozen=True, slots=True)
class Echo:
    """`delay` in seconds; `loss` in dB: how much quieter than we sent it; `score` 0 to 1."""

    delay: float
    loss: float
    score: float


def echo(sent: Sound, received: Sound) -> Echo | None:
    """Our own voice in what we hear, both sounds beginning at the same time; None where it is not.

    Both are made flatter in their spectrum first, so that two voices of one pitch do not resemble
    each other.
    """
    import numpy as np

    mine, theirs = _whitened(sent.floats()), _whitened(received.at(sent.rate).floats())
    if sum(end - start for start, end in spoken(sent)) < LEAST or not len(theirs):
        return None
    size = 1 << (len(mine) + len(theirs)).bit_length()
    one, other = np.fft.rfft(mine, size), np.fft.rfft(theirs, size)
    cross = np.fft.irfft(np.conj(one) * other, size)[: round(LONGEST * sent.rate)]
    delay = int(np.abs(cross).argmax())
    heard = _beside(mine, theirs, delay)
    scale = float(np.sqrt(np.sum(mine**2) * np.sum(heard**2)))
    score = abs(float(cross[delay])) / scale if scale else 0.0
    if score < ECHO:
        return None
    gain = _gain(sent.floats(), received.at(sent.rate).floats(), delay)
    return Echo(
        delay / sent.rate, round(-20 * float(np.log10(max(gain, 1e-6))), 1), round(score, 2)
    )


def _whitened(wave: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    spectrum = np.fft.rfft(wave)
    size = np.abs(spectrum)
    floor = float(size.max(initial=0)) * 1e-3 + 1e-9
    return np.fft.irfft(spectrum / np.maximum(size, floor) ** FLATTER, len(wave))


def _gain(mine: NDArray[np.float64], theirs: NDArray[np.float64], delay: int) -> float:
    import numpy as np

    heard = _beside(mine, theirs, delay)
    return abs(float(np.sum(mine * heard))) / float(np.sum(mine**2))


def _beside(
    mine: NDArray[np.float64], theirs: NDArray[np.float64], delay: int
) -> NDArray[np.float64]:
    """What was heard while our voice, `delay` samples late, would have been."""
    import numpy as np

    heard = np.zeros(len(mine))
    part = theirs[delay : delay + len(mine)]
    heard[: len(part)] = part
    power = np.convolve(mine**2, np.ones(160) / 160, "same")
    heard[power < power.max(initial=0) * 1e-3] = 0
    return heard
