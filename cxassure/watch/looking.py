"""What is wrong with a calendar that only computing it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cxassure.errors import Misread, Problem
from cxassure.peak import Calendar, Holidays, Peak, Window
from cxassure.probe import Probe
from cxassure.text import guess
from cxassure.watch.choosing import chosen
from cxassure.watch.days import check_names
from cxassure.watch.occurring import occurrences

LONGEST = timedelta(days=93)
"""More than a quarter of a year, and the hour that clocks are put back, is no peak."""


def problems(
    calendar: Calendar, probes: Sequence[Probe] | None, since: datetime, until: datetime
) -> list[Problem]:
    """Holidays that there are not, peaks too long, and peaks and windows about no journey.

    Without `probes` nobody can say which journeys there are.
    """
    found: list[Problem] = []
    for entry in calendar.entries:
        told = [*_when(calendar, entry, range(since.year - 1, until.year + 2))]
        told += _whom(entry, probes) if probes is not None else ()
        found += [Problem(entry.place, what, hint) for what, hint in told]
    return sorted(set(found))


def _when(calendar: Calendar, entry: Peak | Window, years: range) -> Iterator[tuple[str, str]]:
    try:
        if isinstance(entry.dates, Holidays):
            check_names(entry.dates.country, entry.dates.subdivision, entry.dates.names)
        for year in years:
            for one in occurrences(calendar, entry, year):
                if isinstance(entry, Peak) and one.end - one.start > LONGEST:
                    hint = "the end is the first after the start: look at start: and end:"
                    yield f"«{entry.name}» lasts {(one.end - one.start).days} days", hint
                    return
    except Misread as wrong:
        yield wrong.what, wrong.hint


def _whom(entry: Peak | Window, probes: Sequence[Probe]) -> Iterator[tuple[str, str]]:
    if any(chosen(entry.journeys, probe) for probe in probes):
        return
    known = {tag for probe in probes for tag in probe.tags}
    strange = [tag for tag in entry.journeys.tags if tag not in known]
    hint = guess(strange[0], known) if strange else "change its journeys:"
    yield f"«{entry.name}» is about no journey that there is", hint
