"""Traffic made up by a rule that is known, so that a forecast of it can be judged."""

from __future__ import annotations

import math
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cxassure.forecast import Traffic

WEEKDAY = (0.9, 0.95, 1.0, 1.05, 1.2, 1.15, 0.75)
BLACK_FRIDAYS = [date(2023, 11, 24), date(2024, 11, 29), date(2025, 11, 28), date(2026, 11, 27)]
CHRISTMAS_EVES = [date(year, 12, 24) for year in range(2023, 2027)]


def of_hour(hour: int) -> float:
    """The part of a day in an hour: asleep at four, busiest at four in the afternoon."""
    return (1 - math.cos((hour - 4) * math.pi / 12)) / 24


def traffic(
    first: date,
    last: date,
    *,
    peaks: dict[date, float] | None = None,
    level: float = 2400.0,
    growth: float = 1.0,
    stray: float = 0.03,
    seed: int = 1,
    zone: str = "UTC",
    channels: tuple[tuple[str, float], ...] = (("web", 0.7), ("ivr", 0.3)),
) -> Traffic:
    """Hours of [first, last] in `zone`; `growth` is the yearly factor, `stray` that of days."""
    found: dict[str, dict[datetime, float]] = {name: {} for name, _ in channels}
    where, day = ZoneInfo(zone), first
    while day <= last:
        usual = expected(day, first, level, growth) * (peaks or {}).get(day, 1.0)
        # Each day has its own seed: what is left out of a series does not move the rest.
        odd = usual * math.exp(random.Random(f"{seed} {day}").gauss(0, stray))
        for name, part in channels:
            for hour in range(24):
                at = datetime(day.year, day.month, day.day, hour, tzinfo=where).astimezone(UTC)
                found[name][at] = odd * part * of_hour(hour)
        day += timedelta(days=1)
    return Traffic(channels=found, zone=zone)


def expected(day: date, first: date, level: float = 2400.0, growth: float = 1.0) -> float:
    """An ordinary day's contacts."""
    return level * WEEKDAY[day.weekday()] * growth ** ((day - first).days / 365.25)


def csv_of(told: Traffic) -> str:
    """The traffic as a CSV file."""
    names = list(told.channels)
    hours = sorted({at for hours in told.channels.values() for at in hours})
    lines = [",".join(["time", *names])]
    for at in hours:
        counts = [told.channels[name].get(at) for name in names]
        cells = ["" if count is None else f"{count:.3f}" for count in counts]
        lines.append(",".join([at.isoformat(), *cells]))
    return "\n".join(lines) + "\n"
