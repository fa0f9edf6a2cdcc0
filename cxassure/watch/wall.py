"""Wall time to instants: a time that does not exist is the next one that does, a time that comes
twice is its first coming."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cxassure.peak import zone as zone_of

SECOND = timedelta(seconds=1)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant in UTC of a naive `wall` time in `zone`.

    In a gap it is the first instant after the gap, in a fold the first of the two.
    """
    found = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    return _change(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found, zone)


def settled(wall: datetime, name: str, home: str) -> tuple[datetime, str]:
    """The instant of `wall` in its zone, and what a person should know of it, mostly nothing.

    The zone is `name`; else, for a wall time with an offset, that; else `home`. A wall time with
    an offset is an instant already. Raises `Misread` for a zone that there is not.
    """
    if wall.tzinfo:
        return (wall.astimezone(zone_of(name)) if name else wall), ""
    zone = zone_of(name or home)
    found = instant(wall, zone).astimezone(zone)
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if found.replace(tzinfo=None) != wall:
        return found, f"{wall:%F %R} does not exist in {zone.key}: it is taken as {found:%R}"
    if first != second:
        return found, f"{wall:%F %R} comes twice in {zone.key}: the first is taken, {found:%z}"
    return found, ""


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
