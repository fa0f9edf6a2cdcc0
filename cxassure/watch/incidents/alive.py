"""The rule of the dead man's switch: a sign of life only while cxassure really does its work."""

from __future__ import annotations

from datetime import datetime, timedelta


def ping_is_due(
    last: datetime | None, overdue: datetime | None, every: float, now: datetime
) -> bool:
    """Whether somebody outside is told now that cxassure lives.

    `last` is the last ping that got through, `overdue` when the oldest run fell due that has
    neither begun nor been written down as missed. A watch that still ticks but drives nothing
    must not look alive: it falls silent once a run has been waiting for longer than `every`.
    """
    period = timedelta(seconds=every)
    if overdue is not None and now - overdue > period:
        return False
    return last is None or now - last >= period
