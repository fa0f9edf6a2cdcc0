"""Virtual time: a clock that stands still until it is advanced, and the walks that wait on it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import Callable, Coroutine
from typing import Any


class VirtualClock:
    """Seconds since the exchange was built. Same walks, same answers: same times.

    A walk is a coroutine that waits by `until` and for nothing else but real answers (a webhook).
    Time moves only in `advance`, and only while every walk waits: an answer may take as long as it
    likes, the walk itself then says by how much it made the customer wait.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._parked: dict[asyncio.Future[None], None] = {}
        self._due: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._walks: set[asyncio.Task[None]] = set()

    def now(self) -> float:
        return self._now

    def start(self, walk: Coroutine[Any, Any, None]) -> None:
        """Sets a walk going; it must mind its own exceptions."""
        self._run()
        task = asyncio.create_task(self._walk(walk))
        self._walks.add(task)
        task.add_done_callback(self._walks.discard)

    async def _walk(self, walk: Coroutine[Any, Any, None]) -> None:
        try:
            await walk
        finally:
            self._rest()

    async def until(self, holds: Callable[[], bool], seconds: float = math.inf) -> bool:
        """Waits until `holds()` or until `seconds` have passed; says whether it holds."""
        deadline = self._now + seconds
        while not holds():
            if self._now >= deadline:
                return False
            await self._park(deadline)
        return True

    def stir(self) -> None:
        """Something has changed: everything that waits looks again, in the order it came."""
        for future in list(self._parked):
            self._wake(future)

    async def idle(self) -> None:
        """Returns when every walk waits; takes no virtual time."""
        await self._idle.wait()

    async def advance(self, until: float) -> None:
        """Goes on to the next thing that is due, or to `until` where nothing is due before."""
        await self.idle()
        while self._due and self._due[0][2].done():
            heapq.heappop(self._due)
        if self._due and self._due[0][0] <= until:
            self._now, _, future = heapq.heappop(self._due)
            self._wake(future)
            await self.idle()
        else:
            self._now = max(self._now, until)

    async def close(self) -> None:
        """Ends every walk."""
        walks = list(self._walks)
        for walk in walks:
            walk.cancel()
        await asyncio.gather(*walks, return_exceptions=True)

    async def _park(self, deadline: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._parked[future] = None
        if deadline < math.inf:
            heapq.heappush(self._due, (deadline, next(self._order), future))
        self._rest()
        try:
            await future
        finally:
            if future in self._parked:  # cancelled, not woken
                del self._parked[future]
                self._run()

    def _wake(self, future: asyncio.Future[None]) -> None:
        if self._parked.pop(future, self) is None:
            self._run()
            if not future.done():
                future.set_result(None)

    def _run(self) -> None:
        self._running += 1
        self._idle.clear()

    def _rest(self) -> None:
        self._running -= 1
        if self._running <= 0:
            self._idle.set()
