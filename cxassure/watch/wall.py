"""Wall time to instants: a time that does not exist is the next one that does, a time that comes
twice is its first coming."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant in UTC of a naive `wall` time in `zone`.

    In a gap it is the first instant after the gap, in a fold the first of the two.
    """
    found = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    return _change(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found, zone)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first instant after `before` at which the zone's offset is that of `after`."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def at_minute(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant of so many minutes of wall time after the midnight of `day`; 1440 is its end."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    return instant(wall, zone)
