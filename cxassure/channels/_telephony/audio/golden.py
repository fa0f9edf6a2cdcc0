"""A prompt against the one that was accepted: the same, changed, cut off, garbled, another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.fingerprint import HOP, Fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Costs = NDArray[np.float64]


class Likeness(StrEnum):
    """How a prompt stands to the accepted one."""

    SAME = "same"
    CHANGED = "changed words"
    CUT = "cut off"
    GARBLED = "garbled"
    OTHER = "another prompt"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`distance` is 0 for the same sound, about 1 for sounds that have nothing to do with each
    other; `start` and `end` say where it differs, in seconds of the accepted prompt."""

    verdict: Likeness
    distance: float
    start: float = 0.0
    end: float = 0.0

    @property
    def words(self) -> str:
        """As a person reads it."""
        if self.verdict in (Likeness.SAME, Likeness.OTHER):
            return f"{self.verdict.value} (distance {self.distance:.2f})"
        where = f"at {self.start:.1f} s" if self.verdict is Likeness.CUT else (
            f"{self.start:.1f} to {self.end:.1f} s"
        )  # fmt: skip
        return f"{self.verdict.value}: {where} (distance {self.distance:.2f})"
