"""Hours gathered to whole days of a zone, and what is ordinary on each of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean, median

from cxassure.forecast import Traffic
from cxassure.peak import zone

WHOLE = 20
"""A day with fewer hours than this says nothing about the day."""

NOUGHT = 1e-6
"""A day with no more contacts than this had none: a ratio to it would mean nothing."""

WEEK = timedelta(days=7)
AROUND = 4
"""Weeks before, and after, that are ordinary for a day."""


@dataclass(frozen=True, slots=True)
class Day:
    """The contacts of a day: in all, and by hour of the day where there is a count."""

    total: float
    hours: Mapping[int, float]


Days = Mapping[date, Day]


def days(hours: Mapping[datetime, float], zone_name: str) -> dict[date, Day]:
    """The whole days among `hours` in order; missing hours of a day are filled up by its mean.

    The day on which clocks change has 23 or 25 hours and is whole.
    """
    found: dict[date, dict[int, float]] = {}
    where = zone(zone_name)
    for at in sorted(hours):
        local = at.astimezone(where)
        day = found.setdefault(local.date(), {})
        day[local.hour] = day.get(local.hour, 0.0) + hours[at]
    whole = {d: (fmean(h.values()) * 24, h) for d, h in found.items() if len(h) >= WHOLE}
    return {d: Day(total if total > NOUGHT else 0.0, h) for d, (total, h) in whole.items()}


def together(traffic: Traffic) -> dict[datetime, float]:
    """All channels in one: the hours in which every channel that had begun has a count."""
    begun = {name: min(hours) for name, hours in traffic.channels.items() if hours}
    every = {at for hours in traffic.channels.values() for at in hours}
    found = {}
    for at in every:
        counts = [traffic.channels[name].get(at) for name, since in begun.items() if since <= at]
        if counts and None not in counts:
            found[at] = sum(count for count in counts if count is not None)
    return found


def earlier(known: Days, day: date, without: Iterable[date] = ()) -> float | None:
    """The mean of the four earlier same weekdays that were ordinary; None if there are not four.

    A day in `without` is passed over for the one before it, up to eight weeks back.
    """
    left_out = set(without)
    back = (day - n * WEEK for n in range(1, 2 * AROUND + 1))
    counts = [known[d].total for d in back if d in known and d not in left_out][:AROUND]
    return fmean(counts) if len(counts) == AROUND else None


def around(known: Days, day: date) -> float | None:
    """The median of the same weekdays four weeks before and after; None if fewer than four."""
    near = (day + n * WEEK for n in range(-AROUND, AROUND + 1) if n)
    counts = [known[d].total for d in near if d in known]
    return median(counts) if len(counts) >= AROUND else None


def noise(known: Days) -> float:
    """How far ordinary days stray from what is ordinary, as the standard deviation of the
    logarithm: 1.4826 times the median of the deviations, so that peaks don't count."""
    logs = [
        math.log(day.total / usual)
        for when, day in known.items()
        if day.total > 0 and (usual := around(known, when)) is not None and usual > 0
    ]
    if not logs:
        return 0.0
    middle = median(logs)
    return 1.4826 * median(abs(value - middle) for value in logs)


def growth(known: Days, without: Iterable[date]) -> float | None:
    """The last four weeks over the same weeks a year before; None unless most days of both are
    there and ordinary."""
    left_out, last = set(without), max(known)
    pairs = []
    for back in range(4 * 7):
        day = last - timedelta(days=back)
        before = day - 52 * WEEK
        if {day, before} <= known.keys() and not {day, before} & left_out:
            pairs.append((known[day].total, known[before].total))
    old = sum(before for _, before in pairs)
    return sum(now for now, _ in pairs) / old if len(pairs) >= 20 and old > 0 else None


def shape(known: Days, without: Iterable[date]) -> dict[tuple[int, int], float]:
    """The part of an ordinary day that falls in each (weekday, hour): a median over all weeks."""
    left_out = set(without)
    slots: dict[tuple[int, int], list[float]] = {}
    for when, day in known.items():
        if when not in left_out and (usual := around(known, when)):
            for hour, count in day.hours.items():
                slots.setdefault((when.weekday(), hour), []).append(count / usual)
    return {slot: median(parts) for slot, parts in slots.items()}
