"""Listening for trouble unasked: dead air, clipping, choppy speech, fax, answering machines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.tones import DRIFT, Tone, pitch
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
TONE = 0.15
"""Seconds below which a tone is a vowel."""
BEEP, LONGEST_BEEP = 0.2, 2.0
"""Seconds of the beep behind which one may speak."""
GREETED, LEAST_GREETING = 30.0, 1.5
"""Seconds before a beep in which so many are spoken."""
LISTENS, RINGING, RINGS_AGAIN = 1.0, 500.0, 6.0
"""Seconds of silence behind a beep; up to so many Hz it may be ringing (ITU-T E.180), which comes
again within so many seconds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A trouble: what, from when to when (seconds of the line's clock), and its figure."""

    kind: str
    start: float
    end: float
    figure: float
    words: str


class Listener:
    """One direction of a call, fed as it comes; `news` and `end` give what there was to find.

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
        self._now = self._sounded = 0.0
        self._gaps: list[tuple[float, float]] = []
        self.voiced: list[float] = []
        """Starts of the frames with a voice, in seconds."""
        self._tones: list[Tone] = []
        self._flat: list[tuple[float, int]] = []
        self._holes: list[float] = []
        self._hole: float | None = None
        self._before = -96.0
        self._told: set[tuple[str, float]] = set()

    def feed(self, samples: Samples, at: float, *, made_up: bool = False) -> None:
        """`samples` (shape `(n,)`) that came at `at` seconds; what did not come was silence. What
        is `made_up`, or was not there in time, is no hole in speech."""
        import numpy as np

        if self._began is None:
            self._began = self._now = self._sounded = at
        missing = at - self._now - len(self._rest) / self.rate
        if missing > 3 * FRAME:
            samples = np.concatenate([np.zeros(round(missing * self.rate), np.int16), samples])
            made_up = True
        line = Sound(np.concatenate([self._rest, samples]), self.rate)
        for _, frame in frames(line):
            self._frame(frame, made_up)
            self._now += FRAME
        size = self.rate // 50
        self._rest = line.samples[len(line.samples) // size * size :]

    def _frame(self, frame: Samples, made_up: bool) -> None:
        at = round(self._now, 3)
        sound = Sound(frame, self.rate)
        if sound.level > SILENT:
            if at - self._sounded >= self.dead_air:
                self._gaps.append((self._sounded, at))
            self._sounded = at + FRAME
        if self._activity.feed(frame):
            self.voiced.append(at)
        if hertz := pitch(frame, self.rate):
            self._tone(at, hertz)
        if flat := flat_tops(frame):
            self._flat.append((at, flat))
        if made_up:
            self._hole, self._before = None, -96.0
        else:
            self._edges(sound, at)

    def _tone(self, at: float, hertz: float) -> None:
        last = self._tones[-1] if self._tones else None
        if last and at - last.end < 1.5 * FRAME and abs(hertz - last.hertz) <= DRIFT:
            self._tones[-1] = Tone(last.hertz, last.start, at + FRAME)
            return
        if last and last.seconds < TONE:
            self._tones.pop()
        self._tones.append(Tone(hertz, at, at + FRAME))

    def _edges(self, sound: Sound, at: float) -> None:
        """Holes: from speech to nothing at once, and back to speech at once. A voice fades between
        words; a packet that is missing does not."""
        for place in range(4):
            now = at + place * 0.005
            level = sound.cut(place * 0.005, (place + 1) * 0.005).level
            if level < -70 and self._before > -32:
                self._hole = now
            elif level >= -70 and self._hole is not None:
                if SHORTEST <= now - self._hole + 1e-6 <= LONGEST and level > -32:
                    self._holes.append(self._hole)
                self._hole = None
            self._before = level

    def news(self) -> list[Finding]:
        """What is certain by now and was not told yet: all but dead air."""
        found = [one for one in self._found() if (one.kind, one.start) not in self._told]
        self._told.update((one.kind, one.start) for one in found)
        return found

    @property
    def undecided(self) -> bool:
        """Whether a tone was just heard that may be a beep."""
        last = self._tones[-1] if self._tones else None
        if last is None or not _may_beep(last) or last.hertz <= RINGING:
            return False
        return self._now - last.end < LISTENS

    def end(self, at: float | None = None) -> list[Finding]:
        """Every finding in order of time; `at` is when the call was over."""
        over = self._now if at is None else at
        found = [*self._dead_air(over), *self._found()]
        return sorted(found, key=lambda one: one.start)

    def _found(self) -> Iterator[Finding]:
        heard = [one for one in self._tones if one.seconds >= TONE]
        yield from self._clipping()
        yield from self._choppy()
        yield from _fax(heard)
        yield from self._machine(heard) if self.person else self._beeps(heard)

    def _dead_air(self, over: float) -> Iterator[Finding]:
        since = over if self._began is None else self._sounded
        last = [(since, over)] if over - since >= self.dead_air else []
        for start, end in [*self._gaps, *last]:
            words = "nothing was heard for {:.1f} s"
            yield _finding("dead air", start, end, end - start, words)

    def _clipping(self) -> Iterator[Finding]:
        second = self.rate
        for start, end, _ in joined([at for at, _ in self._flat], 1.0):
            many = sum(flat for at, flat in self._flat if start <= at < end)
            share = many / (max(end - start, 1.0) * second)
            if share >= FLAT_SHARE:
                words = "clipped: {:.0f} % of the samples are cut flat"
                yield _finding("clipping", start, end, share * 100, words)

    def _choppy(self) -> Iterator[Finding]:
        """Told once for as long as it goes on."""
        until = float("-inf")
        for first, last in zip(self._holes, self._holes[HOLES - 1 :], strict=False):
            if last - first <= HOLE_SPAN:
                if first > until:
                    yield _finding("choppy", first, last, HOLES, "speech has {:.0f} holes")
                until = last

    def _beeps(self, heard: list[Tone]) -> Iterator[Finding]:
        """A tone behind speech, and then nobody speaks: now we are listened to."""
        for place, one in enumerate(heard):
            listens = _listens(one)
            if not _may_beep(one) or self._now - one.end < listens:
                continue
            spoken = self._spoken(one.start - GREETED, one.start - FRAME)
            after = self._spoken(one.end + 2 * FRAME, one.end + listens)
            again = any(more.start < one.end + listens for more in heard[place + 1 :])
            if spoken >= LEAST_GREETING and after < FRAME * 3 and not again:
                words = "a beep of {:.0f} Hz after which nobody speaks"
                yield _finding("beep", one.start, one.end, one.hertz, words)

    def _spoken(self, start: float, end: float) -> float:
        """Seconds of voice between two moments."""
        return (bisect_left(self.voiced, end) - bisect_left(self.voiced, start)) * FRAME

    def first_words(self, pause: float = GREETING_PAUSE) -> tuple[float, float] | None:
        """When the first thing that was said began and ended; shorter pauses are within it."""
        said = joined(self.voiced, pause)
        return said[0][:2] if said else None

    def _machine(self, heard: list[Tone]) -> Iterator[Finding]:
        """A long greeting without a pause, or a greeting that ends with a beep."""
        said = joined(self.voiced, GREETING_PAUSE)
        beeps = [one for one in heard if 400 <= one.hertz <= 2500 and one.seconds <= 2.0
                 and not _is(one, CNG) and not _is(one, CED)]  # fmt: skip
        for beep in beeps:
            before = sum(end - start for start, end, _ in said if start < beep.start)
            if before >= LEAST_GREETING:
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


def _may_beep(tone: Tone) -> bool:
    lasts = BEEP <= tone.seconds <= LONGEST_BEEP
    return lasts and 400 <= tone.hertz <= 2500 and not _is(tone, CNG) and not _is(tone, CED)


def _listens(tone: Tone) -> float:
    """Seconds of silence by which a beep is known; what may be a ringing tone comes again."""
    return RINGS_AGAIN if tone.hertz <= RINGING else LISTENS


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
