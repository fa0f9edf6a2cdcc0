"""Both directions of a call as one stereo recording: what was heard left, what was said right."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Samples, Sound

LONGEST = 3600.0
"""Seconds that are kept; a call that goes on longer loses its end, not the machine's memory."""


class Recording:
    """`began` is when its first beat was, on the event loop's clock; every beat adds equally much
    to both sides, so that they stay together."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.began: float | None = None
        self.full = False
        self._heard, self._said = bytearray(), bytearray()

    def beat(self, heard: Samples, said: Samples, at: float) -> None:
        """Adds one beat of both sides, of equal length."""
        if self.began is None:
            self.began = at
        if len(self._heard) / 2 >= LONGEST * self.rate:
            self.full = True
            return
        self._heard += heard.astype("<i2").tobytes()
        self._said += said.astype("<i2").tobytes()

    @property
    def seconds(self) -> float:
        return len(self._heard) / 2 / self.rate

    @property
    def heard(self) -> Sound:
        """What came, as it was played: ordered, with the gaps concealed."""
        return self._sound(self._heard)

    @property
    def said(self) -> Sound:
        """What left."""
        return self._sound(self._said)

    def _sound(self, side: bytearray) -> Sound:
        import numpy as np

        from cxassure.channels._telephony.audio.sound import Sound

        return Sound(np.frombuffer(bytes(side), "<i2").astype(np.int16), self.rate)

    def wav(self) -> bytes:
        """A RIFF WAVE file of two channels: left what was heard, right what was said."""
        import numpy as np

        both = np.column_stack([self.heard.samples, self.said.samples])
        kept = io.BytesIO()
        with wave.open(kept, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(both.astype("<i2").tobytes())
        return kept.getvalue()
