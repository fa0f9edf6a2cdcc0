"""The instants of a cadence: every so many seconds in UTC, or cron text in a zone's wall time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cxassure.errors import Misread
from cxassure.peak import Cadence
from cxassure.text import clip

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def instants(
    cadence: Cadence, anchor: datetime, zone: ZoneInfo, since: datetime, until: datetime
) -> Iterator[datetime]:
    """The instants in [since, until), in UTC. A period is counted from `anchor`, both ways.

    Raises `Misread` for a cron text that is none.
    """
    if cadence.period:
        return _periodic(cadence.period, anchor, since, until)
    return _cron(cadence.cron, zone, since, until) if cadence.cron else iter(())


def count(
    cadence: Cadence, anchor: datetime, zone: ZoneInfo, since: datetime, until: datetime
) -> int:
    """How many `instants` there are."""
    if cadence.period:
        step = timedelta(seconds=cadence.period)
        return max(0, -((anchor - until) // step) - -((anchor - since) // step))
    return sum(1 for _ in instants(cadence, anchor, zone, since, until))


def _periodic(
    period: int, anchor: datetime, since: datetime, until: datetime
) -> Iterator[datetime]:
    step = timedelta(seconds=period)
    at = anchor - (anchor - since) // step * step
    while at < until:
        yield at
        at += step


def _cron(text: str, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[datetime]:
    """Wall times by cronsim: one in a gap is run at the gap's end, one in a fold once.

    An hour of `*` is every hour that really passes, so in a fold both are run.
    """
    from cronsim import CronSim, CronSimError

    try:
        # It goes from whole second to whole second, beginning after the one that it is given.
        found = CronSim(_literal(text), (since - SECOND).astimezone(zone))
    except CronSimError as wrong:
        raise Misread(f"«{clip(text, 40)}» is no cron text: {wrong}", "write five fields") from None
    last = None
    for wall in found:
        at = wall.astimezone(UTC)
        if at >= until:
            return
        if at >= since and at != last:
            yield at
            last = at


def _literal(text: str) -> str:
    """`text` with stars written out beside a given hour, since cronsim takes a star in the minute
    or hour for "through real time" and would leave out what falls into a gap."""
    minute, hour, *rest = text.split()
    if hour == "*":
        return text
    spelt = re.sub(r"^\*", "0-59", minute), re.sub(r"^\*", "0-23", hour)
    return " ".join((*spelt, *rest))
