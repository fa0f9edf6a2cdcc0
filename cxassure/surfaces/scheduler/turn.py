"""Whose turn it is: of the schedulers on one reports folder, or one shared store, one works and
the others stand by."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cxassure.errors import CannotLook

FILE = "schedule.lock"
LOOK = 0.2
"""Seconds between two looks whether the other has gone."""
WATCH = 1.0
"""Seconds between two looks whether a shared store still knows that it is our turn."""

REST = 5.0
"""Seconds for which it is not asked for by whom it did not serve."""


class Among(Protocol):
    """The same among machines, by the store that they share."""

    def take(self) -> bool:
        """Whether it is ours from now on. Raises `CannotLook`."""

    def held(self) -> bool:
        """Whether it is still ours."""

    def give_back(self) -> None:
        """Lets the next one have it."""


class Turn:
    """A lock that the kernel frees with the process that holds it, however that ends."""

    def __init__(self, reports: Path, among: Among | None = None) -> None:
        self.path = reports / FILE
        self.among = among
        self.silence: tuple[datetime, datetime] | None = None
        """The last stretch (UTC) in which a shared store was seen not to answer."""
        self._silent: datetime | None = None
        self._folder = False
        try:
            reports.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as wrong:
            raise self._cannot(wrong) from None

    def take(self) -> bool:
        """Whether it is ours from now on. Raises `CannotLook` where there are no locks."""
        self._folder = False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as wrong:
            raise self._cannot(wrong) from None
        self._folder = True
        return self.among is None or self._taken(self.among)

    def _taken(self, among: Among) -> bool:
        try:
            ours = among.take()
        except CannotLook:
            self._silent = self._silent or datetime.now(UTC)
            raise
        if self._silent:
            self.silence, self._silent = (self._silent, datetime.now(UTC)), None
        return ours

    @property
    def where(self) -> str:
        """On what whoever has the turn is at work, seen from here."""
        return "this store" if self._folder else "this reports folder"

    async def keep(self, stop: asyncio.Event, say: Callable[[str], None]) -> bool:
        """Sees to it that it stays ours until `stop`; false when another machine took it.

        Who is cut off from the store asks for it again when that is back. Until then nothing is
        started, as nothing can be entered.
        """
        if self.among is None:
            return await stop.wait()
        while not await _comes(stop, WATCH):
            if await asyncio.to_thread(self.among.held):
                continue
            say("cut off from the store: nothing is started until it answers")
            if not await self._again(stop):
                say("another scheduler took over")
                return False
            say("the store answers, and the turn is still ours")
        return True

    async def _again(self, stop: asyncio.Event) -> bool:
        while not await _comes(stop, LOOK):
            with contextlib.suppress(CannotLook):
                return await asyncio.to_thread(self.take)
        return True

    async def wait(self, stop: asyncio.Event) -> bool:
        """Stands by until it is ours; false when `stop` came first."""
        while not stop.is_set():
            with contextlib.suppress(CannotLook):  # the store is away: nobody has it
                if await asyncio.to_thread(self.take):
                    return True
            await _comes(stop, LOOK)
        return False

    async def pass_on(self, stop: asyncio.Event) -> None:
        """Lets another machine have it for a while, since here nothing can be done with it."""
        if self.among is not None:
            self.among.give_back()
        await _comes(stop, REST)

    def give_back(self) -> None:
        """Lets the next one have it."""
        if self.among is not None:
            self.among.give_back()
        os.close(self._file)

    def _cannot(self, wrong: OSError) -> CannotLook:
        return CannotLook(
            f"no lock can be had at {self.path}: {wrong.strerror or wrong}",
            "without it two schedulers might run everything twice: --report-dir on a local disk",
        )


async def _comes(stop: asyncio.Event, within: float) -> bool:
    try:
        return await asyncio.wait_for(stop.wait(), within)
    except TimeoutError:
        return False
