"""An ear on one direction of a line: cuts prompts out of frames as they come, by silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voice import FRAME, LEAST, VoiceActivity, frames

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Samples

SILENCE = 2.5
"""Seconds of silence after which a prompt is over, where nothing else is said."""
LONGEST = 60.0
"""Seconds after which a prompt is cut, for someone may go on talking, or music play, for ever."""
MARGIN = 0.2
"""Seconds kept before the first and after the last voice."""
LATE = 0.06
"""Seconds by which a frame may come late before a gap is taken for silence on the line."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something said: from its first to its last voice, in seconds of the line's clock.

    `sound` has `MARGIN` seconds more on either side where there are any; `offset` is the time of
    its first sample. `whole` is false where it was cut, by its length or the call's end.
    """

    sound: Sound
    start: float
    end: float
    offset: float
    whole: bool = True


class Ear:
    """Fed with samples and the time of their arrival; gives each prompt when it is over.

    `silence`: seconds that end a prompt. A recording and a live call are the same thing to it.
    """

    def __init__(
        self, rate: int = 8000, silence: float = SILENCE, longest: float = LONGEST
    ) -> None:
        import numpy as np

        self.rate, self.silence, self.longest = rate, silence, longest
        self._activity = VoiceActivity(rate)
        self._rest: Samples = np.zeros(0, np.int16)
        self._kept: list[Samples] = []
        self._voiced: list[float] = []
        self._now: float | None = None
        self._offset = 0.0

    @property
    def speaking(self) -> bool:
        """Whether something is being said (or was, less than `silence` ago)."""
        return len(self._voiced) * FRAME >= LEAST

    @property
    def began(self) -> float | None:
        """When the prompt that is going on began."""
        return self._voiced[0] if self.speaking else None

    @property
    def last_voice(self) -> float | None:
        """When the prompt that is going on was last heard: barge-in is measured by it."""
        return self._voiced[-1] + FRAME if self.speaking else None

    def feed(self, samples: Samples, at: float) -> list[Prompt]:
        """`samples` (shape `(n,)`, any n) that came at `at` seconds; the prompts over by now."""
        import numpy as np

        found: list[Prompt] = []
        if self._now is None:
            self._now = self._offset = at
        missing = at - self._now - len(self._rest) / self.rate
        if missing > LATE:
            samples = np.concatenate([np.zeros(round(missing * self.rate), np.int16), samples])
        line = Sound(np.concatenate([self._rest, samples]), self.rate)
        for _, frame in frames(line):
            found += self._frame(frame)
        size = self.rate // 50
        self._rest = line.samples[len(line.samples) // size * size :]
        return found

    def end(self) -> list[Prompt]:
        """The call is over: what was being said, cut."""
        return [self._cut(whole=False)] if self.speaking else []

    def until(self, at: float) -> list[Prompt]:
        """What was said before `at`, as a whole prompt; what came after it is forgotten."""
        self._voiced = [one for one in self._voiced if one < at]
        if self.speaking:
            return [self._cut(whole=True)]
        self._forget()
        return []

    def since(self, at: float) -> None:
        """What came before `at` is forgotten."""
        self._voiced = [one for one in self._voiced if one >= at]
        gone = min(max(int((at - self._offset) / FRAME), 0), len(self._kept))
        del self._kept[:gone]
        self._offset += gone * FRAME

    def _frame(self, frame: Samples) -> Iterator[Prompt]:
        assert self._now is not None
        self._kept.append(frame)
        if self._activity.feed(frame):
            self._voiced.append(self._now)
        self._now += FRAME
        quiet = self._now - self._voiced[-1] - FRAME if self._voiced else 0.0
        if self.speaking and quiet >= self.silence - FRAME / 2:
            yield self._cut(whole=True)
        elif self.speaking and self._now - self._voiced[0] >= self.longest:
            yield self._cut(whole=False)
        elif not self._voiced or (quiet >= self.silence and not self.speaking):
            self._forget()

    def _forget(self) -> None:
        """Only what may be the margin of the next prompt is kept."""
        margin = round(MARGIN / FRAME)
        self._voiced.clear()
        self._offset += max(len(self._kept) - margin, 0) * FRAME
        del self._kept[:-margin]

    def _cut(self, *, whole: bool) -> Prompt:
        import numpy as np

        start, end = self._voiced[0], self._voiced[-1] + FRAME
        offset = max(self._offset, start - MARGIN)
        sound = Sound(np.concatenate(self._kept), self.rate)
        said = sound.cut(offset - self._offset, end + MARGIN - self._offset)
        self._forget()
        return Prompt(said, round(start, 3), round(end, 3), round(offset, 3), whole)


def prompts(sound: Sound, silence: float = SILENCE, at: float = 0.0) -> list[Prompt]:
    """The prompts of a recording that begins at `at` seconds; the last may go to its very end."""
    line = sound if sound.rate in (8000, 16000) else sound.at(16000)
    ear = Ear(line.rate, silence)
    found = ear.feed(line.samples, at)
    return found + ear.end()
