"""Peaks in the past: days far above what is ordinary, gathered to events that come again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, stdev

from cxassure.forecast import Band
from cxassure.watch.forecast.daily import Days, around, earlier, noise
from cxassure.watch.forecast.dates import Recurrence, candidates, recurrence

LEAST = 1.4
"""A day is a peak at so many times the ordinary one: less is a good day."""

FAR = 4.0
"""And at so many standard deviations of ordinary days."""

ONCE, OFTEN = 0.10, 0.05
"""The least uncertainty of a multiple that was seen once, or more often: years differ."""

NINE_OF_TEN = 1.645


@dataclass(frozen=True, slots=True)
class Event:
    """A peak of the past: first day, length in days, its busiest day, and how far above it was."""

    start: date
    length: int
    busiest: date
    by_day: float
    by_season: float

    @property
    def multiple(self) -> float:
        """Both ways of measuring in one."""
        return math.sqrt(self.by_day * self.by_season)


@dataclass(frozen=True, slots=True)
class Recurring:
    """A peak with the rule that it follows and the events it had, in order."""

    recurrence: Recurrence
    events: tuple[Event, ...]

    def band(self, spread: float) -> Band:
        """The multiple that is expected, where ordinary days stray by `spread` (log)."""
        logs = [math.log(event.multiple) for event in self.events]
        count = len(logs)
        years = stdev(logs) if count > 1 else 0.0
        least = OFTEN if count > 1 else ONCE
        apart = fmean(abs(math.log(e.by_day / e.by_season)) / 2 for e in self.events)
        width = (
            NINE_OF_TEN * math.hypot(max(spread, years, least), apart) * math.sqrt(1 + 1 / count)
        )
        middle = fmean(logs)
        return Band(
            low=math.exp(middle - width), mid=math.exp(middle), high=math.exp(middle + width)
        )


def peak_days(known: Days) -> dict[date, tuple[float, float]]:
    """The days that are peaks, with their multiples by day and by season.

    A day counts that is far above the four weeks before it *and* above the weeks around it, so
    that a new level of ordinary traffic is no peak.
    """
    far = max(LEAST, math.exp(FAR * noise(known)))
    high = {
        day: one.total / usual
        for day, one in known.items()
        if (usual := around(known, day)) is not None and 0 < usual * far <= one.total
    }
    found = {}
    for day, by_season in high.items():
        usual = earlier(known, day, high)
        if usual and known[day].total / usual >= LEAST:
            found[day] = (known[day].total / usual, by_season)
    return found


def events(known: Days) -> list[Event]:
    """Peak days that follow one another, or with one day between, are one event."""
    found = peak_days(known)
    groups: list[list[date]] = []
    for day in sorted(found):
        if groups and day - groups[-1][-1] <= timedelta(days=2):
            groups[-1].append(day)
        else:
            groups.append([day])
    return [_event(group, found) for group in groups]


def _event(group: list[date], found: dict[date, tuple[float, float]]) -> Event:
    busiest = max(group, key=lambda day: found[day][0])
    return Event(group[0], (group[-1] - group[0]).days + 1, busiest, *found[busiest])


def recurring(past: Sequence[Event]) -> Iterator[Recurring]:
    """Events of several years that follow one rule are one peak that comes again."""
    left = list(past)
    while left:
        alike = _alike(left)
        left = [event for event in left if event not in alike]
        yield Recurring(recurrence([event.busiest for event in alike]), tuple(alike))


def _alike(left: Sequence[Event]) -> list[Event]:
    """The last event, with those of other years that a rule of its day gives too."""
    last = left[-1]
    sets = [[e for e in left if rule.suits(e.busiest)] for rule in candidates(last.busiest)]
    return max(sets, key=len)
