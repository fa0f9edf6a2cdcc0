"""A peak's ladder come to dates: stretches of time, each with how often it is looked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from cxassure.peak import Cadence, Calendar, Occurrence, Peak, zone
from cxassure.watch import cadence
from cxassure.watch.occurring import occurrences


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` until before `end` (UTC) it is looked by `cadence`, counted from `anchor`.

    `rung` is `T-48h`, `during` or `after`; `peak` and `rung` are empty for ordinary days. Runs
    must be over by `finish`, where that is not None.
    """

    start: datetime
    end: datetime
    anchor: datetime
    cadence: Cadence
    zone: str
    peak: str = ""
    rung: str = ""
    finish: datetime | None = None

    @property
    def why(self) -> str:
        return f"{self.rung}: {self.cadence.said}" if self.rung else f"every {self.cadence.said}"

    def instants(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """The instants of the stretch in [since, until)."""
        begin, end = max(since, self.start), min(until, self.end)
        return cadence.instants(self.cadence, self.anchor, zone(self.zone), begin, end)

    @property
    def rounds(self) -> int:
        """How many instants there are in all."""
        where = zone(self.zone)
        return cadence.count(self.cadence, self.anchor, where, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Coming:
    """A peak that comes: when it is, and its ladder."""

    peak: Peak
    when: Occurrence
    stretches: tuple[Stretch, ...]

    @property
    def begins(self) -> datetime:
        """When the first rung begins."""
        return min((s.start for s in self.stretches), default=self.when.start)

    @property
    def over(self) -> datetime:
        """When the last rung ends."""
        return max((s.end for s in self.stretches), default=self.when.end)


def stretches(peak: Peak, when: Occurrence) -> tuple[Stretch, ...]:
    """The ladder for one occurrence; a rung ends where the next begins."""
    ladder = peak.ladder
    finish = None
    if peak.finish_before is not None:
        finish = when.start - timedelta(seconds=peak.finish_before)
    marks = [when.start - timedelta(seconds=rung.before) for rung in ladder.rungs]
    spans = pairwise([*marks, when.start])
    found = [
        _stretch(peak, rung.name, rung.cadence, span, when.start, finish)
        for rung, span in zip(ladder.rungs, spans, strict=True)
    ]
    over = when.end + timedelta(seconds=ladder.after_for)
    found.append(_stretch(peak, "during", ladder.during, (when.start, when.end), when.start))
    found.append(_stretch(peak, "after", ladder.after, (when.end, over), when.end))
    return tuple(s for s in found if s.start < s.end)


def _stretch(
    peak: Peak,
    rung: str,
    often: Cadence,
    span: tuple[datetime, datetime],
    anchor: datetime,
    finish: datetime | None = None,
) -> Stretch:
    return Stretch(*span, anchor, often, peak.zone, peak.name, rung, finish)


@lru_cache(1024)
def of_year(calendar: Calendar, year: int) -> tuple[Coming, ...]:
    """The peaks whose ladder touches `year` (UTC), by start and name.

    A ladder begins less than a year before its peak and ends less than a year after it.
    """
    found = [
        Coming(peak, when, stretches(peak, when))
        for peak in calendar.peaks
        for near in (year - 1, year, year + 1)
        for when in occurrences(calendar, peak, near)
    ]
    touching = [c for c in found if c.begins.year <= year <= c.over.year]
    return tuple(sorted(touching, key=lambda c: (c.when.start, c.peak.name)))


def coming(calendar: Calendar, since: datetime, until: datetime) -> Iterator[Coming]:
    """The peaks whose ladder touches [since, until), by start and name."""
    told: set[tuple[str, datetime]] = set()
    for year in range(since.year, until.year + 1):
        for one in of_year(calendar, year):
            key = one.peak.name, one.when.start
            if key not in told and one.begins < until and one.over > since:
                told.add(key)
                yield one
