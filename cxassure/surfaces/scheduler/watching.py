"""Watching: what was seen is decided on, what is to be said is delivered, and signs of life go out.

Deciding, delivering and pinging go on beside the runs and beside each other, each in a thread of
its own: neither a slow sender nor a store that is away delays a run.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cxassure.errors import CannotLook, CxassureError
from cxassure.incident import Observation
from cxassure.peak import Slot
from cxassure.report.senders import Delivered, Sender, deliver, made, ping
from cxassure.surfaces.scheduler.scheduler import Scheduler
from cxassure.surfaces.scheduler.sighting import Sighting
from cxassure.text import fill
from cxassure.workspace import Workspace

if TYPE_CHECKING:
    from cxassure.incident import Alerts

BEAT = 15.0
"""Seconds after which it is decided though nothing was seen: reminders and ends fall due."""

POLL = 1.0
"""Seconds between two looks into the outbox; what we decide ourselves goes out at once."""

AGAIN = 1.0
"""Seconds after which it is tried again to decide, or to ping."""

MOST = 10_000
"""Looks that wait at most for a store that is away; the oldest go first."""


class Watching:
    """Told of runs by `look`; `start` and `finish` it in a running loop."""

    def __init__(
        self, workspace: Workspace, sighting: Sighting, say: Callable[[str], None]
    ) -> None:
        self._alone = False
        self.sighting = sighting
        self.scheduler: Scheduler | None = None
        self._say = say
        self._said: dict[str, str] = {}
        self._seen: deque[Observation] = deque(maxlen=MOST)
        self._decided: list[asyncio.Future[None]] = []
        self._asked, self._posted = asyncio.Event(), asyncio.Event()
        self._again: dict[str, datetime] = {}
        self._began = datetime.now(UTC)
        self._behind: datetime | None = None
        self._pinged: datetime | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.adopt(workspace)

    def adopt(self, workspace: Workspace) -> None:
        """From now on by these rules, to these recipients. Blocks. Raises `CannotLook`."""
        self._duty = workspace.duty()
        self._reference = workspace.reference
        self.alerts: Alerts = workspace.settings.alerts
        self.sighting.workspace = workspace
        for wrong in self._made()[1]:  # said now, and not when it matters
            self._say(str(wrong))

    def _made(self) -> tuple[dict[str, Sender], list[CxassureError]]:
        return made(self.alerts.recipients.values(), self._reference)

    def start(self, alone: bool = False) -> None:
        """Decides, delivers and pings from now on.

        `alone`: from now on the environment is looked at from our place and from no other.
        """
        self._alone = alone
        loops = self._deciding(), self._delivering(), self._pinging()
        self._tasks = [asyncio.create_task(one) for one in loops]

    async def finish(self, alive: bool = False) -> None:
        """Decides on what was seen last and tries once to deliver it; pings if `alive`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._decide()
        await self._deliver()
        if alive:
            await self._ping()

    # What was seen

    async def look(self, slots: Sequence[Slot]) -> None:
        """Returns when it is decided on, or it was tried in vain: then it is tried on."""
        try:
            self._seen.extend(await asyncio.to_thread(self.sighting.looks, slots))
        except Exception as wrong:  # a run has its result all the same
            self._tell("looking", f"runs could not be read again: {wrong}")
            return
        decided = asyncio.get_running_loop().create_future()
        self._decided.append(decided)
        self._asked.set()
        if self._tasks:
            await decided

    async def _deciding(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), AGAIN if self._seen else BEAT)
            self._asked.clear()
            await self._decide()

    async def _decide(self) -> None:
        batch, waiting = list(self._seen), self._decided
        self._decided = []
        now = datetime.now(UTC)
        try:
            said, suspected = await asyncio.to_thread(self._duty.look, batch, now, self._only)
        except CannotLook as wrong:
            self._behind = self._behind or now
            self._tell("deciding", str(wrong))
        except Exception as fault:  # what cannot be decided on must not stop what can
            self._drop(batch)
            self._tell("deciding", f"looks were lost: {type(fault).__name__}: {fault}")
        else:
            self._drop(batch)
            self._behind = None
            self._said.pop("deciding", None)
            self._look_again(suspected)
            if said:
                self._posted.set()
        for one in waiting:
            if not one.done():
                one.set_result(None)

    @property
    def _only(self) -> tuple[str, str] | None:
        here = self.sighting.workspace.environment.name, self.sighting.vantage.place
        return here if self._alone else None

    def _drop(self, batch: Sequence[Observation]) -> None:
        for one in batch:
            if self._seen and self._seen[0] is one:
                self._seen.popleft()

    def _look_again(self, suspected: Sequence[Observation]) -> None:
        """Once after each bad look that we made ourselves, where anybody would be told of it."""
        if not self.alerts.recipients or self.scheduler is None:
            return
        mine = self.sighting.vantage, self.sighting.workspace.environment.name
        for seen in suspected:
            fresh = seen.at >= self._began and self._again.get(seen.name) != seen.at
            if fresh and (seen.vantage, seen.env) == mine:
                self._again[seen.name] = seen.at
                self.scheduler.look_again(seen.name)

    # What is said

    async def _delivering(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._posted.wait(), POLL)
            self._posted.clear()
            await self._deliver()

    async def _deliver(self) -> None:
        try:
            done = await asyncio.to_thread(self._delivered)
        except Exception as wrong:  # nothing is lost: it is all in the outbox
            self._tell("delivering", f"messages could not be sent: {wrong}")
            return
        self._said.pop("delivering", None)
        for one in done.failed:
            self._tell(one.message.to, f"{one.message.to} could not be told: {one.why}")

    def _delivered(self) -> Delivered:
        """Secrets are read each time: one that was changed is known at once."""
        if not self._duty.kept.waiting():
            return Delivered()
        rules = self.alerts.rules
        fallback = rules.ours or rules.otherwise
        return deliver(self._duty.kept, self._made()[0], datetime.now(UTC), fallback)

    # Signs of life

    async def _pinging(self) -> None:
        while True:
            await asyncio.sleep(min(AGAIN, self.alerts.ping_every / 4))
            if self._ping_is_due() and not await self._ping():
                await asyncio.sleep(min(10.0, self.alerts.ping_every))

    def _ping_is_due(self) -> bool:
        waiting = (self.scheduler.overdue() if self.scheduler else None, self._behind)
        overdue = min((at for at in waiting if at), default=None)
        now, every = datetime.now(UTC), self.alerts.ping_every
        return bool(self.alerts.ping) and self._duty.ping_is_due(self._pinged, overdue, every, now)

    async def _ping(self) -> bool:
        if not self.alerts.ping:
            return True
        now = datetime.now(UTC)
        try:
            await asyncio.to_thread(ping, fill(self.alerts.ping, self._reference))
        except CxassureError as wrong:
            self._tell("pinging", str(wrong))
            return False
        self._pinged = now
        self._said.pop("pinging", None)
        return True

    def _tell(self, about: str, what: str) -> None:
        """Trouble is told once, and again when it is another."""
        if self._said.get(about) != what:
            self._said[about] = what
            self._say(what)
