"""What is to be written in the ledger: gathered, and written in batches while others go on."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from cxassure.errors import CannotLook
from cxassure.peak import Slot

AT_ONCE = 500
AGAIN = 1.0
"""Seconds after which it is tried again when the ledger could not be written."""
TOLD = timedelta(minutes=1)
"""How long it is kept quiet about a ledger that still cannot be written."""

SILENT = "the store did not answer"

Stretch: TypeAlias = tuple[datetime, datetime]
"""From when to when (UTC)."""
Write: TypeAlias = Callable[[Sequence[Slot], Sequence[Slot], datetime | None], set[Slot]]
"""Fresh slots, changed ones and until when all are in there, to those that were new, or still
ours to change."""


@dataclass(slots=True)
class _Entry:
    slot: Slot
    fresh: bool
    written: asyncio.Future[bool]


def silent(stretch: Stretch | None) -> str:
    """The reason, with from when to when where that is known."""
    return f"{SILENT} from {stretch[0]:%F %T} to {stretch[1]:%F %T} UTC" if stretch else SILENT


class Entries:
    """A queue before `write`; `first` says when the first run is due that is not in here yet.

    What cannot be written waits and is tried again, and nothing that waits for it is started.
    `silence` is the last stretch (UTC) in which nothing could be written.
    """

    silence: Stretch | None = None

    def __init__(
        self,
        write: Write,
        first: Callable[[], datetime],
        trouble: Callable[[str], None],
        again: float = AGAIN,
    ) -> None:
        self._write, self._first, self._trouble, self._again = write, first, trouble, again
        self._queue: deque[_Entry] = deque()
        self._asked = asyncio.Event()
        self._tried = self._told = datetime.min.replace(tzinfo=UTC)
        self._failing = False
        self._task = asyncio.create_task(self._go())

    def enter(self, slot: Slot) -> asyncio.Future[bool]:
        """Done when it is written; whether its key was new."""
        return self._put(slot, fresh=True)

    def amend(self, slot: Slot) -> asyncio.Future[bool]:
        """Done when it is written; whether it was still ours to say."""
        return self._put(slot, fresh=False)

    async def close(self) -> None:
        """Ends when all is written."""
        while self._queue:
            await asyncio.wait([self._queue[-1].written])
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _put(self, slot: Slot, fresh: bool) -> asyncio.Future[bool]:
        written = asyncio.get_running_loop().create_future()
        self._queue.append(_Entry(slot, fresh, written))
        self._asked.set()
        return written

    async def _go(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            while self._queue:
                await self._batch(list(self._queue)[:AT_ONCE])

    async def _batch(self, batch: list[_Entry]) -> None:
        fresh = [one.slot for one in batch if one.fresh]
        changed = [one.slot for one in batch if not one.fresh]
        began = datetime.now(UTC)
        try:
            new = await asyncio.to_thread(self._write, fresh, changed, self._until(len(batch)))
        except CannotLook as wrong:
            self._failed(wrong, began)
            await asyncio.sleep(self._again)
            return
        self._answered()
        for one in batch:
            self._queue.popleft()
            if not one.written.done():
                one.written.set_result(one.slot in new)

    def _failed(self, wrong: CannotLook, began: datetime) -> None:
        """It is told when it begins, and each minute that it lasts."""
        if not self._failing:
            self._failing, self._tried = True, began
        if (now := datetime.now(UTC)) - self._told >= TOLD:
            self._told = now
            self._trouble(str(wrong))

    def _answered(self) -> None:
        if self._failing:
            self._failing, self.silence = False, (self._tried, datetime.now(UTC))
            self._told = datetime.min.replace(tzinfo=UTC)

    def _until(self, taken: int) -> datetime:
        """Before when everything due is in the ledger once the first `taken` are written."""
        left = [one.slot.at for one in list(self._queue)[taken:] if one.fresh]
        return min([self._first(), *left])
