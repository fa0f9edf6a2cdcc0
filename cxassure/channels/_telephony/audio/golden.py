"""A prompt against the one that was accepted: the same, changed, cut off, garbled, another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio import warping
from cxassure.channels._telephony.audio.fingerprint import HOP, Fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Costs = NDArray[np.float64]

WINDOW = 12
"""Frames (0.24 s) over which a difference is judged: a syllable."""
SAME, STEADY, NOISY = 0.07, 2.0, 0.3
"""A window differs when its distance is over `SAME` plus `STEADY` times the usual distance, or
over `NOISY`: noise lies on all windows alike, a changed word on some."""
PART = 0.15
"""Mean distance up to which what was heard is a part of the accepted prompt."""
OTHER = 0.28
"""Mean distance from which on the prompts have little to do with each other."""
SCATTERED = 3
"""As many places that differ, or holes that were not there, make a garbled prompt."""
SLACK = 25
"""Frames by which one may begin or end before the other."""
_STEP = 0.1
"""What it costs to go slower or faster than the accepted prompt, a frame."""


class Verdict(StrEnum):
    """How a prompt stands to the accepted one."""

    SAME = "the same"
    CHANGED = "changed words"
    CUT = "cut off"
    GARBLED = "garbled"
    OTHER = "another prompt"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`distance` is 0 for the same sound, half and more for sounds that have nothing in common;
    `start` and `end` say where they differ, in seconds of the accepted prompt."""

    verdict: Verdict
    distance: float
    start: float = 0.0
    end: float = 0.0

    def __str__(self) -> str:
        where = f" from {self.start:.1f} to {self.end:.1f} s" if self.end > self.start else ""
        return f"{self.verdict.value}{where} (distance {self.distance:.2f})"


def compare(accepted: Fingerprint, heard: Fingerprint) -> Comparison:
    """How `heard` stands to `accepted`; no recogniser and no language is needed.

    Sounds are laid beside each other by dynamic time warping between half and twice the speed, so
    a word put in or left out shows where it stands. It compares recordings: the same words in
    another voice are another prompt.
    """
    if not len(accepted.frames) or not len(heard.frames):
        same = len(accepted.frames) == len(heard.frames)
        verdict = Verdict.SAME if same else Verdict.CUT
        return Comparison(verdict, float(not same), 0, accepted.seconds)
    costs = warping.costs(accepted.frames, accepted.loud, heard.frames, heard.loud)
    cut = _cut(costs, accepted)
    if cut is not None:
        return cut
    local = warping.local(costs, _STEP, SLACK)
    local[~accepted.loud] = float("nan")
    return _judged(local, accepted, heard)


def _judged(local: Costs, accepted: Fingerprint, heard: Fingerprint) -> Comparison:
    import numpy as np

    longer = len(heard.frames) - len(accepted.frames)
    distance = float(np.nanmean(local)) if np.isfinite(local).any() else 1.0
    if distance > OTHER:
        return Comparison(Verdict.OTHER, distance, 0, accepted.seconds)
    usual = STEADY * float(np.nanmedian(local))
    bad = _stretches(_windowed(local) > min(SAME + usual, NOISY))
    if not bad and longer > SLACK:
        bad = [(len(local) - 1, len(local) + longer)]
    if not bad:
        return Comparison(Verdict.SAME, distance)
    start, end = bad[0][0] * HOP, (bad[-1][1] + 1) * HOP
    holes = _holes(heard) - _holes(accepted)
    garbled = holes >= SCATTERED or len(bad) >= SCATTERED
    return Comparison(Verdict.GARBLED if garbled else Verdict.CHANGED, distance, start, end)


def _holes(prompt: Fingerprint) -> int:
    """How often the sound goes away inside a prompt."""
    import numpy as np

    return int((np.diff(prompt.loud.astype(int)) == -1).sum())


def _cut(costs: Costs, accepted: Fingerprint) -> Comparison | None:
    """Whether all that was heard is the accepted prompt's beginning, or its end, well kept.

    Laid open-ended: some first rows of the accepted prompt take up every column that was heard.
    """
    import numpy as np

    missing = costs.shape[0] - costs.shape[1]
    if missing * HOP < 0.3:
        return None
    for backwards in (False, True):
        turned = costs[::-1, ::-1] if backwards else costs
        ends = warping.sums(turned, _STEP, SLACK)[0][:, -1] / np.arange(1, len(turned) + 1)
        row = int(ends.argmin())
        if ends[row] < PART and (len(turned) - row) * HOP > 0.3:
            where = row * HOP
            span = (0.0, accepted.seconds - where) if backwards else (where, accepted.seconds)
            return Comparison(Verdict.CUT, float(ends[row]), *span)
    return None


def _windowed(local: Costs) -> Costs:
    """The mean of the window that begins at each frame; pauses do not count."""
    import numpy as np

    known = np.isfinite(local).astype(float)
    total = np.convolve(np.nan_to_num(local), np.ones(WINDOW))[WINDOW - 1 :]
    many = np.convolve(known, np.ones(WINDOW))[WINDOW - 1 :]
    return np.where(many >= WINDOW / 2, total / np.maximum(many, 1), 0.0)


def _stretches(bad: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last frame of each run of bad windows; those less than a window apart are one."""
    import numpy as np

    found: list[tuple[int, int]] = []
    for at in np.flatnonzero(bad):
        if found and at - found[-1][1] <= WINDOW:
            found[-1] = (found[-1][0], int(at))
        else:
            found.append((int(at), int(at)))
    middle = WINDOW // 2
    return [(first + middle, last + middle) for first, last in found]
