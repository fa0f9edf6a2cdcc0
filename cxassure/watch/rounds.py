"""Rounds that really come: the instants of a rung that no window and no `finish` forbids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from cxassure.peak import Calendar
from cxassure.probe import Probe
from cxassure.watch.choosing import chosen
from cxassure.watch.ladder import Stretch
from cxassure.watch.windows import Windows, dials


def rounds(calendar: Calendar, probes: Sequence[Probe], stretch: Stretch) -> int:
    """At how many instants of `stretch` any of `probes` is run."""
    if not calendar.windows and stretch.finish is None:
        return stretch.rounds
    alike = {_touched(calendar, probe): probe for probe in probes}.values()

    @lru_cache
    def windows(year: int) -> list[Windows]:
        return [Windows(calendar, probe, year) for probe in alike]

    def comes(at: datetime) -> bool:
        return any(_runs(each, stretch, at) for each in windows(at.year))

    return sum(comes(at) for at in stretch.instants(stretch.start, stretch.end))


def _touched(calendar: Calendar, probe: Probe) -> tuple[object, ...]:
    """What windows ask of a probe: where it is the same, they forbid the same."""
    mine = (window.name for window in calendar.windows if chosen(window.journeys, probe))
    return probe.budget, dials(calendar, probe), *mine


def _runs(windows: Windows, stretch: Stretch, at: datetime) -> bool:
    in_time = stretch.finish is None or at + windows.length <= stretch.finish
    return in_time and not windows.shut(at) and not windows.late(at)
