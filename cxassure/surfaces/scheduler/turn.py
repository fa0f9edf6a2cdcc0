"""Whose turn it is: of the schedulers on one reports folder one works and the others stand by."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

from cxassure.errors import CannotLook

FILE = "schedule.lock"
LOOK = 0.2
"""Seconds between two looks whether the other has gone."""


class Turn:
    """A lock that the kernel frees with the process that holds it, however that ends."""

    def __init__(self, reports: Path) -> None:
        self.path = reports / FILE
        try:
            reports.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as wrong:
            raise self._cannot(wrong) from None

    def take(self) -> bool:
        """Whether it is ours from now on. Raises `CannotLook` where there are no locks."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as wrong:
            raise self._cannot(wrong) from None
        return True

    async def wait(self, stop: asyncio.Event) -> bool:
        """Stands by until it is ours; false when `stop` came first."""
        while not stop.is_set():
            if self.take():
                return True
            try:
                await asyncio.wait_for(stop.wait(), LOOK)
            except TimeoutError:
                continue
        return False

    def give_back(self) -> None:
        """Lets the next one have it."""
        os.close(self._file)

    def _cannot(self, wrong: OSError) -> CannotLook:
        return CannotLook(
            f"no lock can be had at {self.path}: {wrong.strerror or wrong}",
            "without it two schedulers might run everything twice: --report-dir on a local disk",
        )
