"""Tidying up: once a day what has had its time by `keep:` is let go of, beside the runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from cxassure.errors import CxassureError
from cxassure.settings import Keep
from cxassure.workspace import Workspace

DAY = 86400.0
"""Seconds between two times."""


async def tidy(workspace: Callable[[], Workspace], say: Callable[[str], None]) -> None:
    """Goes on until it is cancelled, first at once; `workspace` is asked anew each time."""
    while True:
        now = workspace()
        if now.settings.keep != Keep():
            await asyncio.to_thread(_pruned, now, say)
        await asyncio.sleep(DAY)


def _pruned(workspace: Workspace, say: Callable[[str], None]) -> None:
    try:
        gone = workspace.store.tending.prune(workspace.settings.keep, datetime.now(UTC))
    except (CxassureError, OSError) as wrong:
        say(f"what has had its time could not be let go of: {wrong}")
        return
    if gone.runs or gone.evidence:
        size = gone.size // 1_000_000
        say(f"let go of {len(gone.runs)} runs and {len(gone.evidence)} files, {size} MB, by keep:")
