"""The clock of every sound that leaves the exchange: 20 ms ticks that never add up their delays."""

from __future__ import annotations

import asyncio
from typing import Protocol

TICK = 0.02
LOST = 0.5
"""A machine that slept longer than this starts anew rather than send everything at once."""


class Ticking(Protocol):
    def tick(self) -> None: ...


class Pacer:
    """Ticks everything in `lines`; what comes late is made up for at once."""

    def __init__(self) -> None:
        self.lines: set[Ticking] = set()
        self._wanted = asyncio.Event()

    def add(self, line: Ticking) -> None:
        self.lines.add(line)
        self._wanted.set()

    def discard(self, line: Ticking) -> None:
        self.lines.discard(line)

    async def run(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            if not self.lines:
                self._wanted.clear()
                await self._wanted.wait()
                due = clock()
            due = max(due + TICK, clock() - LOST)
            await asyncio.sleep(max(0.0, due - clock()))
            for line in tuple(self.lines):
                line.tick()
