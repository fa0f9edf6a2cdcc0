"""What a leg is to say, in order, and how far it has got: sounds, tones and key events."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .telephone_event import Event

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Samples


class Playing:
    """Something that is being said. `heard` are the seconds that have left so far."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.heard = 0.0
        self.began: float | None = None
        self._ended = asyncio.get_running_loop().create_future()

    @property
    def over(self) -> bool:
        return self._ended.done()

    def stop(self) -> float:
        """Ends it at once; the seconds that were said."""
        if not self._ended.done():
            self._ended.set_result(None)
        return self.heard

    async def ended(self) -> float:
        """Waits for the end, its own or by `stop`; the seconds that were said."""
        await asyncio.shield(self._ended)
        return self.heard

    def _said(self, seconds: float, at: float) -> None:
        if self.began is None:
            self.began = at
        self.heard = min(self.seconds, self.heard + seconds)


class Sounding(Playing):
    """Samples at the leg's rate, on their way."""

    def __init__(self, samples: Samples, rate: int) -> None:
        super().__init__(len(samples) / rate)
        self._samples, self._rate, self._done = samples, rate, 0

    def take(self, count: int, at: float) -> Samples:
        """The next samples, silence behind the last."""
        import numpy as np

        part = self._samples[self._done : self._done + count]
        self._done += len(part)
        self._said(len(part) / self._rate, at)
        if self._done >= len(self._samples):
            self.stop()
        return part if len(part) == count else np.pad(part, (0, count - len(part)))


class Pressing(Playing):
    """One key as events, then its pause. `stamp` is the timestamp of all its packets."""

    def __init__(self, beats: Iterator[list[Event]], length: float, pause: float) -> None:
        super().__init__(length + pause)
        self.stamp: int | None = None
        self._beats = beats

    def take(self, seconds: float, at: float) -> list[Event]:
        """The packets of the next beat; none during the pause."""
        events = next(self._beats, [])
        self._said(seconds, at)
        if self.heard >= self.seconds - 1e-9:
            self.stop()
        return events


class Saying:
    """What waits to be said. Keys come before sounds, as a finger is quicker than the tongue:
    what is being said goes on behind them."""

    def __init__(self) -> None:
        self._keys: deque[Playing] = deque()
        self._sounds: deque[Playing] = deque()

    def add(self, playing: Playing, *, first: bool = False) -> None:
        (self._keys if first else self._sounds).append(playing)

    def now(self) -> Playing | None:
        """What is to be said on this beat."""
        for line in (self._keys, self._sounds):
            while line and line[0].over:
                line.popleft()
            if line:
                return line[0]
        return None

    def clear(self, *, keys: bool = True) -> None:
        """Stops all sounds, and keys too."""
        for playing in (*self._sounds, *(self._keys if keys else ())):
            playing.stop()
