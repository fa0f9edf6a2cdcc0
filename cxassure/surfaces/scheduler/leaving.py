"""What another machine left open: it may still be at it, so it is given time to settle it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cxassure.errors import CannotLook
from cxassure.peak import Slot
from cxassure.probe import Probe
from cxassure.surfaces.scheduler.asking import Book

PATIENCE = 300.0
"""Seconds that a run is given whose journey has no budget."""

AGAIN = 1.0
"""Seconds after which a ledger that did not answer is asked again."""


async def left(slot: Slot, probe: Probe | None, book: Book, settle: Callable[[Slot], None]) -> None:
    """Settles `slot` when it has had its time, unless whoever left it has done so by then."""
    await asyncio.sleep((probe.budget if probe else None) or PATIENCE)
    while True:
        try:
            since = await asyncio.to_thread(book.since, slot.at)
        except CannotLook:
            await asyncio.sleep(AGAIN)
            continue
        for one in since:
            if (one.probe, one.at) == (slot.probe, slot.at) and one.state in ("due", "missing"):
                settle(one)
        return
