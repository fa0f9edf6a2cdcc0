"""Tones and music on a line: pure tones frame by frame, fax calls, beeps, music on hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voice import FRAME

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxassure.channels._telephony.audio.sound import Samples

PURE, AUDIBLE = 0.9, -40.0
"""Share of a frame's power in one tone, and its level in dBFS, from which on it is a tone."""
NARROW, DRIFT = 60.0, 25.0
"""Hz around the peak that belong to the tone; Hz by which it may differ from frame to frame."""
LEAST = 0.15
"""Seconds below which a tone is a vowel."""
PIECE, STEP = 0.5, 0.1
"""Seconds in which music is told from a voice, and from one try to the next."""
RINGING = 0.9
"""Share of lasting peaks from which on nothing but a tone is heard."""
MUSICAL, FULL = 0.3, 0.85
"""Share of spectral peaks that stand still, and of frames that sound, from which on it is music."""


@dataclass(frozen=True, slots=True)
class Tone:
    """A pure tone: Hz, and seconds from `start` to `end`."""

    hertz: float
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def pitch(frame: Samples, rate: int) -> float:
    """The frequency of a frame's tone in Hz, 0 where it is none."""
    import numpy as np

    wave = frame.astype(np.float64) / 32768
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 1024)) ** 2
    total = float(power.sum())
    if Sound(frame, rate).level < AUDIBLE or not total:
        return 0.0
    peak, step = int(power.argmax()), rate / 1024
    near = slice(max(peak - round(NARROW / step) - 1, 0), peak + round(NARROW / step) + 2)
    return peak * step if float(power[near].sum()) >= PURE * total else 0.0


def tones(pitches: Sequence[tuple[float, float]]) -> list[Tone]:
    """Frames as (seconds, Hz) in order, joined to tones of at least `LEAST` seconds."""
    found: list[Tone] = []
    for at, hertz in pitches:
        if not hertz:
            continue
        last = found[-1] if found else None
        if last and at - last.end < 1.5 * FRAME and abs(hertz - last.hertz) <= DRIFT:
            found[-1] = Tone(last.hertz, last.start, at + FRAME)
        else:
            found.append(Tone(hertz, at, at + FRAME))
    return [one for one in found if one.seconds >= LEAST]


def is_music(sound: Sound) -> bool:
    """Whether `sound` is music: it hardly pauses, and its notes stand still where a voice glides.

    At least two seconds are needed; shorter ones are never music.
    """
    if sound.seconds < 2:
        return False
    full, still = steadiness(sound)
    return full >= FULL and still >= MUSICAL


def kind(sound: Sound) -> str:
    """What a stretch without a voice is: `ringing` (one pitch all along), `music`, or empty where
    it is neither; a voice is empty too."""
    full, still = steadiness(sound) if sound.seconds >= 0.3 else (0.0, 0.0)
    if full < FULL or still < MUSICAL:
        return ""
    return "ringing" if still >= RINGING else "music"


def tonal(sound: Sound) -> list[tuple[float, float]]:
    """(start, end) of each stretch of music or ringing in `sound`, to a quarter of a second."""
    runs: list[tuple[float, float]] = []
    for n in range(int((sound.seconds - PIECE) / STEP + 1e-6) + 1):
        at = n * STEP
        if not kind(sound.cut(at, at + PIECE)):
            continue
        if runs and at - (runs[-1][1] - PIECE) < 3.5 * STEP:
            runs[-1] = (runs[-1][0], at + PIECE)
        else:
            runs.append((at, at + PIECE))
    return runs


def steadiness(sound: Sound) -> tuple[float, float]:
    """(share of frames that sound, share of spectral peaks that last for a quarter of a second)."""
    import numpy as np

    rate = 8000
    wave = sound.at(rate).floats()
    width, hop = 1024, 512
    cut = np.lib.stride_tricks.sliding_window_view(wave, width)[::hop]
    power = np.abs(np.fft.rfft(cut * np.hanning(width), axis=1)) ** 2 + 1e-12
    level = 10 * np.log10(power.sum(axis=1))
    loud = level > max(float(np.percentile(level, 95)) - 30, -35.0)
    peaks = _peaks(10 * np.log10(power[:, :435]))
    lasting = peaks[:-3] & peaks[1:-2] & peaks[2:-1] & peaks[3:]
    many = int(peaks[:-3][loud[:-3]].sum())
    return float(loud.mean()), float(lasting[loud[:-3]].sum()) / many if many else 0.0


def _peaks(levels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Bins that stand 12 dB out of their surroundings, within 30 dB of the frame's strongest."""
    import numpy as np

    around = np.median(
        np.lib.stride_tricks.sliding_window_view(np.pad(levels, ((0, 0), (8, 8)), "edge"), 17, 1), 2
    )
    inner = np.zeros(levels.shape, bool)
    inner[:, 1:-1] = (levels[:, 1:-1] >= levels[:, :-2]) & (levels[:, 1:-1] > levels[:, 2:])
    strong = levels > levels.max(axis=1, keepdims=True) - 30
    found: NDArray[np.bool_] = inner & (levels > around + 12) & strong
    return found
