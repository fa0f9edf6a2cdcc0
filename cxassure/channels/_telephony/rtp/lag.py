"""The engine's own clock, watched: how late our beats were, so that a busy machine does not look
like a bad line."""

from __future__ import annotations

STEP = 0.0005
"""Seconds a bucket is wide."""
BUCKETS = 1000


class Lag:
    """How late things were done, in seconds, as a histogram of half milliseconds up to 0.5 s."""

    def __init__(self) -> None:
        self.count = 0
        self.worst = 0.0
        self._buckets = [0] * (BUCKETS + 1)

    def add(self, seconds: float) -> None:
        self.count += 1
        self.worst = max(self.worst, seconds)
        self._buckets[min(BUCKETS, int(max(0.0, seconds) / STEP))] += 1

    def at(self, share: float) -> float:
        """The lateness that this share of all beats kept, e.g. `at(0.95)`; 0 without any."""
        left = share * self.count
        for place, count in enumerate(self._buckets):
            left -= count
            if count and left <= 0:
                return min(self.worst, (place + 1) * STEP)
        return self.worst
