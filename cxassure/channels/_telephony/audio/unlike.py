"""How what was heard stands to the golden prompt that should have been heard there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cxassure.channels._telephony.audio.fingerprint import Fingerprint, fingerprint
from cxassure.channels._telephony.audio.golden import Comparison, Verdict, compare
from cxassure.channels._telephony.audio.recogniser import Word
from cxassure.channels._telephony.audio.repertoire import folder_of, recording, recordings
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voice import spoken
from cxassure.channels._telephony.audio.wording import Wording

LEAST = 0.4
"""Seconds of voice that are worth comparing."""
MARGIN = 0.1
"""Seconds of silence that are heard along with it."""
EDGE = 0.06
"""Seconds of the last syllable of a known recording beside it that may not have been counted."""
MOST = 12
"""Golden prompts that are compared at most, which takes some tens of milliseconds each."""
_WORDS = {
    Verdict.CHANGED: "changed words",
    Verdict.CUT: "cut off",
    Verdict.GARBLED: "garbled",
    Verdict.OTHER: "no golden prompt: other words, another voice or another language",
}


@dataclass(frozen=True, slots=True)
class Unlike:
    """The golden prompt that was expected, `text`, and what is wrong with what was heard."""

    text: str
    found: Comparison

    @property
    def known(self) -> bool:
        """Whether it is that prompt at all."""
        return self.found.verdict != Verdict.OTHER

    @property
    def verdict(self) -> str:
        """`cut off from 1.2 to 3.4 s`, in seconds of the golden prompt."""
        one = self.found
        where = f" from {one.start:.1f} to {one.end:.1f} s of it" if self.known else ""
        return _WORDS[one.verdict] + where

    @property
    def told(self) -> str:
        """The same where its text does not stand beside it."""
        return f"golden prompt {self.verdict}" if self.known else self.verdict

    def __str__(self) -> str:
        return f"the golden prompt «{self.text}» is heard otherwise: {self.verdict}"


def unlike(
    sound: Sound,
    folders: Sequence[str],
    expected: Sequence[str],
    explained: Sequence[Word] = (),
    language: str = "en",
) -> Unlike | None:
    """What is wrong with that one of the `expected` golden prompts which comes closest to what is
    left of `sound` beside what is `explained`; None where all is well, nothing is left, or no
    recording in `folders` has expected words. Raises `CannotLook` for a folder that is none."""
    rest = _rest(sound, explained)
    if rest is None:
        return None
    heard, told = fingerprint(rest), [word.text for word in explained]
    found = [
        Unlike(text, compare(_accepted(path, path.stat().st_mtime_ns), heard))
        for text, path in _wanted(folders, expected, language)
        if text not in told
    ]
    best = min(found, key=lambda one: (not one.known, one.found.distance), default=None)
    return None if best is None or best.found.verdict == Verdict.SAME else best


def _wanted(
    folders: Sequence[str], expected: Sequence[str], language: str
) -> list[tuple[str, Path]]:
    """Recordings in which an expected text is said, or a part of one."""
    wording = Wording(language)
    every = [one for folder in folders for one in recordings(folder_of(folder))]
    suiting = [
        (text, path)
        for text, path in every
        if any(wording.says([text], one) or wording.says([one], text) for one in expected)
    ]
    return suiting[:MOST]


def _rest(sound: Sound, explained: Sequence[Word]) -> Sound | None:
    """The longest stretch with a voice that no recording explains."""
    edges = [0.0, *(at for word in explained for at in (word.start, word.end)), sound.seconds]
    found = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        voiced = [(max(a, start), min(b, end)) for a, b in spoken(sound) if a < end and b > start]
        if voiced:
            first = max(voiced[0][0] - MARGIN, start + EDGE)
            last = min(voiced[-1][1] + MARGIN, end - EDGE)
            found.append((last - first, first, last))
    seconds, first, last = max(found, default=(0.0, 0.0, 0.0))
    return sound.cut(first, last) if seconds >= LEAST else None


@lru_cache(maxsize=256)
def _accepted(path: Path, stamp: int) -> Fingerprint:
    return fingerprint(recording(path))
