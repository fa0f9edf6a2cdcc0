"""From traffic to a forecast: level × growth × multiple, busiest hours, and who must be there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from msgspec import structs

from cxassure.forecast import Band, Forecast, Rise, Service, Traffic
from cxassure.watch.forecast.daily import (
    Days,
    around,
    days,
    earlier,
    growth,
    noise,
    shape,
    together,
)
from cxassure.watch.forecast.dates import text
from cxassure.watch.forecast.events import NINE_OF_TEN, Event, Recurring, events, recurring
from cxassure.watch.forecast.load import demand

ENOUGH = 56
"""Whole days below which nothing is said: four weeks to be ordinary, and four to stray."""

NO_GROWTH = 0.15
"""How much wider (log) contacts are where nobody knows how traffic grows."""


def forecast(traffic: Traffic, service: Service, since: date, made: datetime) -> Forecast:
    """The peaks that come after `since`, by what the past shows. Pure.

    Counts are numbers from 0; nothing in the answer is negative or not a number.
    """
    known = days(together(traffic), traffic.zone)
    told = Forecast(made=made, zone=traffic.zone, days=len(known), service=service)
    if len(known) < ENOUGH or not any(day.total > 0 for day in known.values()):
        return _change(told, known, notes=(_too_little(known),))
    return _Predicting(traffic, service, known).forecast(told, since)


def _change(told: Forecast, known: Days, **parts: Any) -> Forecast:
    first, last = (min(known), max(known)) if known else (None, None)
    return structs.replace(told, first=first, last=last, **parts)


def _too_little(known: Days) -> str:
    if len(known) >= ENOUGH:
        return "there is no traffic in it: nothing can be told"
    return (
        f"{len(known)} of {ENOUGH} whole days are too little to tell a peak from a good day; "
        "13 months tell growth too: nothing is proposed"
    )


class _Predicting:
    """Enough days, with what is ordinary about them."""

    def __init__(self, traffic: Traffic, service: Service, known: Days) -> None:
        self.traffic, self.service, self.known = traffic, service, known
        self.past = events(known)
        self.busy = {e.start + timedelta(days=n) for e in self.past for n in range(e.length)}
        self.noise = noise(known)
        self.growth = growth(known, self.busy)
        self.channels = {n: days(h, traffic.zone) for n, h in traffic.channels.items()}

    def forecast(self, told: Forecast, since: date) -> Forecast:
        kept = [one for one in recurring(self.past) if not self._gone(one)]
        rises = sorted((self._rise(one, since) for one in kept), key=lambda rise: rise.start)
        return _change(
            told,
            self.known,
            enough=True,
            growth=self.growth,
            noise=self.noise,
            rises=tuple(rises),
            ordinary=tuple(
                demand(name, self._ordinary(known), self.service)
                for name, known in self.channels.items()
            ),
            notes=tuple(self._notes()),
        )

    def _gone(self, one: Recurring) -> date | None:
        """The day on which the peak should have come again by its rule, and did not."""
        again = one.recurrence.after(one.events[-1].busiest)
        near = {again + timedelta(days=n) for n in (-1, 0, 1)}
        return again if again in self.known and not near & self.busy else None

    def _notes(self) -> Iterator[str]:
        if self.growth is None:
            yield "less than 13 months: how traffic grows is not known and taken as not at all"
        for one in recurring(self.past):
            if gone := self._gone(one):
                yield f"the peak of {one.events[-1].busiest} did not come again on {gone}: left out"
        if not self.past:
            yield f"no day of {len(self.known)} stood out: no peak is proposed"

    def _rise(self, one: Recurring, since: date) -> Rise:
        last, multiple = one.events[-1], one.band(self.noise)
        length = max(event.length for event in one.events)
        busiest = one.recurrence.after(max(since, last.busiest))
        before = (last.busiest - last.start).days
        factor = self._factor(last, busiest)
        usual = earlier(self.known, last.busiest, self.busy) or 0.0
        unsure = self._unsure(multiple)
        return Rise(
            name=one.recurrence.name,
            start=busiest - timedelta(days=before),
            busiest=busiest,
            days=length,
            past=tuple(event.start for event in one.events),
            rule=text(one.recurrence.rule, before),
            until=text(one.recurrence.rule, before - length + 1) if length > 1 else "",
            why=_why(one),
            multiple=multiple,
            by_day=last.by_day,
            by_season=last.by_season,
            contacts=unsure.times(usual * factor),
            demands=tuple(
                demand(name, self._busiest(known, last, unsure).times(factor), self.service)
                for name, known in self.channels.items()
            ),
        )

    def _factor(self, last: Event, coming: date) -> float:
        """How much ordinary traffic will have grown since the last event."""
        years = round((coming - last.busiest).days / 365.25)
        return self.growth**years if self.growth is not None else 1.0

    def _unsure(self, multiple: Band) -> Band:
        """The band, wider where growth is not known."""
        wider = math.exp(NINE_OF_TEN * NO_GROWTH) if self.growth is None else 1.0
        return Band(low=multiple.low / wider, mid=multiple.mid, high=multiple.high * wider)

    def _busiest(self, known: Days, last: Event, multiple: Band) -> Band:
        """A channel's busiest hour: that of the last event, or the hour-of-week median × level ×
        multiple, whichever is more."""
        length = range(last.length)
        hours = [h for n in length for h in _hours(known, last.start + timedelta(days=n))]
        weekday, parts = last.busiest.weekday(), shape(known, self.busy)
        most = max((part for (day, _), part in parts.items() if day == weekday), default=0.0)
        level = earlier(known, last.busiest, self.busy) or around(known, last.busiest) or 0.0
        middle = max(*hours, most * level * multiple.mid, 0.0, 0.0)
        return multiple.times(middle / multiple.mid)

    def _ordinary(self, known: Days) -> Band:
        """The busiest hour of the week in the last four: a median, and how far hours stray."""
        slots: dict[tuple[int, int], list[float]] = {}
        for day in sorted(known.keys() - self.busy)[-28:]:
            for hour, count in known[day].hours.items():
                slots.setdefault((day.weekday(), hour), []).append(count)
        middle = max((median(counts) for counts in slots.values()), default=0.0)
        wide = math.exp(NINE_OF_TEN * self.noise)
        return Band(low=middle / wide, mid=middle, high=middle * wide)


def _hours(known: Days, day: date) -> Sequence[float]:
    return list(known[day].hours.values()) if day in known else []


def _why(one: Recurring) -> str:
    """On what the rule rests."""
    seen = ", ".join(str(event.busiest) for event in one.events)
    if len(one.events) > 1:
        return f"came on {seen}"
    if one.recurrence.known:
        return f"came once, on {seen}: the date of {one.recurrence.name}"
    return f"came once, on {seen}: whether by weekday or by date nobody can tell; look at it"


def covered(told: Forecast, written: Mapping[str, Sequence[tuple[date, date]]]) -> Forecast:
    """The forecast with what the calendar says already: first and last days of each peak."""
    rises = tuple(structs.replace(rise, written=_written(rise, written)) for rise in told.rises)
    return structs.replace(told, rises=rises)


def _written(rise: Rise, written: Mapping[str, Sequence[tuple[date, date]]]) -> str:
    for name, spans in written.items():
        if any(first <= _end(rise) and rise.start <= last for first, last in spans):
            return name
    return ""


def needed(told: Forecast, uplift: float, first: date, last: date) -> dict[str, int]:
    """By channel, how many at once a peak from `first` to `last` needs: by what the past showed on
    those days, else by `uplift` times the ordinary busiest hour; nothing where neither is known."""
    rise = next((r for r in told.rises if r.start <= last and first <= _end(r)), None)
    if rise is not None:
        return {one.channel: one.needed for one in rise.demands}
    if uplift <= 0:
        return {}
    found = [demand(one.channel, one.busiest.times(uplift), told.service) for one in told.ordinary]
    return {one.channel: one.needed for one in found}


def _end(rise: Rise) -> date:
    return rise.start + timedelta(days=rise.days - 1)
