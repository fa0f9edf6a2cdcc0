"""What is due: from a calendar, probes and an instant to the runs that are to come.

Pure functions: nothing is read, fetched or remembered but what was already computed.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile

from cxassure.errors import Misread, UsageError
from cxassure.peak import ORDINARY, Calendar, Due, cadence
from cxassure.probe import Probe
from cxassure.watch.cadence import EPOCH
from cxassure.watch.choosing import chosen
from cxassure.watch.ladder import Stretch, of_year
from cxassure.watch.windows import Windows

AHEAD = 10
"""Years in which the next run is looked for."""

TICK = timedelta(microseconds=1)
END = datetime(9999, 1, 1, tzinfo=UTC)


def due(
    calendar: Calendar, probes: Iterable[Probe], since: datetime, until: datetime
) -> Iterator[Due]:
    """Every run due in [since, until), by time, then by the probe's name.

    Instants at which several rungs or the ordinary cadence agree give one run with all reasons.
    Raises `UsageError` for an `every:` that is none and for a calendar that cannot be computed.
    """
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    streams = [
        takewhile(lambda one: one.at < until, _stream(calendar, probe, since, until.year))
        for probe in sorted(probes, key=lambda probe: probe.name)
    ]
    return heapq.merge(*streams, key=lambda one: (one.at, one.journey, one.row))


def next_due(calendar: Calendar, probe: Probe, instant: datetime) -> Due | None:
    """The first run of `probe` that is due after `instant`; None if there is none in ten years."""
    since = instant.astimezone(UTC) + TICK
    return next(_stream(calendar, probe, since, since.year + AHEAD), None)


def may_start(calendar: Calendar, probe: Probe, at: datetime, instant: datetime) -> bool:
    """Whether the run of `probe` that was due at `at` may be started at `instant`, which is later.

    No window forbids it then, and it would be over when the rungs that asked for it want it over.
    """
    windows = Windows(calendar, probe, instant.year)
    asked = [s for s in _stretches(calendar, probe, at.year) if s.start <= at < s.end]
    in_time = any(s.finish is None or instant + windows.length <= s.finish for s in asked)
    return in_time and not windows.shut(instant) and not windows.late(instant)


def _stream(calendar: Calendar, probe: Probe, since: datetime, last: int) -> Iterator[Due]:
    """The runs of one probe from `since` on, until the year `last` is over."""
    try:
        for year in range(since.year, last + 1):
            end = datetime(year + 1, 1, 1, tzinfo=UTC)
            windows = Windows(calendar, probe, year)
            stretches = _stretches(calendar, probe, year)
            for at, found in _open(stretches, windows, since, end):
                kept = [s for s in found if s.finish is None or at + windows.length <= s.finish]
                if kept and not windows.late(at):
                    yield _due(probe, at, kept, windows.mute(at))
            since = max(since, end)
    except Misread as wrong:
        raise UsageError(f"{probe.source or probe.name}: {wrong.what}", wrong.hint) from None


def _due(probe: Probe, at: datetime, found: Sequence[Stretch], window: str) -> Due:
    """The reasons, the densest rung first; the peak is that of the first."""
    ordered = sorted(found, key=lambda s: (not s.peak, s.cadence.period or 60, s.peak))
    reasons = [f"{s.peak} {s.why}".lstrip() for s in ordered]
    peak = ordered[0].peak
    why = "; ".join([ordered[0].why, *reasons[1:]])
    return Due(at=at, journey=probe.journey, row=probe.row, peak=peak, why=why, window=window)


def _open(
    stretches: Sequence[Stretch], windows: Windows, since: datetime, until: datetime
) -> Iterator[tuple[datetime, list[Stretch]]]:
    """The slots at which something may be started; a blackout of a month is passed in one go."""
    begin: datetime | None = since
    while begin:
        slots, begin = _slots(stretches, begin, until), None
        for at, found in slots:
            if begin := windows.shut(at):
                break
            yield at, found


def _slots(
    stretches: Sequence[Stretch], since: datetime, until: datetime
) -> Iterator[tuple[datetime, list[Stretch]]]:
    """Each instant in [since, until) with the stretches that ask for it; these come by start.

    A stretch is opened only when its time has come: of a year's hundreds few are ever open.
    """
    pending = [s for s in stretches if s.end > since and s.start < until]
    opened: list[tuple[datetime, int, Iterator[datetime]]] = []
    index = 0
    while True:
        while index < len(pending) and (not opened or pending[index].start <= opened[0][0]):
            _push(opened, index, pending[index].instants(since, until))
            index += 1
        if not opened:
            if index == len(pending):
                return
            continue
        at, found = opened[0][0], []
        while opened and opened[0][0] == at:
            _, number, more = heapq.heappop(opened)
            found.append(pending[number])
            _push(opened, number, more)
        yield at, found


def _push(
    opened: list[tuple[datetime, int, Iterator[datetime]]], number: int, more: Iterator[datetime]
) -> None:
    if (at := next(more, None)) is not None:
        heapq.heappush(opened, (at, number, more))


def _stretches(calendar: Calendar, probe: Probe, year: int) -> tuple[Stretch, ...]:
    """The stretches of `year` that are about `probe`, the ordinary one first, then by start."""
    peaks = tuple(peak.name for peak in calendar.peaks if chosen(peak.journeys, probe))
    ladder = _ladder(calendar, peaks, year) if peaks else ()
    often = cadence(probe.every) if probe.every else ORDINARY
    return (Stretch(EPOCH, END, EPOCH, often, calendar.zone), *ladder)


@lru_cache(1024)
def _ladder(calendar: Calendar, peaks: tuple[str, ...], year: int) -> tuple[Stretch, ...]:
    """What the named peaks ask for in `year`, by start."""
    found = [s for c in of_year(calendar, year) if c.peak.name in peaks for s in c.stretches]
    return tuple(sorted(found, key=lambda s: (s.start, s.peak, s.end)))
