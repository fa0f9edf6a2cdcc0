"""Traffic of the past and what it lets expect: peaks that nobody wrote down, and their load."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """Shared options: a forecast is kept as JSON and read back."""


MOST = 1e15
"""More contacts in an hour than this are a mistake, not traffic."""


class Traffic(Frozen, frozen=True):
    """Contacts by channel and hour; an hour is its beginning in UTC, one without a count is left
    out. Days are those of `zone`."""

    channels: dict[str, dict[datetime, float]]
    zone: str = "UTC"


class Band(Frozen, frozen=True):
    """What is expected, and between what it lies nine times of ten."""

    low: float
    mid: float
    high: float

    def times(self, factor: float) -> Band:
        """The band of so many times as much."""
        return Band(low=self.low * factor, mid=self.mid * factor, high=self.high * factor)


class Service(Frozen, frozen=True):
    """How long contacts take by channel (seconds), and what callers are promised.

    Channels in `staffed` are answered by people: `target` of the callers wait at most `within`
    seconds. `assumed` seconds are taken for a channel that is not told about.
    """

    seconds: dict[str, float] = {}
    staffed: tuple[str, ...] = ("agent",)
    target: float = 0.8
    within: float = 20.0
    assumed: float = 300.0


class Demand(Frozen, frozen=True):
    """A channel in its busiest hour: contacts, and how many there are at once by `method`.

    `at_once` is the mean at the middle of the band, `needed` what must be borne at its upper end.
    `seconds` is the length of a contact, `assumed` when nobody said it.
    """

    channel: str
    busiest: Band
    seconds: float
    assumed: bool
    method: str
    at_once: float
    needed: int


class Rise(Frozen, frozen=True):
    """A peak found in the past, and when it comes again.

    `start` is the coming first day, `busiest` its busiest, `days` how many. `past` are the first
    days it had. `by_day` is last year's day over the mean of the four earlier same weekdays,
    `by_season` over the median of the same weekdays around it. `contacts` are those of the busiest
    day. `rule` is the first day in the calendar's words, `until` the last where there are more;
    `written` is the peak that says it already.
    """

    name: str
    start: date
    busiest: date
    days: int
    past: tuple[date, ...]
    rule: str
    why: str
    multiple: Band
    by_day: float
    by_season: float
    contacts: Band
    demands: tuple[Demand, ...] = ()
    until: str = ""
    written: str = ""


class Forecast(Frozen, frozen=True):
    """What the days from `first` to `last` let expect; `days` of them were whole.

    With too little data `enough` is false and nothing is proposed. `growth` is this year over
    last year, None when a year is not there. `ordinary` is the busiest hour of ordinary weeks.
    """

    made: datetime
    zone: str
    first: date | None = None
    last: date | None = None
    days: int = 0
    enough: bool = False
    growth: float | None = None
    noise: float = 0.0
    rises: tuple[Rise, ...] = ()
    ordinary: tuple[Demand, ...] = ()
    notes: tuple[str, ...] = ()
    service: Service = Service()
