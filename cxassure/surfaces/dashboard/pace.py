"""Pace: how many calls one program may make; who asks faster is told how long to wait."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """`burst` calls at once by one key, `rate` a second after that (a leaky bucket, told by the
    moment at which it will be empty). What is empty is forgotten."""

    burst: int
    rate: float
    _empty: dict[str, float] = field(default_factory=dict)

    def wait(self, key: str) -> float:
        """Counts one call, and gives 0; where it is one too many, the seconds until the next."""
        now = time.monotonic()
        empty = max(self._empty.get(key, now), now) + 1 / self.rate
        over = empty - now - self.burst / self.rate
        if over > 1e-6:
            return over
        if key not in self._empty:
            self._empty = {k: at for k, at in self._empty.items() if at > now}
        self._empty[key] = empty
        return 0.0


KNOWN = (1200, 20.0)
"""Calls at once, and a second, of a token or a session."""

STRANGERS = (60, 1.0)
"""The same by an address whose token we do not know."""
