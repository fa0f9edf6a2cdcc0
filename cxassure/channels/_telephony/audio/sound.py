"""A sound: mono 16-bit samples and their rate; how it is read from and written to WAV files."""

from __future__ import annotations

import io
import math
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono linear PCM: `samples` are signed 16 bit (shape `(n,)`), `rate` is in samples a second.

    Frames on a line are 20 ms. G.711 runs at 8,000 samples a second, G.722 at 16,000.
    """

    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    def cut(self, start: float, end: float | None = None) -> Sound:
        """From `start` to `end`, in seconds; what lies outside is left out."""
        last = len(self.samples) if end is None else round(end * self.rate)
        return Sound(self.samples[round(start * self.rate) : last], self.rate)

    @property
    def level(self) -> float:
        """Root mean square in dB against full scale (dBFS); -99 for silence."""
        import numpy as np

        power = float(np.mean(np.square(self.floats()))) if len(self.samples) else 0.0
        return max(10 * math.log10(power), -99.0) if power > 0 else -99.0

    def floats(self) -> NDArray[np.float64]:
        """The samples between -1 and 1."""
        import numpy as np

        return self.samples.astype(np.float64) / 32768

    def at(self, rate: int) -> Sound:
        """The same sound at another rate: windowed sinc, cut off at the lower Nyquist frequency."""
        return self if rate == self.rate else Sound(_resampled(self, rate), rate)

    def wav(self) -> bytes:
        """As a RIFF WAVE file of one channel."""
        kept = io.BytesIO()
        with wave.open(kept, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(self.samples.astype("<i2").tobytes())
        return kept.getvalue()


def sound_of(floats: NDArray[np.float64], rate: int) -> Sound:
    """A sound from samples between -1 and 1; what lies beyond is clipped."""
    import numpy as np

    return Sound(np.clip(np.round(floats * 32767), -32768, 32767).astype(np.int16), rate)


def _resampled(sound: Sound, rate: int) -> Samples:
    """Polyphase resampling by `up / down`; only the outputs wanted are computed."""
    import numpy as np

    shared = math.gcd(rate, sound.rate)
    up, down = rate // shared, sound.rate // shared
    taps, half = _taps(up, down)
    wanted = -(-len(sound.samples) * up // down)
    padded = np.pad(sound.samples.astype(np.float64), (half, half + 1))
    places = np.arange(wanted, dtype=np.int64) * down
    made = np.empty(wanted)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    for phase in range(up):
        mine = places % up == phase
        made[mine] = windows[places[mine] // up] @ taps[phase]
    return np.clip(np.round(made), -32768, 32767).astype(np.int16)


def _taps(up: int, down: int) -> tuple[NDArray[np.float64], int]:
    """Filters by phase (shape `(up, 2 * half + 1)`): Kaiser-windowed sinc of 16 zero crossings."""
    import numpy as np

    cut = min(1.0, up / down) * 0.95
    half = math.ceil(16 / cut)
    offsets = np.arange(-half, half + 1)[None, :] - np.arange(up)[:, None] / up
    window = np.i0(8 * np.sqrt(np.clip(1 - (offsets / (half + 1)) ** 2, 0, None))) / np.i0(8)
    taps = np.sinc(offsets * cut) * window
    return taps / taps.sum(axis=1, keepdims=True), half
