"""A sound: mono 16-bit samples and their rate; how it is read from and written to WAV files."""

from __future__ import annotations

import io
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

    def wav(self) -> bytes:
        """As a RIFF WAVE file of one channel."""
        kept = io.BytesIO()
        with wave.open(kept, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(self.samples.astype("<i2").tobytes())
        return kept.getvalue()
