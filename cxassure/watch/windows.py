"""Windows come to dates: whether nothing is run at an instant, nobody dialled, or nobody told."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from cxassure.peak import Calendar, Occurrence, Window
from cxassure.probe import Probe
from cxassure.watch.choosing import chosen
from cxassure.watch.occurring import occurrences

LENGTH = 300.0
"""Seconds that a run is taken to last when its journey has no budget."""

CALLS = ("ivr", "agent")


class Spans(NamedTuple):
    """Times of a window in order, none touching another: where each starts and where it ends."""

    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]

    def inside(self, at: datetime) -> datetime | None:
        """The end of the span that holds `at`; None if there is none."""
        index = bisect_right(self.starts, at)
        return self.ends[index - 1] if index and at < self.ends[index - 1] else None

    def reached(self, at: datetime, lasting: timedelta) -> bool:
        """Whether something that begins at `at`, outside, is still under way when one starts."""
        index = bisect_right(self.starts, at)
        return index < len(self.starts) and at + lasting > self.starts[index]


@lru_cache(4096)
def spans(calendar: Calendar, window: Window, year: int) -> Spans:
    """When `window` is in and around `year` (UTC)."""
    near = (year - 1, year, year + 1)
    found: list[Occurrence] = []
    for one in (o for y in near for o in occurrences(calendar, window, y)):
        if found and one.start <= found[-1].end:
            end = max(found[-1].end, one.end)
            found[-1] = Occurrence(start=found[-1].start, end=end)
        else:
            found.append(one)
    return Spans(tuple(o.start for o in found), tuple(o.end for o in found))


def dials(calendar: Calendar, probe: Probe) -> bool:
    """Whether the probe places a call that somebody real could hear."""
    parties = probe.parties.values()
    return any(p.channel in CALLS and p.target in calendar.live for p in parties)


class Windows:
    """The windows that touch one probe in a year."""

    def __init__(self, calendar: Calendar, probe: Probe, year: int) -> None:
        self.length = timedelta(seconds=probe.budget or LENGTH)
        self.closed: list[Spans] = []
        self.ahead: list[Spans] = []
        self.muted: list[tuple[Spans, str]] = []
        for window in calendar.windows:
            silent = window.kind == "quiet" and not dials(calendar, probe)
            if not silent and chosen(window.journeys, probe):
                self._heed(window, spans(calendar, window, year))

    def _heed(self, window: Window, when: Spans) -> None:
        if window.kind == "maintenance":
            self.muted.append((when, window.name))
        else:
            self.closed.append(when)
        if window.finish_before:
            self.ahead.append(when)

    def shut(self, at: datetime) -> datetime | None:
        """Until when nothing is started, if nothing may be at `at`."""
        return max((end for when in self.closed if (end := when.inside(at))), default=None)

    def late(self, at: datetime) -> bool:
        """Whether a run begun at `at` could not be over in time for a window."""
        return any(when.reached(at, self.length) for when in self.ahead)

    def mute(self, at: datetime) -> str:
        """The names of the maintenance windows at `at`, or ""."""
        return ", ".join(name for when, name in self.muted if when.inside(at))
