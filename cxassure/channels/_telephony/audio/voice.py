"""Where there is a voice: voice activity frame by frame, and the stretches of speech in a sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxassure.channels._telephony.audio.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxassure.channels._telephony.audio.sound import Samples

FRAME = 0.02
"""Seconds of a frame, as it comes on a line."""
QUIETEST = -52.0
"""dBFS below which nothing counts as a voice, whatever its shape."""
STRICT = 2
"""How sure WebRTC's detector must be, 0 to 3."""
HANG = 0.3
"""Seconds for which a voice is held to go on after the last frame that had it."""
LEAST = 0.12
"""Seconds of voice below which a stretch is a click, not speech."""


class VoiceActivity:
    """Decides for one frame of 20 ms at a time, at 8,000 or 16,000 samples a second."""

    def __init__(self, rate: int = 8000) -> None:
        import webrtcvad

        self._detector: Any = webrtcvad.Vad(STRICT)
        self._rate = rate

    def feed(self, frame: Samples) -> bool:
        """Whether `frame` (shape `(rate / 50,)`) has a voice in it."""
        if Sound(frame, self._rate).level < QUIETEST:
            return False
        return bool(self._detector.is_speech(frame.astype("<i2").tobytes(), self._rate))


def frames(sound: Sound) -> Iterator[tuple[float, Samples]]:
    """(seconds, samples) of each whole frame of 20 ms."""
    size = sound.rate // 50
    for at in range(0, len(sound.samples) - size + 1, size):
        yield at / sound.rate, sound.samples[at : at + size]


def spoken(sound: Sound, gap: float = HANG) -> list[tuple[float, float]]:
    """Stretches of speech in seconds, start and end; pauses shorter than `gap` are in them."""
    line = sound if sound.rate in (8000, 16000) else sound.at(16000)
    activity = VoiceActivity(line.rate)
    voiced = [at for at, frame in frames(line) if activity.feed(frame)]
    return [(start, end) for start, end, many in joined(voiced, gap) if many * FRAME >= LEAST]


def joined(voiced: Iterable[float], gap: float) -> list[tuple[float, float, int]]:
    """Frames (by their start) less than `gap` apart as (start, end, how many)."""
    found: list[tuple[float, float, int]] = []
    for at in voiced:
        if found and at - found[-1][1] < gap:
            found[-1] = (found[-1][0], at + FRAME, found[-1][2] + 1)
        else:
            found.append((at, at + FRAME, 1))
    return found
