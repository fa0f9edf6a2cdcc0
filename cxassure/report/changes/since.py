"""What changed since the last good run of the same journey, row and environment."""

from __future__ import annotations

from cxassure.report.changes.change import Change
from cxassure.report.changes.comparing import changes
from cxassure.report.context import Context
from cxassure.run import Run

MOST = 3
"""How many are told where there is one line for them."""


def since_good(run: Run, context: Context) -> list[Change]:
    """What changed since the last good run, where that is still kept."""
    past = context.past.get(run.id)
    return changes(run, past.good) if past and past.good else []


def changed(run: Run, context: Context) -> str:
    """What changed since the last good run, the first few in a line."""
    found = since_good(run, context)
    more = len(found) - MOST
    told = [str(one) for one in found[:MOST]]
    return "; ".join([*told, *([f"and {more} more"] if more > 0 else [])])
