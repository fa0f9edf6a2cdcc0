"""The machine's attention for calls that are going on: packets leave and are heard in time."""

from __future__ import annotations

import contextlib
import os

from cxassure.channel import Opening

BEFORE = 2
"""Packets go before what makes out recordings, and that before everything else."""
_asked: list[Priority] = []
_before: list[int] = []


class Priority:
    """While one is open the thread that drives calls is scheduled before all others, as audio
    programs are (sched(7), round robin); where that is not allowed things go on without it.
    Programs that it starts are scheduled as usual."""

    def __init__(self) -> None:
        if not _asked:
            _ask()
        _asked.append(self)

    @classmethod
    async def of(cls, opening: Opening) -> Priority:
        """One for all calls of a command; the last to go gives it back."""

        async def make() -> Priority:
            return cls()

        priority: Priority = await opening.campaign.once("telephony priority", make)
        return priority

    async def close(self) -> None:
        if self in _asked:
            _asked.remove(self)
        if not _asked and _before:
            with contextlib.suppress(OSError):
                os.sched_setscheduler(0, _before.pop(), os.sched_param(0))


def _ask() -> None:
    if not hasattr(os, "sched_setscheduler"):
        return
    with contextlib.suppress(OSError):
        was = os.sched_getscheduler(0)
        policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(BEFORE))
        _before[:] = [was & ~os.SCHED_RESET_ON_FORK]
