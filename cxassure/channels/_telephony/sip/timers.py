"""How long SIP waits: the timers of RFC 3261 section 17 and what is derived from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Handle(Protocol):
    """Something that is due, and can be called off (`asyncio.TimerHandle` is one)."""

    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Handle]
"""`later(seconds, then)`: the loop's `call_later`, or a clock that a test winds by hand."""


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds. The defaults are the RFC's; tests shorten `t1` and everything follows.

    `glare_own` and `glare_other` are the ranges to wait in after a 491 (section 14.1): longer for
    the side that chose the Call-ID. `linger` is how long a closing agent waits for its byes;
    `second` is how long a second of session timers and registrations lasts.
    """

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0
    glare_own: tuple[float, float] = (2.1, 4.0)
    glare_other: tuple[float, float] = (0.0, 2.0)
    linger: float = 2.0
    second: float = 1.0

    @property
    def give_up(self) -> float:
        """Timers B, F, H, J, L, M: 64 times T1, 32 s."""
        return 64 * self.t1

    def after(self, wait: float) -> float:
        """The wait after `wait` when it doubles up to T2."""
        return min(2 * wait, self.t2)
