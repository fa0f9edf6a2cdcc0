"""Listening for trouble unasked: dead air, clipping, choppy speech, fax, answering machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.tones import Tone, pitch, tones
from cxassure.channels._telephony.audio.voice import FRAME, VoiceActivity, frames, joined

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Samples

DEAD_AIR = 5.0
"""Seconds of silence that a customer takes for a dropped call."""
SILENT = -50.0
"""dBFS: a line with nothing on it."""
FLAT, FLAT_SHARE = 3, 0.03
"""Samples in a row at the same height near full scale, and their share of a second: clipping."""
TOP = 0.9
"""Share of full scale near which clipping happens."""
HOLES, HOLE_SPAN = 3, 5.0
"""As many holes in speech within so many seconds are choppy."""
SHORTEST, LONGEST = 0.015, 0.25
"""Seconds of a hole: shorter is a click, longer a pause."""
CNG, CED = 1100.0, 2100.0
"""Hz of a calling fax and of an answering one (ITU-T T.30)."""
GREETING, GREETING_PAUSE = 5.0, 0.9
"""A person who answers says less than this in a breath; a machine's greeting goes on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A trouble: what, from when to when (seconds of the line's clock), and its figure."""

    kind: str
    start: float
    end: float
    figure: float
    words: str


class Listener:
    """One direction of a call, fed as it comes; `end` gives what there was to find.

    A fold: it keeps a few figures of each frame and none of the sound. `dead_air` is the silence
    in seconds that is told; with `person`, a machine that answers in a person's place is.
    """

    def __init__(
        self, rate: int = 8000, *, dead_air: float = DEAD_AIR, person: bool = False
    ) -> None:
        import numpy as np

        self.rate, self.dead_air, self.person = rate, dead_air, person
        self._activity = VoiceActivity(rate)
        self._rest: Samples = np.zeros(0, np.int16)
        self._began: float | None = None
        self._now = 0.0
        self._sounding: list[float] = []
        self.voiced: list[float] = []
        """Starts of the frames with a voice, in seconds."""
        self._pitches: list[tuple[float, float]] = []
        self._flat: list[tuple[float, int]] = []
        self._edges: list[tuple[float, float]] = []

    def feed(self, samples: Samples, at: float) -> None:
        """`samples` (shape `(n,)`) that came at `at` seconds; what did not come was silence."""
        import numpy as np

        if self._began is None:
            self._began = self._now = at
        missing = at - self._now - len(self._rest) / self.rate
        if missing > 3 * FRAME:
            samples = np.concatenate([np.zeros(round(missing * self.rate), np.int16), samples])
        line = Sound(np.concatenate([self._rest, samples]), self.rate)
        for _, frame in frames(line):
            self._frame(frame)
            self._now += FRAME
        size = self.rate // 50
        self._rest = line.samples[len(line.samples) // size * size :]

    def _frame(self, frame: Samples) -> None:
        at = round(self._now, 3)
        sound = Sound(frame, self.rate)
        if sound.level > SILENT:
            self._sounding.append(at)
        if self._activity.feed(frame):
            self.voiced.append(at)
        self._pitches.append((at, pitch(frame, self.rate)))
        flat = flat_tops(frame)
        if flat:
            self._flat.append((at, flat))
        self._edges += [(at + where, level) for where, level in _fives(sound)]

    def end(self, at: float | None = None) -> list[Finding]:
        """Every finding in order of time; `at` is when the call was over."""
        over = self._now if at is None else at
        heard = tones(self._pitches)
        found = [*self._dead_air(over), *self._clipping(), *self._choppy(), *_fax(heard)]
        found += self._machine(heard) if self.person else ()
        return sorted(found, key=lambda one: one.start)

    def _dead_air(self, over: float) -> Iterator[Finding]:
        last = self._began if self._began is not None else over
        for at in [*self._sounding, over]:
            if at - last >= self.dead_air:
                yield _finding("dead air", last, at, at - last, "nothing was heard for {:.1f} s")
            last = max(last, at + FRAME)

    def _clipping(self) -> Iterator[Finding]:
        second = self.rate
        for start, end, _ in joined([at for at, _ in self._flat], 1.0):
            many = sum(flat for at, flat in self._flat if start <= at < end)
            share = many / (max(end - start, 1.0) * second)
            if share >= FLAT_SHARE:
                words = "clipped: {:.0f} % of the samples are cut flat"
                yield _finding("clipping", start, end, share * 100, words)

    def _choppy(self) -> Iterator[Finding]:
        holes = list(_holes(self._edges))
        for start, end, many in joined(holes, HOLE_SPAN):
            if many >= HOLES:
                yield _finding("choppy", start, end, many, "speech has {:.0f} holes")

    def _machine(self, heard: list[Tone]) -> Iterator[Finding]:
        """A long greeting without a pause, or a greeting that ends with a beep."""
        said = joined(self.voiced, GREETING_PAUSE)
        beeps = [one for one in heard if 400 <= one.hertz <= 2500 and one.seconds <= 2.0
                 and not _is(one, CNG) and not _is(one, CED)]  # fmt: skip
        for beep in beeps:
            before = sum(end - start for start, end, _ in said if start < beep.start)
            if before >= 1.5:
                words = "an answering machine: a beep of {:.0f} Hz after a greeting"
                yield _finding("answering machine", beep.start, beep.end, beep.hertz, words)
                return
        if said and said[0][1] - said[0][0] >= GREETING:
            start, end, _ = said[0]
            words = "a long greeting: {:.1f} s without a pause"
            yield _finding("long greeting", start, end, end - start, words)


def flat_tops(frame: Samples) -> int:
    """How many samples near full scale stand in rows of `FLAT` and more at the same height."""
    import numpy as np

    high = np.abs(frame.astype(np.int32)) >= TOP * 32767
    level = np.zeros(len(frame), bool)
    level[1:] = high[1:] & (frame[1:] == frame[:-1])
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], level, [0]]))))[::2]
    return int((runs[runs >= FLAT - 1] + 1).sum())


def _fives(sound: Sound) -> list[tuple[float, float]]:
    """(seconds into the frame, dBFS) of each 5 ms."""
    return [(n * 0.005, sound.cut(n * 0.005, (n + 1) * 0.005).level) for n in range(4)]


def _holes(edges: list[tuple[float, float]]) -> Iterator[float]:
    """Starts of the holes: from speech to nothing at once, and back to speech at once. A voice
    fades between words; a packet that is missing does not."""
    since: int | None = None
    for place in range(1, len(edges)):
        level, before = edges[place][1], edges[place - 1][1]
        if level < -70 and before > -32:
            since = place
        elif level >= -70 and since is not None:
            long = edges[place][0] - edges[since][0]
            if SHORTEST <= long + 1e-6 <= LONGEST and level > -32:
                yield edges[since][0]
            since = None


def _fax(heard: list[Tone]) -> Iterator[Finding]:
    for one in heard:
        if _is(one, CNG) and 0.4 <= one.seconds <= 0.7:
            yield _finding("fax", one.start, one.end, CNG, "a fax calls (CNG, {:.0f} Hz)")
        elif _is(one, CED) and one.seconds >= 1.5:
            yield _finding(
                "fax", one.start, one.end, CED, "a fax or modem answers (CED, {:.0f} Hz)"
            )


def _is(tone: Tone, hertz: float) -> bool:
    return abs(tone.hertz - hertz) <= 38


def _finding(kind: str, start: float, end: float, figure: float, words: str) -> Finding:
    told = words.format(figure)
    return Finding(kind, round(start, 2), round(end, 2), round(figure, 2), told)
