"""How a scheduler goes about it: spread, patience, how far it looks back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Habits:
    """`jitter`, `grace`: seconds. `catch_up` also what no peak asks for. `back`: how far it looks.

    A run is started at most `jitter` after it is due, always as much for one probe. One that has
    waited longer than `grace` is started only where the calendar still allows it.
    """

    jitter: float = 5.0
    grace: float = 60.0
    catch_up: bool = False
    back: timedelta = timedelta(days=7)
