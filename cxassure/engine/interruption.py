"""What an interruption (Ctrl-C, a time-out of the campaign) may shorten and never breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


def outlive() -> None:
    """Lets the task under way wait for things again, as it is no longer being cancelled."""
    task = asyncio.current_task()
    while task and task.cancelling():
        task.uncancel()


async def to_its_end(
    work: Coroutine[Any, Any, None], hurry: Callable[[], None]
) -> asyncio.CancelledError | None:
    """Does `work` whole, whatever interrupts meanwhile; gives the interruption, to be raised later.

    `hurry` is called at each of them. What `work` raises is raised.
    """
    task, interrupted = asyncio.create_task(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as cancelled:
            interrupted = cancelled
            outlive()
            hurry()
    task.result()
    return interrupted
