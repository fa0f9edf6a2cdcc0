"""Time of a call that is heard in pieces: it stands still while a piece is fetched and heard."""

from __future__ import annotations

import time


class HeardClock:
    """Seconds of the machine's monotonic clock, held at the end of what has been heard.

    Between two pieces a person would still be listening: what is expected is judged by when it was
    said, not by when its recording had come.
    """

    def __init__(self) -> None:
        self._held: float | None = None
        self._last = time.monotonic()

    def now(self) -> float:
        self._last = max(self._last, time.monotonic() if self._held is None else self._held)
        return self._last

    def hold(self, at: float | None = None) -> None:
        """Stands still at `at`, or where it is."""
        self._held = self.now() if at is None else at

    def release(self) -> None:
        """Goes with real time again, from where that is."""
        self._held = None
