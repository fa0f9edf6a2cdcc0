"""What comes in on a call, cut into utterances: speech is put together over pieces, and heard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.util import find_spec

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.errors import CannotLook

PAUSE = 0.7
"""Seconds of silence behind which what was said counts as one utterance."""
LONGEST = 60.0
"""Seconds behind which an utterance is heard though it goes on."""
LEAST = 0.03
"""Seconds without sound between two pieces that are a gap."""
RATE = 8_000


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something that was said: `began` and `ended` in seconds of the call's clock; `gaps` are
    places in it where the next piece began later than the one before it ended."""

    began: float
    ended: float
    sound: Sound
    gaps: int = 0


Told = Callable[[Spoken], Awaitable[None]]


class Tape:
    """Sound in order, in pieces; every utterance is told once, when it is known to be over."""

    def __init__(self) -> None:
        self._kept: Sound | None = None
        self._from = 0.0
        self._seams: list[float] = []
        self.voiced = False
        """Whether somebody was still speaking where the tape ends."""
        self.quiet_since = 0.0

    def add(self, piece: Sound, began: float, *, last: bool = False) -> list[Spoken]:
        """The utterances that have ended with `piece`, which began at `began`; with `last` those
        too that have not. Raises `CannotLook` without the voice extra."""
        whole = self._joined(piece.at(RATE), began)
        found = _stretches(whole)
        self.voiced = bool(found) and whole.seconds - found[-1][1] < PAUSE and not last
        if self.voiced and whole.seconds - found[-1][0] > LONGEST:
            self.voiced = False
        over = found[:-1] if self.voiced else found
        told = [
            Spoken(
                self._from + start,
                self._from + end,
                whole.cut(max(start - 0.1, 0), end + 0.1),
                sum(self._from + start < seam < self._from + end for seam in self._seams),
            )
            for start, end in over
        ]
        if found:
            self.quiet_since = self._from + found[-1][1]
        keep = found[-1][0] - 0.1 if self.voiced else whole.seconds - PAUSE / 2
        keep = max(keep, found[-1][1] if found and not self.voiced else 0, 0)
        self._kept, self._from = whole.cut(keep), self._from + keep
        self._seams = [seam for seam in self._seams if seam > self._from]
        return told

    def _joined(self, piece: Sound, began: float) -> Sound:
        import numpy as np

        if self._kept is None:
            self._from = began
            return piece
        seam = self._from + self._kept.seconds
        gap = began - seam
        if gap > LEAST:
            self._seams.append(seam)
        filled = np.zeros(round(min(max(gap, 0), LONGEST) * RATE), np.int16)
        if gap > LONGEST:
            self._from = began - self._kept.seconds - LONGEST
        return Sound(np.concatenate((self._kept.samples, filled, piece.samples)), RATE)


def _stretches(sound: Sound) -> list[tuple[float, float]]:
    from cxassure.channels._telephony.audio.voice import spoken

    try:
        return spoken(sound, PAUSE)
    except ModuleNotFoundError as wrong:
        raise needs_voice(wrong.name) from None


def needs_voice(name: str | None = "") -> CannotLook:
    return CannotLook(
        f"a real call is heard with {name or 'the voice extra'}", "pip install 'cxassure[voice]'"
    )


def check_voice() -> None:
    """Raises `CannotLook` where sound cannot be heard on this machine."""
    for name in ("numpy", "webrtcvad"):
        if find_spec(name) is None:
            raise needs_voice(name)
