"""Virtual time: a clock that stands still until it is advanced, and the walks that wait on it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any

TICK = 0.02
"""Seconds by which a clock that is bound to real time goes on: one frame of sound."""
ELSEWHERE = 0.005
"""Real seconds between two leaps behind which the run has been busy with something else."""


class VirtualClock:
    """Seconds since the exchange was built. Same walks, same answers: same times.

    A walk is a coroutine that waits by `until` and for nothing else but real answers (a webhook).
    Time moves only in `advance`, and only while every walk waits: an answer may take as long as it
    likes, the walk itself then says by how much it made the customer wait.

    The world outside may act on its own: what it is doing is held (`held`), what it is likely to do
    next is listened for in real time (`listen`), and while it hears or speaks (`bound`), a second
    here is a real second.
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
        self._listens = 0.0
        self._bound = 0
        self._left = 0.0
        self.grace = 0.0
        """Real seconds in which somebody who was asked, or came by, may act on."""
        self._origin = 0.0

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

    @contextmanager
    def held(self) -> Generator[None]:
        """Time stands still meanwhile, as it does for a walk under way."""
        self._run()
        try:
            yield
        finally:
            self._rest()

    def listen(self, seconds: float) -> None:
        """Lets `seconds` of real time pass before the next leap: somebody may have more to say."""
        self._listens = max(self._listens, time.perf_counter() + seconds)

    def contact(self) -> None:
        """The world outside has been in touch: it may act on what it learnt."""
        if self.grace:
            self.listen(self.grace)

    @contextmanager
    def bound(self) -> Generator[None]:
        """Time goes on as real time does meanwhile, as sound cannot be hurried."""
        if not self._bound:
            self._origin = time.perf_counter() - self._now
        self._bound += 1
        try:
            yield
        finally:
            self._bound -= 1

    def catch_up(self) -> None:
        """Where time is bound: it is as late here as it really is."""
        if self._bound:
            self._now = max(self._now, time.perf_counter() - self._origin)

    async def advance(self, until: float) -> None:
        """Goes on to the next thing that is due, or to `until` where nothing is due before.

        While it is bound to real time, one `TICK` at most.
        """
        await self._quiet()
        if self._bound:
            await self._tick(until)
            return
        self._forget()
        if self._due and self._due[0][0] <= until:
            self._now, _, future = heapq.heappop(self._due)
            self._wake(future)
            await self.idle()
        else:
            self._now = max(self._now, until)

    async def _quiet(self) -> None:
        """Waits until nothing is under way, nor likely to come: a run that was busy elsewhere may
        have set something going there."""
        if self.grace and time.perf_counter() - self._left > ELSEWHERE:
            self.contact()
        await self.idle()
        while (rest := self._listens - time.perf_counter()) > 0:
            await asyncio.sleep(rest)
            await self.idle()
        if self.grace:
            self._left = time.perf_counter()

    async def _tick(self, until: float) -> None:
        """Real time passes; what was due in it is woken in order, each at its own time."""
        self._forget()
        goal = min([until, self._now + TICK, *(due for due, _, _ in self._due[:1])])
        await asyncio.sleep(max(self._origin + goal - time.perf_counter(), 0.001))
        real = time.perf_counter() - self._origin
        while self._due and self._due[0][0] <= real:
            due, _, future = heapq.heappop(self._due)
            self._now = max(self._now, due)
            self._wake(future)
            await self.idle()
        self.catch_up()

    def _forget(self) -> None:
        """Drops what was woken before it was due."""
        while self._due and self._due[0][2].done():
            heapq.heappop(self._due)

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
