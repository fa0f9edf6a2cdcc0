"""Reading anew: a scheduler goes on with what was compiled or written while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from cxassure.errors import CxassureError, UsageError
from cxassure.probe import Probe
from cxassure.surfaces.scheduler.asking import Book, Calendar
from cxassure.surfaces.scheduler.scheduler import Scheduler
from cxassure.workspace import Workspace

LOOK = 2.0
"""Seconds between two looks; what has changed is read when it stays the same for one."""

SETTINGS = "cxassure.yaml"

Seen: TypeAlias = tuple[tuple[str, int, int, int], ...]
Taken: TypeAlias = Callable[[Workspace], None]


class Reloading:
    """`taken` is told of a workspace that was read anew, and blocks; it may refuse by raising."""

    def __init__(
        self,
        workspace: Workspace,
        scheduler: Scheduler,
        book: Book,
        taken: Taken,
        say: Callable[[str], None],
    ) -> None:
        self.workspace, self.scheduler, self.book = workspace, scheduler, book
        self._taken, self._say = taken, say
        self._known = self._look()

    async def go(self) -> None:
        """Looks until it is cancelled."""
        before = self._known
        while True:
            await asyncio.sleep(LOOK)
            now = await asyncio.to_thread(self._look)
            if now == before and now != self._known:
                self._known = now
                await self._reload()
            before = now

    def _look(self) -> Seen:
        """Names, times and sizes of all that is read."""
        files = [self.workspace.root / SETTINGS, *self.workspace.probes.glob("*.json")]
        return tuple(sorted(one for path in files if (one := _stat(path))))

    async def _reload(self) -> None:
        """What is broken is told once for each time that it is written; the last good goes on."""
        try:
            workspace, probes, calendar = await asyncio.to_thread(self._read)
            names = [probe.name for probe in probes]
            await asyncio.to_thread(self.book.acquaint, names, datetime.now(UTC))
            await asyncio.to_thread(self._taken, workspace)
        except Exception as wrong:  # an end of reading would go unheard
            self._say(f"what was written anew is not used, the last good goes on:\n{_said(wrong)}")
            return
        self.workspace = workspace
        self.scheduler.adopt(probes, calendar)
        self._say(f"read anew: scheduling {len(probes)} probes")

    def _read(self) -> tuple[Workspace, Sequence[Probe], Calendar]:
        """Everything is tried out before anything is used."""
        old, new = self.workspace, self.workspace.afresh()
        probes = new.compiled()
        calendar, now = new.schedule(probes), datetime.now(UTC)
        if new.store.reports != old.store.reports or new.environment.name != old.environment.name:
            raise UsageError("another reports folder or environment", AGAIN)
        if new.needs_company:
            raise UsageError("targets ask for the built-in company, which is not started", AGAIN)
        coming = [calendar.next_due(probe, now) for probe in probes]
        if not any(coming):
            raise UsageError("nothing is ever due any more", "docs/calendar.md shows how")
        return new, probes, calendar


AGAIN = "start the scheduler again"


def _said(wrong: Exception) -> str:
    return str(wrong) if isinstance(wrong, CxassureError) else f"{type(wrong).__name__}: {wrong}"


def _stat(path: Path) -> tuple[str, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino
