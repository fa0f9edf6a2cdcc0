"""Peaks and windows come to dates: the occurrences of each in a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cxassure.errors import Misread
from cxassure.peak import (
    Between,
    Calendar,
    Feed,
    Fixed,
    Holidays,
    Hours,
    Moment,
    Occurrence,
    Peak,
    Window,
    zone,
)
from cxassure.text import clip
from cxassure.watch.days import days, holidays
from cxassure.watch.feeds import events
from cxassure.watch.wall import at_minute

DAY = timedelta(days=1)


@lru_cache(8192)
def occurrences(calendar: Calendar, entry: Peak | Window, year: int) -> tuple[Occurrence, ...]:
    """What of `entry` begins in `year` (of its own zone), in order of its start.

    Raises `Misread` for a holiday or feed that there is not, and for an event without an end.
    """
    where, dates = zone(entry.zone), entry.dates
    if isinstance(dates, Between):
        found = _between(dates, year, where)
    elif isinstance(dates, Holidays):
        found = _holidays(dates, year, where)
    elif isinstance(dates, Hours):
        found = _hours(dates, year, where)
    else:
        found = _events(calendar, dates, year, where)
    return tuple(sorted((o for o in found if o.start < o.end), key=lambda o: (o.start, o.end)))


def _between(dates: Between, year: int, where: ZoneInfo) -> Iterator[Occurrence]:
    for day in days(dates.start.day, year):
        start = at_minute(day, dates.start.minute or 0, where)
        if dates.lasts:
            yield Occurrence(start=start, end=start + timedelta(seconds=dates.lasts))
        elif dates.end is None:
            yield Occurrence(start=start, end=at_minute(day, 1440, where))
        elif end := _first_end(dates.end, start, where):
            yield Occurrence(start=start, end=end)


def _first_end(end: Moment, start: datetime, where: ZoneInfo) -> datetime | None:
    """The first `end` after `start`. A day without a time is meant to its last minute."""
    minute = 1440 if end.minute is None else end.minute
    year = start.astimezone(where).year
    years = [end.day.on.year] if isinstance(end.day, Fixed) else [year, year + 1]
    ends = (at_minute(day, minute, where) for near in years for day in days(end.day, near))
    return next((one for one in ends if one > start), None)


def _holidays(dates: Holidays, year: int, where: ZoneInfo) -> Iterator[Occurrence]:
    wanted = {name.casefold() for name in dates.names}
    for day, names in holidays(dates.country, dates.subdivision, year).items():
        if not wanted or wanted & {name.casefold() for name in names}:
            yield Occurrence(start=at_minute(day, 0, where), end=at_minute(day, 1440, where))


def _hours(dates: Hours, year: int, where: ZoneInfo) -> Iterator[Occurrence]:
    end = dates.end if dates.end > dates.start else dates.end + 1440
    day = date(year, 1, 1)
    while day.year == year:
        if day.weekday() in dates.days:
            start = at_minute(day, dates.start, where)
            yield Occurrence(start=start, end=at_minute(day, end, where))
        day += DAY


def _events(calendar: Calendar, feed: Feed, year: int, where: ZoneInfo) -> Iterator[Occurrence]:
    text = dict(calendar.feeds).get(feed.source, "")
    for event in events(feed.source, text, year, where.key):
        if feed.matching.casefold() in event.summary.casefold():
            if not event.lasting:
                what = f"«{clip(event.summary, 60)}» of {event.start:%F} lasts no time"
                raise Misread(what, f"give it a DTEND after its DTSTART in {clip(feed.source, 80)}")
            yield Occurrence(start=event.start.astimezone(UTC), end=event.end.astimezone(UTC))
